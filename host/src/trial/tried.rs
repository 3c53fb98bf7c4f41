//! The bot that is tried, on its host: deployed as each case needs it, and a conversation of it for each case.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};

use tokio::time::Instant;
use uuid::Uuid;

use super::talk::{Talk, event, incoming};
use super::{Bot, NotTried, Plan, World};
use crate::bindings::types::Description;
use crate::chat::{Contract, Reply, Returned, one_line};
use crate::conversations::Incoming;
use crate::fault::Fault;
use crate::invocation::{Host, Invocation, InvokeError, Outcome, Purpose};
use crate::kit::{
    Ask, Broken, Case, Heard, Heeded, Played, Probe, Remembered, Suite, Talk as Script, Used, play,
    repeat,
};
use crate::liveperson::said::Kind;
use crate::registry::{Deployment, Grant, Grants, Known, Manifest, NotDeployable, Serving, Wanted};
use crate::sandbox::{self, Failure, Input, Limits};
use crate::state::Scope;
use crate::tenant::{Address, Environment, SecretName, TenantId};
use crate::vault::Secret;

/// Names conversations, so that a case has the same one in each run.
const CONVERSATIONS: Uuid = Uuid::from_u128(0x7265_746f_7274_4074_8e73_7400_0000_0001);

/// Whose bot it is, unless a case says otherwise.
const TENANT: &str = "tried";

/// How many times a turn's own time its machine may take: what else that does is none of the bot's. What a turn waits for goes by
/// in made-up time, and what it does costs fuel; these have their usual bounds.
const PATIENCE: u32 = 5;

/// A bot that is tried.
pub(super) struct Tried {
    host: Host,
    pub(super) world: World,
    pub(super) bot: Bot,
    /// What it asks for, which is granted here.
    pub(super) wants: Grants,
    /// Whether it keeps something across all conversations: then each of them is another deployment's.
    pub(super) keeps_for_all: bool,
    /// What it remembers when a conversation begins.
    remembered: Remembered,
    pub(super) at: Address,
    /// The conversations that it was in since it was deployed.
    held: HashSet<String>,
    /// As it was deployed first.
    first: Arc<Deployment>,
    /// How many times it was deployed.
    deployed: usize,
    /// What kept the host from asking it: then there is no verdict.
    unasked: OnceLock<String>,
}

/// How a bot is deployed.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Whose it is.
    pub(super) tenant: String,
    /// What `config` gives it.
    pub(super) config: BTreeMap<String, String>,
    /// What its turns may use.
    pub(super) limits: Limits,
}

impl Tried {
    /// Makes it ready.
    pub(super) async fn start(
        host: Host,
        world: &World,
        mut bot: Bot,
        suite: &Suite,
    ) -> Result<Self, NotTried> {
        let mut secrets = suite.secrets.clone();
        secrets.extend(std::mem::take(&mut bot.secrets));
        bot.secrets = secrets;
        let manifest = Manifest::of_component(&bot.component).ok().flatten();
        let wants = manifest.as_ref().map(|manifest| &manifest.wants);
        let keeps_for_all = wants.is_some_and(|wants| wants.state.contains(&Scope::Bot));
        let wants = wants.map_or_else(Grants::new, |wants| wants.grants());
        is_asked_for(&suite.remembered, &wants)?;
        let at = address(TENANT, 0);
        give_secrets(&host, TENANT, &bot.secrets).await?;
        let wanted = Wanted {
            config: bot.config.clone(),
            limits: bot.limits.clone(),
            grants: wants.clone(),
            ..Wanted::default()
        };
        Ok(Self {
            first: host.deploy(&at, &bot.component, wanted).await?,
            world: world.clone(),
            host,
            bot,
            wants,
            keeps_for_all,
            remembered: suite.remembered.clone(),
            at,
            held: HashSet::new(),
            deployed: 1,
            unasked: OnceLock::new(),
        })
    }

    /// What it can be asked.
    pub(super) fn kind(&self) -> sandbox::World {
        self.first.bot.world()
    }

    /// Whether it is one that holds conversations.
    pub(super) fn is_bot(&self) -> bool {
        self.kind() == sandbox::World::Bot
    }

    /// Who it says it is.
    pub(super) fn description(&self) -> &Description {
        &self.first.description
    }

    /// The same, asked anew.
    pub(super) async fn described_again(&self) -> Result<Description, NotDeployable> {
        let wanted = Wanted {
            config: self.bot.config.clone(),
            limits: self.bot.limits.clone(),
            grants: self.wants.clone(),
            ..Wanted::default()
        };
        let at = address(TENANT, self.deployed);
        let deployed = self.host.deploy(&at, &self.bot.component, wanted).await?;
        Ok(deployed.description.clone())
    }

    /// As its author deploys it.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            tenant: TENANT.to_owned(),
            config: self.bot.config.clone(),
            limits: self.bot.limits.clone(),
        }
    }

    /// Has a tenant keep secrets.
    pub(super) async fn give_secrets(
        &self,
        tenant: &str,
        secrets: &BTreeMap<SecretName, String>,
    ) -> Result<(), NotTried> {
        give_secrets(&self.host, tenant, secrets).await
    }

    /// Deploys it anew, where nothing has been kept yet.
    pub(super) async fn deploy(&mut self, terms: Terms) -> Result<Address, NotDeployable> {
        let at = address(&terms.tenant, self.deployed);
        self.deployed += 1;
        let known = Known {
            bot: Arc::clone(&self.first.bot),
            description: self.first.description.clone(),
            wants: self.first.wants.clone(),
        };
        let wanted = Wanted {
            config: terms.config,
            limits: terms.limits,
            grants: self.wants.clone(),
            ..Wanted::default()
        };
        let prepared = self.host.prepare(&at, known, wanted).await?;
        self.host.activate(&at, Serving::One(prepared));
        Ok(at)
    }

    /// Whether the host did its part in all turns so far.
    pub(super) fn was_asked(&self) -> Result<(), NotTried> {
        match self.unasked.get() {
            Some(why) => Err(NotTried::Host(why.clone())),
            None => Ok(()),
        }
    }

    /// Holds one of its author's conversations, in which nothing is remembered of the others.
    pub(super) async fn case(&mut self, case: &Case, plan: &Plan<'_>) -> Result<Played, NotTried> {
        let mut talk = self.talk(case, plan).await?;
        Ok(play(case, plan.suite, &mut talk).await)
    }

    /// Says what was said in one of them to another bot.
    pub(super) async fn repeated(
        &mut self,
        case: &Case,
        said: &[String],
        plan: &Plan<'_>,
    ) -> Result<Played, NotTried> {
        let mut talk = self.talk(case, plan).await?;
        Ok(repeat(case, plan.suite, said, &mut talk).await)
    }

    async fn talk(&mut self, case: &Case, plan: &Plan<'_>) -> Result<Talk<'_>, NotTried> {
        let named = format!("{}\n{}", case.place.file, case.name);
        self.begin(&named).await?;
        Ok(Talk::new(self, &named, plan.kind()))
    }

    /// Sends what a probe sends: what each kind of conversation is sent, in one of its own.
    pub(super) async fn probe(&mut self, probe: &Probe) -> Result<Vec<Heard>, NotTried> {
        let mut turns = Vec::new();
        for (number, asks) in probe.talks.iter().enumerate() {
            let named = format!("{}\n{number}", probe.name);
            self.begin(&named).await?;
            let named = conversation(&named);
            for ask in asks {
                let place = Place {
                    at: &self.at,
                    conversation: &named,
                    kind: Kind::default(),
                };
                turns.push(self.ask(&place, 0, ask).await);
            }
        }
        Ok(turns)
    }

    /// What has been kept is gone, and a case is the same one whichever others are run.
    async fn begin(&mut self, named: &str) -> Result<(), NotTried> {
        // Whatever it remembers of others is another deployment's.
        if self.keeps_for_all || self.held.contains(named) {
            self.host.registry().deactivate(&self.at);
            self.at = self.deploy(self.terms()).await?;
            self.held.clear();
        }
        self.held.insert(named.to_owned());
        self.world.made_up.begin();
        let id = conversation(named);
        self.remember(&self.at, &id, Scope::Bot).await?;
        self.remember(&self.at, &id, Scope::Conversation).await
    }

    /// Has it remember at its beginning what its author says that it does.
    pub(super) async fn remember(
        &self,
        at: &Address,
        conversation: &str,
        scope: Scope,
    ) -> Result<(), NotTried> {
        let values = match scope {
            Scope::Conversation => &self.remembered.conversation,
            Scope::Bot => &self.remembered.bot,
        };
        if values.is_empty() {
            return Ok(());
        }
        let remembered = self.host.remember(at, conversation, scope, values).await;
        remembered.map_err(|error| NotTried::NotRemembered(error.to_string()))
    }

    /// Holds a conversation from its first turn on.
    pub(super) async fn hold(
        &self,
        place: &Place<'_>,
        script: &Script,
    ) -> Result<Vec<Heard>, NotTried> {
        let mut heard = Vec::new();
        self.remember(place.at, place.conversation, Scope::Conversation)
            .await?;
        for (number, ask) in (0..).zip(&script.asks) {
            self.world.made_up.go_to(number);
            heard.push(self.ask(place, number, ask).await);
        }
        Ok(heard)
    }

    /// Holds one turn, which is that of this number in its conversation.
    pub(super) async fn ask(&self, place: &Place<'_>, number: u64, ask: &Ask) -> Heard {
        let read = match ask {
            Ask::Said(said) => event(said, place.kind, place.conversation, number),
            Ask::Payload(payload) => incoming(payload, Some(place.conversation)),
            Ask::Handed(payload, event) => {
                let read = incoming(payload, Some(place.conversation));
                read.map(|mut incoming| {
                    incoming.turn.event = event.clone();
                    incoming
                })
            }
            Ask::Test(payload) => incoming(payload, None),
            Ask::Invoke(payload) => {
                let input = Input {
                    headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
                    payload: payload.clone(),
                };
                let arrived = self.arrived();
                let invocation = self.host.invoke(place.at, Arc::new(input), arrived).await;
                return self.heard(ask, self.looked_at(invocation).await);
            }
        };
        match read {
            Ok(incoming) => {
                let purpose = match ask {
                    Ask::Test(_) => Purpose::Test,
                    _ => Purpose::Answer(Contract::CustomIntegration),
                };
                let invocation = self.respond(place.at, incoming, purpose).await;
                self.heard(ask, invocation)
            }
            Err(what) => Heard {
                said: ask.shown(),
                answer: Heeded::Broken(Broken {
                    code: "wrong-shape",
                    what,
                }),
                log: Vec::new(),
                used: Used::default(),
            },
        }
    }

    pub(super) async fn respond(
        &self,
        at: &Address,
        incoming: Incoming,
        purpose: Purpose,
    ) -> Invocation {
        let arrived = self.arrived();
        let invocation = self.host.respond(at, incoming, purpose, arrived).await;
        self.looked_at(invocation).await
    }

    /// When a turn arrives that has more time than its bot is given.
    fn arrived(&self) -> Instant {
        Instant::now() + self.bot.limits.deadline().saturating_mul(PATIENCE - 1)
    }

    async fn looked_at<A: Outcome>(&self, mut invocation: Invocation<A>) -> Invocation<A> {
        self.host.find_lines(&mut invocation).await;
        if let Err(error) = &invocation.result
            && error.fault() == Fault::Host
        {
            self.unasked.get_or_init(|| error.to_string());
        }
        invocation
    }

    fn heard<A: Outcome + Worded>(&self, ask: &Ask, invocation: Invocation<A>) -> Heard {
        Heard {
            said: ask.shown(),
            log: self.log(&invocation),
            used: Used {
                said: ask.shown(),
                fuel: invocation.usage.fuel,
                memory_bytes: invocation.usage.memory_peak_bytes,
                wall: invocation.usage.wall,
            },
            answer: match &invocation.result {
                Ok(answer) => Heeded::Answer(answer.in_words()),
                Err(InvokeError::Failed(failure @ Failure::Faulted { .. })) => {
                    Heeded::Fault(failure.to_string())
                }
                Err(error) => Heeded::Broken(Broken {
                    code: error.code(),
                    what: error.to_string(),
                }),
            },
        }
    }

    pub(super) fn log<A>(&self, invocation: &Invocation<A>) -> Vec<String> {
        let lines = invocation.log.lines.iter();
        let lines =
            lines.map(|line| format!("{}: {}", line.level, one_line(&line.message, usize::MAX)));
        let missed = self.world.fakes.missed().into_iter();
        lines
            .chain(missed.map(|what| format!("host: {what}")))
            .collect()
    }
}

/// Where a conversation is held.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) at: &'a Address,
    pub(super) conversation: &'a str,
    pub(super) kind: Kind,
}

/// An answer that can be compared with another one.
trait Worded {
    fn in_words(&self) -> String;
}

impl Worded for Reply {
    fn in_words(&self) -> String {
        crate::liveperson::custom_integration::write_reply(self).to_string()
    }
}

impl Worded for Returned {
    fn in_words(&self) -> String {
        self.json().get().to_owned()
    }
}

/// What a bot remembers in a scope that it does not ask for, it never sees.
fn is_asked_for(remembered: &Remembered, wants: &Grants) -> Result<(), NotTried> {
    let Remembered { conversation, bot } = remembered;
    for (scope, values) in [(Scope::Conversation, conversation), (Scope::Bot, bot)] {
        if !values.is_empty() && !wants.contains(&Grant::State(scope)) {
            return Err(NotTried::NotRemembered(format!(
                "the bot does not ask for state of the scope `{}`: take it out, or have the bot ask for it under \
                 `[wants]` in its manifest",
                scope.as_str()
            )));
        }
        let bytes: usize = values
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        let Limits {
            state_keys,
            state_bytes,
            ..
        } = Limits::default();
        if values.len() > state_keys || bytes > state_bytes {
            return Err(NotTried::NotRemembered(format!(
                "a scope has {state_keys} keys and {state_bytes} bytes at most, and `{}` has {} and {bytes}",
                scope.as_str(),
                values.len()
            )));
        }
    }
    Ok(())
}

/// The id of the conversation of this name.
pub(super) fn conversation(named: &str) -> String {
    Uuid::new_v5(&CONVERSATIONS, named.as_bytes()).to_string()
}

async fn give_secrets(
    host: &Host,
    tenant: &str,
    secrets: &BTreeMap<SecretName, String>,
) -> Result<(), NotTried> {
    for (name, value) in secrets {
        let wrong = |why: String| NotTried::Secret {
            name: name.clone(),
            why,
        };
        let secret = Secret::new(value.clone()).map_err(|error| wrong(error.to_string()))?;
        let set = host.vault().set(&named(tenant), name, &secret).await;
        set.map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}

fn named(tenant: &str) -> TenantId {
    tenant.parse().expect("small letters are a name")
}

/// Where the bot is deployed for the time of this number.
fn address(tenant: &str, number: usize) -> Address {
    Address {
        tenant: named(tenant),
        bot: format!("bot-{number}")
            .parse()
            .expect("small letters and digits are a name"),
        environment: Environment::draft(),
    }
}

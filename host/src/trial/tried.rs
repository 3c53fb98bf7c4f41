//! The bot that is tried, on its host, and a conversation of it for each case.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::{Bot, NotTried, Plan, World};
use crate::chat::{Contract, one_line};
use crate::conversations::Incoming;
use crate::invocation::{Host, Invocation, InvokeError, Purpose};
use crate::kit::{Case, Partner, Played, Probe, Remembered, Said, Suite, Turn, play};
use crate::liveperson::said::{self, Event, Kind};
use crate::registry::{Grant, Grants, Manifest, Wanted};
use crate::sandbox::{self, Failure, Limits};
use crate::state::Scope;
use crate::tenant::{Address, Environment, SecretName};
use crate::vault::Secret;

/// Names conversations, so that a case has the same one in each run.
const CONVERSATIONS: Uuid = Uuid::from_u128(0x7265_746f_7274_4074_8e73_7400_0000_0001);

/// A bot that is tried.
pub(super) struct Tried {
    host: Host,
    world: World,
    bot: Bot,
    /// What it asks for, which is granted here.
    wants: Grants,
    /// Whether it keeps something across all conversations: then each of them is another deployment's.
    keeps_for_all: bool,
    /// What it remembers when a conversation begins.
    remembered: Remembered,
    at: Address,
    /// The conversations that it was in since it was deployed.
    held: HashSet<String>,
    /// How many times it was deployed.
    deployed: usize,
}

impl Tried {
    /// Makes it ready.
    pub(super) async fn start(
        host: Host,
        world: &World,
        bot: Bot,
        suite: &Suite,
    ) -> Result<Self, NotTried> {
        let manifest = Manifest::of_component(&bot.component).ok().flatten();
        let wants = manifest.as_ref().map(|manifest| &manifest.wants);
        let mut tried = Self {
            host,
            world: world.clone(),
            keeps_for_all: wants.is_some_and(|wants| wants.state.contains(&Scope::Bot)),
            wants: wants.map_or_else(Grants::new, |wants| wants.grants()),
            remembered: suite.remembered.clone(),
            bot,
            at: address(0),
            held: HashSet::new(),
            deployed: 0,
        };
        tried.is_asked_for()?;
        tried.give_secrets(&suite.secrets).await?;
        tried.deploy().await?;
        let serving = tried.host.registry().at(&tried.at);
        match serving.map(|serving| serving.first().bot.world()) {
            Some(sandbox::World::Function) => Err(NotTried::Function),
            _ => Ok(tried),
        }
    }

    /// What a bot remembers in a scope that it does not ask for, it never sees.
    fn is_asked_for(&self) -> Result<(), NotTried> {
        let Remembered { conversation, bot } = &self.remembered;
        for (scope, values) in [(Scope::Conversation, conversation), (Scope::Bot, bot)] {
            if !values.is_empty() && !self.wants.contains(&Grant::State(scope)) {
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

    async fn remember(&self, conversation: &str) -> Result<(), NotTried> {
        let Remembered {
            conversation: own,
            bot,
        } = &self.remembered;
        for (scope, values) in [(Scope::Conversation, own), (Scope::Bot, bot)] {
            if !values.is_empty() {
                let remembered = self.host.remember(&self.at, conversation, scope, values);
                let remembered = remembered.await;
                remembered.map_err(|error| NotTried::NotRemembered(error.to_string()))?;
            }
        }
        Ok(())
    }

    async fn give_secrets(&self, made_up: &BTreeMap<SecretName, String>) -> Result<(), NotTried> {
        let mut secrets = made_up.clone();
        secrets.extend(self.bot.secrets.clone());
        for (name, value) in &secrets {
            let wrong = |why: String| NotTried::Secret {
                name: name.clone(),
                why,
            };
            let secret = Secret::new(value.clone()).map_err(|error| wrong(error.to_string()))?;
            let set = self.host.vault().set(&self.at.tenant, name, &secret).await;
            set.map_err(|error| wrong(error.to_string()))?;
        }
        Ok(())
    }

    async fn deploy(&mut self) -> Result<(), NotTried> {
        self.at = address(self.deployed);
        self.deployed += 1;
        let wanted = Wanted {
            config: self.bot.config.clone(),
            grants: self.wants.clone(),
            ..Wanted::default()
        };
        let deployed = self
            .host
            .deploy(&self.at, &self.bot.component, wanted)
            .await;
        Ok(deployed.map(drop)?)
    }

    /// Holds one conversation, in which nothing is remembered of the others.
    pub(super) async fn case(&mut self, case: &Case, plan: &Plan<'_>) -> Result<Played, NotTried> {
        let named = format!("{}\n{}", case.place.file, case.name);
        let mut talk = self.talk(&named, plan.kind()).await?;
        Ok(play(case, plan.suite, &mut talk).await)
    }

    /// Sends a probe's payloads: what each kind of conversation is sent, in one of its own.
    pub(super) async fn probe(&mut self, probe: &Probe) -> Result<Vec<Turn>, NotTried> {
        let mut turns = Vec::new();
        for (number, payloads) in probe.talks.iter().enumerate() {
            let named = format!("{}\n{number}", probe.name);
            let talk = self.talk(&named, Kind::default()).await?;
            for payload in payloads {
                let mut payload = payload.clone();
                if let Some(fields) = payload.as_object_mut() {
                    fields.insert("convId".to_owned(), talk.conversation.as_str().into());
                }
                turns.push(match said::read(&payload) {
                    Ok(incoming) => talk.turn(incoming).await,
                    Err(unread) => unsaid(unread.to_string()),
                });
            }
        }
        Ok(turns)
    }

    /// A conversation that nothing has been said in.
    async fn talk(&mut self, named: &str, kind: Kind) -> Result<Talk<'_>, NotTried> {
        // Whatever it remembers of others is another deployment's.
        if self.keeps_for_all || self.held.contains(named) {
            self.host.registry().deactivate(&self.at);
            self.deploy().await?;
            self.held.clear();
        }
        self.held.insert(named.to_owned());
        // A case is the same one whichever others are run.
        self.world.made_up.begin();
        let conversation = Uuid::new_v5(&CONVERSATIONS, named.as_bytes()).to_string();
        self.remember(&conversation).await?;
        Ok(Talk {
            conversation,
            tried: self,
            kind,
            sequence: 0,
        })
    }
}

struct Talk<'a> {
    tried: &'a Tried,
    conversation: String,
    kind: Kind,
    sequence: u64,
}

impl Partner for Talk<'_> {
    async fn hear(&mut self, said: Said) -> Turn {
        let text = match &said {
            Said::Welcome => None,
            Said::Text(text) => Some(text.as_str()),
        };
        let event = Event {
            kind: self.kind,
            conversation: &self.conversation,
            sequence: self.sequence,
            text,
        };
        self.sequence += 1;
        match event.incoming() {
            Ok(incoming) => self.turn(incoming).await,
            Err(unread) => unsaid(unread.to_string()),
        }
    }
}

impl Talk<'_> {
    async fn turn(&self, incoming: Incoming) -> Turn {
        let Tried {
            host, at, world, ..
        } = self.tried;
        let purpose = Purpose::Answer(Contract::CustomIntegration);
        let mut invocation = host.respond(at, incoming, purpose, Instant::now()).await;
        host.find_lines(&mut invocation).await;
        let mut turn = turn(invocation);
        let missed = world.fakes.missed();
        turn.log
            .extend(missed.iter().map(|what| format!("host: {what}")));
        turn
    }
}

/// Where the bot is deployed for the time of this number.
fn address(number: usize) -> Address {
    Address {
        tenant: "tried".parse().expect("small letters are a name"),
        bot: format!("bot-{number}")
            .parse()
            .expect("small letters and digits are a name"),
        environment: Environment::draft(),
    }
}

/// One that nobody was asked in.
fn unsaid(why: String) -> Turn {
    Turn {
        result: Err(why),
        is_faulted: false,
        log: Vec::new(),
        fuel: 0,
        memory_bytes: 0,
        wall: Duration::ZERO,
    }
}

fn turn(invocation: Invocation) -> Turn {
    let lines = invocation.log.lines.iter();
    let lines =
        lines.map(|line| format!("{}: {}", line.level, one_line(&line.message, usize::MAX)));
    let is_faulted = matches!(
        invocation.result,
        Err(InvokeError::Failed(Failure::Faulted { .. }))
    );
    Turn {
        is_faulted,
        log: lines.collect(),
        fuel: invocation.usage.fuel,
        memory_bytes: invocation.usage.memory_peak_bytes,
        wall: invocation.usage.wall,
        result: invocation.result.map_err(|error| error.to_string()),
    }
}

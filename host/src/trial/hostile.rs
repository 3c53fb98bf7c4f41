//! A host that is against a bot: without room for its state, without its secrets, and with servers that do not work. What is
//! claimed of its conversations is not looked at; each turn has to end in an answer or a fault, within what a turn may use.

use std::collections::BTreeSet;

use super::tried::{Place, Terms, Tried, conversation};
use super::{NotTried, Plan};
use crate::egress::Hostile;
use crate::kit::{Broken, Heard, Heeded, Talk, Verdict, Wrong};
use crate::limit::Limit;
use crate::liveperson::said::Kind;
use crate::registry::{Grant, NotDeployable};
use crate::sandbox::{self, Limits};
use crate::state::Scope;
use crate::tenant::{Address, SecretName};

/// How a host is against a bot.
#[derive(Clone, Debug)]
enum Against {
    State,
    Secret(SecretName),
    Server(Hostile),
}

/// What a slow server takes of a turn's time, in which a bot has to answer as well.
const SLOW_MS: u64 = 250;

/// How many turns meet a slow server: these take their time.
const MOST_SLOW: usize = 1;

/// Tries a bot by all that it can meet, and that is meant.
pub(super) async fn run(
    tried: &mut Tried,
    plan: &Plan<'_>,
    mut add: impl FnMut(usize, Verdict),
) -> Result<(), NotTried> {
    let talks = crate::kit::talks(plan.suite, tried.kind());
    let kind = plan.kind();
    let usual = Usual::of(tried, &talks, kind).await?;
    let all = against(tried, !usual.sending.is_empty());
    let all = all.into_iter().enumerate();
    for (number, against) in all.filter(|(_, against)| plan.is_meant(&against.name())) {
        let mut trial = Trial {
            tried: &mut *tried,
            kind,
            verdict: Verdict::new(against.name()),
            against,
        };
        trial.run(&talks, &usual).await?;
        add(number, trial.verdict);
    }
    Ok(())
}

/// What this bot can meet: one that asks for nothing of a kind does not notice that it is not there.
fn against(tried: &Tried, is_sending: bool) -> Vec<Against> {
    let mut against = Vec::new();
    let keeps = tried
        .wants
        .iter()
        .any(|grant| matches!(grant, Grant::State(_)));
    against.extend(keeps.then_some(Against::State));
    let mut secrets: Vec<_> = tried.wants.iter().filter_map(Grant::secret).collect();
    secrets.dedup();
    against.extend(secrets.into_iter().cloned().map(Against::Secret));
    let servers = Hostile::ALL.map(Against::Server);
    against.extend(is_sending.then_some(servers).into_iter().flatten());
    against
}

/// Turns by their conversation's number and their own.
type Turns = BTreeSet<(usize, usize)>;

/// What the conversations come to where nothing is against the bot.
#[derive(Debug, Default)]
struct Usual {
    /// The turns that send a request.
    sending: Turns,
    /// Those that fail anyhow, as other levels tell.
    broken: Turns,
}

impl Usual {
    async fn of(tried: &mut Tried, talks: &[Talk], kind: Kind) -> Result<Self, NotTried> {
        let mut usual = Self::default();
        for (at_talk, talk) in talks.iter().enumerate() {
            let at = tried.deploy(tried.terms()).await?;
            let id = conversation(&format!("{}\nas usual", talk.name));
            tried.remember(&at, &id, Scope::Bot).await?;
            tried.remember(&at, &id, Scope::Conversation).await?;
            let place = Place {
                at: &at,
                conversation: &id,
                kind,
            };
            for (at_turn, (number, ask)) in (0..).zip(&talk.asks).enumerate() {
                tried.world.made_up.go_to(number);
                tried.world.fakes.asked();
                let heard = tried.ask(&place, number, ask).await;
                if tried.world.fakes.asked() > 0 {
                    usual.sending.insert((at_talk, at_turn));
                }
                if heard.broken().is_some() {
                    usual.broken.insert((at_talk, at_turn));
                }
            }
        }
        Ok(usual)
    }
}

/// One case.
struct Trial<'a> {
    tried: &'a mut Tried,
    kind: Kind,
    verdict: Verdict,
    against: Against,
}

impl Trial<'_> {
    async fn run(&mut self, talks: &[Talk], usual: &Usual) -> Result<(), NotTried> {
        let mut slow = 0;
        for (at_talk, talk) in talks.iter().enumerate() {
            let Some(at) = self.deployed().await? else {
                return Ok(());
            };
            let id = conversation(&format!("{}\n{}", self.against.name(), talk.name));
            self.tried.remember(&at, &id, Scope::Bot).await?;
            self.tried.remember(&at, &id, Scope::Conversation).await?;
            let is_sending = |turn| usual.sending.contains(&(at_talk, turn));
            for (turn, (number, ask)) in (0..).zip(&talk.asks).enumerate() {
                let mut mode = match &self.against {
                    Against::Server(hostile) => Some(*hostile),
                    _ => None,
                };
                if mode == Some(Hostile::Slow) {
                    let is_met = is_sending(turn) && slow < MOST_SLOW;
                    mode = mode.filter(|_| is_met);
                    slow += usize::from(is_met);
                }
                self.tried.world.made_up.go_to(number);
                self.tried.world.fakes.be(mode);
                let place = Place {
                    at: &at,
                    conversation: &id,
                    kind: self.kind,
                };
                self.tried.world.fakes.asked();
                let mut heard = self.tried.ask(&place, number, ask).await;
                self.tried.world.fakes.be(None);
                if mode == Some(Hostile::Slow) {
                    self.waited(self.tried.world.fakes.asked(), &mut heard);
                }
                let on = format!("{}, on \"{}\"", self.against.told(), heard.said);
                let broken = heard.broken();
                let broken = broken.filter(|_| !usual.broken.contains(&(at_talk, turn)));
                self.verdict
                    .wrong(broken.map(|broken| self.against.wrong(broken, &on)));
                self.verdict.hear(heard);
            }
        }
        Ok(())
    }

    /// Whether so many slow requests leave a turn time to answer, which has more of it here than where it serves.
    fn waited(&self, requests: usize, heard: &mut Heard) {
        let waited = SLOW_MS.saturating_mul(requests as u64);
        let most = self.tried.bot.limits.deadline_ms;
        if waited > most && heard.broken().is_none() {
            heard.answer = Heeded::Broken(Broken {
                code: Limit::Deadline.code(),
                what: format!(
                    "it waits for {requests} requests in one turn, {waited} of {most} ms"
                ),
            });
        }
    }

    /// Where it is deployed for this; none if it does not take it, which is an answer too.
    async fn deployed(&mut self) -> Result<Option<Address>, NotTried> {
        let terms = self.terms().await?;
        match self.tried.deploy(terms).await {
            Ok(at) => Ok(Some(at)),
            Err(NotDeployable::ConfigRefused(_)) => Ok(None),
            Err(NotDeployable::Failed { asked, failure })
                if !matches!(failure, sandbox::Failure::Host(_)) =>
            {
                let broken = Broken {
                    code: failure.code(),
                    what: failure.to_string(),
                };
                let on = format!("{}, at `{asked}`", self.against.told());
                self.verdict.wrong(Some(self.against.wrong(&broken, &on)));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn terms(&self) -> Result<Terms, NotTried> {
        let mut terms = self.tried.terms();
        match &self.against {
            Against::State => {
                terms.limits = Limits {
                    state_bytes: 1,
                    state_keys: 0,
                    ..terms.limits
                };
            }
            Against::Secret(missing) => {
                let mut left = self.tried.bot.secrets.clone();
                left.remove(missing);
                // A tenant's name has no room for a secret's.
                let number = self.tried.wants.iter().filter_map(Grant::secret);
                let number = number.take_while(|name| *name != missing).count();
                terms.tenant = format!("without-{number}");
                self.tried.give_secrets(&terms.tenant, &left).await?;
            }
            Against::Server(Hostile::Slow) => terms.limits.http_ms = SLOW_MS,
            Against::Server(_) => {}
        }
        Ok(terms)
    }
}

impl Against {
    fn name(&self) -> String {
        match self {
            Self::State => "no room for its state".to_owned(),
            Self::Secret(name) => format!("the secret \"{name}\" is not set"),
            Self::Server(hostile) => hostile.name().to_owned(),
        }
    }

    /// As it stands behind what the bot does.
    fn told(&self) -> String {
        match self {
            Self::State => "where its state is full".to_owned(),
            Self::Secret(name) => format!("where the secret \"{name}\" is not set"),
            Self::Server(hostile) => format!("where {}", hostile.told()),
        }
    }

    fn wrong(&self, broken: &Broken, on: &str) -> Wrong {
        let remedy = match self {
            Self::State => {
                "look at what `set` comes to, and answer without what cannot be kept, or give a fault"
            }
            Self::Secret(_) => {
                "look at what `secrets.get` comes to, and answer without it, or give a fault"
            }
            Self::Server(Hostile::Slow) => {
                "look at what `send` comes to, do not try again for ever, and answer without it, or give a fault"
            }
            Self::Server(Hostile::Status500) => {
                "look at the status before the body, and answer without it, or give a fault"
            }
            Self::Server(hostile) if hostile.is_answer() => {
                "take nothing of a body for granted, and where it is not what it should be answer without it, or give a fault"
            }
            Self::Server(_) => {
                "look at what `send` comes to, and answer without it, or give a fault"
            }
        };
        Wrong {
            what: broken.told_with(on, remedy),
            expected: vec!["an answer that may be sent, or a fault".to_owned()],
            actual: None,
        }
    }
}

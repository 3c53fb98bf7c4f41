//! One turn's record, and its line in the host's log.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{Level, event};
use uuid::Uuid;

use super::{InvokeError, Purpose};
use crate::capabilities::log::{Line, Lines};
use crate::capabilities::tally::Call;
use crate::capabilities::tape::Told;
use crate::chat::{LeftOut, Reply, Returned, Said};
use crate::fault::Fault;
use crate::metrics::{self, Used};
use crate::recent::{Ring, Turn};
use crate::registry::{Deployment, FailurePolicy};
use crate::sandbox::{Bot, Ran, Usage};
use crate::tenant::Address;

/// A turn and what became of it: a bot's, or an invocation of a function.
#[derive(Debug)]
pub struct Invocation<A = Reply> {
    /// Names the turn in the logs and to the caller.
    pub id: Uuid,
    /// What it was asked for.
    pub purpose: Purpose,
    /// The bot's checked reply, or what the function returned; or why there is none.
    pub result: Result<A, InvokeError>,
    /// What the consumer gets in its place where it is not the host's fault; known once a deployment is.
    failure_policy: FailurePolicy,
    stand_in: Option<Reply>,
    /// Whether it is the answer of the first time that this event came.
    pub(super) is_replay: bool,
    /// From the request read to the answer.
    took: Duration,
    /// The digest of the component that was asked, if one was.
    pub revision: Option<Arc<str>>,
    /// What it used.
    pub usage: Usage,
    /// What its last run did.
    pub(super) last_used: Usage,
    /// What its bot was told in that.
    pub(super) told: Option<Told>,
    /// What it logged.
    pub log: Lines,
    /// How it called its capabilities, and how that ended.
    pub calls: Vec<(Call, u64)>,
    /// Where it is remembered, and who answered; known once a deployment is.
    pub(super) remembered: Option<(Arc<Ring>, Arc<Address>)>,
    /// The bot that trapped in it, if one did: its component tells where.
    pub(super) trapped: Option<Arc<Bot>>,
    /// Not so as long as it runs, and for ever if its caller hung up.
    is_over: bool,
}

/// What a turn ends in when it ends well.
pub trait Outcome {
    /// A stable name for that, for programs and metrics.
    fn outcome(&self) -> &'static str;
}

impl Outcome for Reply {
    fn outcome(&self) -> &'static str {
        match self.said() {
            Said::Answer(_) => "replied",
            Said::NoAnswer => "no-answer",
        }
    }
}

impl Outcome for Returned {
    fn outcome(&self) -> &'static str {
        "replied"
    }
}

impl<A: Outcome> Invocation<A> {
    /// One that comes to `nothing` as long as nobody has answered.
    pub(super) fn begin(purpose: Purpose, nothing: A) -> Self {
        Self {
            // From the thread's own generator: asking the system each time would cost as much as making the store.
            id: uuid::Builder::from_random_bytes(rand::random()).into_uuid(),
            purpose,
            result: Ok(nothing),
            failure_policy: FailurePolicy::default(),
            stand_in: None,
            is_replay: false,
            took: Duration::ZERO,
            revision: None,
            usage: Usage::default(),
            last_used: Usage::default(),
            told: None,
            log: Lines::default(),
            calls: Vec::new(),
            remembered: None,
            trapped: None,
            is_over: false,
        }
    }

    pub(super) fn about(&mut self, deployment: &Deployment) {
        let (recent, at) = (&deployment.recent, &deployment.at);
        self.remembered = Some((Arc::clone(recent), Arc::clone(at)));
        self.failure_policy = deployment.failure.clone();
        self.revision = Some(Arc::clone(&deployment.revision));
    }

    /// What a run of its bot used; there may be a second one, which counts with the first.
    pub(super) fn measured<T>(&mut self, ran: &mut Ran<T>) {
        self.usage = self.usage.and(&ran.usage);
        self.last_used = ran.usage;
        let began = self.told.as_ref().map(|first| first.began);
        self.told = ran.told.take().map(|told| Told {
            // It was told something when it ran first, too.
            began: began.unwrap_or(told.began),
            ..told
        });
        self.log = ran.log.clone();
        self.calls.extend_from_slice(&ran.calls);
    }

    fn is_done(&mut self, result: Result<A, InvokeError>, took: Duration) {
        self.result = result;
        self.took = took;
        self.is_over = true;
    }

    /// Tells the bot's author what was left out of its reply, where its own lines are. These few are none of its limits'.
    pub(super) fn warn(&mut self, left_out: &[LeftOut]) {
        let lines = left_out.iter().map(|left_out| Line {
            level: "warn",
            message: left_out.to_string(),
        });
        self.log.lines.extend(lines);
    }

    /// What the caller got, in a word.
    fn what_was_sent(&self) -> &'static str {
        match &self.result {
            _ if !self.is_over => "nothing",
            Ok(_) if self.is_replay => "replay",
            Ok(_) => "reply",
            Err(_) if self.stand_in.is_some() => "stand-in",
            Err(_) => "error",
        }
    }

    /// How the turn ended: `replied`, `no-answer` for one that was left unanswered on purpose, `replayed` for a repeat,
    /// `tested` for a connection test, `abandoned` for one whose caller hung up, or the code of its error.
    pub fn outcome(&self) -> &'static str {
        match &self.result {
            _ if !self.is_over => "abandoned",
            Ok(_) if self.purpose == Purpose::Test => "tested",
            Ok(_) if self.is_replay => "replayed",
            Ok(answer) => answer.outcome(),
            Err(error) => error.code(),
        }
    }

    fn fault(&self) -> Option<Fault> {
        if self.is_over {
            self.result.as_ref().err().map(InvokeError::fault)
        } else {
            Some(Fault::Caller)
        }
    }

    /// What is counted of it. One that reached no deployment took no time worth measuring, and one whose guest gave
    /// no account of itself used nothing that is known.
    pub(super) fn counted<'a>(&'a self, to: &'a Address, arrived: Instant) -> metrics::Turn<'a> {
        let has_usage = self.usage != Usage::default();
        metrics::Turn {
            tenant: &to.tenant,
            outcome: self.outcome(),
            fault: self.fault(),
            took: self.revision.is_some().then(|| arrived.elapsed()),
            used: has_usage.then_some(Used {
                fuel: self.usage.fuel,
                memory_peak_bytes: self.usage.memory_peak_bytes,
                host_calls: self.usage.host_calls,
            }),
            calls: &self.calls,
        }
    }

    /// For whoever asks about it later.
    pub(super) fn remember(&self) {
        let Some((recent, at)) = &self.remembered else {
            return;
        };
        recent.keep(Turn {
            number: 0,
            id: self.id,
            ended: Timestamp::now(),
            at: Arc::clone(at),
            revision: self.revision.clone().unwrap_or_default(),
            outcome: self.outcome(),
            fault: self.fault(),
            cause: self.result.as_ref().err().map(ToString::to_string),
            sent: self.what_was_sent(),
            took_us: micros(self.took),
            wall_us: micros(self.usage.wall),
            waited_us: micros(self.usage.waited),
            fuel: self.usage.fuel,
            memory_peak_bytes: self.usage.memory_peak_bytes,
            host_calls: self.usage.host_calls,
            log: self.log.clone(),
        });
    }

    /// The bot's own lines, then one line for the turn. Only the host's own fault is an error here.
    pub(super) fn report(&self, to: &Address) {
        let (id, tenant, bot, environment) = (
            self.id.as_hyphenated(),
            &to.tenant,
            &to.bot,
            &to.environment,
        );
        for line in &self.log.lines {
            tracing::debug!(target: "retort::bot", %id, %tenant, %bot, %environment, level = line.level, "{}", line.message);
        }
        let revision = self.revision.as_deref().unwrap_or_default();
        let (outcome, wall_us) = (self.outcome(), micros(self.usage.wall));
        let (sent, took_us) = (self.what_was_sent(), micros(self.took));
        let waited_us = micros(self.usage.waited);
        let (fuel, memory_peak_bytes) = (self.usage.fuel, self.usage.memory_peak_bytes);
        let (host_calls, dropped_lines) = (self.usage.host_calls, self.log.dropped);
        let calls = in_words(&self.calls);
        macro_rules! turn {
            ($level:expr, $($text:tt)*) => {
                event!($level, %id, %tenant, %bot, %environment, outcome, sent, revision, took_us, wall_us, waited_us, fuel, memory_peak_bytes, host_calls, calls, dropped_lines, $($text)*)
            };
        }
        match &self.result {
            _ if !self.is_over => turn!(Level::INFO, "turn abandoned: its caller hung up"),
            Ok(_) => turn!(Level::INFO, "turn answered"),
            Err(error) if error.fault() == Fault::Host => {
                turn!(Level::ERROR, "turn failed: {error}")
            }
            Err(error) => turn!(Level::INFO, "turn failed: {error}"),
        }
    }
}

impl Invocation {
    /// What is sent: the bot's reply, or what stands in for it by the deployment's failure policy.
    ///
    /// # Errors
    /// [`InvokeError`] if the caller is to be told of the failure.
    pub fn sent(&self) -> Result<&Reply, &InvokeError> {
        match &self.result {
            Ok(reply) => Ok(reply),
            Err(error) => self.stand_in.as_ref().ok_or(error),
        }
    }

    /// What stands in for a reply that there is none of, if anything does. Who tests a connection wants to know, whatever a
    /// consumer would be told.
    pub(super) fn stand_in_for(&self, error: &InvokeError) -> Option<Reply> {
        let is_told = self.purpose == Purpose::Test || !error.is_for_the_policy();
        if is_told {
            return None;
        }
        self.failure_policy.reply()
    }

    /// How it ended, and what is sent for that.
    pub(super) fn ended(&mut self, result: Result<Reply, InvokeError>, took: Duration) {
        let error = result.as_ref().err();
        self.stand_in = error.and_then(|error| self.stand_in_for(error));
        self.is_done(result, took);
    }
}

impl Invocation<Returned> {
    /// How it ended.
    pub(super) fn ended(&mut self, result: Result<Returned, InvokeError>, took: Duration) {
        self.is_done(result, took);
    }
}

/// Such as `http.ok=1 state.ok=3`.
fn in_words(calls: &[(Call, u64)]) -> String {
    let each = calls
        .iter()
        .map(|((capability, outcome), count)| format!("{capability}.{outcome}={count}"));
    each.collect::<Vec<_>>().join(" ")
}

fn micros(wall: Duration) -> u64 {
    u64::try_from(wall.as_micros()).unwrap_or(u64::MAX)
}

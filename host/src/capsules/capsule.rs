//! One turn as one file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::redact;
use super::told::{Came, Told};
use crate::capabilities::config::Values;
use crate::capabilities::granted::Granted;
use crate::capabilities::log::Line;
use crate::capabilities::tape;
use crate::chat::{Contract, ReplyLimits, Turn};
use crate::sandbox::Limits;
use crate::sandbox::script::Script;
use crate::store::Digest;
use crate::tenant::{Address, BotName, Environment, SecretName, TenantId};

/// What a file of this kind says that it is.
const FORMAT: &str = "retort-capsule/1";

/// A turn: what it was asked and told, and how it ended. Everything that it takes to run it again is here, but the component.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Capsule {
    /// What this is.
    format: Format,
    /// As the caller was told it, and as it is in the host's log.
    pub id: Uuid,
    /// When it ended.
    pub at: Timestamp,
    /// Who was asked.
    pub place: Place,
    /// The digest of the component, `sha256:` and 64 hexadecimal digits.
    pub revision: String,
    /// The rules of redaction that found something: what they found is not here, so the turn's outcome is all that running it
    /// again promises.
    pub redacted: BTreeSet<String>,
    /// Why the turn cannot be run again as it was, if it cannot.
    pub gap: Option<String>,
    /// How it ended.
    pub ended: Ended,
    /// What was asked.
    pub asked: Asked,
    /// What the bot was told meanwhile.
    pub told: Told,
    /// What `config` gave it.
    pub config: Vec<(String, String)>,
    /// That, as a digest: by what is redacted it must not be found out.
    pub config_digest: String,
    /// What it might reach.
    pub granted: Granted,
    /// What it might use.
    pub limits: Limits,
    /// What its reply might be.
    pub reply: ReplyLimits,
    /// What else of its host it could see.
    pub machine: Machine,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Format;

impl Serialize for Format {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(FORMAT)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match String::deserialize(from)?.as_str() {
            FORMAT => Ok(Self),
            other => Err(serde::de::Error::custom(format!(
                "its format is \"{}\", and this reads \"{FORMAT}\"",
                crate::chat::one_line(other, 40)
            ))),
        }
    }
}

/// Where a turn was asked for.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Whose bot.
    pub tenant: TenantId,
    /// Which bot.
    pub bot: BotName,
    /// Which of its environments.
    pub environment: Environment,
}

impl Place {
    /// As an address.
    pub fn address(&self) -> Address {
        Address {
            tenant: self.tenant.clone(),
            bot: self.bot.clone(),
            environment: self.environment.clone(),
        }
    }
}

impl From<&Address> for Place {
    fn from(at: &Address) -> Self {
        Self {
            tenant: at.tenant.clone(),
            bot: at.bot.clone(),
            environment: at.environment.clone(),
        }
    }
}

/// What a turn was asked.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A bot's event, as the bot saw it.
    Turn {
        /// By which contract it was to be answered; none for a connection test.
        contract: Option<Contract>,
        /// The event and its conversation.
        turn: Box<Turn>,
    },
    /// An invocation of a function.
    Invocation {
        /// Names and values.
        headers: Vec<(String, String)>,
        /// JSON.
        payload: String,
    },
}

impl Asked {
    /// The conversation that it belongs to.
    pub fn conversation(&self) -> Option<&str> {
        match self {
            Self::Turn { turn, .. } => turn.conversation.id.as_deref(),
            Self::Invocation { .. } => None,
        }
    }
}

/// How a turn ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// In one of the host's codes.
    pub outcome: String,
    /// Whose fault it is; none of a turn that was well.
    pub fault: Option<String>,
    /// Why it failed, for the bot's author.
    pub cause: Option<String>,
    /// The checked reply of a bot, or the text that a function returned; none of a turn that failed.
    pub said: Option<Value>,
    /// None if the guest gave no account of itself.
    pub fuel: Option<u64>,
    /// Where its time was over, if it was.
    pub late: Option<Late>,
    /// The most linear memory at a time.
    pub memory_peak_bytes: usize,
    /// Calls out of the sandbox.
    pub host_calls: u64,
    /// What it logged.
    pub log: Vec<Logged>,
    /// How many more lines there were past the limits.
    pub dropped_lines: usize,
}

/// A line that a bot logged.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Logged {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// The text.
    pub message: String,
}

impl From<&Line> for Logged {
    fn from(line: &Line) -> Self {
        Self {
            level: line.level.to_owned(),
            message: line.message.clone(),
        }
    }
}

/// A turn whose time was over.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// Milliseconds that it took.
    pub used_ms: u64,
    /// Milliseconds that it had.
    pub allowed_ms: u64,
}

/// What a turn could see of its host.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The host's version.
    pub retort: String,
    /// What its clocks advanced by, in microseconds.
    pub clock_resolution_us: u64,
    /// How deep it could call.
    pub wasm_stack_bytes: usize,
    /// What scripts ran on, as a digest.
    pub script_engine: String,
}

/// A file that is no capsule.
#[derive(Debug, thiserror::Error)]
#[error("this is not a capsule: {0}")]
pub struct NotACapsule(#[from] serde_json::Error);

/// A turn that is over, and all that it had to do with.
#[derive(Debug)]
pub struct Taken {
    /// As the caller was told it.
    pub id: Uuid,
    /// When it ended.
    pub at: Timestamp,
    /// Who was asked.
    pub place: Arc<Address>,
    /// The digest of the component.
    pub revision: Arc<str>,
    /// What was asked.
    pub asked: Asked,
    /// What the bot was told.
    pub told: tape::Told,
    /// How it ended.
    pub ended: Ended,
    /// What `config` gave the bot.
    pub config: Values,
    /// What it might reach.
    pub granted: Arc<Granted>,
    /// What it might use.
    pub limits: Limits,
    /// What its reply might be.
    pub reply: ReplyLimits,
    /// What else of its host it could see.
    pub machine: Machine,
    /// Why it cannot be run again as it was, if it cannot.
    pub gap: Option<&'static str>,
}

impl From<Taken> for Capsule {
    fn from(taken: Taken) -> Self {
        let gap = taken.told.gap.map(tape::Gap::as_str);
        Self {
            format: Format,
            id: taken.id,
            at: taken.at,
            place: Place::from(&*taken.place),
            revision: taken.revision.to_string(),
            redacted: BTreeSet::new(),
            gap: taken.gap.or(gap).map(str::to_owned),
            ended: taken.ended,
            asked: taken.asked,
            told: taken.told.into(),
            config_digest: digest(&taken.config),
            config: taken
                .config
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            granted: (*taken.granted).clone(),
            limits: taken.limits,
            reply: taken.reply,
            machine: taken.machine,
        }
    }
}

impl Capsule {
    /// One that was kept.
    ///
    /// # Errors
    /// [`NotACapsule`] says where it is something else.
    pub fn read(bytes: &[u8]) -> Result<Self, NotACapsule> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// As it is kept and sent: JSON.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What `config` gave the bot.
    pub fn config(&self) -> BTreeMap<String, String> {
        self.config.iter().cloned().collect()
    }

    /// The same, run with this component on a host whose scripts run on that engine: what a script takes is promised on the
    /// same engine alone.
    pub fn with(mut self, component: &[u8], script_engine: &str) -> Self {
        if self.machine.script_engine != script_engine && Script::is(component) {
            let other = "scripts ran on another build of their engine, which takes another fuel";
            self.gap.get_or_insert(other.to_owned());
        }
        self
    }

    /// Says anew what its configuration comes to.
    pub(super) fn digest_config(&mut self) {
        self.config_digest = digest(&self.config());
    }

    /// The secrets whose values the bot read, of which there are none here.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        let read = self.told.secrets.iter();
        read.filter(|secret| matches!(secret.came, Came::Bytes(_)))
            .map(|secret| &secret.name)
    }

    /// What came of running it again, as its host would have kept it: without the values of these secrets.
    pub fn ended_as(&self, ended: Ended, told: Told, secrets: &[String]) -> Self {
        let again = Self {
            ended,
            told,
            ..self.clone()
        };
        redact::as_kept(&again, secrets)
    }

    /// Whether running it again is to end as it did, with the same reply and the same fuel.
    pub fn promises_all(&self) -> bool {
        self.redacted.is_empty() && self.gap.is_none()
    }
}

/// Of a configuration, in hex.
fn digest(config: &BTreeMap<String, String>) -> String {
    let json = serde_json::to_vec(config).unwrap_or_default();
    Digest::of(&json).into()
}

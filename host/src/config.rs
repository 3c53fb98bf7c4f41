//! The settings of a host, gathered: a flag beats the environment, which beats the file. Each room defines its
//! own; this one only merges them and says where one is wrong.

mod bounds;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider, Source};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::chat::ReplyLimits;
use crate::registry::settings::bounds::written;
use crate::registry::settings::{self, Defaults, texts};
use crate::registry::{FailurePolicy, Grant, Wanted};
use crate::sandbox::{Limits, compile, structure};
use crate::tenant::{Address, BotName, Environment, EventId, TenantId};
use crate::{
    admission, capsules, conversations, egress, http, invocation, metrics, quarantine, recent,
    sandbox, sentinel, state, telemetry, trial, vault,
};

/// What variables of the environment begin with. `RETORT_LIMITS__FUEL` is `fuel` in the table `limits`.
const PREFIX: &str = "RETORT_";
/// Variables that are flags of the command line, not keys of the file.
const NOT_KEYS: [&str; 5] = [
    "RETORT_CONFIG",
    "RETORT_URL",
    "RETORT_TOKEN",
    "RETORT_CA",
    "RETORT_TENANT",
];

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The folder for what must outlive the host.
    pub data: Option<PathBuf>,
    /// The host's own log.
    pub log: telemetry::Settings,
    /// The front door.
    pub http: http::Settings,
    /// What it shows to who connects, if it speaks TLS.
    pub tls: http::tls::Settings,
    /// Whose calls are LivePerson's.
    pub liveperson: sentinel::Settings,
    /// The key to the secrets.
    pub secrets: vault::Settings,
    /// What bots may reach outside, whatever they are granted.
    pub egress: egress::Settings,
    /// Who may run when.
    pub admission: admission::Settings,
    /// When a bot is taken out.
    pub quarantine: quarantine::Settings,
    /// What all bots share.
    pub sandbox: sandbox::Settings,
    /// What a component may be made of.
    pub component: structure::Limits,
    /// What compiling one may use.
    pub compile: compile::Limits,
    /// What trying a bot before it is deployed may use.
    pub trial: trial::Limits,
    /// What is remembered of conversations.
    pub conversations: conversations::Settings,
    /// How much bots may keep.
    pub state: state::Settings,
    /// How much is remembered of turns.
    pub recent: recent::Settings,
    /// Which turns are kept whole.
    pub capsules: capsules::Settings,
    /// How finely is counted.
    pub metrics: metrics::Settings,
    /// Who may watch, and where.
    pub operations: http::operations::Settings,
    /// What a turn may use, unless its deployment says otherwise.
    pub limits: Limits,
    /// What a reply may be, unless its deployment says otherwise.
    pub reply: ReplyLimits,
    /// What a consumer gets when a bot fails, unless its deployment says otherwise.
    pub failure: FailurePolicy,
    /// What is served.
    pub deployments: Vec<Entry>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7878)),
            data: None,
            log: telemetry::Settings::default(),
            http: http::Settings::default(),
            tls: http::tls::Settings::default(),
            liveperson: sentinel::Settings::default(),
            secrets: vault::Settings::default(),
            egress: egress::Settings::default(),
            admission: admission::Settings::default(),
            quarantine: quarantine::Settings::default(),
            sandbox: sandbox::Settings::default(),
            component: structure::Limits::default(),
            compile: compile::Limits::default(),
            trial: trial::Limits::default(),
            conversations: conversations::Settings::default(),
            state: state::Settings::default(),
            recent: recent::Settings::default(),
            capsules: capsules::Settings::default(),
            metrics: metrics::Settings::default(),
            operations: http::operations::Settings::default(),
            limits: Limits::default(),
            reply: ReplyLimits::default(),
            failure: FailurePolicy::default(),
            deployments: Vec::new(),
        }
    }
}

/// A bot to serve.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Whose.
    pub tenant: TenantId,
    /// Under which name.
    pub bot: BotName,
    /// In which environment.
    #[serde(default = "Environment::draft")]
    pub environment: Environment,
    /// The component's file; relative to the configuration file.
    pub component: PathBuf,
    /// What it may have of what it asks for.
    #[serde(default)]
    pub grant: Vec<Grant>,
    /// What differs from the host's `limits`.
    #[serde(default)]
    limits: Dict,
    /// What differs from the host's `reply`.
    #[serde(default)]
    reply: Dict,
    /// In place of the host's `failure`.
    #[serde(default)]
    failure: Option<FailurePolicy>,
    /// What `config` gives the bot.
    #[serde(default)]
    config: BTreeMap<String, serde_json::Value>,
    /// The events that it is invoked by, where it serves as `production`.
    #[serde(default)]
    events: Option<BTreeSet<EventId>>,
    /// Which of its turns are kept whole, where that is not what the host says.
    #[serde(default)]
    capsules: Option<settings::Capsules>,
    /// Whether it has to answer a first turn before it serves.
    #[serde(default = "on")]
    smoke_turn: bool,
}

fn on() -> bool {
    true
}

/// What flags say.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flags {
    /// `--listen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// `--data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// The table `tls`.
    pub tls: TlsFlags,
    /// The table `secrets`.
    pub secrets: SecretsFlags,
}

/// What flags say of secrets.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SecretsFlags {
    /// `--secrets-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
}

/// What flags say of TLS.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TlsFlags {
    /// `--tls-cert`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert: Option<PathBuf>,
    /// `--tls-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum BadConfig {
    /// There is no such file.
    #[error(
        "the configuration file \"{0}\" is not there, or is not a file; give another with --config"
    )]
    NoFile(PathBuf),
    /// A key is unknown, or a value is wrong.
    #[error("the configuration is not valid: {}", in_words(.0))]
    Invalid(Box<figment::Error>),
    /// A number is out of its bounds, or contradicts another.
    #[error("the configuration is not valid: {0}")]
    OutOfBounds(String),
    /// The same address twice.
    #[error("the configuration is not valid: `deployments` has {0} twice")]
    Twice(Address),
}

/// Every problem with its key and its source; the library would also name its own profile.
fn in_words(error: &figment::Error) -> String {
    let problem = |error: figment::Error| {
        let key = error.path.join(".");
        let metadata = error.metadata.as_ref();
        let file = metadata
            .and_then(|m| m.source.as_ref())
            .map(|source| format!(" \"{source}\""));
        let source = metadata.map(|m| format!(", in {}{}", m.name, file.unwrap_or_default()));
        format!("`{key}`: {}{}", error.kind, source.unwrap_or_default())
    };
    error
        .clone()
        .into_iter()
        .map(problem)
        .collect::<Vec<_>>()
        .join("; ")
}

impl Config {
    /// Merges what is said, and checks it.
    ///
    /// # Errors
    /// [`BadConfig`] names the key and where it comes from.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &Flags,
    ) -> Result<Self, BadConfig> {
        let mut sources = Figment::new();
        if let Some(path) = file {
            if !path.is_file() {
                return Err(BadConfig::NoFile(path.to_owned()));
            }
            sources = sources.merge(Toml::file_exact(path));
        }
        let sources = sources
            .merge(Variables::from(environment))
            .merge(Serialized::defaults(flags));
        let mut config: Config = extract(&sources)?;
        let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
        for entry in &mut config.deployments {
            entry.component = folder.join(&entry.component);
        }
        for (key, path) in [
            ("tls.cert", &mut config.tls.cert),
            ("tls.key", &mut config.tls.key),
            ("secrets.key_file", &mut config.secrets.key_file),
            ("egress.ca_file", &mut config.egress.ca_file),
        ] {
            if let Some(path) = path.as_mut().filter(|_| is_of_a_file(&sources, key)) {
                *path = folder.join(&*path);
            }
        }
        if is_of_a_file(&sources, "liveperson.key_files") {
            for path in &mut config.liveperson.key_files {
                *path = folder.join(&*path);
            }
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), BadConfig> {
        if let Some(problem) = bounds::problem(self) {
            return Err(BadConfig::OutOfBounds(problem));
        }
        let mut seen = std::collections::HashSet::new();
        for entry in &self.deployments {
            let wanted = self.wanted(entry)?;
            if let Some(problem) = settings::bounds::problem(&wanted) {
                return Err(BadConfig::OutOfBounds(format!(
                    "in {}: {problem}",
                    entry.address()
                )));
            }
            if !seen.insert(entry.address()) {
                return Err(BadConfig::Twice(entry.address()));
            }
        }
        Ok(())
    }

    /// What an entry wants, with the host's own settings where it says nothing.
    ///
    /// # Errors
    /// [`BadConfig::Invalid`] for an unknown limit; [`Config::load`] has seen to it that there is none.
    pub fn wanted(&self, entry: &Entry) -> Result<Wanted, BadConfig> {
        Ok(Wanted {
            limits: over(&self.limits, &entry.limits, entry, "limits")?,
            reply: over(&self.reply, &entry.reply, entry, "reply")?,
            failure: entry
                .failure
                .clone()
                .unwrap_or_else(|| self.failure.clone()),
            config: texts(&entry.config),
            grants: entry.grant.iter().cloned().collect(),
            events: entry.events.clone(),
            sample: entry.capsules.and_then(|capsules| capsules.sample_permille),
            smoke_turn: entry.smoke_turn,
        })
    }

    /// Every table of numbers, under its name, with the values that are in force.
    pub fn tables(&self) -> Vec<(&'static str, serde_json::Value)> {
        vec![
            ("limits", written(&self.limits)),
            ("reply", written(&self.reply)),
            ("http", written(&self.http)),
            ("tls", written(&self.tls)),
            ("liveperson", written(&self.liveperson)),
            ("egress", written(&self.egress)),
            ("admission", written(&self.admission)),
            ("quarantine", written(&self.quarantine)),
            ("conversations", written(&self.conversations)),
            ("state", written(&self.state)),
            ("recent", written(&self.recent)),
            ("capsules", written(&self.capsules)),
            ("metrics", written(&self.metrics)),
            ("operations", written(&self.operations)),
            ("sandbox", written(&self.sandbox)),
            ("component", written(&self.component)),
            ("compile", written(&self.compile)),
            ("trial", written(&self.trial)),
        ]
    }

    /// What every deployment has that says nothing else.
    pub fn defaults(&self) -> Defaults {
        Defaults {
            limits: self.limits.clone(),
            reply: self.reply.clone(),
            failure: self.failure.clone(),
        }
    }

    /// What a host is made with, but for the key to its secrets, which is in a file.
    pub fn host(&self) -> invocation::Settings {
        invocation::Settings {
            admission: self.admission.clone(),
            quarantine: self.quarantine,
            sandbox: sandbox::Settings {
                component: self.component,
                compile: self.compile,
                ..self.sandbox.clone()
            },
            conversations: self.conversations.clone(),
            state: self.state.clone(),
            recent: self.recent.clone(),
            capsules: self.capsules.clone(),
            metrics: self.metrics.clone(),
            egress: self.egress.clone(),
            secrets_key: None,
        }
    }
}

impl Entry {
    /// Where it is served.
    pub fn address(&self) -> Address {
        Address {
            tenant: self.tenant.clone(),
            bot: self.bot.clone(),
            environment: self.environment.clone(),
        }
    }
}

/// Whether it is the file that sets a key, and not what beats it.
fn is_of_a_file(sources: &Figment, key: &str) -> bool {
    let metadata = sources.find_metadata(key);
    metadata.is_some_and(|metadata| matches!(metadata.source, Some(Source::File(_))))
}

fn extract<T: DeserializeOwned>(sources: &Figment) -> Result<T, BadConfig> {
    sources
        .extract()
        .map_err(|error| BadConfig::Invalid(Box::new(error)))
}

fn over<T>(host: &T, own: &Dict, entry: &Entry, table: &str) -> Result<T, BadConfig>
where
    T: Serialize + DeserializeOwned,
{
    let metadata = Metadata::named(format!("`deployments.{table}` of {}", entry.address()));
    let own = Named {
        metadata,
        values: own.clone(),
    };
    extract(&Figment::from(Serialized::defaults(host)).merge(own))
}

/// Values with the name of their source, for the error that they may be in.
struct Named {
    metadata: Metadata,
    values: Dict,
}

impl Provider for Named {
    fn metadata(&self) -> Metadata {
        self.metadata.clone()
    }

    fn data(&self) -> figment::error::Result<Map<Profile, Dict>> {
        // Written anew, so that each value is marked as this source's, whatever it came through before.
        let values = Value::serialize(&self.values)?
            .into_dict()
            .unwrap_or_default();
        Ok(Profile::Default.collect(values))
    }
}

/// Variables of the environment, given and not read here, so that a test needs none.
struct Variables;

impl Variables {
    fn from(environment: impl IntoIterator<Item = (String, String)>) -> Named {
        let mut values = Figment::new();
        for (name, value) in environment {
            if NOT_KEYS.contains(&name.as_str()) {
                continue;
            }
            let Some(key) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let key = key.to_ascii_lowercase().replace("__", ".");
            let value = value
                .parse::<Value>()
                .unwrap_or_else(|never| match never {});
            values = values.merge((key, value));
        }
        let values = values.extract().unwrap_or_default();
        Named {
            metadata: Metadata::named("the environment's `RETORT_` variables"),
            values,
        }
    }
}

#[cfg(test)]
mod tests;

//! What a component has to pass before it serves: it has to load, say who it is, take its configuration, and answer a
//! first turn. Knows nothing of how it is kept or served afterwards.

mod first_turn;

use std::sync::Arc;

use tokio::time::Instant;

use super::deployment::Wanted;
use crate::admission::{Admission, Line, Refused};
use crate::bindings::types::{ConfigProblem, Description};
use crate::capabilities::config::Values;
use crate::capabilities::granted::Granted;
use crate::capabilities::reach::Reach;
use crate::chat::{InvalidReply, one_line};
use crate::fault::Fault;
use crate::quarantine::Quarantine;
use crate::recent::Recent;
use crate::registry::grant::Grants;
use crate::registry::manifest::{BadManifest, Manifest};
use crate::sandbox::{
    Ask, Bot, CheckConfig, Describe, Failure, Limits, Sandbox, Terms, Unloadable, World,
};
use crate::tenant::{Address, BotName};
use crate::vault::{Redactions, Vault};

/// Why something cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum NotDeployable {
    /// Not a bot for this host.
    #[error(transparent)]
    Unloadable(#[from] Unloadable),
    /// Its manifest cannot be read.
    #[error(transparent)]
    BadManifest(#[from] BadManifest),
    /// It failed when it was asked.
    #[error("the bot failed at `{asked}`: {failure}")]
    Failed {
        /// The export.
        asked: &'static str,
        /// How.
        failure: Failure,
    },
    /// It could not be asked.
    #[error("the bot could not be asked: {0}")]
    NotAsked(#[from] Refused),
    /// It says that it is something that it cannot be.
    #[error("`describe` is not valid: {0}")]
    BadDescription(String),
    /// It is not what its manifest says.
    #[error(
        "the manifest says {what} \"{manifest}\" and the component says \"{described}\"; make them agree"
    )]
    Disagrees {
        /// `name`, `version` or `world`.
        what: &'static str,
        /// The manifest's.
        manifest: String,
        /// The bot's.
        described: String,
    },
    /// It does not take its configuration.
    #[error("the bot refuses its configuration: {}", in_words(.0))]
    ConfigRefused(Vec<ConfigProblem>),
    /// It answers a first turn with what cannot be sent.
    #[error("{asked}: {refused}")]
    ReplyRefused {
        /// What that was.
        asked: &'static str,
        /// What is wrong with the answer.
        refused: InvalidReply,
    },
    /// The operator's own settings contradict something.
    #[error("{0}")]
    BadSettings(String),
}

impl NotDeployable {
    /// A stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unloadable(error) => error.code(),
            Self::BadManifest(_) => "bad-manifest",
            Self::Failed { .. } => "failed-when-asked",
            Self::NotAsked(_) => "not-asked",
            Self::BadDescription(_) => "bad-description",
            Self::Disagrees { .. } => "manifest-disagrees",
            Self::ConfigRefused(_) => "config-refused",
            Self::ReplyRefused { refused, .. } => refused.code(),
            Self::BadSettings(_) => "bad-setting",
        }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unloadable(error) => error.fault(),
            Self::Failed { failure, .. } => failure.fault(),
            Self::NotAsked(error) => error.fault(),
            Self::BadManifest(_)
            | Self::BadDescription(_)
            | Self::Disagrees { .. }
            | Self::ReplyRefused { .. } => Fault::Bot,
            Self::ConfigRefused(_) | Self::BadSettings(_) => Fault::Caller,
        }
    }
}

fn in_words(problems: &[ConfigProblem]) -> String {
    const CHARS: usize = 200;
    let each = problems.iter().take(20).map(|problem| {
        format!(
            "`{}` {}",
            one_line(&problem.key, CHARS),
            one_line(&problem.problem, CHARS)
        )
    });
    each.collect::<Vec<_>>().join("; ")
}

/// A component that is a bot, and says who it is.
#[derive(Debug)]
pub struct Inspected {
    /// Ready to run.
    pub bot: Arc<Bot>,
    /// What it carries, if it does.
    pub manifest: Option<Manifest>,
    /// Who it says it is.
    pub description: Description,
}

impl Inspected {
    /// What it asks for.
    pub fn wants(&self) -> Grants {
        let manifest = self.manifest.as_ref();
        manifest.map_or_else(Grants::new, |manifest| manifest.wants.grants())
    }

    /// Loads a component and asks it who it is.
    ///
    /// # Errors
    /// [`NotDeployable`] says what has to change, and where.
    pub async fn of(
        gate: &Gate<'_>,
        component: &[u8],
        limits: &Limits,
        config: &Values,
    ) -> Result<Self, NotDeployable> {
        let bot = Arc::new(gate.sandbox.load(component).await?);
        let manifest = Manifest::of_component(component)?;
        let candidate = Candidate::of(gate, &bot, limits, config);
        let (description, _) = candidate.ask("describe", Describe).await?;
        check_description(&description, bot.world(), manifest.as_ref())?;
        Ok(Self {
            bot,
            manifest,
            description,
        })
    }
}

/// What a component passes through before it serves.
#[derive(Clone, Copy)]
pub struct Gate<'a> {
    /// Where it is compiled and asked.
    pub sandbox: &'a Sandbox,
    /// Who lets it be asked.
    pub admission: &'a Admission,
    /// Who remembers its turns.
    pub recent: &'a Recent,
    /// Who knows how it has kept to its budget before.
    pub quarantine: &'a Quarantine,
    /// Where its secrets are.
    pub vault: &'a Vault,
    /// Where it is to serve.
    pub at: &'a Address,
}

/// How the gate asks: under the deployment's own limits but for its time, through admission like any turn.
pub(super) struct Candidate<'a> {
    gate: &'a Gate<'a>,
    line: Line,
    bot: &'a Arc<Bot>,
    limits: Limits,
    config: &'a Values,
    granted: Arc<Granted>,
}

impl<'a> Candidate<'a> {
    pub(super) fn of(
        gate: &'a Gate<'a>,
        bot: &'a Arc<Bot>,
        limits: &Limits,
        config: &'a Values,
    ) -> Self {
        Self {
            gate,
            line: gate.admission.line(&gate.at.tenant, &gate.at.bot),
            bot,
            // A deployment is no turn that somebody waits for: a host that is busy should not refuse it.
            limits: Limits {
                deadline_ms: gate.sandbox.settings().deadline_ceiling_ms,
                ..limits.clone()
            },
            config,
            granted: Arc::default(),
        }
    }

    /// The same, with what it may reach. Of what it writes nothing is kept.
    pub(super) fn with(self, granted: Arc<Granted>) -> Self {
        Self { granted, ..self }
    }

    /// Whether it takes its configuration, and answers a first turn if it is to be asked one: with a fault perhaps.
    pub(super) async fn try_out(&self, wanted: &Wanted) -> Result<Option<Failure>, NotDeployable> {
        let (checked, redactions) = self.ask("check-config", CheckConfig).await?;
        checked.map_err(|problems| {
            let told = problems.into_iter().map(|problem| ConfigProblem {
                key: redactions.redact(&problem.key).into_owned(),
                problem: redactions.redact(&problem.problem).into_owned(),
            });
            NotDeployable::ConfigRefused(told.collect())
        })?;
        match wanted.smoke_turn {
            true => self.first_turn(&wanted.reply).await,
            false => Ok(None),
        }
    }

    async fn ask<A: Ask>(
        &self,
        asked: &'static str,
        ask: A,
    ) -> Result<(A::Said, Redactions), NotDeployable> {
        let deadline = Instant::now() + self.limits.deadline();
        let permit = self.gate.admission.admit(self.line, deadline).await?;
        let terms = Terms {
            limits: self.limits.clone(),
            config: Arc::clone(self.config),
            reach: Reach {
                granted: Arc::clone(&self.granted),
                vault: Some((self.gate.at.tenant.clone(), self.gate.vault.clone())),
                ..Reach::default()
            },
            deadline: deadline.into_std(),
        };
        let ran = self.gate.sandbox.run(permit, self.bot, terms, ask).await;
        match ran.result {
            Ok(said) => Ok((said, ran.redactions)),
            Err(failure) => {
                let failure = self.gate.sandbox.find_lines(self.bot, failure).await;
                Err(NotDeployable::Failed { asked, failure })
            }
        }
    }
}

pub(super) fn check_settings(sandbox: &Sandbox, wanted: &Wanted) -> Result<(), NotDeployable> {
    let (host, limits) = (sandbox.settings(), &wanted.limits);
    let above = |what: &str, limit: usize, ceiling: usize, key: &str| {
        format!(
            "`limits.{what}` is {limit}, above the host's ceiling of {ceiling}; lower it, or raise `sandbox.{key}`"
        )
    };
    let problem = if limits.memory_bytes > host.memory_ceiling_bytes {
        Some(above(
            "memory_bytes",
            limits.memory_bytes,
            host.memory_ceiling_bytes,
            "memory_ceiling_bytes",
        ))
    } else if limits.table_elements > host.table_elements_ceiling {
        Some(above(
            "table_elements",
            limits.table_elements,
            host.table_elements_ceiling,
            "table_elements_ceiling",
        ))
    } else if limits.deadline_ms == 0 || limits.deadline_ms > host.deadline_ceiling_ms {
        let (limit, ceiling) = (limits.deadline_ms, host.deadline_ceiling_ms);
        Some(format!(
            "`limits.deadline_ms` is {limit}; 1 to {ceiling} are possible, or raise `sandbox.deadline_ceiling_ms`"
        ))
    } else {
        wanted
            .failure
            .problem()
            .map(|problem| format!("in the failure policy {problem}"))
    };
    problem.map_or(Ok(()), |problem| Err(NotDeployable::BadSettings(problem)))
}

/// A version is shown to people, and told to the platform with every state.
const VERSION_BYTES: usize = 64;

fn check_description(
    described: &Description,
    world: World,
    manifest: Option<&Manifest>,
) -> Result<(), NotDeployable> {
    let bad = |error: &dyn std::fmt::Display| NotDeployable::BadDescription(error.to_string());
    let name: BotName = described.name.parse().map_err(|error| bad(&error))?;
    let shown = one_line(&described.version, VERSION_BYTES);
    if described.version.len() > VERSION_BYTES {
        return Err(bad(&format!(
            "version \"{shown}\" has more than {VERSION_BYTES} characters"
        )));
    }
    let version = semver::Version::parse(&described.version).map_err(|error| {
        bad(&format!(
            "version \"{shown}\": {error}; it has to be like 1.2.3"
        ))
    })?;
    let Some(manifest) = manifest else {
        return Ok(());
    };
    let disagrees = |what, manifest: &dyn ToString, described: &dyn ToString| {
        Err(NotDeployable::Disagrees {
            what,
            manifest: manifest.to_string(),
            described: described.to_string(),
        })
    };
    if name != manifest.name {
        return disagrees("name", &manifest.name, &name);
    }
    if version != manifest.version {
        return disagrees("version", &manifest.version, &version);
    }
    if let Some(said) = manifest.world.filter(|said| *said != world) {
        return disagrees("world", &said, &world);
    }
    Ok(())
}

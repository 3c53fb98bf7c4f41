//! Why a change of what is served was not made, whoever asked for it.

use uuid::Uuid;

use super::consent::in_words;
use super::requirement::MOST_FUEL_PERCENT;
use super::{MOST_ENVIRONMENTS, MOST_REVISIONS};
use crate::kit::Level;
use crate::registry::ledger::NotKept;
use crate::registry::routing::{MOST_RULES, SKILL_CHARACTERS};
use crate::registry::settings::BadSetting;
use crate::registry::{Grant, Grants, NotDeployable};
use crate::store::{Digest, Failed};
use crate::tenant::{Address, BotName, SecretName};
use crate::trial::Untried;
use crate::vault::{BadSecret, NotSealed};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// The configuration file has the say there.
    #[error(
        "{0} is set by the host's configuration file: change it there, or take it out of there"
    )]
    Fixed(Address),
    /// The bot has no such revision.
    #[error("bot \"{bot}\" has no revision {digest}; upload its component first")]
    NoRevision {
        /// Which bot.
        bot: BotName,
        /// Which revision.
        digest: Digest,
    },
    /// It may not serve.
    #[error(transparent)]
    NotDeployable(#[from] NotDeployable),
    /// A setting is none.
    #[error("a setting {0}")]
    BadSetting(#[from] BadSetting),
    /// There is nothing to change.
    #[error("{0} serves nothing; deploy a revision there first")]
    NothingServed(Address),
    /// There is nothing to go back to.
    #[error("{0} has no deployment that it could go back to; look whether its names are right")]
    NothingBefore(Address),
    /// Two revisions serve already.
    #[error("{0} is split between two revisions; end that first: set its weight to 0 or 100")]
    Split(Address),
    /// One revision serves.
    #[error("{0} is not split between revisions; deploy one with a weight below 100 to begin")]
    NoSplit(Address),
    /// A bot and a function would serve side by side.
    #[error(
        "a bot and a function cannot share what {0} serves: deploy this one with a weight of 100, or under another name"
    )]
    Mixed(Address),
    /// A weight is none.
    #[error(
        "a deployment takes 1 to 100 of a hundred conversations, and `weight` on a live split 0 to 100; this is {0}"
    )]
    Weight(u8),
    /// There are too many rules.
    #[error("a tenant may have {MOST_RULES} routing rules, and these are {0}")]
    Rules(usize),
    /// A bot has too many environments.
    #[error("bot \"{0}\" has its {MOST_ENVIRONMENTS} environments already; use one that it has")]
    Environments(BotName),
    /// A bot has too many revisions.
    #[error("bot \"{0}\" has its {MOST_REVISIONS} revisions already; begin another bot")]
    Revisions(BotName),
    /// A rule cannot be one.
    #[error("a rule's `skill` has 1 to {SKILL_CHARACTERS} visible characters")]
    Skill,
    /// It asks for what nobody has granted.
    #[error(
        "{at} is not granted all that the bot asks for: {}; whoever has the role admin can grant it with the deployment", in_words(.missing)
    )]
    NotGranted {
        /// Where.
        at: Address,
        /// What is missing.
        missing: Grants,
    },
    /// Nobody asks for what is to be granted.
    #[error("no revision of the bot asks for \"{grant}\", so it cannot be granted; it asks for {}", nothing_or(.wants))]
    NotWanted {
        /// What is to be granted.
        grant: Box<Grant>,
        /// What could be.
        wants: Grants,
    },
    /// What is to be taken back was not granted.
    #[error("\"{grant}\" is not granted there, so nothing is taken back; granted is {}", nothing_or(.granted))]
    NotHad {
        /// What is to be taken back.
        grant: Box<Grant>,
        /// What could be.
        granted: Grants,
    },
    /// A secret's value is none.
    #[error(transparent)]
    BadSecret(#[from] BadSecret),
    /// A tenant has too many secrets.
    #[error("a tenant may have {0} secrets, and has as many already; remove one")]
    Secrets(usize),
    /// The tenant has no such secret.
    #[error("there is no secret \"{0}\"")]
    NoSecret(SecretName),
    /// Secrets cannot be kept here.
    #[error(transparent)]
    NotSealed(#[from] NotSealed),
    /// What it is to be tried by is of no use.
    #[error("the conversations cannot be taken: {0}")]
    BadConversations(String),
    /// It is to be tried by conversations, and has none.
    #[error("revision {digest} has no conversations{}; deploy it with its conversations beside it in `convos`, or with --convos DIR", needed(*.level))]
    NoConversations {
        /// Which revision.
        digest: Digest,
        /// What takes them, if something does.
        level: Option<Level>,
    },
    /// Nobody has tried it.
    #[error("revision {0} was never tried: it was deployed only where nothing is required")]
    NoReport(Digest),
    /// A requirement is none.
    #[error(
        "a gate requires one level or more, and allows at most {MOST_FUEL_PERCENT} % more fuel; to require nothing, remove it"
    )]
    BadGate,
    /// It does not pass.
    #[error("{at} requires {requires}, and the revision does not pass: {failures}")]
    NotPassed {
        /// Where.
        at: Address,
        /// The levels.
        requires: String,
        /// What of them does not hold.
        failures: String,
    },
    /// An admin has set what is to be forced past.
    #[error(
        "what {0} requires was set by an admin, and to force a revision past it takes the role admin"
    )]
    Forcing(Address),
    /// There is no verdict on it.
    #[error(transparent)]
    Untried(#[from] Untried),
    /// No turn of that id is kept.
    #[error("no turn {0} of the bot is kept; it may have made room for later ones")]
    NoCapsule(Uuid),
    /// It could not be kept.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

fn needed(level: Option<Level>) -> String {
    level.map_or_else(String::new, |level| {
        format!(", and `{}` is required", level.name())
    })
}

fn nothing_or(wants: &Grants) -> String {
    match wants.is_empty() {
        true => "nothing".to_owned(),
        false => in_words(wants),
    }
}

impl NotChanged {
    /// A stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fixed(_) => "set-by-configuration",
            Self::NoRevision { .. } => "no-such-revision",
            Self::NotDeployable(error) => error.code(),
            Self::BadSetting(_) => "bad-setting",
            Self::NothingServed(_) => "nothing-served",
            Self::NothingBefore(_) => "nothing-before",
            Self::Split(_) => "split-already",
            Self::NoSplit(_) => "no-split",
            Self::Mixed(_) => "mixed-split",
            Self::Weight(_) => "bad-weight",
            Self::Rules(_) => "too-many-rules",
            Self::Environments(_) => "too-many-environments",
            Self::Revisions(_) => "too-many-revisions",
            Self::Skill => "bad-rule",
            Self::BadSecret(_) => "bad-secret",
            Self::Secrets(_) => "too-many-secrets",
            Self::NoSecret(_) => "no-such-secret",
            Self::NotSealed(NotSealed::NoKey) => "no-secrets-key",
            Self::NotSealed(NotSealed::Failed(_)) => "host-fault",
            Self::NotGranted { .. } => "not-granted",
            Self::NotWanted { .. } => "not-asked-for",
            Self::NotHad { .. } => "nothing-to-revoke",
            Self::BadConversations(_) => "bad-conversations",
            Self::NoConversations { .. } => "no-conversations",
            Self::NoReport(_) => "no-report",
            Self::BadGate => "bad-gate",
            Self::NotPassed { .. } => "gate-not-passed",
            Self::Forcing(_) => "not-your-role",
            Self::Untried(error) => error.code(),
            Self::NoCapsule(_) => "no-such-capsule",
            Self::NotKept(error) => error.code(),
        }
    }
}

impl From<Failed> for NotChanged {
    fn from(failed: Failed) -> Self {
        Self::NotKept(failed.into())
    }
}

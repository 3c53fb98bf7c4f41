//! Turns that are kept whole, each as one file: what came in, what the bot was told, and how it ended, so that it can be run
//! again anywhere. Knows nothing of who may see them, and of how one is run.

mod capsule;
mod compared;
mod redact;
mod told;

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

pub use capsule::{Asked, Capsule, Ended, Late, Logged, Machine, NotACapsule, Place, Taken};
pub use compared::{Change, Compared};
pub use redact::{Pattern, Rule};
pub use told::{Bytes, Exchange, Told};

/// Which turns are kept whole, and how much of them.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether turns are kept that failed.
    pub failed: bool,
    /// How many in a thousand of the others are, unless a deployment says otherwise.
    pub sample_permille: u16,
    /// Bytes of one; a turn that takes more is not kept.
    pub bytes: u64,
    /// Turns of each bot, in whatever environment; the newest push out the oldest.
    pub number: usize,
    /// Bytes of all of a tenant's; its oldest make room.
    pub tenant_bytes: u64,
    /// Turns of each bot that are kept within a minute: one that fails at each turn must not have the disk write each.
    pub minute: u32,
    /// Days that they are kept.
    pub days: u64,
    /// What is overwritten in them with other letters, in each text that there is: `email`, `card` and `phone` what looks like
    /// one; `visitor`, `engagement-attributes` and `platform-event` all that the platform says of the consumer; `text` what
    /// the consumer and the bot say.
    pub redact: BTreeSet<Rule>,
    /// The same for whatever else: regular expressions.
    pub redact_patterns: Vec<Pattern>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            failed: true,
            sample_permille: 10,
            bytes: 256 << 10,
            number: 100,
            tenant_bytes: 64 << 20,
            minute: 60,
            days: 7,
            redact: Rule::BY_DEFAULT.into_iter().collect(),
            redact_patterns: Vec::new(),
        }
    }
}

/// The turns of a host's bots that are kept whole.
#[derive(Debug)]
pub struct Capsules {
    settings: Settings,
    kept: Mutex<Vec<Capsule>>,
}

impl Capsules {
    /// None yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            kept: Mutex::default(),
        }
    }

    /// Bytes that one may have; 0 where a turn is not kept however it ends.
    pub fn most_bytes(&self, sample: Option<u16>) -> usize {
        let sample = sample.unwrap_or(self.settings.sample_permille);
        match self.settings.failed || sample > 0 {
            true => usize::try_from(self.settings.bytes).unwrap_or(usize::MAX),
            false => 0,
        }
    }

    /// Whether a turn is to be kept; of those that did not fail, this part.
    pub fn is_to_keep(&self, sample: Option<u16>, has_failed: bool) -> bool {
        if has_failed {
            return self.settings.failed;
        }
        let permille = sample.unwrap_or(self.settings.sample_permille);
        // Most turns end well, and chance costs something.
        permille > 0 && rand::random_range(0..1000) < permille
    }

    /// Keeps a turn.
    pub fn keep(&self, taken: Taken) {
        let mut kept = self.kept.lock().expect("TODO");
        kept.push(taken.into());
    }

    /// TODO
    pub fn all(&self) -> Vec<Capsule> {
        self.kept.lock().expect("TODO").clone()
    }
}

//! Turns that are kept whole, each as one file: what came in, what the bot was told, and how it ended, so that it can be run
//! again anywhere. Knows nothing of who may see them, and of how one is run.

mod capsule;
mod compared;
mod erasing;
mod keeping;
mod kept;
mod redact;
mod shelf;
mod tally;
mod told;
mod waiting;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use uuid::Uuid;

pub use capsule::{Asked, Capsule, Ended, Late, Logged, Machine, NotACapsule, Place, Taken};
pub use compared::{Change, Compared};
pub use erasing::Erasing;
pub use kept::{Filter, Header, Position};
pub use redact::{Pattern, Rule};
pub use tally::Figures;
pub use told::{Answer, Bytes, Came, Exchange, Found, Secret, Told, Value};

use crate::store::{Failed, Records, Store};
use crate::tenant::{Address, BotName, TenantId};
use crate::vault::Vault;
use shelf::Shelves;
use tally::Tally;
use waiting::Waiting;

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
    /// Turns of each bot, in whatever environment; the newest push out the oldest, of those that ended well first as long as
    /// they are more than half.
    pub number: usize,
    /// Bytes of all of a tenant's; its oldest make room.
    pub tenant_bytes: u64,
    /// Turns of each bot that are kept within a minute, half of which may have ended well where not all are kept: one that fails at each turn must not
    /// have the disk write each, and those that fail are to find room beside the others.
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

impl Settings {
    /// No turn is kept: nobody could fetch one.
    pub fn none() -> Self {
        Self {
            failed: false,
            sample_permille: 0,
            ..Self::default()
        }
    }
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

/// Of a bot whose turns are all kept: those that end well are meant as much as those that do not.
const ALL: u16 = 1000;

/// The turns of a host's bots that are kept whole. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Capsules(Arc<Room>);

#[derive(Debug)]
struct Room {
    settings: Settings,
    /// Bytes of the disk that are left to what operators do.
    disk_reserve: u64,
    records: Arc<dyn Records>,
    vault: Vault,
    waiting: Waiting,
    /// Whoever writes or removes capsules has this meanwhile.
    shelves: Mutex<Shelves>,
    tally: Tally,
}

impl Capsules {
    /// What a store has of them. None is kept while less than `disk_reserve` bytes of its disk are free, nor one in which a
    /// value of the vault's would stand.
    pub fn new(settings: Settings, disk_reserve: u64, store: &Store, vault: &Vault) -> Self {
        Self(Arc::new(Room {
            waiting: Waiting::new(settings.minute),
            settings,
            disk_reserve,
            records: Arc::clone(&store.records),
            vault: vault.clone(),
            shelves: Mutex::default(),
            tally: Tally::default(),
        }))
    }

    /// Bytes that one may have; 0 where a turn is not kept however it ends.
    pub fn most_bytes(&self, sample: Option<u16>) -> usize {
        let settings = &self.0.settings;
        let sample = sample.unwrap_or(settings.sample_permille);
        let has_room = settings.number > 0 && settings.tenant_bytes > 0;
        match has_room && (settings.failed || sample > 0) {
            true => usize::try_from(settings.bytes).unwrap_or(usize::MAX),
            false => 0,
        }
    }

    /// Whether a turn is to be kept, if there is room for one more: of those that did not fail, this part.
    pub fn is_to_keep(&self, at: &Address, sample: Option<u16>, has_failed: bool) -> bool {
        let Room {
            settings,
            waiting,
            tally,
            ..
        } = &*self.0;
        let permille = sample.unwrap_or(settings.sample_permille);
        let is_meant = match has_failed {
            true => settings.failed,
            // Most turns end well, and chance costs something.
            false => permille > 0 && rand::random_range(0..1000) < permille,
        };
        if settings.number == 0 || settings.tenant_bytes == 0 || !is_meant {
            return false;
        }
        // Before it is put together: a bot that fails at each turn is to cost no more than one that answers.
        let has_room = waiting.has_room(at, has_failed || permille >= ALL);
        if let Err(dropped) = has_room {
            tally.dropped(dropped);
        }
        has_room.is_ok()
    }

    /// Keeps a turn, later: whoever asks does not wait for that. It is gone if the host ends before.
    pub fn keep(&self, taken: Taken) {
        keeping::begin(&self.0, taken);
    }

    /// Waits until all turns are kept that are to be kept so far.
    pub async fn settled(&self) {
        self.0.waiting.settled().await;
    }

    /// At most so many of a bot's that a filter lets through, the oldest first, after one of them.
    ///
    /// # Errors
    /// [`Failed`] if the store cannot be read.
    pub async fn list(
        &self,
        tenant: &TenantId,
        bot: &BotName,
        filter: &Filter,
        after: Option<Position>,
        at_most: usize,
    ) -> Result<Vec<Header>, Failed> {
        kept::list(&*self.0.records, tenant, bot, filter, after, at_most).await
    }

    /// One of a bot's, as the file that it is; none if it is not there any more.
    ///
    /// # Errors
    /// [`Failed`] if the store cannot be read.
    pub async fn get(
        &self,
        tenant: &TenantId,
        bot: &BotName,
        id: Uuid,
    ) -> Result<Option<Vec<u8>>, Failed> {
        kept::get(&*self.0.records, tenant, bot, id).await
    }

    /// Those of a conversation, to be removed with all else that is kept of it. None is written until this is dropped.
    ///
    /// # Errors
    /// [`Failed`] if the store cannot be read.
    pub async fn erasing(
        &self,
        tenant: &TenantId,
        conversation: &str,
    ) -> Result<Erasing<'_>, Failed> {
        Erasing::of(&self.0, tenant, conversation).await
    }

    /// How many were kept since the host started, and how many were not.
    pub fn figures(&self) -> Figures {
        self.0.tally.figures()
    }
}

#[cfg(test)]
mod tests;

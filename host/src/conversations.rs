//! What the host remembers of conversations: how each began, which the platform says once, and what was answered in it
//! lately. One event of a conversation has its turn at a time. Knows nothing of the bodies it came in, nor of bots.

mod begun;
mod event_id;
mod journal;
mod line;
mod place;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

pub use event_id::{EventId, Incoming};
pub use place::{Noted, Place, Written};

use crate::chat::Reply;
use crate::fault::Fault;
use crate::store::{Digest, Failed, Record, Records, Store};
use crate::tenant::{Address, TenantId};
use begun::Begun;
use journal::{Bounds, Journal};
use line::{Held, Lines, WAITING};
use place::Numbered;

/// How long conversations are remembered, and how much of them.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Days after the last event that is kept what belongs to a conversation: how it began, and the state that bots have
    /// of it.
    pub keep_days: u64,
    /// Minutes that an event's answer is kept, and given again to a repeat of it. The platform asks again after 5, 10
    /// and 15 seconds, each time for up to a minute.
    pub replay_minutes: u64,
    /// Bytes of the answers that are kept of one conversation, each counted as 256 more than it has: where these are more,
    /// the oldest go early.
    pub answers_bytes: u64,
    /// Whether answers outlive the host. Without that a turn is faster, since nothing is written to the disk unless its
    /// bot keeps something; a repeat that comes after a restart is answered anew.
    pub answers_on_disk: bool,
    /// Bytes of memory for conversations that had an event lately; others are read from the store again.
    pub memory_bytes: u64,
}

impl Settings {
    /// How long after its last event what is kept of a conversation is kept.
    pub fn keep(&self) -> Duration {
        Duration::from_secs(self.keep_days * 24 * 60 * 60)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keep_days: 7,
            replay_minutes: 10,
            answers_bytes: 256 << 10,
            answers_on_disk: true,
            memory_bytes: 64 << 20,
        }
    }
}

/// Longer than any id of the platform's: messaging uses UUIDs, live chat about 70 characters. One stands in the audit log once
/// it is erased.
pub const MOST_ID_BYTES: usize = 256;

/// What the keys of all records begin with that belong to a conversation, whatever bot it has to do with: ids are of any
/// length and of any characters, so their digest stands for them.
pub fn key(tenant: &TenantId, id: &str) -> String {
    format!("{}{}/", all(tenant), Digest::of(id.as_bytes()))
}

/// The key of the record that says when a conversation was erased. Not one of the conversation's own, which go with it.
pub fn erased_key(tenant: &TenantId, id: &str) -> String {
    format!("erased/{tenant}/{}", Digest::of(id.as_bytes()))
}

/// What that record has: when the conversation was erased, in nanoseconds since 1970.
pub fn erased_now() -> Vec<u8> {
    Timestamp::now().as_nanosecond().to_string().into_bytes()
}

/// Whether a conversation that has such a record was erased after that moment, in nanoseconds since 1970.
pub fn is_erased_since(record: &Record, moment: u64) -> bool {
    let erased = std::str::from_utf8(&record.value);
    let erased = erased.ok().and_then(|nanos| nanos.parse::<i128>().ok());
    erased.is_some_and(|erased| erased >= i128::from(moment))
}

/// What the keys of all records begin with that belong to a tenant's conversations.
pub fn all(tenant: &TenantId) -> String {
    format!("{KEY}{tenant}/")
}

/// Whether a record belongs to a conversation.
pub fn is_key(key: &str) -> bool {
    key.starts_with(KEY)
}

const KEY: &str = "conversation/";

/// A conversation at a bot: the same id may be in use at another one.
type Key = (Address, String);

/// What the keys of a conversation's answers begin with.
fn journal_key((at, id): &Key) -> String {
    let of = key(&at.tenant, id);
    format!("{of}answers/{}/{}/", at.bot, at.environment)
}

/// A conversation of a tenant's, whichever bots it is at.
fn line(tenant: &TenantId, id: &str) -> String {
    format!("{tenant}/{id}")
}

/// What a record lives longer than it has to, so that an event costs a write only this often.
const LATER: Duration = Duration::from_secs(60 * 60);

/// Why an event does not get its turn.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotEntered {
    /// Others of its conversation had theirs until its time was over, or as many wait as may.
    #[error(
        "other events of this conversation take all of its time, or {WAITING} of them wait already"
    )]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Failed),
}

impl NotEntered {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            // Who sends a conversation's events faster than its bot answers them may send them again.
            Self::Busy => Fault::Caller,
            Self::Failed(_) => Fault::Host,
        }
    }

    /// A stable name, for programs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy => "conversation-busy",
            Self::Failed(_) => "host-fault",
        }
    }
}

/// The conversations of a host. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Conversations {
    records: Arc<dyn Records>,
    settings: Settings,
    begun: Cache<Key, Arc<Begun>>,
    journals: Cache<Key, Arc<Mutex<Journal>>>,
    lines: Arc<Lines>,
}

/// What a conversation is held with whose records go.
#[derive(Debug)]
pub struct Alone(#[expect(dead_code, reason = "held until it is dropped")] Held);

impl Conversations {
    /// What a store has of them.
    pub fn new(store: &Store, settings: &Settings) -> Self {
        let half = settings.memory_bytes / 2;
        let begun = Cache::builder()
            .max_capacity(half)
            .weigher(|key: &Key, begun: &Arc<Begun>| weight(key, begun.bytes()));
        let journals = Cache::builder()
            .max_capacity(half)
            .weigher(|key: &Key, journal: &Arc<Mutex<Journal>>| weight(key, bytes(journal)));
        Self {
            records: Arc::clone(&store.records),
            settings: settings.clone(),
            begun: begun.time_to_idle(settings.keep()).build(),
            journals: journals.time_to_idle(settings.keep()).build(),
            lines: Arc::default(),
        }
    }

    /// Waits until no other event of a conversation has its turn.
    ///
    /// # Errors
    /// [`NotEntered::Busy`] if that takes until then.
    pub async fn enter(
        &self,
        at: &Address,
        id: &str,
        event: Option<EventId>,
        until: Instant,
    ) -> Result<Place, NotEntered> {
        let line = line(&at.tenant, id);
        let held = self.lines.hold(&line, event.as_ref(), until).await;
        let held = held.ok_or(NotEntered::Busy)?;
        let key = (at.clone(), id.to_owned());
        let event = match event {
            None => None,
            Some(event) => {
                let journal = self.journal(&key).await?;
                Some(Numbered { event, journal })
            }
        };
        Ok(Place::new(self, key, event, held))
    }

    /// The journal of a conversation: the one that all have, for as long as it is in memory.
    async fn journal(&self, key: &Key) -> Result<Arc<Mutex<Journal>>, Failed> {
        let known = self.journals.get(key);
        if let Some(known) = known.filter(|known| !locked(known).is_stale()) {
            return Ok(known);
        }
        let mut journal = Journal::default();
        if self.settings.answers_on_disk {
            let below = journal_key(key);
            // There are only so many, since each counts something.
            let records = self.records.list(&below, None, usize::MAX).await?;
            journal = Journal::of(&records, &below)?;
        }
        journal.is_to_be_weighed();
        let read = Arc::new(Mutex::new(journal));
        let known = self.journals.entry_by_ref(key).or_insert(Arc::clone(&read));
        let known = known.into_value();
        if locked(&known).is_stale() {
            let read = std::mem::take(&mut *locked(&read));
            locked(&known).renew(read);
        }
        Ok(known)
    }

    /// Has a repeat of an event be told what the first was told, which never had its turn. As long as the host runs.
    ///
    /// # Errors
    /// [`Failed`] if what was answered before cannot be read.
    pub async fn remember_stand_in(
        &self,
        at: &Address,
        id: &str,
        event: &EventId,
        reply: &Reply,
    ) -> Result<(), Failed> {
        let key = (at.clone(), id.to_owned());
        // Only who has the conversation reads its answers again: somebody else might do so with what is old by then.
        let journal = match self.journals.get(&key) {
            Some(journal) => journal,
            None => self.journal(&key).await?,
        };
        locked(&journal).remember(event, reply, self.bounds())?;
        self.know(&key, &journal);
        Ok(())
    }

    fn know(&self, key: &Key, journal: &Arc<Mutex<Journal>>) {
        if !locked(journal).is_to_be_weighed() {
            return;
        }
        self.journals.insert(key.clone(), Arc::clone(journal));
    }

    fn bounds(&self) -> Bounds {
        Bounds::of(&self.settings)
    }

    fn answers_on_disk(&self) -> bool {
        self.settings.answers_on_disk
    }

    fn keep_for(&self) -> Duration {
        self.settings.keep() + LATER
    }

    /// Waits until no event of a conversation has its turn, and lets none have one before what is returned is dropped.
    ///
    /// # Errors
    /// [`NotEntered::Busy`] if that takes until then.
    pub async fn alone(
        &self,
        tenant: &TenantId,
        id: &str,
        until: Instant,
    ) -> Result<Alone, NotEntered> {
        let held = self.lines.hold(&line(tenant, id), None, until).await;
        held.map(Alone).ok_or(NotEntered::Busy)
    }

    /// How many have had an event lately; some that have just come or gone are not yet seen.
    pub fn count(&self) -> u64 {
        self.begun.entry_count().max(self.journals.entry_count())
    }

    /// Forgets what is in memory of a tenant's conversation, whichever bots it had to do with.
    pub fn forget(&self, tenant: &TenantId, id: &str) {
        let is_of_it = |(at, own): &Key| at.tenant == *tenant && own == id;
        let begun = self.begun.iter().map(|(key, _)| key);
        let found: Vec<_> = begun.filter(|key| is_of_it(key)).collect();
        found.iter().for_each(|key| self.begun.invalidate(&**key));
        let journals = self.journals.iter().map(|(key, _)| key);
        let found: Vec<_> = journals.filter(|key| is_of_it(key)).collect();
        found
            .iter()
            .for_each(|key| self.journals.invalidate(&**key));
    }
}

fn bytes(journal: &Mutex<Journal>) -> usize {
    usize::try_from(locked(journal).weight()).unwrap_or(usize::MAX)
}

fn locked(journal: &Mutex<Journal>) -> MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Roughly what an entry holds, with the cache's own share.
fn weight((address, id): &Key, held: usize) -> u32 {
    const OVERHEAD: usize = 768;
    let Address {
        tenant,
        bot,
        environment,
    } = address;
    let names = tenant.as_str().len() + bot.as_str().len() + environment.as_str().len();
    u32::try_from(OVERHEAD + held + names + id.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;

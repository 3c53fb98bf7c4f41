//! What bots keep between turns: for each conversation that a bot has, and for the bot itself, one memory of values by
//! key. A turn works on a copy of it, which is kept when the turn ends well and nobody else has changed it meanwhile.
//! Knows nothing of what may be kept, nor of grants.

mod lines;
mod memory;
mod quota;
#[cfg(test)]
mod tests;
mod turn;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

pub use lines::Held;
pub use memory::{Conflict, Entry, Memory};
pub use turn::{Staged, Turn};

use crate::conversations;
use crate::store::{Change, Expected, Failed, NotCommitted, Records, Revision, Store, To};
use crate::tenant::{Address, TenantId};
use lines::Lines;
use quota::Quota;

/// How much may be kept.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Bytes of all that the bots of a tenant keep, with how its conversations began and what they were answered: some thousand conversations that are full, or a hundred thousand of
    /// the ordinary kind.
    pub tenant_bytes: u64,
    /// Bytes of the disk that are left to what operators do: bots keep nothing more when less is free, since a store that
    /// finds its disk full fails until the host is started again.
    pub disk_reserve_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tenant_bytes: 256 << 20,
            disk_reserve_bytes: 256 << 20,
        }
    }
}

/// Whose memory it is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// A conversation's.
    Conversation,
    /// A bot's, across all conversations of its environment.
    Bot,
}

impl Scope {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Bot => "bot",
        }
    }
}

/// The memories of all bots. Cheap to clone.
#[derive(Clone, Debug)]
pub struct States {
    records: Arc<dyn Records>,
    lines: Arc<Lines>,
    quota: Arc<Quota>,
    disk_reserve: u64,
    /// How long a conversation's is kept after its last event.
    keep: Duration,
}

/// Why what a turn wrote is not kept. Nothing of it is.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotKept {
    /// Another turn was faster.
    #[error("another turn has changed the same state meanwhile")]
    Conflict,
    /// There was no time left for it.
    #[error("there was no time left to keep the state")]
    Late,
    /// The disk did not say in time whether it has it.
    #[error("the disk took longer than the turn: it is not known whether the state is kept")]
    Unsure,
    /// The tenant's bots keep as much as they may.
    #[error(
        "the tenant's bots keep {most} bytes already; if they need more, raise `state.tenant_bytes`"
    )]
    Full {
        /// That much.
        most: u64,
    },
    /// The disk is full.
    #[error(
        "less than `state.disk_reserve_bytes` is free on the disk: make room, or have less kept"
    )]
    DiskFull,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Failed),
}

/// What is kept with a turn's state, or not at all.
#[derive(Debug, Default)]
pub struct With {
    /// Changes of another room's.
    pub changes: Vec<Change>,
    /// Bytes that they take the place of.
    pub replaces: u64,
}

impl From<NotCommitted> for NotKept {
    fn from(error: NotCommitted) -> Self {
        match error {
            NotCommitted::Conflict { .. } => Self::Conflict,
            NotCommitted::Late => Self::Late,
            NotCommitted::Failed(failed) => Self::Failed(failed),
        }
    }
}

impl States {
    /// What a store has of them. A conversation's memory is kept for that long after its last event.
    pub fn new(store: &Store, settings: &Settings, keep: Duration) -> Self {
        Self {
            records: Arc::clone(&store.records),
            lines: Arc::default(),
            disk_reserve: settings.disk_reserve_bytes,
            quota: Arc::new(Quota::new(&store.records, settings.tenant_bytes)),
            keep,
        }
    }

    /// The memories of a turn. One that belongs to no conversation has an empty one in its place, which is not kept.
    pub fn turn(&self, at: &Address, conversation: Option<&str>) -> Turn {
        let conversation = conversation.map(|id| {
            let erased = conversations::erased_key(&at.tenant, id);
            (conversation_key(at, id), erased)
        });
        Turn::of(&self.records, conversation, bot_key(at))
    }

    /// Keeps what a turn wrote, and what is to be kept with that: all of it in one commit, on the disk when this answers,
    /// and begun before that moment or not at all. Its revision; none if there was nothing. It goes on holding what it
    /// changed, so that a turn that is run again after a conflict finds nobody in its way.
    ///
    /// # Errors
    /// [`NotKept`]; then nothing of it is there, unless that is [`NotKept::Unsure`] or the store failed.
    pub async fn keep(
        &self,
        tenant: &TenantId,
        staged: Staged,
        with: With,
        held: &mut Held,
        before: Instant,
    ) -> Result<Option<Revision>, NotKept> {
        let written = staged.written();
        if written.is_empty() && with.changes.is_empty() {
            return Ok(None);
        }
        let free = self.records.free_bytes();
        if free.is_some_and(|free| free < self.disk_reserve) {
            return Err(NotKept::DiskFull);
        }
        let mut old = with.replaces;
        for (key, read) in &written {
            self.lines.hold(held, key, before).await?;
            old += read.bytes;
        }
        let mut changes = with.changes;
        for (key, read) in written {
            changes.extend(read.depends_on.map(|(key, expected)| Change {
                key,
                expected,
                to: To::Same,
            }));
            changes.push(self.change(key, read.found, read.memory)?);
        }
        let new = changes.iter().map(Change::bytes).sum();
        let (count, taken) = self.quota.take(tenant, old, new).await?;
        changes.push(count);
        let kept = self.commit(changes, before).await;
        // What nobody knows of may be there.
        if !matches!(kept, Ok(_) | Err(NotKept::Unsure | NotKept::Failed(_))) {
            taken.give_back();
        }
        kept.map(Some)
    }

    /// What has to be committed with the removal of so many bytes that a tenant's bots kept, so that others have that
    /// room at once.
    ///
    /// # Errors
    /// [`Failed`] if what they keep cannot be read.
    pub async fn removed(
        &self,
        tenant: &TenantId,
        bytes: u64,
    ) -> Result<(Change, Removed), Failed> {
        let (count, taken) = self
            .quota
            .take(tenant, bytes, 0)
            .await
            .map_err(Failed::because)?;
        Ok((count, Removed(taken)))
    }

    async fn commit(&self, changes: Vec<Change>, before: Instant) -> Result<Revision, NotKept> {
        // A disk that hangs must not hang whoever waits for the answer.
        let committed = timeout_at(before + GRACE, self.records.commit(changes, Some(before)));
        Ok(committed.await.map_err(|_| NotKept::Unsure)??)
    }

    fn change(&self, key: String, found: Expected, mut memory: Memory) -> Result<Change, Failed> {
        let expires = conversations::is_key(&key).then(|| SystemTime::now() + self.keep + LATER);
        memory.until = expires;
        let bytes = serde_json::to_vec(&memory).map_err(Failed::because)?;
        Ok(Change {
            key,
            expected: found,
            to: To::Value { bytes, expires },
        })
    }

    /// Has a conversation's memory live on from now, if there is one. Only now and then is that written down, by whoever
    /// is next in its line.
    ///
    /// # Errors
    /// [`Failed`] if the store does not do it.
    pub async fn touch(&self, at: &Address, conversation: &str) -> Result<(), Failed> {
        let key = conversation_key(at, conversation);
        if self.due(&key).await?.is_none() {
            return Ok(());
        }
        let mut held = Held::default();
        if self
            .lines
            .hold(&mut held, &key, Instant::now() + TOUCHED_IN)
            .await
            .is_err()
        {
            // Those who hold it up are events of it as well.
            return Ok(());
        }
        let Some((found, memory)) = self.due(&key).await? else {
            return Ok(());
        };
        let change = self.change(key, found, memory)?;
        match self.records.commit(vec![change], None).await {
            // It has been changed or erased on another host.
            Ok(_) | Err(NotCommitted::Conflict { .. }) => Ok(()),
            Err(error) => Err(Failed::because(error)),
        }
    }

    /// A memory that has to be given a longer life.
    async fn due(&self, key: &str) -> Result<Option<(Expected, Memory)>, Failed> {
        let Some(record) = self.records.get(key).await? else {
            return Ok(None);
        };
        let memory: Memory = serde_json::from_slice(&record.value).map_err(Failed::because)?;
        let enough = SystemTime::now() + self.keep;
        let is_due = memory.until.is_some_and(|until| until < enough);
        Ok(is_due.then_some((Expected::At(record.revision), memory)))
    }
}

/// Room that is made, once what took it is removed.
#[derive(Debug)]
pub struct Removed(quota::Taken);

impl Removed {
    /// It is not removed.
    pub fn is_not(self) {
        self.0.give_back();
    }
}

/// Longer than any turn holds a memory.
const TOUCHED_IN: Duration = Duration::from_secs(10);

/// How long past the end of its time a commit is waited for that was begun before.
const GRACE: Duration = Duration::from_millis(50);

/// What a conversation's memory lives longer than it has to, so that an event costs a write only this often.
const LATER: Duration = Duration::from_secs(60 * 60);

fn conversation_key(at: &Address, conversation: &str) -> String {
    let of = conversations::key(&at.tenant, conversation);
    format!("{of}state/{}/{}", at.bot, at.environment)
}

fn bot_key(at: &Address) -> String {
    format!("{}{}/{}", all(&at.tenant), at.bot, at.environment)
}

/// What the keys of all memories of a tenant's bots begin with.
fn all(tenant: &TenantId) -> String {
    format!("state/{tenant}/")
}

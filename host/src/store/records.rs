//! Records: values by key, which several hosts may change at once without losing each other's changes.

use std::fmt::Debug;
use std::time::SystemTime;

use tokio::sync::broadcast;
use tokio::time::Instant;

use super::{Answer, Failed};

/// When something was changed: it grows with every commit of a store, and is that of the commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(pub u64);

/// A value and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name. Keys are in the order of their bytes; parts are set apart by `/`.
    pub key: String,
    /// What is kept.
    pub value: Vec<u8>,
    /// That of the commit that changed it last.
    pub revision: Revision,
}

/// What has to be so for a change to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there.
    Anything,
    /// There is no such record.
    Absent,
    /// It is there, and has not been changed since.
    At(Revision),
}

/// One change of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of which record.
    pub key: String,
    /// Only if this is so.
    pub expected: Expected,
    /// What becomes of it.
    pub to: To,
}

/// What becomes of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// It has this value, until it expires if it does.
    Value {
        /// The value.
        bytes: Vec<u8>,
        /// From then on the record is not there any more.
        expires: Option<SystemTime>,
    },
    /// It is removed; no harm if it is not there.
    Nothing,
    /// It stays as it is, and only what is expected of it counts.
    Same,
}

impl Change {
    /// A value that does not expire.
    pub fn put(key: impl Into<String>, expected: Expected, bytes: Vec<u8>) -> Self {
        let to = To::Value {
            bytes,
            expires: None,
        };
        let key = key.into();
        Self { key, expected, to }
    }

    /// The bytes that it writes.
    pub fn bytes(&self) -> u64 {
        match &self.to {
            To::Value { bytes, .. } => bytes.len() as u64,
            To::Nothing | To::Same => 0,
        }
    }

    /// A removal.
    pub fn remove(key: impl Into<String>, expected: Expected) -> Self {
        Self {
            key: key.into(),
            expected,
            to: To::Nothing,
        }
    }
}

/// Why nothing of a commit was done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotCommitted {
    /// A record is not as it was expected to be.
    #[error("\"{key}\" is not as it was: it has been changed meanwhile")]
    Conflict {
        /// Which.
        key: String,
    },
    /// Its time was over before it was begun.
    #[error("there was no time left for it")]
    Late,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Failed),
}

/// A store of records.
pub trait Records: Debug + Send + Sync {
    /// A record, unless it is not there or has expired.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Result<Option<Record>, Failed>>;

    /// At most so many records whose keys begin with `prefix` and are greater than `after`, in order.
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        at_most: usize,
    ) -> Answer<'a, Result<Vec<Record>, Failed>>;

    /// Makes all of these changes or none, and answers when they are there to stay, whatever becomes of the process
    /// and the machine. None of them is made if it is not begun before that moment.
    ///
    /// Dropping the future leaves open whether they are made.
    fn commit(
        &self,
        changes: Vec<Change>,
        before: Option<Instant>,
    ) -> Answer<'_, Result<Revision, NotCommitted>>;

    /// Bytes that are free where they are kept; none if nobody knows.
    fn free_bytes(&self) -> Option<u64>;

    /// Whether the last commit was written. A store that failed may go on failing until it is opened again.
    fn is_well(&self) -> bool;

    /// Tells of commits from now on that change records whose keys begin with `prefix`.
    fn watch(&self, prefix: &str) -> Watch;
}

/// A commit that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The keys that it changed.
    Keys(Vec<String>),
    /// Some commits were too fast to be told one by one: whatever is there has to be read again.
    All,
}

/// Commits as they come.
#[derive(Debug)]
pub struct Watch {
    prefix: String,
    commits: broadcast::Receiver<std::sync::Arc<[String]>>,
}

impl Watch {
    pub(super) fn of(prefix: &str, commits: broadcast::Receiver<std::sync::Arc<[String]>>) -> Self {
        let prefix = prefix.to_owned();
        Self { prefix, commits }
    }

    /// The next commit; none once the store is closed.
    ///
    /// # Cancel safety
    /// Dropping the future loses no commit.
    pub async fn next(&mut self) -> Option<Seen> {
        loop {
            let keys = match self.commits.recv().await {
                Ok(keys) => keys,
                Err(broadcast::error::RecvError::Lagged(_)) => return Some(Seen::All),
                Err(broadcast::error::RecvError::Closed) => return None,
            };
            let ours = keys.iter().filter(|key| key.starts_with(&self.prefix));
            let ours: Vec<String> = ours.cloned().collect();
            if !ours.is_empty() {
                return Some(Seen::Keys(ours));
            }
        }
    }
}

//! Records and blobs in memory, gone with the process: for a bot on its author's machine, and for tests.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::broadcast;
use tokio::time::Instant;

use super::records::{Change, Expected, NotCommitted, Record, Records, Revision, To, Watch};
use super::{Answer, Blobs, Digest, Failed};

/// Commits that a watch may be behind before it is told to read everything again.
const BEHIND: usize = 1024;

/// Records by their keys.
#[derive(Debug)]
pub(super) struct Memory {
    kept: Mutex<Kept>,
    watched: broadcast::Sender<Arc<[String]>>,
}

#[derive(Debug, Default)]
struct Kept {
    rows: BTreeMap<String, Row>,
    last: u64,
}

#[derive(Debug)]
struct Row {
    value: Vec<u8>,
    revision: Revision,
    expires: Option<SystemTime>,
}

impl Row {
    fn is_there(&self) -> bool {
        self.expires.is_none_or(|moment| moment > SystemTime::now())
    }

    fn record(&self, key: &str) -> Record {
        Record {
            key: key.to_owned(),
            value: self.value.clone(),
            revision: self.revision,
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        let (watched, _) = broadcast::channel(BEHIND);
        let kept = Mutex::default();
        Self { kept, watched }
    }
}

impl Memory {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn row(&self, key: &str) -> Option<&Row> {
        self.rows.get(key).filter(|row| row.is_there())
    }

    fn conflict(&self, changes: &[Change]) -> Option<NotCommitted> {
        let unexpected = |change: &&Change| {
            let found = self.row(&change.key).map(|row| row.revision);
            match change.expected {
                Expected::Anything => false,
                Expected::Absent => found.is_some(),
                Expected::At(revision) => found != Some(revision),
            }
        };
        let key = changes.iter().find(unexpected)?.key.clone();
        Some(NotCommitted::Conflict { key })
    }

    fn apply(&mut self, changes: Vec<Change>) -> Revision {
        self.last += 1;
        let revision = Revision(self.last);
        for Change { key, to, .. } in changes {
            match to {
                To::Value { bytes, expires } => {
                    let value = bytes;
                    let row = Row {
                        value,
                        revision,
                        expires,
                    };
                    self.rows.insert(key, row);
                }
                To::Nothing => drop(self.rows.remove(&key)),
                To::Same => {}
            }
        }
        revision
    }
}

impl Records for Memory {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Result<Option<Record>, Failed>> {
        Box::pin(async move { Ok(self.kept().row(key).map(|row| row.record(key))) })
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        at_most: usize,
    ) -> Answer<'a, Result<Vec<Record>, Failed>> {
        Box::pin(async move {
            let kept = self.kept();
            let from = after.map_or(prefix, |after| after.max(prefix)).to_owned();
            let rows = kept
                .rows
                .range(from..)
                .take_while(|(key, _)| key.starts_with(prefix));
            let rows = rows.filter(|(key, row)| after != Some(key.as_str()) && row.is_there());
            Ok(rows
                .take(at_most)
                .map(|(key, row)| row.record(key))
                .collect())
        })
    }

    fn commit(
        &self,
        changes: Vec<Change>,
        before: Option<Instant>,
    ) -> Answer<'_, Result<Revision, NotCommitted>> {
        Box::pin(async move {
            let mut kept = self.kept();
            if before.is_some_and(|before| before <= Instant::now()) {
                return Err(NotCommitted::Late);
            }
            if let Some(conflict) = kept.conflict(&changes) {
                return Err(conflict);
            }
            let keys = changes.iter().map(|change| change.key.clone()).collect();
            let revision = kept.apply(changes);
            // Nobody may be watching.
            drop(self.watched.send(keys));
            Ok(revision)
        })
    }

    fn free_bytes(&self) -> Option<u64> {
        None
    }

    fn is_well(&self) -> bool {
        true
    }

    fn watch(&self, prefix: &str) -> Watch {
        Watch::of(prefix, self.watched.subscribe())
    }
}

/// Blobs by their digests.
#[derive(Debug, Default)]
pub(super) struct Heap(Mutex<HashMap<Digest, Arc<[u8]>>>);

impl Blobs for Heap {
    fn put(&self, bytes: Arc<[u8]>) -> Answer<'_, Result<Digest, Failed>> {
        let digest = Digest::of(&bytes);
        let mut blobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blobs.insert(digest.clone(), bytes);
        Box::pin(async move { Ok(digest) })
    }

    fn get<'a>(&'a self, digest: &'a Digest) -> Answer<'a, Result<Option<Arc<[u8]>>, Failed>> {
        let blobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = blobs.get(digest).cloned();
        Box::pin(async move { Ok(found) })
    }
}

//! The one thread that writes: it takes commits that wait together, checks each, makes all durable at once, and removes what
//! has expired.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use fjall::PersistMode;
use tokio::sync::broadcast;
use tokio::time::Instant;

use super::{Commit, Files, Head, LAST_REVISION, ms_of, now_ms};
use crate::store::Failed;
use crate::store::records::{Change, Expected, NotCommitted, Revision, To};

/// Commits that are written together at most.
const GROUP: usize = 256;
/// How often what has expired is removed, and how much of it at a time.
pub(super) const SWEEP: Duration = Duration::from_secs(1);
const SWEPT: usize = 1000;

/// The thread that writes.
pub(super) struct Writer {
    pub(super) files: Files,
    pub(super) last: u64,
    pub(super) watched: broadcast::Sender<Arc<[String]>>,
    pub(super) is_failing: Arc<AtomicBool>,
}

impl Writer {
    pub(super) fn run(mut self, incoming: &mpsc::Receiver<Commit>) {
        // Due by the clock, and not only when nobody commits: a busy host has the most that expires.
        let mut sweep = Instant::now() + SWEEP;
        loop {
            let until = sweep.saturating_duration_since(Instant::now());
            match incoming.recv_timeout(until) {
                Ok(first) => {
                    let others = incoming.try_iter().take(GROUP - 1);
                    self.commit(std::iter::once(first).chain(others).collect());
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            if Instant::now() >= sweep {
                let swept = self.sweep();
                // As long as there is more, after each commit.
                let wait = if matches!(swept, Ok(SWEPT)) {
                    Duration::ZERO
                } else {
                    SWEEP
                };
                sweep = Instant::now() + wait;
                if let Err(error) = swept {
                    tracing::warn!("what has expired cannot be removed: {error}");
                }
            }
        }
    }

    /// Writes a group. One that conflicts takes none of the others with it; a disk that fails takes all.
    fn commit(&mut self, group: Vec<Commit>) {
        let written = self.write(&group);
        self.is_failing.store(written.is_err(), Ordering::Relaxed);
        for (at, commit) in group.into_iter().enumerate() {
            let result = match &written {
                Ok(each) => each.get(at).cloned().unwrap_or_else(|| {
                    Err(Failed::because("it has no result for this commit").into())
                }),
                Err(failed) => Err(failed.clone().into()),
            };
            if result.is_ok() {
                let keys = commit.changes.into_iter().map(|change| change.key);
                // Nobody may be watching.
                drop(self.watched.send(keys.collect()));
            }
            // Who asked may have gone.
            drop(commit.done.send(result));
        }
    }

    fn write(&mut self, group: &[Commit]) -> Result<Vec<Result<Revision, NotCommitted>>, Failed> {
        let mut writing = Writing::begin(&self.files, self.last);
        let mut results = Vec::with_capacity(group.len());
        let now = Instant::now();
        for commit in group {
            let is_late = commit.before.is_some_and(|before| before <= now);
            results.push(match is_late {
                true => Err(NotCommitted::Late),
                false => writing.apply(&commit.changes)?,
            });
        }
        self.last = writing.end()?;
        Ok(results)
    }

    /// Removes what has expired; how much of it.
    fn sweep(&mut self) -> Result<usize, Failed> {
        let now = now_ms();
        let mut writing = Writing::begin(&self.files, self.last);
        let due = ..=now.saturating_add(1).to_be_bytes();
        let mut swept = 0;
        for expiry in self.files.expiries.range(due).take(SWEPT) {
            let expiry = expiry.key().map_err(Failed::because)?;
            let key = expiry.get(8..).unwrap_or_default();
            let key = std::str::from_utf8(key).map_err(Failed::because)?;
            writing.remove(key)?;
            swept += 1;
        }
        if swept > 0 {
            writing.end()?;
        }
        Ok(swept)
    }
}

/// One write to the disk, in the making. Of each key only what it comes to is written: the disk gives all of a write the
/// same place in time, and would not know which of two was meant.
struct Writing<'a> {
    files: &'a Files,
    /// Rows, or that there is none any more.
    records: HashMap<String, Option<Vec<u8>>>,
    /// Whether they are to be there.
    expiries: HashMap<Vec<u8>, bool>,
    last: u64,
    now: u64,
}

impl<'a> Writing<'a> {
    fn begin(files: &'a Files, last: u64) -> Self {
        Self {
            files,
            records: HashMap::new(),
            expiries: HashMap::new(),
            last,
            now: now_ms(),
        }
    }

    /// Makes it, and gives the revision of the last commit in it.
    fn end(self) -> Result<u64, Failed> {
        let files = self.files;
        // On the disk before anybody sees it. What fdatasync leaves out is when the file was last written; it takes the
        // file's length along, which reading needs.
        let batch = files.database.batch();
        let mut batch = batch.durability(Some(PersistMode::SyncData));
        for (key, row) in self.records {
            match row {
                Some(row) => batch.insert(&files.records, key, row),
                None => batch.remove(&files.records, key),
            }
        }
        for (expiry, is_there) in self.expiries {
            if is_there {
                batch.insert(&files.expiries, expiry, []);
            } else {
                batch.remove(&files.expiries, expiry);
            }
        }
        batch.insert(&files.meta, LAST_REVISION, self.last.to_be_bytes());
        batch.commit().map_err(Failed::because)?;
        Ok(self.last)
    }

    /// Checks all of a commit before it changes anything.
    fn apply(&mut self, changes: &[Change]) -> Result<Result<Revision, NotCommitted>, Failed> {
        for change in changes {
            let found = self
                .head(&change.key)?
                .filter(|head| head.is_there(self.now));
            let is_expected = match change.expected {
                Expected::Anything => true,
                Expected::Absent => found.is_none(),
                Expected::At(revision) => found.is_some_and(|head| head.revision == revision.0),
            };
            if !is_expected {
                let key = change.key.clone();
                return Ok(Err(NotCommitted::Conflict { key }));
            }
        }
        self.last += 1;
        for change in changes {
            match &change.to {
                To::Value { bytes, expires } => {
                    let head = Head {
                        revision: self.last,
                        expires: expires.map_or(0, ms_of),
                    };
                    self.put(&change.key, head, bytes)?;
                }
                To::Nothing => self.remove(&change.key)?,
                To::Same => {}
            }
        }
        Ok(Ok(Revision(self.last)))
    }

    fn head(&self, key: &str) -> Result<Option<Head>, Failed> {
        match self.records.get(key) {
            Some(Some(row)) => Ok(Some(Head::of(row)?.0)),
            Some(None) => Ok(None),
            None => self.files.head(key),
        }
    }

    fn put(&mut self, key: &str, head: Head, bytes: &[u8]) -> Result<(), Failed> {
        self.remove(key)?;
        if head.expires > 0 {
            self.expiries.insert(expiry(key, head.expires), true);
        }
        self.records
            .insert(key.to_owned(), Some(head.before(bytes)));
        Ok(())
    }

    fn remove(&mut self, key: &str) -> Result<(), Failed> {
        let Some(head) = self.head(key)? else {
            return Ok(());
        };
        if head.expires > 0 {
            self.expiries.insert(expiry(key, head.expires), false);
        }
        self.records.insert(key.to_owned(), None);
        Ok(())
    }
}

fn expiry(key: &str, expires: u64) -> Vec<u8> {
    [&expires.to_be_bytes(), key.as_bytes()].concat()
}

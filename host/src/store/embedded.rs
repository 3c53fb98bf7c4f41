//! Records on a disk of this machine. Commits that wait together are written together: what makes one durable costs the
//! same for a hundred.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use tokio::sync::{broadcast, oneshot};
use tokio::time::Instant;

use super::records::{Change, Expected, NotCommitted, Record, Records, Revision, To, Watch};
use super::{Answer, Failed};

/// The key in `meta` of the revision of the last commit.
const LAST_REVISION: &str = "last-revision";
/// Memory for blocks that were read.
const CACHE_BYTES: u64 = 16 << 20;

/// Commits that are written together at most.
const GROUP: usize = 256;
/// Commits that wait at most; who comes next waits for room.
const WAITING: usize = 4096;
/// Commits that a watch may be behind before it is told to read everything again.
const BEHIND: usize = 1024;
/// How often what has expired is removed, and how much of it at a time.
const SWEEP: Duration = Duration::from_secs(1);
const SWEPT: usize = 1000;

/// Records in a folder.
pub(super) struct Embedded {
    files: Files,
    folder: PathBuf,
    is_failing: Arc<AtomicBool>,
    commits: mpsc::SyncSender<Commit>,
    watched: broadcast::Sender<Arc<[String]>>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}

/// What is on the disk.
#[derive(Clone)]
struct Files {
    database: Database,
    /// Each value behind its [`Head`].
    records: Keyspace,
    /// What expires, soonest first: the moment, then the key.
    expiries: Keyspace,
    meta: Keyspace,
}

/// What stands before the value of a record.
#[derive(Clone, Copy)]
struct Head {
    revision: u64,
    /// In milliseconds since 1970; 0: never.
    expires: u64,
}

impl Head {
    const BYTES: usize = 16;

    fn before(self, value: &[u8]) -> Vec<u8> {
        let mut row = Vec::with_capacity(Self::BYTES + value.len());
        row.extend_from_slice(&self.revision.to_be_bytes());
        row.extend_from_slice(&self.expires.to_be_bytes());
        row.extend_from_slice(value);
        row
    }

    fn of(row: &[u8]) -> Result<(Self, &[u8]), Failed> {
        let short = || Failed::because("a record is shorter than its head");
        let (revision, rest) = row.split_first_chunk().ok_or_else(short)?;
        let (expires, value) = rest.split_first_chunk().ok_or_else(short)?;
        let head = Self {
            revision: u64::from_be_bytes(*revision),
            expires: u64::from_be_bytes(*expires),
        };
        Ok((head, value))
    }

    fn is_there(self, now: u64) -> bool {
        self.expires == 0 || self.expires > now
    }
}

/// A commit on its way.
struct Commit {
    changes: Vec<Change>,
    before: Option<Instant>,
    done: oneshot::Sender<Result<Revision, NotCommitted>>,
}

impl Embedded {
    pub(super) fn open(folder: &Path) -> Result<Self, Failed> {
        let files = Files::open(folder).map_err(|error| {
            let shown = folder.display();
            Failed::because(format_args!("\"{shown}\" cannot be opened: {error}"))
        })?;
        let (commits, incoming) = mpsc::sync_channel(WAITING);
        let (watched, _) = broadcast::channel(BEHIND);
        let is_failing = Arc::<AtomicBool>::default();
        let writer = Writer {
            files: files.clone(),
            last: files.last_revision()?,
            watched: watched.clone(),
            is_failing: Arc::clone(&is_failing),
        };
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run(&incoming))
            .map_err(Failed::because)?;
        Ok(Self {
            files,
            folder: folder.to_owned(),
            is_failing,
            commits,
            watched,
        })
    }

    fn read(&self, key: &str) -> Result<Option<Record>, Failed> {
        let row = self.files.records.get(key).map_err(Failed::because)?;
        row.map_or(Ok(None), |row| record(key, &row, now_ms()))
    }

    fn read_all(
        &self,
        prefix: &str,
        after: Option<&str>,
        at_most: usize,
    ) -> Result<Vec<Record>, Failed> {
        let from = after.map_or(prefix, |after| after.max(prefix));
        let now = now_ms();
        let mut found = Vec::new();
        for row in self.files.records.range(from..) {
            let (key, row) = row.into_inner().map_err(Failed::because)?;
            let key = std::str::from_utf8(&key).map_err(Failed::because)?;
            if !key.starts_with(prefix) || found.len() == at_most {
                break;
            }
            if after != Some(key) {
                found.extend(record(key, &row, now)?);
            }
        }
        Ok(found)
    }
}

impl Files {
    fn open(folder: &Path) -> fjall::Result<Self> {
        let database = Database::builder(folder).cache_size(CACHE_BYTES).open()?;
        let keyspace = |name| database.keyspace(name, KeyspaceCreateOptions::default);
        Ok(Self {
            records: keyspace("records")?,
            expiries: keyspace("expiries")?,
            meta: keyspace("meta")?,
            database,
        })
    }

    fn last_revision(&self) -> Result<u64, Failed> {
        let last = self.meta.get(LAST_REVISION).map_err(Failed::because)?;
        let Some(last) = last else { return Ok(0) };
        let bytes = last.first_chunk();
        let bytes = bytes.ok_or_else(|| Failed::because("the last revision cannot be read"))?;
        Ok(u64::from_be_bytes(*bytes))
    }

    fn head(&self, key: &str) -> Result<Option<Head>, Failed> {
        let row = self.records.get(key).map_err(Failed::because)?;
        row.map(|row| Ok(Head::of(&row)?.0)).transpose()
    }
}

impl Records for Embedded {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Result<Option<Record>, Failed>> {
        Box::pin(async move { self.read(key) })
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        at_most: usize,
    ) -> Answer<'a, Result<Vec<Record>, Failed>> {
        Box::pin(async move { self.read_all(prefix, after, at_most) })
    }

    fn commit(
        &self,
        changes: Vec<Change>,
        before: Option<Instant>,
    ) -> Answer<'_, Result<Revision, NotCommitted>> {
        Box::pin(async move {
            let (done, answer) = oneshot::channel();
            let gone = |_| Failed::because("its thread has ended");
            let commit = Commit {
                changes,
                before,
                done,
            };
            let commits = self.commits.clone();
            // Only when thousands wait does this wait for room.
            match commits.try_send(commit) {
                Ok(()) => {}
                Err(mpsc::TrySendError::Full(commit)) => {
                    let sent = tokio::task::spawn_blocking(move || commits.send(commit).is_ok());
                    if !sent.await.unwrap_or(false) {
                        return Err(Failed::because("its thread has ended").into());
                    }
                }
                Err(mpsc::TrySendError::Disconnected(_)) => {
                    return Err(Failed::because("its thread has ended").into());
                }
            }
            answer.await.map_err(gone)?
        })
    }

    fn free_bytes(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.folder).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn is_well(&self) -> bool {
        !self.is_failing.load(Ordering::Relaxed)
    }

    fn watch(&self, prefix: &str) -> Watch {
        Watch::of(prefix, self.watched.subscribe())
    }
}

fn record(key: &str, row: &[u8], now: u64) -> Result<Option<Record>, Failed> {
    let (head, value) = Head::of(row)?;
    Ok(head.is_there(now).then(|| Record {
        key: key.to_owned(),
        value: value.to_owned(),
        revision: Revision(head.revision),
    }))
}

fn now_ms() -> u64 {
    ms_of(SystemTime::now())
}

fn ms_of(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The thread that writes.
struct Writer {
    files: Files,
    last: u64,
    watched: broadcast::Sender<Arc<[String]>>,
    is_failing: Arc<AtomicBool>,
}

impl Writer {
    fn run(mut self, incoming: &mpsc::Receiver<Commit>) {
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
        // On the disk before anybody sees it.
        let batch = files.database.batch();
        let mut batch = batch.durability(Some(PersistMode::SyncAll));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_has_expired_goes_from_the_disk_also_while_others_commit() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Embedded::open(folder.path()).expect("a store");
        let bytes = b"1".to_vec();
        let expires = Some(SystemTime::now());
        let expiring = Change {
            key: "old".to_owned(),
            expected: Expected::Anything,
            to: To::Value { bytes, expires },
        };
        store.commit(vec![expiring], None).await.expect("a commit");
        let begun = Instant::now();
        while begun.elapsed() < 3 * SWEEP {
            let other = Change::put("other", Expected::Anything, b"1".to_vec());
            store.commit(vec![other], None).await.expect("a commit");
            if store.files.records.get("old").expect("read").is_none() {
                return;
            }
            tokio::time::sleep(SWEEP / 20).await;
        }
        panic!("it is still there");
    }

    #[tokio::test]
    async fn a_store_knows_how_much_is_free_and_that_it_is_well() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Embedded::open(folder.path()).expect("a store");
        assert!(store.free_bytes() > Some(0));
        assert!(store.is_well());
    }
}

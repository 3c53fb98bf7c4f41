//! Records on a disk of this machine. Commits that wait together are written together: what makes one durable costs the
//! same for a hundred.

mod writer;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use fjall::{Database, Keyspace, KeyspaceCreateOptions};
use tokio::sync::{broadcast, oneshot};
use tokio::time::Instant;

use super::records::{Change, NotCommitted, Record, Records, Revision, Watch};
use super::{Answer, Failed};
use writer::Writer;

/// The key in `meta` of the revision of the last commit.
const LAST_REVISION: &str = "last-revision";
/// Memory for blocks that were read.
const CACHE_BYTES: u64 = 16 << 20;

/// What is in the journal is read through at the next start. The least that the library takes is half of this.
const JOURNAL_BYTES: u64 = 128 << 20;
/// What is sorted in memory before it becomes a file of its own. Commits wait for the disk while such a file is written, so
/// it is written often, and is small.
const MEMTABLE_BYTES: u64 = 8 << 20;

/// Commits that wait at most; who comes next waits for room.
const WAITING: usize = 4096;
/// Commits that a watch may be behind before it is told to read everything again.
const BEHIND: usize = 1024;
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
    /// Opens them. They are made under another name first: what was half made when its host was killed could never be
    /// opened.
    fn open(folder: &Path) -> fjall::Result<Self> {
        if !folder.try_exists()? {
            let half = folder.with_extension("new");
            if half.try_exists()? {
                fs::remove_dir_all(&half)?;
            }
            drop(Self::open_or_make(&half)?);
            fs::rename(&half, folder)?;
            let above = folder.parent().unwrap_or(Path::new("."));
            fs::File::open(above)?.sync_all()?;
        }
        Self::open_or_make(folder)
    }

    fn open_or_make(folder: &Path) -> fjall::Result<Self> {
        let database = Database::builder(folder)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .open()?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let keyspace = |name| database.keyspace(name, options);
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

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::writer::SWEEP;
    use super::*;
    use crate::store::{Expected, To};

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
    async fn what_was_half_made_when_its_host_was_killed_is_made_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let (whole, half) = (
            folder.path().join("records"),
            folder.path().join("records.new"),
        );
        fs::create_dir(&half).expect("a folder");
        fs::write(half.join("0.jnl"), b"").expect("a file");
        for revision in 1..=2 {
            let store = Embedded::open(&whole).expect("a store");
            let change = Change::put("key", Expected::Anything, b"1".to_vec());
            let committed = store.commit(vec![change], None).await.expect("a commit");
            assert_eq!(committed, Revision(revision));
            assert!(!half.exists());
        }
    }

    #[tokio::test]
    async fn a_store_knows_how_much_is_free_and_that_it_is_well() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Embedded::open(folder.path()).expect("a store");
        assert!(store.free_bytes() > Some(0));
        assert!(store.is_well());
    }
}

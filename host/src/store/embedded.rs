//! Records in a file of this machine. Commits that wait together are written together: what makes one durable costs the
//! same for a hundred.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redb::{Database, ReadableDatabase, ReadableTable, Table, TableDefinition, WriteTransaction};
use tokio::sync::{broadcast, oneshot};

use super::records::{Change, Expected, NotCommitted, Record, Records, Revision, To, Watch};
use super::{Answer, Failed};

/// The revision, when it expires in milliseconds since 1970 (0: it does not), the value.
type Row = (u64, u64, &'static [u8]);
const RECORDS: TableDefinition<'_, &str, Row> = TableDefinition::new("records");
/// What expires, soonest first.
const EXPIRIES: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("expiries");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const LAST_REVISION: &str = "last-revision";

/// Commits that are written together at most.
const GROUP: usize = 256;
/// Commits that wait at most; who comes next waits for room.
const WAITING: usize = 4096;
/// Commits that a watch may be behind before it is told to read everything again.
const BEHIND: usize = 1024;
/// How often what has expired is removed, and how much of it at a time.
const SWEEP: Duration = Duration::from_secs(1);
const SWEPT: usize = 1000;

/// Records in a file.
#[derive(Debug)]
pub(super) struct Embedded {
    database: Arc<Database>,
    commits: mpsc::SyncSender<Commit>,
    watched: broadcast::Sender<Arc<[String]>>,
}

/// A commit on its way.
struct Commit {
    changes: Vec<Change>,
    done: oneshot::Sender<Result<Revision, NotCommitted>>,
}

impl Embedded {
    pub(super) fn open(file: &Path) -> Result<Self, Failed> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(Failed::because)?;
        }
        let database = Database::create(file).map_err(|error| {
            Failed::because(format_args!(
                "\"{}\" cannot be opened: {error}",
                file.display()
            ))
        })?;
        let database = Arc::new(database);
        // So that a reader finds the tables, though nothing may be in them.
        let begun = database.begin_write().map_err(Failed::because)?;
        Tables::open(&begun)?;
        begun.commit().map_err(Failed::because)?;

        let (commits, incoming) = mpsc::sync_channel(WAITING);
        let (watched, _) = broadcast::channel(BEHIND);
        let writer = Writer {
            database: Arc::clone(&database),
            watched: watched.clone(),
        };
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run(&incoming))
            .map_err(Failed::because)?;
        Ok(Self {
            database,
            commits,
            watched,
        })
    }

    fn read(&self, key: &str) -> Result<Option<Record>, Failed> {
        let begun = self.database.begin_read().map_err(Failed::because)?;
        let records = begun.open_table(RECORDS).map_err(Failed::because)?;
        let row = records.get(key).map_err(Failed::because)?;
        Ok(row.and_then(|row| record(key, row.value(), now_ms())))
    }

    fn read_all(
        &self,
        prefix: &str,
        after: Option<&str>,
        at_most: usize,
    ) -> Result<Vec<Record>, Failed> {
        let begun = self.database.begin_read().map_err(Failed::because)?;
        let records = begun.open_table(RECORDS).map_err(Failed::because)?;
        let from = after.map_or(prefix, |after| after.max(prefix));
        let now = now_ms();
        let mut found = Vec::new();
        for row in records.range(from..).map_err(Failed::because)? {
            let (key, row) = row.map_err(Failed::because)?;
            let key = key.value();
            if !key.starts_with(prefix) || found.len() == at_most {
                break;
            }
            if after != Some(key) {
                found.extend(record(key, row.value(), now));
            }
        }
        Ok(found)
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

    fn commit(&self, changes: Vec<Change>) -> Answer<'_, Result<Revision, NotCommitted>> {
        Box::pin(async move {
            let (done, answer) = oneshot::channel();
            let gone = |_| Failed::because("its thread has ended");
            let (commits, commit) = (self.commits.clone(), Commit { changes, done });
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

    fn watch(&self, prefix: &str) -> Watch {
        Watch::of(prefix, self.watched.subscribe())
    }
}

fn record(key: &str, (revision, expires, value): (u64, u64, &[u8]), now: u64) -> Option<Record> {
    let is_there = expires == 0 || expires > now;
    is_there.then(|| Record {
        key: key.to_owned(),
        value: value.to_owned(),
        revision: Revision(revision),
    })
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
    database: Arc<Database>,
    watched: broadcast::Sender<Arc<[String]>>,
}

impl Writer {
    fn run(&self, incoming: &mpsc::Receiver<Commit>) {
        loop {
            match incoming.recv_timeout(SWEEP) {
                Ok(first) => {
                    let others = incoming.try_iter().take(GROUP - 1);
                    self.commit(std::iter::once(first).chain(others).collect());
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    if let Err(error) = self.sweep() {
                        tracing::warn!("what has expired cannot be removed: {error}");
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    /// Writes a group. One that conflicts takes none of the others with it; a file that fails takes all.
    fn commit(&self, group: Vec<Commit>) {
        let written = self.write(&group);
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

    fn write(&self, group: &[Commit]) -> Result<Vec<Result<Revision, NotCommitted>>, Failed> {
        let begun = self.database.begin_write().map_err(Failed::because)?;
        let mut results = Vec::with_capacity(group.len());
        {
            let mut tables = Tables::open(&begun)?;
            for commit in group {
                results.push(tables.apply(&commit.changes)?);
            }
        }
        begun.commit().map_err(Failed::because)?;
        Ok(results)
    }

    fn sweep(&self) -> Result<(), Failed> {
        let now = now_ms();
        let begun = self.database.begin_read().map_err(Failed::because)?;
        let expiries = begun.open_table(EXPIRIES).map_err(Failed::because)?;
        let mut due = Vec::new();
        for expiry in expiries
            .range(..=(now, "\u{10ffff}"))
            .map_err(Failed::because)?
        {
            let (expiry, ()) = expiry
                .map(|(key, unit)| (key, unit.value()))
                .map_err(Failed::because)?;
            due.push(expiry.value().1.to_owned());
            if due.len() == SWEPT {
                break;
            }
        }
        drop(begun);
        if due.is_empty() {
            return Ok(());
        }
        let begun = self.database.begin_write().map_err(Failed::because)?;
        {
            let mut tables = Tables::open(&begun)?;
            for key in &due {
                tables.remove(key)?;
            }
        }
        begun.commit().map_err(Failed::because)
    }
}

/// The tables of one write.
struct Tables<'txn> {
    records: Table<'txn, &'static str, Row>,
    expiries: Table<'txn, (u64, &'static str), ()>,
    meta: Table<'txn, &'static str, u64>,
    now: u64,
}

impl<'txn> Tables<'txn> {
    fn open(begun: &'txn WriteTransaction) -> Result<Self, Failed> {
        Ok(Self {
            records: begun.open_table(RECORDS).map_err(Failed::because)?,
            expiries: begun.open_table(EXPIRIES).map_err(Failed::because)?,
            meta: begun.open_table(META).map_err(Failed::because)?,
            now: now_ms(),
        })
    }

    /// Checks all of a commit before it changes anything.
    fn apply(&mut self, changes: &[Change]) -> Result<Result<Revision, NotCommitted>, Failed> {
        for change in changes {
            let found = self.found(&change.key)?;
            let is_expected = match change.expected {
                Expected::Anything => true,
                Expected::Absent => found.is_none(),
                Expected::At(revision) => found == Some(revision),
            };
            if !is_expected {
                let key = change.key.clone();
                return Ok(Err(NotCommitted::Conflict { key }));
            }
        }
        let revision = self.next_revision()?;
        for change in changes {
            match &change.to {
                To::Value { bytes, expires } => {
                    let expires = expires.map_or(0, ms_of);
                    self.put(&change.key, revision, expires, bytes)?;
                }
                To::Nothing => self.remove(&change.key)?,
                To::Same => {}
            }
        }
        Ok(Ok(Revision(revision)))
    }

    fn found(&self, key: &str) -> Result<Option<Revision>, Failed> {
        let row = self.records.get(key).map_err(Failed::because)?;
        Ok(row.and_then(|row| {
            let (revision, expires, _) = row.value();
            (expires == 0 || expires > self.now).then_some(Revision(revision))
        }))
    }

    fn next_revision(&mut self) -> Result<u64, Failed> {
        let last = self.meta.get(LAST_REVISION).map_err(Failed::because)?;
        let next = last.map_or(0, |last| last.value()) + 1;
        self.meta
            .insert(LAST_REVISION, next)
            .map_err(Failed::because)?;
        Ok(next)
    }

    fn put(&mut self, key: &str, revision: u64, expires: u64, bytes: &[u8]) -> Result<(), Failed> {
        self.remove(key)?;
        let row = (revision, expires, bytes);
        self.records.insert(key, row).map_err(Failed::because)?;
        if expires > 0 {
            self.expiries
                .insert((expires, key), ())
                .map_err(Failed::because)?;
        }
        Ok(())
    }

    fn remove(&mut self, key: &str) -> Result<(), Failed> {
        let removed = self.records.remove(key).map_err(Failed::because)?;
        let expires = removed.map(|row| row.value().1);
        if let Some(expires @ 1..) = expires {
            self.expiries
                .remove((expires, key))
                .map_err(Failed::because)?;
        }
        Ok(())
    }
}

//! What every store keeps to. A second implementation is added to `each`, and to nothing else.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tempfile::{TempDir, tempdir};

use super::*;

/// A store, and how to open the same one again.
struct Opened {
    /// None of one in memory, which cannot be opened again.
    folder: Option<TempDir>,
    store: Store,
}

impl Opened {
    fn on_disk() -> Self {
        let folder = tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("a store");
        let folder = Some(folder);
        Self { folder, store }
    }

    fn in_memory() -> Self {
        Self {
            folder: None,
            store: Store::in_memory(),
        }
    }

    async fn again(self) -> Self {
        let Some(folder) = self.folder else {
            return self;
        };
        drop(self.store);
        // Its thread gives the file back once it has seen that nobody is left.
        for _ in 0..100 {
            if let Ok(store) = Store::open(folder.path()) {
                let folder = Some(folder);
                return Self { folder, store };
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the store cannot be opened again");
    }

    async fn value(&self, key: &str) -> Option<String> {
        let record = self.store.records.get(key).await.expect("it can be read");
        record.map(|record| String::from_utf8(record.value).expect("a text"))
    }

    async fn keys(&self, prefix: &str, after: Option<&str>, at_most: usize) -> Vec<String> {
        let listed = self.store.records.list(prefix, after, at_most).await;
        let records = listed.expect("it can be read").into_iter();
        records.map(|record| record.key).collect()
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<Revision, NotCommitted> {
        self.store.records.commit(changes, None).await
    }
}

fn put(key: &str, expected: Expected, value: &str) -> Change {
    Change::put(key, expected, value.into())
}

fn until(key: &str, value: &str, expires: SystemTime) -> Change {
    Change {
        key: key.to_owned(),
        expected: Expected::Anything,
        to: To::Value {
            bytes: value.into(),
            expires: Some(expires),
        },
    }
}

/// Each of these, of each store.
macro_rules! each {
    ($($test:ident,)*) => {
        mod on_disk {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::Opened::on_disk()).await;
            })*
        }
        mod in_memory {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::Opened::in_memory()).await;
            })*
        }
    };
}

each! {
    what_is_committed_is_there_after_it_is_opened_again,
    a_commit_that_expects_something_else_changes_nothing,
    a_list_has_its_prefix_its_order_and_its_end,
    what_has_expired_is_not_there_and_can_be_made_anew,
    of_several_changes_to_a_record_in_one_commit_the_last_counts,
    a_watch_sees_the_commits_of_its_prefix_and_is_told_what_it_missed,
    of_many_that_add_one_to_the_same_record_each_is_counted,
    a_commit_that_comes_too_late_changes_nothing,
}

async fn a_commit_that_comes_too_late_changes_nothing(opened: Opened) {
    let now = tokio::time::Instant::now();
    let records = &opened.store.records;
    let late = records.commit(vec![put("a", Expected::Anything, "1")], Some(now));
    assert!(matches!(late.await, Err(NotCommitted::Late)));
    assert_eq!(opened.value("a").await, None);
    let later = now + Duration::from_secs(60);
    let early = records.commit(vec![put("a", Expected::Anything, "1")], Some(later));
    early.await.expect("a commit");
    assert_eq!(opened.value("a").await.as_deref(), Some("1"));
}

async fn what_is_committed_is_there_after_it_is_opened_again(opened: Opened) {
    let first = opened
        .commit(vec![put("a", Expected::Absent, "1")])
        .await
        .expect("a commit");
    let digest = opened
        .store
        .blobs
        .put(b"bytes".as_slice().into())
        .await
        .expect("a blob");
    let opened = opened.again().await;
    assert_eq!(opened.value("a").await.as_deref(), Some("1"));
    let blob = opened
        .store
        .blobs
        .get(&digest)
        .await
        .expect("it can be read");
    assert_eq!(blob.as_deref(), Some(b"bytes".as_slice()));
    let second = opened
        .commit(vec![put("a", Expected::At(first), "2")])
        .await;
    assert!(second.expect("a commit") > first);
}

async fn a_commit_that_expects_something_else_changes_nothing(opened: Opened) {
    let first = opened
        .commit(vec![put("a", Expected::Absent, "1")])
        .await
        .expect("a commit");
    for expected in [Expected::Absent, Expected::At(Revision(first.0 + 1))] {
        let commit = vec![put("b", Expected::Anything, "2"), put("a", expected, "2")];
        let refused = opened.commit(commit).await;
        assert!(matches!(refused, Err(NotCommitted::Conflict { key }) if key == "a"));
    }
    let only_checked = Change {
        key: "a".to_owned(),
        expected: Expected::At(first),
        to: To::Same,
    };
    let commit = vec![only_checked, put("c", Expected::Absent, "3")];
    opened.commit(commit).await.expect("a commit");
    assert_eq!(opened.keys("", None, 10).await, ["a", "c"]);
    assert_eq!(opened.value("a").await.as_deref(), Some("1"));
}

async fn of_many_that_add_one_to_the_same_record_each_is_counted(opened: Opened) {
    let opened = Arc::new(opened);
    opened
        .commit(vec![put("n", Expected::Absent, "0")])
        .await
        .expect("a commit");
    let mut adding = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let opened = Arc::clone(&opened);
        adding.spawn(async move {
            loop {
                let record = opened
                    .store
                    .records
                    .get("n")
                    .await
                    .expect("it can be read")
                    .expect("it is there");
                let n: u32 = String::from_utf8_lossy(&record.value)
                    .parse()
                    .expect("a number");
                let next = put("n", Expected::At(record.revision), &(n + 1).to_string());
                match opened.commit(vec![next]).await {
                    Ok(_) => break,
                    Err(NotCommitted::Conflict { .. }) => {}
                    Err(failed) => panic!("{failed}"),
                }
            }
        });
    }
    adding.join_all().await;
    assert_eq!(opened.value("n").await.as_deref(), Some("20"));
}

async fn a_list_has_its_prefix_its_order_and_its_end(opened: Opened) {
    let keys = ["b/2", "a/1", "b/10", "b/1", "c/1"];
    let changes = keys.map(|key| put(key, Expected::Absent, key));
    opened.commit(changes.into()).await.expect("a commit");
    assert_eq!(opened.keys("b/", None, 10).await, ["b/1", "b/10", "b/2"]);
    assert_eq!(opened.keys("b/", None, 2).await, ["b/1", "b/10"]);
    assert_eq!(opened.keys("b/", Some("b/10"), 10).await, ["b/2"]);
    assert_eq!(opened.keys("b/", Some("b/2"), 10).await, [""; 0]);
    opened
        .commit(vec![Change::remove("b/10", Expected::Anything)])
        .await
        .expect("a commit");
    assert_eq!(opened.keys("b/", None, 10).await, ["b/1", "b/2"]);
}

async fn what_has_expired_is_not_there_and_can_be_made_anew(opened: Opened) {
    let (past, later) = (
        SystemTime::now() - Duration::from_secs(1),
        SystemTime::now() + Duration::from_secs(600),
    );
    let changes = vec![until("old", "1", past), until("new", "1", later)];
    opened.commit(changes).await.expect("a commit");
    assert_eq!(opened.keys("", None, 10).await, ["new"]);
    assert_eq!(opened.value("old").await, None);
    // Also once it is swept away, and when the key has been given a longer life meanwhile.
    opened
        .commit(vec![until("again", "1", past)])
        .await
        .expect("a commit");
    opened
        .commit(vec![put("again", Expected::Absent, "2")])
        .await
        .expect("a commit");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(opened.value("again").await.as_deref(), Some("2"));
    opened
        .commit(vec![put("old", Expected::Absent, "2")])
        .await
        .expect("a commit");
    assert_eq!(opened.value("old").await.as_deref(), Some("2"));
}

async fn of_several_changes_to_a_record_in_one_commit_the_last_counts(opened: Opened) {
    let later = SystemTime::now() + Duration::from_secs(600);
    let commit = vec![
        put("a", Expected::Anything, "1"),
        Change::remove("a", Expected::Anything),
        until("a", "2", later),
        put("b", Expected::Anything, "1"),
        Change::remove("b", Expected::Anything),
    ];
    opened.commit(commit).await.expect("a commit");
    let opened = opened.again().await;
    assert_eq!(opened.keys("", None, 10).await, ["a"]);
    assert_eq!(opened.value("a").await.as_deref(), Some("2"));
}

async fn a_watch_sees_the_commits_of_its_prefix_and_is_told_what_it_missed(opened: Opened) {
    let mut watch = opened.store.records.watch("b/");
    for key in ["a/1", "b/1", "b/2"] {
        opened
            .commit(vec![put(key, Expected::Absent, "1")])
            .await
            .expect("a commit");
    }
    assert_eq!(watch.next().await, Some(Seen::Keys(vec!["b/1".to_owned()])));
    assert_eq!(watch.next().await, Some(Seen::Keys(vec!["b/2".to_owned()])));
    let many = (0..2_000).map(|_| opened.commit(vec![put("b/1", Expected::Anything, "1")]));
    let mut all = tokio::task::JoinSet::new();
    for _ in many.collect::<Vec<_>>() {
        let records = Arc::clone(&opened.store.records);
        all.spawn(async move {
            records
                .commit(vec![put("b/1", Expected::Anything, "1")], None)
                .await
        });
    }
    assert!(all.join_all().await.iter().all(Result::is_ok));
    assert_eq!(watch.next().await, Some(Seen::All));
}

#[tokio::test]
async fn a_blob_is_what_its_digest_says_or_an_error() {
    let opened = Opened::on_disk();
    let blobs = &opened.store.blobs;
    let digest = blobs.put(b"bytes".as_slice().into()).await.expect("a blob");
    assert_eq!(
        blobs
            .put(b"bytes".as_slice().into())
            .await
            .expect("the same"),
        digest
    );
    assert!(
        blobs
            .get(&Digest::of(b"others"))
            .await
            .expect("it can be read")
            .is_none()
    );
    let file = opened
        .folder
        .as_ref()
        .expect("a folder")
        .path()
        .join("blobs")
        .join(digest.as_str());
    std::fs::write(file, b"other").expect("it can be written");
    let changed = blobs.get(&digest).await.expect_err("other bytes");
    assert!(changed.to_string().contains(digest.as_str()), "{changed}");
}

#[tokio::test]
async fn a_file_that_is_no_store_is_told_by_its_name() {
    let folder = tempdir().expect("a folder");
    std::fs::write(folder.path().join("records"), b"no store").expect("it can be written");
    let error = Store::open(folder.path())
        .expect_err("no store")
        .to_string();
    assert!(error.contains("records\" cannot be opened"), "{error}");
}

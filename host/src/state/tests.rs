//! A turn's writes, kept and not kept.

use super::*;
use crate::tenant::Address;

fn address() -> Address {
    Address {
        tenant: "acme".parse().expect("a tenant"),
        bot: "echo".parse().expect("a bot"),
        environment: "draft".parse().expect("an environment"),
    }
}

fn states() -> States {
    States::new(
        &Store::in_memory(),
        &Settings::default(),
        Duration::from_secs(60),
    )
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// Keeps what a turn wrote, alone.
async fn keep(states: &States, staged: Staged) -> Result<Option<Revision>, NotKept> {
    let (tenant, mut held) = (address().tenant, Held::default());
    let kept = states.keep(&tenant, staged, With::default(), &mut held, soon());
    kept.await
}

async fn value(states: &States, scope: Scope, key: &str) -> Option<Vec<u8>> {
    let mut turn = states.turn(&address(), Some("c1"));
    let memory = turn.memory(scope).await.expect("it can be read");
    memory.get(key).map(|entry| entry.value.clone())
}

async fn setting(states: &States, scope: Scope, value: &[u8]) -> Staged {
    let mut turn = states.turn(&address(), Some("c1"));
    let memory = turn.memory_mut(scope).await.expect("it can be read");
    memory
        .set("k".to_owned(), value.to_owned(), None)
        .expect("set");
    turn.staged()
}

#[tokio::test]
async fn what_is_staged_is_there_once_it_is_kept_and_not_before() {
    let states = states();
    for scope in [Scope::Conversation, Scope::Bot] {
        let staged = setting(&states, scope, b"1").await;
        assert_eq!(value(&states, scope, "k").await, None);
        let kept = keep(&states, staged).await;
        kept.expect("it is kept");
        assert_eq!(
            value(&states, scope, "k").await.as_deref(),
            Some(b"1".as_slice())
        );
    }
}

#[tokio::test]
async fn of_two_turns_that_change_the_same_the_second_is_told_and_its_next_try_is_kept() {
    let states = states();
    let first = setting(&states, Scope::Bot, b"1").await;
    let second = setting(&states, Scope::Bot, b"2").await;
    keep(&states, first).await.expect("it is kept");
    let mut held = Held::default();
    let refused = states
        .keep(
            &address().tenant,
            second,
            With::default(),
            &mut held,
            soon(),
        )
        .await;
    assert!(matches!(refused, Err(NotKept::Conflict)), "{refused:?}");
    // It holds the line: a third one waits behind it.
    let third = setting(&states, Scope::Bot, b"3").await;
    let late = states
        .keep(
            &address().tenant,
            third,
            With::default(),
            &mut Held::default(),
            Instant::now(),
        )
        .await;
    assert!(matches!(late, Err(NotKept::Late)), "{late:?}");
    let again = setting(&states, Scope::Bot, b"2").await;
    states
        .keep(&address().tenant, again, With::default(), &mut held, soon())
        .await
        .expect("it is kept");
    assert_eq!(
        value(&states, Scope::Bot, "k").await.as_deref(),
        Some(b"2".as_slice())
    );
}

#[tokio::test]
async fn what_comes_too_late_and_what_belongs_to_no_conversation_is_not_kept() {
    let states = states();
    let staged = setting(&states, Scope::Conversation, b"1").await;
    let late = states
        .keep(
            &address().tenant,
            staged,
            With::default(),
            &mut Held::default(),
            Instant::now(),
        )
        .await;
    assert!(matches!(late, Err(NotKept::Late)), "{late:?}");
    let mut turn = states.turn(&address(), None);
    let memory = turn.memory_mut(Scope::Conversation).await.expect("empty");
    memory
        .set("k".to_owned(), b"1".to_vec(), None)
        .expect("set");
    keep(&states, turn.staged())
        .await
        .expect("nothing is to be kept");
    assert!(
        states
            .records
            .list("", None, 10)
            .await
            .expect("a list")
            .is_empty()
    );
}

#[tokio::test]
async fn a_conversations_memory_expires_and_each_event_puts_that_off() {
    let store = Store::in_memory();
    let week = conversations::Settings {
        keep_days: 7,
        ..conversations::Settings::default()
    };
    let (short, long) = (
        States::new(&store, &Settings::default(), Duration::ZERO),
        States::new(&store, &Settings::default(), week.keep()),
    );
    let staged = setting(&short, Scope::Conversation, b"1").await;
    keep(&short, staged).await.expect("it is kept");
    let until = async || {
        let records = store.records.list("conversation/", None, 10).await;
        let records = records.expect("a list");
        let memory: Memory = serde_json::from_slice(&records[0].value).expect("a memory");
        memory.until.expect("it expires")
    };
    let first = until().await;
    short.touch(&address(), "c1").await.expect("touched");
    assert_eq!(until().await, first, "an hour has not gone by");
    long.touch(&address(), "c1").await.expect("touched");
    assert!(until().await > first + Duration::from_secs(6 * 24 * 60 * 60));
    assert_eq!(
        value(&short, Scope::Conversation, "k").await.as_deref(),
        Some(b"1".as_slice())
    );
}

#[test]
fn a_revision_is_never_given_twice() {
    let mut memory = Memory::default();
    let first = memory
        .set("k".to_owned(), vec![1], Some(0))
        .expect("absent");
    assert_eq!(
        memory.set("k".to_owned(), vec![2], Some(0)),
        Err(Conflict(Some(first)))
    );
    assert!(memory.delete("k"));
    assert_eq!(
        memory.set("k".to_owned(), vec![2], Some(first)),
        Err(Conflict(None))
    );
    let second = memory
        .set("k".to_owned(), vec![2], Some(0))
        .expect("absent");
    assert!(second > first);
}

#[test]
fn keys_are_what_they_are_whatever_they_look_like() {
    let mut memory = Memory::default();
    for key in ["a/1", "../a", "a\0", "a", "\u{e9}", "e\u{301}"] {
        memory
            .set(key.to_owned(), key.as_bytes().to_vec(), Some(0))
            .expect("its own");
    }
    assert_eq!(memory.keys("a").collect::<Vec<_>>(), ["a", "a\0", "a/1"]);
    assert_eq!(memory.len(), 6);
    assert_eq!(memory.bytes_with("a", b"xyz"), memory.bytes() + 2);
}

#[tokio::test]
async fn the_bots_of_a_tenant_keep_so_much_and_what_goes_makes_room() {
    let store = Store::in_memory();
    let settings = Settings {
        tenant_bytes: 5_000,
        ..Settings::default()
    };
    let states = States::new(&store, &settings, Duration::from_secs(60));
    let set = async |states: &States, tenant: &str, conversation: &str, bytes: usize| {
        let at = Address {
            tenant: tenant.parse().expect("a tenant"),
            ..address()
        };
        let mut turn = states.turn(&at, Some(conversation));
        let memory = turn.memory_mut(Scope::Conversation).await.expect("read");
        memory
            .set("k".to_owned(), vec![0; bytes], None)
            .expect("set");
        let mut held = Held::default();
        states
            .keep(
                &at.tenant,
                turn.staged(),
                With::default(),
                &mut held,
                soon(),
            )
            .await
    };
    for conversation in ["c1", "c2"] {
        set(&states, "acme", conversation, 1_500)
            .await
            .expect("kept");
    }
    let full = set(&states, "acme", "c3", 1_500).await;
    assert!(
        matches!(full, Err(NotKept::Full { most: 5_000 })),
        "{full:?}"
    );
    set(&states, "other", "c3", 1_500)
        .await
        .expect("another tenant's");
    // Another run of the host knows it too.
    let again = States::new(&store, &settings, Duration::from_secs(60));
    assert!(set(&again, "acme", "c3", 1_500).await.is_err());
    // One that shrinks makes room at once, one that is gone once that is seen.
    set(&states, "acme", "c1", 10)
        .await
        .expect("less is always kept");
    set(&states, "acme", "c3", 1_500)
        .await
        .expect("there is room");
    let records = store.records.list("conversation/acme/", None, 10).await;
    for record in records.expect("a list") {
        let gone = Change::remove(record.key, Expected::Anything);
        store.records.commit(vec![gone], None).await.expect("gone");
    }
    let again = States::new(&store, &settings, Duration::from_secs(60));
    for _ in 0..1_000 {
        if set(&again, "acme", "c4", 2_500).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("what is gone still counts");
}

#[tokio::test]
async fn nothing_more_is_kept_on_a_disk_that_is_nearly_full() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    let settings = Settings {
        disk_reserve_bytes: u64::MAX,
        ..Settings::default()
    };
    let states = States::new(&store, &settings, Duration::from_secs(60));
    let staged = setting(&states, Scope::Bot, b"1").await;
    let kept = keep(&states, staged).await;
    assert!(matches!(kept, Err(NotKept::DiskFull)), "{kept:?}");
}

#[tokio::test]
async fn what_a_turn_read_before_a_conversation_was_erased_is_not_kept() {
    let states = states();
    for was_there in [false, true] {
        if was_there {
            let staged = setting(&states, Scope::Conversation, b"1").await;
            keep(&states, staged).await.expect("it is kept");
        }
        let staged = setting(&states, Scope::Conversation, b"2").await;
        let erased = conversations::erased_key(&address().tenant, "c1");
        let changes = vec![
            Change::put(erased, Expected::Anything, Vec::new()),
            Change::remove(conversation_key(&address(), "c1"), Expected::Anything),
        ];
        states.records.commit(changes, None).await.expect("erased");
        let kept = keep(&states, staged).await;
        assert!(matches!(kept, Err(NotKept::Conflict)), "{kept:?}");
    }
}

/// Looks until a tenant's count is that, which is looked for in the background.
async fn counts(quota: &Arc<Quota>, bytes: u64) {
    let tenant = address().tenant;
    for _ in 0..1_000 {
        let count = quota.take(&tenant, 0, 0).await.expect("nothing is taken");
        if count.0.to
            == (To::Value {
                bytes: bytes.to_be_bytes().into(),
                expires: None,
            })
        {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never counts {bytes}");
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_into_the_store_counts_though_it_is_not_seen_there() {
    let store = Store::in_memory();
    let quota = Arc::new(Quota::new(&store.records, 1_000));
    let tenant = address().tenant;
    // So much that all is counted anew, before any of it is in the store.
    let (_, first) = quota.take(&tenant, 0, 950).await.expect("there is room");
    tokio::time::advance(Duration::from_secs(1)).await;
    counts(&quota, 950).await;
    let full = quota.take(&tenant, 0, 51).await;
    assert!(
        matches!(full, Err(NotKept::Full { most: 1_000 })),
        "{full:?}"
    );
    // It is not kept after all: there is all the room again.
    first.give_back();
    counts(&quota, 0).await;
    let (_, kept) = quota.take(&tenant, 0, 1_000).await.expect("there is room");
    drop(kept);
    counts(&quota, 1_000).await;
    // What is not in the store is no longer counted the next time it is looked.
    tokio::time::advance(Duration::from_secs(60)).await;
    counts(&quota, 0).await;
}

#[tokio::test]
async fn what_is_erased_makes_room_at_once() {
    let store = Store::in_memory();
    let settings = Settings {
        tenant_bytes: 1_000,
        ..Settings::default()
    };
    let states = States::new(&store, &settings, Duration::from_secs(60));
    let tenant = address().tenant;
    let staged = setting(&states, Scope::Bot, &[0; 600]).await;
    keep(&states, staged).await.expect("there is room");
    let larger = async || setting(&states, Scope::Conversation, &[0; 600]).await;
    assert!(matches!(
        keep(&states, larger().await).await,
        Err(NotKept::Full { .. })
    ));
    let key = bot_key(&address());
    let kept = store.records.get(&key).await.expect("read").expect("kept");
    let bytes = kept.value.len() as u64;
    let (_, removed) = states.removed(&tenant, bytes).await.expect("counted");
    removed.is_not();
    assert!(keep(&states, larger().await).await.is_err());
    let (room, _removed) = states.removed(&tenant, bytes).await.expect("counted");
    let changes = vec![Change::remove(key, Expected::Anything), room];
    store.records.commit(changes, None).await.expect("erased");
    keep(&states, larger().await).await.expect("there is room");
}

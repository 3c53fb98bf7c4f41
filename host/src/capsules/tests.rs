//! What is kept of turns, for how long, and what is not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

use super::tally::Dropped;
use super::*;
use crate::capabilities::tape;
use crate::chat::{Channel, Conversation, Event, TextMessage, Turn};
use crate::conversations;
use crate::store::{Change, Expected};
use crate::vault::{Key, Secret};

fn at(tenant: &str, bot: &str) -> Address {
    Address {
        tenant: tenant.parse().expect("a tenant"),
        bot: bot.parse().expect("a bot"),
        environment: "draft".parse().expect("an environment"),
    }
}

fn nanos() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("later");
    u64::try_from(now.as_nanos()).expect("it is not so late")
}

/// A text that a bot was sent in a conversation, which it failed at.
pub(super) fn taken(bot: &str, conversation: &str, text: &str) -> Taken {
    let conversation = Conversation {
        id: Some(conversation.to_owned()),
        channel: Channel::Messaging,
        skill_id: None,
        campaign_id: None,
        engagement_id: None,
        visitor: None,
        engagement_attributes: None,
    };
    let turn = Turn {
        conversation,
        sequence: Some(1),
        event: Event::Text(TextMessage {
            text: text.to_owned(),
            metadata: None,
        }),
        platform_event: None,
    };
    Taken {
        id: Uuid::new_v4(),
        at: Timestamp::now(),
        place: Arc::new(at("acme", bot)),
        revision: "sha256:00".into(),
        asked: Asked::Turn {
            contract: None,
            turn: Box::new(turn),
        },
        told: tape::Told {
            began: nanos(),
            ..tape::Told::default()
        },
        ended: Ended {
            outcome: "bot-trapped".to_owned(),
            fault: Some("bot".to_owned()),
            cause: Some("it panicked".to_owned()),
            said: None,
            fuel: Some(1_000),
            late: None,
            memory_peak_bytes: 1,
            host_calls: 1,
            log: Vec::new(),
            dropped_lines: 0,
        },
        config: Arc::default(),
        granted: Arc::default(),
        limits: crate::sandbox::Limits::default(),
        reply: crate::chat::ReplyLimits::default(),
        machine: Machine {
            retort: "0".to_owned(),
            clock_resolution_us: 1,
            wasm_stack_bytes: 1,
            script_engine: "0".to_owned(),
        },
        gap: None,
    }
}

fn on(store: &Store, settings: Settings) -> Capsules {
    Capsules::new(settings, 0, store, &Vault::new(store, None))
}

/// Has them kept, one after the other.
async fn keep(capsules: &Capsules, turns: impl IntoIterator<Item = Taken>) {
    for taken in turns {
        if capsules.is_to_keep(&taken.place, None, true) {
            capsules.keep(taken);
        }
        capsules.settled().await;
    }
}

/// What a bot of `acme` has, the oldest first.
async fn has(capsules: &Capsules, bot: &str) -> Vec<Header> {
    let Address { tenant, bot, .. } = at("acme", bot);
    let all = Filter::default();
    let listed = capsules.list(&tenant, &bot, &all, None, 1_000);
    listed.await.expect("it can be read")
}

fn ids(headers: &[Header]) -> Vec<Uuid> {
    headers.iter().map(|header| header.id).collect()
}

fn dropped(capsules: &Capsules, why: &str) -> u64 {
    let figures = capsules.figures();
    let mut counts = figures.dropped.iter();
    counts
        .find(|(word, _)| *word == why)
        .expect("a word for it")
        .1
}

#[tokio::test]
async fn a_turn_is_kept_and_listed_and_given_and_outlives_the_host() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (taken("bot", "c1", "one"), taken("bot", "c2", "two"));
    let wanted = [first.id, second.id];
    {
        let store = Store::open(folder.path()).expect("a store");
        let capsules = on(&store, Settings::default());
        keep(&capsules, [first, second, taken("other", "c1", "three")]).await;
        assert_eq!(capsules.figures().kept, 3);
        assert_eq!(ids(&has(&capsules, "bot").await), wanted);
    }
    let store = reopened(folder.path()).await;
    let capsules = on(&store, Settings::default());
    let headers = has(&capsules, "bot").await;
    assert_eq!(ids(&headers), wanted);
    let Address { tenant, bot, .. } = at("acme", "bot");
    for header in headers {
        let file = capsules.get(&tenant, &bot, header.id).await.expect("read");
        let file = file.expect("it is there");
        assert_eq!(file.len() as u64, header.bytes);
        let capsule = Capsule::read(&file).expect("a capsule");
        assert_eq!((capsule.id, capsule.at), (header.id, header.at));
        // One page begins where another ends.
        let (all, position) = (Filter::default(), header.position());
        let after = capsules.list(&tenant, &bot, &all, Some(position), 10);
        let after = ids(&after.await.expect("it can be read"));
        let place = wanted
            .iter()
            .position(|id| *id == header.id)
            .expect("it is wanted");
        assert_eq!(after, wanted[place + 1..]);
    }
    let none = capsules.get(&tenant, &bot, Uuid::nil()).await;
    assert_eq!(none.expect("it can be read"), None);
}

/// A store's threads end a moment after it is dropped.
async fn reopened(folder: &std::path::Path) -> Store {
    for _ in 0..200 {
        if let Ok(store) = Store::open(folder) {
            return store;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the store is not given back");
}

#[tokio::test]
async fn a_filter_lets_through_what_it_says() {
    let capsules = on(&Store::in_memory(), Settings::default());
    let (mut well, failed) = (taken("bot", "c1", "one"), taken("bot", "c2", "two"));
    well.ended.outcome = "replied".to_owned();
    well.ended.fault = None;
    well.revision = "sha256:abc".into();
    well.at = Timestamp::from_second(1_000).expect("a moment");
    let (well_id, failed_id) = (well.id, failed.id);
    keep(&capsules, [well, failed]).await;
    let by = |change: fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        filter
    };
    let Address { tenant, bot, .. } = at("acme", "bot");
    for (filter, only) in [
        (by(|filter| filter.failed = true), failed_id),
        (
            by(|filter| filter.outcome = Some("replied".to_owned())),
            well_id,
        ),
        (
            by(|filter| filter.revision = Some("ab".to_owned())),
            well_id,
        ),
        (
            by(|filter| filter.revision = Some("sha256:0".to_owned())),
            failed_id,
        ),
        (
            by(|filter| filter.conversation = Some("c2".to_owned())),
            failed_id,
        ),
        (
            by(|filter| filter.since = Timestamp::from_second(1_001).ok()),
            failed_id,
        ),
    ] {
        let listed = capsules.list(&tenant, &bot, &filter, None, 10).await;
        assert_eq!(ids(&listed.expect("it can be read")), [only], "{filter:?}");
    }
    let nowhere = by(|filter| filter.environment = "production".parse().ok());
    let listed = capsules.list(&tenant, &bot, &nowhere, None, 10).await;
    assert_eq!(listed.expect("it can be read"), []);
}

#[tokio::test]
async fn a_bot_has_so_many_and_the_newest_push_out_the_oldest() {
    let store = Store::in_memory();
    let settings = Settings {
        number: 2,
        ..Settings::default()
    };
    let capsules = on(&store, settings.clone());
    let turns: Vec<Taken> = (0..3).map(|_| taken("bot", "c1", "x")).collect();
    let wanted: Vec<Uuid> = turns.iter().map(|taken| taken.id).collect();
    keep(&capsules, [taken("other", "c1", "x")]).await;
    keep(&capsules, turns).await;
    assert_eq!(ids(&has(&capsules, "bot").await), wanted[1..]);
    assert_eq!(has(&capsules, "other").await.len(), 1);
    assert_eq!(records(&store).await.len(), 6);
    // Another host's are known from the store.
    let capsules = on(&store, settings);
    keep(&capsules, [taken("bot", "c1", "x")]).await;
    assert_eq!(has(&capsules, "bot").await.len(), 2);
    assert_eq!(records(&store).await.len(), 6);
    let none = Settings {
        number: 0,
        ..Settings::default()
    };
    let none = on(&Store::in_memory(), none);
    assert!(!none.is_to_keep(&at("acme", "bot"), Some(1000), true));
}

/// All that a store has of capsules.
async fn records(store: &Store) -> Vec<crate::store::Record> {
    let found = store.records.list("capsule", None, usize::MAX).await;
    found.expect("it can be read")
}

#[tokio::test]
async fn a_tenant_has_so_many_bytes_and_its_oldest_make_room() {
    let store = Store::in_memory();
    let capsules = on(&store, Settings::default());
    keep(&capsules, [taken("bot", "c1", "x")]).await;
    let one: usize = records(&store)
        .await
        .iter()
        .map(|record| record.value.len())
        .sum();
    let settings = Settings {
        tenant_bytes: (3 * one + one / 2) as u64,
        ..Settings::default()
    };
    let store = Store::in_memory();
    let capsules = on(&store, settings);
    for bot in ["one", "two", "one", "two", "one"] {
        keep(&capsules, [taken(bot, "c1", "x")]).await;
        let all: usize = records(&store)
            .await
            .iter()
            .map(|record| record.value.len())
            .sum();
        assert!(all <= 3 * one + one / 2, "{all} of {one} each");
    }
    assert_eq!(
        (
            has(&capsules, "one").await.len(),
            has(&capsules, "two").await.len()
        ),
        (2, 1)
    );
    // One that takes more than all is not kept, and pushes out nothing.
    keep(&capsules, [taken("one", "c1", &"x".repeat(4 * one))]).await;
    assert_eq!(dropped(&capsules, "bytes"), 1);
    assert_eq!(records(&store).await.len(), 6);
}

#[tokio::test]
async fn one_that_takes_too_many_bytes_is_not_kept() {
    let settings = Settings {
        bytes: 8_000,
        ..Settings::default()
    };
    let capsules = on(&Store::in_memory(), settings);
    keep(
        &capsules,
        [
            taken("bot", "c1", "x"),
            taken("bot", "c1", &"x".repeat(8_000)),
        ],
    )
    .await;
    assert_eq!(has(&capsules, "bot").await.len(), 1);
    assert_eq!(
        (capsules.figures().kept, dropped(&capsules, "bytes")),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_bot_has_so_many_in_a_minute_and_others_have_theirs() {
    let settings = Settings {
        minute: 2,
        ..Settings::default()
    };
    let capsules = on(&Store::in_memory(), settings);
    for _ in 0..3 {
        keep(
            &capsules,
            [taken("bot", "c1", "x"), taken("other", "c1", "x")],
        )
        .await;
    }
    assert_eq!(has(&capsules, "bot").await.len(), 2);
    assert_eq!(has(&capsules, "other").await.len(), 2);
    assert_eq!(dropped(&capsules, "minute"), 2);
    tokio::time::advance(Duration::from_secs(61)).await;
    keep(&capsules, [taken("bot", "c1", "x")]).await;
    assert_eq!(has(&capsules, "bot").await.len(), 3);
}

#[tokio::test]
async fn a_sample_leaves_half_of_a_minute_to_those_that_fail() {
    let waiting = Waiting::new(5);
    let place = taken("bot", "c1", "x").place;
    let mut had = Vec::new();
    for is_more in [false, false, false, false, true, true, true] {
        had.push(waiting.has_room(&place, is_more).is_ok());
    }
    assert_eq!(had, [true, true, true, false, true, true, false]);
}

#[tokio::test]
async fn those_that_end_well_leave_half_of_the_room_to_those_that_fail() {
    let settings = Settings {
        number: 4,
        minute: 4,
        sample_permille: 1000,
        ..Settings::default()
    };
    let store = Store::in_memory();
    let well = |text| {
        let mut well = taken("bot", "c1", text);
        well.ended.fault = None;
        well
    };
    let mut kept = Vec::new();
    for _ in 0..4 {
        // Each has a minute of its own.
        let capsules = on(&store, settings.clone());
        for taken in [
            taken("bot", "c1", "x"),
            well("one"),
            well("two"),
            well("three"),
        ] {
            if capsules.is_to_keep(&taken.place, None, taken.ended.fault.is_some()) {
                capsules.keep(taken);
            }
            capsules.settled().await;
        }
        assert_eq!(dropped(&capsules, "minute"), 0);
        let headers = has(&capsules, "bot").await;
        let failed = headers.iter().filter(|header| header.fault.is_some());
        kept.push((headers.len(), failed.count()));
    }
    assert_eq!(kept, [(4, 1), (4, 2), (4, 2), (4, 2)]);
}

#[tokio::test]
async fn they_are_kept_for_so_many_days() {
    for (days, count) in [(0, 0), (1, 1)] {
        let settings = Settings {
            days,
            ..Settings::default()
        };
        let store = Store::in_memory();
        let capsules = on(&store, settings);
        keep(&capsules, [taken("bot", "c1", "x")]).await;
        assert_eq!(capsules.figures().kept, 1);
        assert_eq!(has(&capsules, "bot").await.len(), count);
        assert_eq!(records(&store).await.len(), 2 * count);
    }
}

#[tokio::test]
async fn none_is_kept_on_a_disk_that_is_nearly_full() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    let vault = Vault::new(&store, None);
    let capsules = Capsules::new(Settings::default(), u64::MAX, &store, &vault);
    keep(&capsules, [taken("bot", "c1", "x")]).await;
    assert_eq!(has(&capsules, "bot").await, []);
    assert_eq!(dropped(&capsules, "disk"), 1);
}

#[tokio::test]
async fn as_many_wait_as_may_and_whoever_comes_then_is_not_kept() {
    let settings = Settings {
        minute: 1_000,
        ..Settings::default()
    };
    let capsules = on(&Store::in_memory(), settings);
    // Nobody is at work before this test waits.
    for _ in 0..70 {
        let taken = taken("bot", "c1", "x");
        if capsules.is_to_keep(&taken.place, None, true) {
            capsules.keep(taken);
        }
    }
    capsules.settled().await;
    assert_eq!(
        (capsules.figures().kept, dropped(&capsules, "busy")),
        (64, 6)
    );
}

#[test]
fn a_turn_that_ends_outside_of_a_runtime_harms_nobody() {
    let capsules = on(&Store::in_memory(), Settings::default());
    capsules.keep(taken("bot", "c1", "x"));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(async {
        capsules.keep(taken("bot", "c1", "x"));
        capsules.settled().await;
        assert_eq!(capsules.figures().kept, 2);
    });
}

/// Erases a conversation of `acme` as operators do.
async fn erase(capsules: &Capsules, store: &Store, conversation: &str) -> usize {
    let tenant = at("acme", "bot").tenant;
    let erasing = capsules.erasing(&tenant, conversation).await.expect("read");
    let mut changes = erasing.changes();
    let key = conversations::erased_key(&tenant, conversation);
    changes.push(Change::put(
        key,
        Expected::Anything,
        conversations::erased_now(),
    ));
    store
        .records
        .commit(changes, None)
        .await
        .expect("it is kept");
    erasing.count()
}

#[tokio::test]
async fn they_go_with_their_conversation_and_one_that_waits_does_not_come_after() {
    let store = Store::in_memory();
    let capsules = on(&store, Settings::default());
    keep(
        &capsules,
        [
            taken("bot", "c1", "x"),
            taken("two", "c1", "x"),
            taken("bot", "c2", "x"),
        ],
    )
    .await;
    // It waits: nobody is at work before this test does.
    capsules.keep(taken("bot", "c1", "waits"));
    assert_eq!(erase(&capsules, &store, "c1").await, 2);
    capsules.settled().await;
    assert_eq!(
        (
            has(&capsules, "bot").await.len(),
            has(&capsules, "two").await.len()
        ),
        (1, 0)
    );
    assert_eq!(dropped(&capsules, "erased"), 1);
    assert_eq!(records(&store).await.len(), 2);
    // What begins later is another matter.
    keep(&capsules, [taken("bot", "c1", "later")]).await;
    assert_eq!(has(&capsules, "bot").await.len(), 2);
}

#[tokio::test]
async fn one_that_is_being_written_while_its_conversation_is_erased_does_not_come_after() {
    let store = Store::in_memory();
    let capsules = on(&store, Settings::default());
    let tenant = at("acme", "bot").tenant;
    let erasing = capsules.erasing(&tenant, "c1").await.expect("read");
    capsules.keep(taken("bot", "c1", "x"));
    // It is all but written, and waits for whoever erases.
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let key = conversations::erased_key(&tenant, "c1");
    let erased = Change::put(key, Expected::Anything, conversations::erased_now());
    store
        .records
        .commit(vec![erased], None)
        .await
        .expect("it is kept");
    drop(erasing);
    capsules.settled().await;
    assert_eq!(
        (records(&store).await.len(), dropped(&capsules, "erased")),
        (0, 1)
    );
}

#[tokio::test]
async fn what_cannot_be_told_from_a_secret_is_not_kept() {
    let store = Store::in_memory();
    let vault = Vault::new(&store, Some(&Key::random()));
    let place = at("acme", "bot");
    let secret = Secret::new("open sesame".to_owned()).expect("a secret");
    let orders = "orders".parse().expect("a name");
    let before = taken("bot", "c1", "x");
    vault
        .set(&place.tenant, &orders, &secret)
        .await
        .expect("kept");
    let capsules = Capsules::new(Settings::default(), 0, &store, &vault);
    // It may have had another value when the turn read it.
    keep(&capsules, [before]).await;
    assert_eq!(dropped(&capsules, "secrets"), 1);
    // It had one that is gone.
    let mut gone = taken("bot", "c1", "x");
    let name = "gone".parse().expect("a name");
    gone.told.secrets.insert(name, tape::Secret::Bytes(9));
    keep(&capsules, [gone]).await;
    assert_eq!(dropped(&capsules, "secrets"), 2);
    keep(&capsules, [taken("bot", "c1", "x")]).await;
    assert_eq!(capsules.figures().kept, 1);
    // It is a part of what is never overwritten.
    let outcome = Secret::new("bot-trapped".to_owned()).expect("a secret");
    vault
        .set(&place.tenant, &orders, &outcome)
        .await
        .expect("kept");
    keep(&capsules, [taken("bot", "c1", "x")]).await;
    assert_eq!(dropped(&capsules, "redaction"), 1);
    // Nobody has the key any more.
    let vault = Vault::new(&store, None);
    let capsules = Capsules::new(Settings::default(), 0, &store, &vault);
    keep(&capsules, [taken("bot", "c1", "x")]).await;
    assert_eq!(dropped(&capsules, "secrets"), 1);
    assert_eq!(records(&store).await.len(), 2);
}

#[test]
fn a_position_is_a_text_in_the_same_order() {
    let mut earlier = taken("bot", "c1", "x");
    earlier.at = Timestamp::from_second(9).expect("a moment");
    let positions = [earlier, taken("bot", "c1", "x")].map(|taken| {
        let capsule = Capsule::from(taken);
        Header::of(&capsule, 0).position()
    });
    let [one, other] = positions.map(|position| position.to_string());
    assert!(one < other && positions[0] < positions[1]);
    for position in positions {
        assert_eq!(position.to_string().parse(), Ok(position));
    }
    for text in ["", "x", "9-x", "0-67e55044-10b1-426f-9247-bb680e5fe0c8"] {
        assert!(text.parse::<Position>().is_err(), "{text}");
    }
}

#[test]
fn each_reason_has_its_words_and_none_is_told_twice() {
    let figures = Tally::default().figures();
    let words: BTreeSet<_> = figures.dropped.iter().map(|(word, _)| *word).collect();
    assert_eq!(words.len(), figures.dropped.len());
    assert!(words.contains("erased") && !Dropped::Store.to_string().is_empty());
}

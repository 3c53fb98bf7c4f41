//! Beginnings and answers, kept in a store and in memory.

use super::*;
use crate::chat::{Conversation, Reply};
use crate::store::{Change, Revision, To};

fn address() -> Address {
    Address {
        tenant: "acme".parse().expect("a tenant"),
        bot: "echo".parse().expect("a bot"),
        environment: "draft".parse().expect("an environment"),
    }
}

fn event(sequence: u64) -> EventId {
    EventId::new("d", sequence, "text")
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn spoken(language: &str) -> Arc<Conversation> {
    Arc::new(Conversation {
        skill_id: Some(language.to_owned()),
        ..Conversation::default()
    })
}

/// A store, and conversations whose answers are kept in it or in memory only.
fn keeping(answers_on_disk: bool) -> (Store, Conversations) {
    let settings = Settings {
        answers_on_disk,
        ..Settings::default()
    };
    let store = Store::in_memory();
    let conversations = Conversations::new(&store, &settings);
    (store, conversations)
}

async fn commit(store: &Store, change: Change) -> Revision {
    let committed = store.records.commit(vec![change], None).await;
    committed.expect("a commit")
}

async fn enter(conversations: &Conversations, sequence: u64) -> Place {
    let at = address();
    let place = conversations.enter(&at, "c1", Some(event(sequence)), soon());
    place.await.expect("it is free")
}

fn known(place: &Place) -> Option<Reply> {
    place.answer().expect("it can be read")
}

/// Answers an event, and has that kept.
async fn answer(conversations: &Conversations, store: &Store, sequence: u64, reply: &Reply) {
    let mut place = enter(conversations, sequence).await;
    let written = place.write(reply).expect("written");
    if !written.changes.is_empty() {
        let committed = store.records.commit(written.changes, None).await;
        committed.expect("a commit");
    }
    place.is_kept(written.noted);
}

#[tokio::test]
async fn a_conversation_stays_as_it_began_whatever_is_said_again_and_after_a_restart() {
    let (store, settings) = (Store::in_memory(), Settings::default());
    let conversations = Conversations::new(&store, &settings);
    let at = address();
    assert!(
        conversations
            .begun(&at, "c1")
            .await
            .expect("read")
            .is_none()
    );
    let first = spoken("first");
    let change = conversations.beginning(&at, "c1", &first).await;
    let change = change.expect("read").expect("it begins");
    let revision = commit(&store, change).await;
    conversations.remember(&at, "c1", Arc::clone(&first), Some(revision));
    let again = conversations.beginning(&at, "c1", &spoken("second")).await;
    assert!(again.expect("read").is_none());
    let restarted = Conversations::new(&store, &settings);
    for conversations in [&conversations, &restarted] {
        let begun = conversations.begun(&at, "c1").await.expect("read");
        assert_eq!(begun, Some(Arc::clone(&first)));
    }
}

#[tokio::test]
async fn a_beginning_is_written_down_again_once_it_would_go_too_early() {
    let store = Store::in_memory();
    let at = address();
    let days = |keep_days| {
        let settings = Settings {
            keep_days,
            ..Settings::default()
        };
        Conversations::new(&store, &settings)
    };
    let short = days(1);
    let first = spoken("first");
    let change = short.beginning(&at, "c1", &first).await;
    let revision = commit(&store, change.expect("read").expect("it begins")).await;
    short.remember(&at, "c1", first, Some(revision));
    short.touch(&at, "c1").await.expect("touched");
    let key = begun::begun_key(&(at.clone(), "c1".to_owned()));
    let unchanged = store.records.get(&key).await.expect("read");
    assert_eq!(unchanged.expect("it is there").revision, revision);
    // A host that keeps them longer finds it due.
    let longer = days(7);
    longer.begun(&at, "c1").await.expect("read").expect("begun");
    assert!(longer.is_to_be_touched(&at, "c1"));
    longer.touch(&at, "c1").await.expect("touched");
    let later = store.records.get(&key).await.expect("read");
    assert!(later.expect("it is there").revision > revision);
    assert!(!longer.is_to_be_touched(&at, "c1"));
}

#[tokio::test]
async fn a_repeat_is_given_the_same_answer_also_after_a_restart() {
    let (store, settings) = (Store::in_memory(), Settings::default());
    let conversations = Conversations::new(&store, &settings);
    let reply = Reply::of_host("one");
    answer(&conversations, &store, 1, &reply).await;
    answer(&conversations, &store, 3, &Reply::silence()).await;
    for conversations in [conversations, Conversations::new(&store, &settings)] {
        assert_eq!(known(&enter(&conversations, 1).await), Some(reply.clone()));
        let unseen = enter(&conversations, 2).await;
        assert_eq!((known(&unseen), unseen.is_past()), (None, true));
        drop(unseen);
        assert!(!enter(&conversations, 4).await.is_past());
    }
}

#[tokio::test]
async fn an_answer_whose_turn_was_dropped_before_it_was_kept_is_not_given_again() {
    for answers_on_disk in [true, false] {
        let (store, conversations) = keeping(answers_on_disk);
        let reply = Reply::of_host("one");
        answer(&conversations, &store, 1, &reply).await;
        let mut place = enter(&conversations, 2).await;
        place.write(&reply).expect("written");
        drop(place);
        let place = enter(&conversations, 2).await;
        assert_eq!((known(&place), place.is_past()), (None, false));
        drop(place);
        assert_eq!(known(&enter(&conversations, 1).await), Some(reply));
    }
}

#[tokio::test]
async fn what_an_event_was_told_that_never_had_its_turn_is_known_beside_the_turn_of_another() {
    for answers_on_disk in [true, false] {
        let (_, conversations) = keeping(answers_on_disk);
        let (at, sorry) = (address(), Reply::of_host("sorry"));
        let mut place = enter(&conversations, 1).await;
        let second = event(2);
        let told = conversations.remember_stand_in(&at, "c1", &second, &sorry);
        told.await.expect("remembered");
        let written = place.write(&Reply::silence()).expect("written");
        place.is_kept(written.noted);
        // Nobody knows what became of the next one's.
        drop(place);
        let mut place = enter(&conversations, 3).await;
        place.write(&Reply::silence()).expect("written");
        drop(place);
        assert_eq!(known(&enter(&conversations, 2).await), Some(sorry));
    }
}

#[tokio::test]
async fn answers_in_memory_write_nothing_and_do_not_outlive_the_host() {
    let settings = Settings {
        answers_on_disk: false,
        ..Settings::default()
    };
    let store = Store::in_memory();
    let conversations = Conversations::new(&store, &settings);
    answer(&conversations, &store, 1, &Reply::silence()).await;
    assert!(known(&enter(&conversations, 1).await).is_some());
    let records = store.records.list("", None, 10).await.expect("a list");
    assert!(records.is_empty(), "{records:?}");
    let restarted = Conversations::new(&store, &settings);
    assert!(known(&enter(&restarted, 1).await).is_none());
}

#[tokio::test]
async fn how_a_conversation_began_expires_with_it_and_its_answers_when_no_repeat_comes_any_more() {
    let (store, settings) = (Store::in_memory(), Settings::default());
    let conversations = Conversations::new(&store, &settings);
    let change = conversations
        .beginning(&address(), "c1", &spoken("x"))
        .await;
    let begun = change.expect("read").expect("it begins");
    let mut place = enter(&conversations, 1).await;
    let mut written = place.write(&Reply::silence()).expect("written");
    let answers = written.changes.remove(0);
    let answered = Duration::from_secs(settings.replay_minutes * 60);
    for (change, keep) in [(begun, settings.keep() + LATER), (answers, answered)] {
        let Change { key, to, .. } = change;
        assert!(is_key(&key), "{key}");
        let To::Value { expires, .. } = to else {
            panic!("{key} is no value");
        };
        let (soon, now) = (Duration::from_secs(60), std::time::SystemTime::now());
        let expires = expires.expect("it expires");
        assert!(
            now + keep - soon < expires && expires < now + keep + soon,
            "{key}"
        );
    }
}

#[test]
fn whatever_is_large_in_a_conversation_counts_against_the_memory() {
    let large = || Some("x".repeat(100_000));
    let fill: [fn(&mut Conversation, Option<String>); 6] = [
        |it, large| it.skill_id = large,
        |it, large| it.campaign_id = large,
        |it, large| it.engagement_id = large,
        |it, large| it.visitor = large,
        |it, large| it.engagement_attributes = large,
        |it, large| it.channel = crate::chat::Channel::Other(large.unwrap_or_default()),
    ];
    for fill in fill {
        let settings = Settings {
            memory_bytes: 2 << 20,
            ..Settings::default()
        };
        let conversations = Conversations::new(&Store::in_memory(), &settings);
        for number in 0..100 {
            let mut conversation = Conversation::default();
            fill(&mut conversation, large());
            let id = number.to_string();
            conversations.remember(&address(), &id, Arc::new(conversation), None);
        }
        conversations.begun.run_pending_tasks();
        let kept = conversations.begun.entry_count();
        assert!(
            (1..=10).contains(&kept),
            "{kept} of 100 are kept in room for 10"
        );
    }
}

#[tokio::test]
async fn large_answers_count_against_the_memory() {
    let settings = Settings {
        memory_bytes: 2 << 20,
        answers_on_disk: false,
        ..Settings::default()
    };
    let conversations = Conversations::new(&Store::in_memory(), &settings);
    let reply = Reply::of_host("x".repeat(100_000));
    let at = address();
    for number in 0..100 {
        let id = number.to_string();
        let place = conversations.enter(&at, &id, Some(event(1)), soon());
        let mut place = place.await.expect("free");
        let written = place.write(&reply).expect("written");
        place.is_known(written.noted);
    }
    conversations.journals.run_pending_tasks();
    let kept = conversations.journals.entry_count();
    assert!((1..=10).contains(&kept), "{kept} of 100 in room for 10");
}

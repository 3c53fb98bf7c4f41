//! What a journal remembers, and what it writes down for that.

use super::*;
use crate::store::Revision;

const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(5 * 60),
    bytes: 3_000,
};

fn event(sequence: u64) -> EventId {
    EventId::new("d", sequence, "text")
}

fn add(journal: &mut Journal, event: &EventId, reply: &Reply) {
    let next = journal.next(event, reply, BOUNDS).expect("an answer");
    journal.add(next, BOUNDS);
}

/// Makes all that is known older.
fn age(journal: &mut Journal, by: Duration) {
    let by = millis(UNIX_EPOCH + by);
    journal.answers.iter_mut().for_each(|it| it.at -= by);
    journal.reached.iter_mut().for_each(|it| it.at -= by);
}

fn answer(journal: &Journal, event: &EventId) -> Option<Reply> {
    journal.answer(event, BOUNDS).expect("it can be read")
}

fn known(journal: &Journal) -> Vec<u64> {
    let answers = journal.answers.iter();
    answers.map(|answer| answer.event.sequence).collect()
}

#[test]
fn an_event_is_told_from_others_by_its_dialogue_its_number_and_its_kind() {
    let mut journal = Journal::default();
    let reply = Reply::of_host("one");
    add(&mut journal, &event(1), &reply);
    assert_eq!(answer(&journal, &event(1)), Some(reply));
    for other in [
        event(2),
        EventId::new("e", 1, "text"),
        EventId::new("d", 1, "welcome"),
    ] {
        assert_eq!(answer(&journal, &other), None, "{other:?}");
    }
}

#[test]
fn what_comes_after_a_later_event_of_its_dialogue_is_past() {
    let mut journal = Journal::default();
    let is_past = |journal: &Journal, event: &EventId| journal.is_past(event, BOUNDS);
    for sequence in [3, 7, 5] {
        add(&mut journal, &event(sequence), &Reply::silence());
    }
    for (sequence, past) in [(6, true), (7, false), (8, false)] {
        assert_eq!(is_past(&journal, &event(sequence)), past, "{sequence}");
    }
    assert!(!is_past(&journal, &EventId::new("e", 1, "text")));
    for dialog in 0..100 {
        let event = EventId::new(&dialog.to_string(), 1, "text");
        add(&mut journal, &event, &Reply::silence());
    }
    assert_eq!(journal.reached.len(), DIALOGS);
}

#[test]
fn a_number_that_was_far_too_high_makes_others_old_for_a_while_only() {
    let mut journal = Journal::default();
    add(&mut journal, &event(u64::MAX), &Reply::silence());
    age(&mut journal, Duration::from_secs(4 * 60));
    // One that is old does not make it any younger.
    add(&mut journal, &event(1), &Reply::silence());
    assert!(journal.is_past(&event(2), BOUNDS));
    age(&mut journal, Duration::from_secs(2 * 60));
    assert!(!journal.is_past(&event(2), BOUNDS));
    add(&mut journal, &event(2), &Reply::silence());
    assert!(journal.is_past(&event(1), BOUNDS));
    assert!(!journal.is_past(&event(3), BOUNDS));
}

#[test]
fn answers_go_with_their_time_and_the_oldest_where_there_are_too_many_bytes() {
    let settings = Settings {
        replay_minutes: 5,
        answers_bytes: 3_000,
        ..Settings::default()
    };
    assert_eq!(Bounds::of(&settings), BOUNDS);
    let mut journal = Journal::default();
    let large = Reply::of_host("x".repeat(900));
    for sequence in 1..=4 {
        add(&mut journal, &event(sequence), &large);
    }
    assert_eq!(known(&journal), [3, 4]);
    add(&mut journal, &event(5), &Reply::of_host("x".repeat(4_000)));
    assert_eq!(known(&journal), [5], "the newest is kept, however large");
    age(&mut journal, Duration::from_secs(5 * 60 + 1));
    assert_eq!(answer(&journal, &event(5)), None);
    add(&mut journal, &event(6), &Reply::silence());
    assert_eq!(known(&journal), [6]);
    // However short they are, there is an end to how many there are.
    for sequence in 7..1_000 {
        add(&mut journal, &event(sequence), &Reply::silence());
    }
    assert_eq!(known(&journal).last(), Some(&999));
    assert!((2..=12).contains(&known(&journal).len()));
    assert!(journal.bytes() <= BOUNDS.bytes);
}

/// Answers an event, and has that in the store.
fn keep(journal: &mut Journal, records: &mut Vec<Record>, event: &EventId, reply: &Reply) {
    let mut next = journal.next(event, reply, BOUNDS).expect("an answer");
    let writes = journal.writes(&mut next, "answers/", BOUNDS);
    let Writes { changes, replaces } = writes.expect("it is written down");
    let mut gone = 0;
    for change in changes {
        match change.to {
            To::Value { bytes, .. } => records.push(Record {
                key: change.key,
                value: bytes,
                revision: Revision(1),
            }),
            _ => {
                let at = records.iter().position(|record| record.key == change.key);
                gone += records.remove(at.expect("it was there")).value.len();
            }
        }
    }
    assert_eq!(replaces, gone as u64);
    journal.add(next, BOUNDS);
}

#[test]
fn each_answer_has_a_record_that_goes_with_it_and_is_read_again() {
    let (mut journal, mut records) = (Journal::default(), Vec::new());
    let reply = Reply::transfer_to("two\nlines");
    for sequence in 1..=9 {
        keep(&mut journal, &mut records, &event(sequence), &reply);
        assert_eq!(records.len(), known(&journal).len());
    }
    let read = Journal::of(&records, "answers/").expect("a journal");
    assert_eq!(known(&read), known(&journal));
    assert_eq!(read.bytes(), journal.bytes());
    assert_eq!(answer(&read, &event(9)), Some(reply));
    assert!(read.is_past(&event(8), BOUNDS));
    // What has expired goes from the store by itself.
    age(&mut journal, Duration::from_secs(5 * 60 + 1));
    let mut next = journal
        .next(&event(10), &Reply::silence(), BOUNDS)
        .expect("an answer");
    let writes = journal
        .writes(&mut next, "answers/", BOUNDS)
        .expect("written");
    assert_eq!((writes.changes.len(), writes.replaces), (1, 0));
    journal.add(next, BOUNDS);
    assert_eq!(known(&journal), [10]);
    records[0].value = b"{}".to_vec();
    let broken = Journal::of(&records, "answers/").expect_err("no head");
    assert!(broken.to_string().contains("cannot be read"), "{broken}");
}

#[test]
fn no_number_is_given_twice_though_the_clock_was_set_back() {
    let (mut journal, mut records) = (Journal::default(), Vec::new());
    for sequence in 1..=2 {
        keep(
            &mut journal,
            &mut records,
            &event(sequence),
            &Reply::silence(),
        );
    }
    let mut read = Journal::of(&records, "answers/").expect("a journal");
    read.answers[0].at += 60_000;
    journal.renew(read);
    assert_eq!(known(&journal), [2, 1]);
    keep(&mut journal, &mut records, &event(3), &Reply::silence());
    records.sort_by(|one, other| one.key.cmp(&other.key));
    records.dedup_by(|one, other| one.key == other.key);
    assert_eq!(records.len(), 3);
}

#[test]
fn what_is_in_memory_only_outlives_a_look_at_the_store_and_makes_room_first() {
    let (mut journal, mut records) = (Journal::default(), Vec::new());
    keep(
        &mut journal,
        &mut records,
        &event(1),
        &Reply::of_host("one"),
    );
    add(&mut journal, &event(3), &Reply::of_host("three"));
    keep(
        &mut journal,
        &mut records,
        &event(4),
        &Reply::of_host("four"),
    );
    journal
        .remember(&event(2), &Reply::of_host("two"), BOUNDS)
        .expect("remembered");
    // The first word counts.
    journal
        .remember(&event(2), &Reply::of_host("later"), BOUNDS)
        .expect("remembered");
    let read = Journal::of(&records, "answers/").expect("a journal");
    assert_eq!(known(&read), [1, 4]);
    journal.doubt();
    journal.renew(read);
    assert!(!journal.is_stale());
    let mut read = journal;
    for (sequence, said) in [(1, "one"), (2, "two"), (3, "three"), (4, "four")] {
        assert_eq!(answer(&read, &event(sequence)), Some(Reply::of_host(said)));
    }
    assert!(read.is_past(&event(3), BOUNDS) && !read.is_past(&event(5), BOUNDS));
    for sequence in 10..100 {
        read.remember(&event(sequence), &Reply::silence(), BOUNDS)
            .expect("remembered");
        assert!(read.bytes() <= BOUNDS.bytes);
    }
    assert!(answer(&read, &event(1)).is_some() && answer(&read, &event(99)).is_some());
    assert_eq!(answer(&read, &event(3)), None);
}

//! What was answered in a conversation lately: so that a repeat is given the same answer, and an old event does not undo
//! what a later one did.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{EventId, Settings};
use crate::chat::Reply;
use crate::store::{Change, Expected, Failed, Record, To};

/// Dialogues of a conversation whose last number is remembered: it has one, and another for a survey.
const DIALOGS: usize = 16;

/// What an answer counts at least: it takes a place in memory and a row on the disk, however short it is.
const LEAST_BYTES: u64 = 256;

/// The answers of one conversation at one address.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// The latest dialogue last.
    reached: Vec<Reached>,
    /// The oldest first.
    answers: VecDeque<Answer>,
    /// What all of them count.
    bytes: u64,
    /// What the journal counted as when it was last put into memory.
    weight: Option<u64>,
}

/// How far a dialogue has come.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Reached {
    dialog: String,
    /// The highest number that was answered.
    sequence: u64,
    /// When that was, in milliseconds since 1970.
    at: u64,
}

/// An answer that was given.
#[derive(Debug)]
struct Answer {
    /// Counts the answers of a journal.
    number: u64,
    event: EventId,
    /// Milliseconds since 1970.
    at: u64,
    /// The reply as JSON.
    reply: Box<[u8]>,
    /// Of its record; 0 if it has none.
    record: u64,
}

/// What stands before the reply in the record of an answer, on a line of its own.
#[derive(Deserialize, Serialize)]
struct Head<'a> {
    event: Cow<'a, EventId>,
    at: u64,
    /// Of all dialogues, once this was answered.
    reached: Cow<'a, [Reached]>,
}

/// How long answers are kept, and how many bytes of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub(super) time: Duration,
    pub(super) bytes: u64,
}

impl Bounds {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            time: Duration::from_secs(settings.replay_minutes * 60),
            bytes: settings.answers_bytes,
        }
    }

    /// What was answered before this moment is no longer known.
    fn oldest(self) -> u64 {
        millis(SystemTime::now()).saturating_sub(millis(UNIX_EPOCH + self.time))
    }
}

/// An answer that is about to be given, and what the journal is once it is.
#[derive(Debug)]
pub(super) struct Next {
    answer: Answer,
    reached: Vec<Reached>,
    /// How many of the oldest answers nobody asks for any more, or have to make room.
    going: usize,
}

impl Journal {
    /// What an event was answered, if that is still known.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be read.
    pub(super) fn answer(&self, event: &EventId, bounds: Bounds) -> Result<Option<Reply>, Failed> {
        let oldest = bounds.oldest();
        let mut known = self.answers.iter().rev();
        let found = known.find(|answer| answer.event == *event && answer.at >= oldest);
        found
            .map(|answer| serde_json::from_slice(&answer.reply).map_err(Failed::because))
            .transpose()
    }

    /// Whether a later event of its dialogue was answered lately.
    pub(super) fn is_past(&self, event: &EventId, bounds: Bounds) -> bool {
        self.highest(&event.dialog, bounds) > Some(event.sequence)
    }

    fn highest(&self, dialog: &str, bounds: Bounds) -> Option<u64> {
        let reached = self.reached.iter().find(|it| it.dialog == dialog)?;
        (reached.at >= bounds.oldest()).then_some(reached.sequence)
    }

    /// The next answer. The newest is kept however large it is.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written down.
    pub(super) fn next(
        &self,
        event: &EventId,
        reply: &Reply,
        bounds: Bounds,
    ) -> Result<Next, Failed> {
        let answer = Answer {
            number: self.answers.back().map_or(0, |last| last.number + 1),
            event: event.clone(),
            at: millis(SystemTime::now()),
            reply: serde_json::to_vec(reply).map_err(Failed::because)?.into(),
            record: 0,
        };
        Ok(Next {
            reached: self.reached_with(event, answer.at, bounds),
            going: self.going(answer.counted(), bounds),
            answer,
        })
    }

    /// How far the dialogues have come once an event is answered.
    fn reached_with(&self, event: &EventId, at: u64, bounds: Bounds) -> Vec<Reached> {
        let of_others = self.reached.iter().filter(|it| it.dialog != event.dialog);
        let mut reached: Vec<Reached> = of_others.cloned().collect();
        let this = Reached {
            dialog: event.dialog.clone(),
            sequence: event.sequence,
            at,
        };
        let before = self.reached.iter().find(|it| it.dialog == event.dialog);
        reached.push(match before {
            Some(before) if self.is_past(event, bounds) => before.clone(),
            _ => this,
        });
        let too_many = reached.len().saturating_sub(DIALOGS);
        reached.drain(..too_many);
        reached
    }

    /// How many of the oldest have to go for another of so many bytes.
    fn going(&self, more: u64, bounds: Bounds) -> usize {
        let oldest = bounds.oldest();
        let mut bytes = self.bytes + more;
        let goes = |answer: &&Answer| {
            let goes = answer.at < oldest || bytes > bounds.bytes;
            bytes -= if goes { answer.counted() } else { 0 };
            goes
        };
        self.answers.iter().take_while(goes).count()
    }

    /// The next answer was given.
    pub(super) fn add(&mut self, next: Next) {
        for gone in self.answers.drain(..next.going) {
            self.bytes -= gone.counted();
        }
        self.bytes += next.answer.counted();
        self.answers.push_back(next.answer);
        self.reached = next.reached;
    }

    /// What it counts as in memory: in steps, so that it need not be weighed again with each answer.
    pub(super) fn weight(&self) -> u64 {
        self.bytes.next_power_of_two()
    }

    /// Whether it is not in memory yet, or counts as something else by now.
    pub(super) fn is_to_be_weighed(&mut self) -> bool {
        let weight = Some(self.weight());
        std::mem::replace(&mut self.weight, weight) != weight
    }

    /// The journal whose answers have these records, in the order of their keys.
    pub(super) fn of(records: &[Record], below: &str) -> Result<Self, Failed> {
        let mut journal = Self::default();
        for record in records {
            let next = Next::of(record, below).ok_or_else(|| {
                let key = &record.key;
                Failed::because(format_args!("the answer \"{key}\" cannot be read"))
            })?;
            journal.add(next);
        }
        Ok(journal)
    }

    /// What has to be committed for the next answer to outlive the host, and the bytes that are no longer kept then.
    pub(super) fn changes(
        &self,
        next: &mut Next,
        below: &str,
        bounds: Bounds,
    ) -> Result<(Vec<Change>, u64), Failed> {
        let going = || self.answers.iter().take(next.going);
        let kept = going().filter(|answer| answer.record > 0);
        let gone = kept.map(|answer| {
            let key = record_key(below, answer.number);
            Change::remove(key, Expected::Anything)
        });
        let mut changes: Vec<Change> = gone.collect();
        let replaced = going().map(|answer| answer.record).sum();
        let bytes = next.record()?;
        next.answer.record = bytes.len() as u64;
        changes.push(Change {
            key: record_key(below, next.answer.number),
            expected: Expected::Absent,
            to: To::Value {
                bytes,
                // Nobody asks for it any more then.
                expires: Some(SystemTime::now() + bounds.time),
            },
        });
        Ok((changes, replaced))
    }
}

impl Answer {
    fn counted(&self) -> u64 {
        let EventId { dialog, kind, .. } = &self.event;
        (self.reply.len() + dialog.len() + kind.len()) as u64 + LEAST_BYTES
    }
}

impl Next {
    /// The same where the store has no room for it.
    pub(super) fn without_record(mut self) -> Self {
        self.answer.record = 0;
        self
    }

    fn record(&self) -> Result<Vec<u8>, Failed> {
        let head = Head {
            event: Cow::Borrowed(&self.answer.event),
            at: self.answer.at,
            reached: Cow::Borrowed(&self.reached),
        };
        let mut bytes = serde_json::to_vec(&head).map_err(Failed::because)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.answer.reply);
        Ok(bytes)
    }

    fn of(record: &Record, below: &str) -> Option<Self> {
        let number = record.key.strip_prefix(below)?;
        let number = u64::from_str_radix(number, 16).ok()?;
        let end = record.value.iter().position(|byte| *byte == b'\n')?;
        let (head, reply) = record.value.split_at_checked(end)?;
        let head: Head<'_> = serde_json::from_slice(head).ok()?;
        Some(Self {
            answer: Answer {
                number,
                event: head.event.into_owned(),
                at: head.at,
                reply: reply.get(1..)?.into(),
                record: record.value.len() as u64,
            },
            reached: head.reached.into_owned(),
            going: 0,
        })
    }
}

/// In the order of their numbers.
fn record_key(below: &str, number: u64) -> String {
    format!("{below}{number:016x}")
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        time: Duration::from_secs(5 * 60),
        bytes: 1_600,
    };

    fn event(sequence: u64) -> EventId {
        EventId::new("d", sequence, "text")
    }

    fn add(journal: &mut Journal, event: &EventId, reply: &Reply) {
        let next = journal.next(event, reply, BOUNDS).expect("an answer");
        journal.add(next);
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
            answers_bytes: 1_600,
            ..Settings::default()
        };
        assert_eq!(Bounds::of(&settings), BOUNDS);
        let mut journal = Journal::default();
        let large = Reply::of_host("x".repeat(400));
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
        assert!((2..=6).contains(&known(&journal).len()));
        let counted: u64 = journal.answers.iter().map(Answer::counted).sum();
        assert_eq!(journal.bytes, counted);
    }

    #[test]
    fn each_answer_has_a_record_that_goes_with_it_and_is_read_again() {
        let (mut journal, mut records) = (Journal::default(), Vec::<Record>::new());
        let reply = Reply::transfer_to("two\nlines");
        for sequence in 1..=9 {
            let mut next = journal
                .next(&event(sequence), &reply, BOUNDS)
                .expect("an answer");
            let changes = journal.changes(&mut next, "answers/", BOUNDS);
            let (changes, replaced) = changes.expect("it is written down");
            let mut gone = 0;
            for change in changes {
                match change.to {
                    To::Value { bytes, .. } => records.push(Record {
                        key: change.key,
                        value: bytes,
                        revision: crate::store::Revision(1),
                    }),
                    _ => {
                        let at = records.iter().position(|record| record.key == change.key);
                        gone += records.remove(at.expect("it was there")).value.len();
                    }
                }
            }
            assert_eq!(replaced, gone as u64);
            journal.add(next);
        }
        let read = Journal::of(&records, "answers/").expect("a journal");
        assert_eq!(known(&read), known(&journal));
        assert_eq!(read.bytes, journal.bytes);
        assert_eq!(answer(&read, &event(9)), Some(reply));
        assert!(read.is_past(&event(8), BOUNDS));
        records[0].value = b"{}".to_vec();
        let broken = Journal::of(&records, "answers/").expect_err("no head");
        assert!(broken.to_string().contains("cannot be read"), "{broken}");
    }
}

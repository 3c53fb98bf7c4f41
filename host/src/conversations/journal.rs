//! What was answered in a conversation lately: so that a repeat is given the same answer, and an old event does not undo
//! what a later one did.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{EventId, Settings};
use crate::chat::Reply;
use crate::store::{Expected, Failed};

/// Dialogues of a conversation whose last number is remembered: it has one, and another for a survey.
const DIALOGS: usize = 16;

/// The last number of each dialogue.
pub(super) type Last = Vec<(String, u64)>;

/// The answers of one conversation at one address.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Journal {
    /// The last number of each dialogue, the latest dialogue last.
    last: Last,
    /// The oldest first.
    answers: Vec<Answer>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Answer {
    event: EventId,
    /// Milliseconds since 1970.
    at: u64,
    reply: Reply,
    /// Of this answer as it is written.
    bytes: u64,
}

/// How long answers are kept, and how many bytes of them.
#[derive(Clone, Copy, Debug)]
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
}

impl Journal {
    /// What an event was answered, if that is still known.
    pub(super) fn answer(&self, event: &EventId) -> Option<&Reply> {
        let mut answers = self.answers.iter();
        let found = answers.find(|answer| answer.event == *event)?;
        Some(&found.reply)
    }

    /// Whether a later event of its dialogue was answered before.
    pub(super) fn is_past(&self, event: &EventId) -> bool {
        let mut dialogs = self.last.iter();
        dialogs.any(|(dialog, last)| *dialog == event.dialog && *last > event.sequence)
    }

    /// Adds an answer, and forgets those that nobody asks for any more. The newest is kept however large it is.
    pub(super) fn add(&mut self, event: &EventId, reply: &Reply, bounds: Bounds) {
        let now = millis(SystemTime::now());
        let oldest = now.saturating_sub(u64::try_from(bounds.time.as_millis()).unwrap_or(u64::MAX));
        self.answers.retain(|answer| answer.at >= oldest);
        let bytes = serde_json::to_vec(reply).map_or(0, |json| json.len() as u64);
        self.answers.push(Answer {
            event: event.clone(),
            at: now,
            reply: reply.clone(),
            bytes,
        });
        let mut total = self.bytes();
        while total > bounds.bytes && self.answers.len() > 1 {
            total -= self.answers.remove(0).bytes;
        }
        self.reached(event);
    }

    /// Takes an answer back that was the last to be added.
    pub(super) fn undo(&mut self, event: &EventId, last: Last) {
        if self
            .answers
            .last()
            .is_some_and(|answer| answer.event == *event)
        {
            self.answers.pop();
        }
        self.last = last;
    }

    /// What is needed to take the next answer back.
    pub(super) fn last(&self) -> Last {
        self.last.clone()
    }

    fn reached(&mut self, event: &EventId) {
        let known = self
            .last
            .iter()
            .position(|(dialog, _)| *dialog == event.dialog);
        let before = known.map(|at| self.last.remove(at).1);
        let last = before.unwrap_or_default().max(event.sequence);
        self.last.push((event.dialog.clone(), last));
        if self.last.len() > DIALOGS {
            self.last.remove(0);
        }
    }

    /// Of all answers.
    pub(super) fn bytes(&self) -> u64 {
        self.answers.iter().map(|answer| answer.bytes).sum()
    }
}

/// A journal, and how it stands in the store.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) journal: Journal,
    pub(super) found: Expected,
    /// Of the record that it was found in.
    pub(super) bytes: u64,
}

impl Known {
    /// One that is nowhere yet.
    pub(super) fn nothing() -> Self {
        Self {
            journal: Journal::default(),
            found: Expected::Absent,
            bytes: 0,
        }
    }

    pub(super) fn of(record: &crate::store::Record) -> Result<Self, Failed> {
        let journal = serde_json::from_slice(&record.value).map_err(|error| {
            let key = &record.key;
            Failed::because(format_args!(
                "the answers \"{key}\" cannot be read: {error}"
            ))
        })?;
        Ok(Self {
            journal,
            found: Expected::At(record.revision),
            bytes: record.value.len() as u64,
        })
    }
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        time: Duration::from_secs(60),
        bytes: 1_200,
    };

    fn event(sequence: u64) -> EventId {
        EventId::new("d", sequence, "text")
    }

    #[test]
    fn an_event_is_told_from_others_by_its_dialogue_its_number_and_its_kind() {
        let mut journal = Journal::default();
        let reply = Reply::of_host("one");
        journal.add(&event(1), &reply, BOUNDS);
        assert_eq!(journal.answer(&event(1)), Some(&reply));
        for other in [
            event(2),
            EventId::new("e", 1, "text"),
            EventId::new("d", 1, "welcome"),
        ] {
            assert_eq!(journal.answer(&other), None, "{other:?}");
        }
    }

    #[test]
    fn what_comes_after_a_later_event_of_its_dialogue_is_past() {
        let mut journal = Journal::default();
        for sequence in [3, 7, 5] {
            journal.add(&event(sequence), &Reply::silence(), BOUNDS);
        }
        for (sequence, is_past) in [(6, true), (7, false), (8, false)] {
            assert_eq!(journal.is_past(&event(sequence)), is_past, "{sequence}");
        }
        assert!(!journal.is_past(&EventId::new("e", 1, "text")));
        for dialog in 0..100 {
            journal.add(
                &EventId::new(&dialog.to_string(), 1, "text"),
                &Reply::silence(),
                BOUNDS,
            );
        }
        assert_eq!(journal.last.len(), DIALOGS);
    }

    #[test]
    fn answers_go_with_their_time_and_the_oldest_where_there_are_too_many_bytes() {
        let bounds = |replay_minutes| {
            Bounds::of(&Settings {
                replay_minutes,
                answers_bytes: 1_200,
                ..Settings::default()
            })
        };
        let mut journal = Journal::default();
        let large = Reply::of_host("x".repeat(400));
        for sequence in 1..=4 {
            journal.add(&event(sequence), &large, bounds(5));
        }
        let known = |journal: &Journal| -> Vec<u64> {
            let answers = journal.answers.iter();
            answers.map(|answer| answer.event.sequence).collect()
        };
        assert_eq!(known(&journal), [3, 4]);
        journal.add(&event(5), &Reply::of_host("x".repeat(4_000)), bounds(5));
        assert_eq!(known(&journal), [5], "the newest is kept, however large");
        for answer in &mut journal.answers {
            answer.at -= 5 * 60 * 1000 + 1;
        }
        journal.add(&event(6), &Reply::silence(), bounds(5));
        assert_eq!(known(&journal), [6]);
    }

    #[test]
    fn an_answer_that_was_not_given_is_taken_back() {
        let mut journal = Journal::default();
        journal.add(&event(1), &Reply::of_host("one"), BOUNDS);
        let last = journal.last();
        journal.add(&event(5), &Reply::of_host("five"), BOUNDS);
        journal.undo(&event(5), last);
        assert_eq!(journal.answer(&event(5)), None);
        assert!(journal.answer(&event(1)).is_some());
        assert!(!journal.is_past(&event(3)));
    }

    #[test]
    fn what_was_kept_is_read_again() {
        let mut journal = Journal::default();
        let reply = Reply::transfer_to("people");
        journal.add(&event(1), &reply, BOUNDS);
        let json = serde_json::to_vec(&journal).expect("JSON");
        let read: Journal = serde_json::from_slice(&json).expect("a journal");
        assert_eq!(read.answer(&event(1)), Some(&reply));
        assert!(read.is_past(&event(0)));
    }
}

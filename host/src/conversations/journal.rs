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
    /// Whether the store may have an answer that is not here.
    is_stale: bool,
    /// What the journal counted as when it was last put into memory.
    weight: Option<u64>,
}

/// How far a dialogue has come.
#[derive(Clone, Debug)]
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
    event: EventId,
    /// Milliseconds since 1970.
    at: u64,
    /// The reply as JSON.
    reply: Box<[u8]>,
    /// None if it is in memory only.
    record: Option<Row>,
}

/// Where the record of an answer is.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Counts the records of a journal.
    number: u64,
    bytes: u64,
}

/// What stands before the reply in the record of an answer, on a line of its own.
#[derive(Deserialize, Serialize)]
struct Head<'a> {
    event: Cow<'a, EventId>,
    at: u64,
    /// How far its dialogue had come by then: the highest number, and when that was answered.
    reached: (u64, u64),
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

/// An answer that is about to be given, and what becomes of the journal once it is.
#[derive(Debug)]
pub(super) struct Next {
    answer: Answer,
    reached: Reached,
    /// Records of lower numbers go, since nobody asks for them any more or they have to make room.
    keeps_from: u64,
}

/// What has to be committed for an answer to outlive the host.
#[derive(Debug, Default)]
pub(super) struct Writes {
    pub(super) changes: Vec<Change>,
    /// Bytes that are no longer kept then.
    pub(super) replaces: u64,
}

impl Journal {
    /// What an event was answered, if that is still known.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be read.
    pub(super) fn answer(&self, event: &EventId, bounds: Bounds) -> Result<Option<Reply>, Failed> {
        let found = self.known(event, bounds);
        found
            .map(|answer| serde_json::from_slice(&answer.reply).map_err(Failed::because))
            .transpose()
    }

    fn known(&self, event: &EventId, bounds: Bounds) -> Option<&Answer> {
        let oldest = bounds.oldest();
        let mut known = self.answers.iter().rev();
        known.find(|answer| answer.event == *event && answer.at >= oldest)
    }

    /// Whether a later event of its dialogue was answered lately.
    pub(super) fn is_past(&self, event: &EventId, bounds: Bounds) -> bool {
        let reached = self.reached(&event.dialog, bounds);
        reached.is_some_and(|reached| reached.sequence > event.sequence)
    }

    fn reached(&self, dialog: &str, bounds: Bounds) -> Option<&Reached> {
        let reached = self.reached.iter().find(|it| it.dialog == dialog)?;
        (reached.at >= bounds.oldest()).then_some(reached)
    }

    /// The next answer, as it is in memory only. The newest is kept however large it is.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written down.
    pub(super) fn next(
        &self,
        event: &EventId,
        reply: &Reply,
        bounds: Bounds,
    ) -> Result<Next, Failed> {
        let answer = Answer::given(event, reply)?;
        let reached = match self.reached(&event.dialog, bounds) {
            Some(before) if before.sequence > event.sequence => before.clone(),
            _ => Reached {
                dialog: event.dialog.clone(),
                sequence: event.sequence,
                at: answer.at,
            },
        };
        Ok(Next {
            answer,
            reached,
            keeps_from: 0,
        })
    }

    /// What has to be committed for the next answer to outlive the host.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written down.
    pub(super) fn writes(
        &self,
        next: &mut Next,
        below: &str,
        bounds: Bounds,
    ) -> Result<Writes, Failed> {
        let rows = self.answers.iter().filter_map(|answer| answer.record);
        // Not of the last one: a clock that was set back mixes them up.
        let highest = rows.map(|row| row.number).max();
        let number = highest.map_or(0, |highest| highest + 1);
        let bytes = next.written()?;
        next.answer.record = Some(Row {
            number,
            bytes: bytes.len() as u64,
        });
        next.keeps_from = number;
        let mut writes = Writes::default();
        let (oldest, mut counted) = (bounds.oldest(), self.bytes() + next.answer.counted());
        for answer in &self.answers {
            let has_expired = answer.at < oldest;
            if has_expired || counted > bounds.bytes {
                counted -= answer.counted();
                // What has expired goes by itself, and is perhaps no longer counted among what is kept.
                if let Some(row) = answer.record.filter(|_| !has_expired) {
                    let key = record_key(below, row.number);
                    writes.changes.push(Change::remove(key, Expected::Anything));
                    writes.replaces += row.bytes;
                }
            } else if let Some(row) = answer.record {
                next.keeps_from = row.number;
                break;
            }
        }
        writes.changes.push(Change {
            key: record_key(below, number),
            expected: Expected::Absent,
            to: To::Value {
                bytes,
                // Nobody asks for it any more then.
                expires: Some(SystemTime::now() + bounds.time),
            },
        });
        Ok(writes)
    }

    /// The next answer was given.
    pub(super) fn add(&mut self, next: Next, bounds: Bounds) {
        let oldest = bounds.oldest();
        let stays = |answer: &Answer| match answer.record {
            Some(row) => row.number >= next.keeps_from,
            None => answer.at >= oldest,
        };
        self.answers.retain(stays);
        self.answers.push_back(next.answer);
        self.make_room(bounds);
        self.reach(next.reached);
    }

    fn reach(&mut self, reached: Reached) {
        self.reached.retain(|it| it.dialog != reached.dialog);
        self.reached.push(reached);
        let too_many = self.reached.len().saturating_sub(DIALOGS);
        self.reached.drain(..too_many);
    }

    /// Of what is in memory only, the oldest make room.
    fn make_room(&mut self, bounds: Bounds) {
        let mut bytes = self.bytes();
        let mut later = self.answers.len();
        self.answers.retain(|answer| {
            later -= 1;
            let goes = bytes > bounds.bytes && later > 0 && answer.record.is_none();
            bytes -= if goes { answer.counted() } else { 0 };
            !goes
        });
    }

    /// Remembers what an event was told that never had its turn, as long as the host runs.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written down.
    pub(super) fn remember(
        &mut self,
        event: &EventId,
        reply: &Reply,
        bounds: Bounds,
    ) -> Result<(), Failed> {
        if self.known(event, bounds).is_none() {
            self.answers.push_back(Answer::given(event, reply)?);
            self.make_room(bounds);
        }
        Ok(())
    }

    /// What all answers count.
    fn bytes(&self) -> u64 {
        self.answers.iter().map(Answer::counted).sum()
    }

    /// What it counts as in memory: in steps, so that it need not be weighed again with each answer.
    pub(super) fn weight(&self) -> u64 {
        self.bytes().next_power_of_two()
    }

    /// Whether it is not in memory yet, or counts as something else by now.
    pub(super) fn is_to_be_weighed(&mut self) -> bool {
        let weight = Some(self.weight());
        std::mem::replace(&mut self.weight, weight) != weight
    }

    /// Whether the store may have an answer that is not here.
    pub(super) fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// The store may have an answer that is not here.
    pub(super) fn doubt(&mut self) {
        self.is_stale = true;
    }

    /// The journal whose answers have these records, in the order of their keys.
    ///
    /// # Errors
    /// [`Failed`] if one of them cannot be read.
    pub(super) fn of(records: &[Record], below: &str) -> Result<Self, Failed> {
        let mut journal = Self::default();
        for record in records {
            let (answer, reached) = Answer::of(record, below).ok_or_else(|| {
                let key = &record.key;
                Failed::because(format_args!("the answer \"{key}\" cannot be read"))
            })?;
            journal.answers.push_back(answer);
            journal.reach(reached);
        }
        Ok(journal)
    }

    /// Becomes what the store has, with what is in memory only.
    pub(super) fn renew(&mut self, read: Self) {
        let before = std::mem::replace(self, read);
        self.weight = before.weight;
        let in_memory = before.answers.into_iter();
        self.answers
            .extend(in_memory.filter(|answer| answer.record.is_none()));
        self.answers
            .make_contiguous()
            .sort_by_key(|answer| answer.at);
        for reached in before.reached {
            let own = self.reached.iter_mut();
            match own.into_iter().find(|own| own.dialog == reached.dialog) {
                None => self.reached.insert(0, reached),
                Some(own) if reached.sequence > own.sequence => *own = reached,
                Some(_) => {}
            }
        }
    }
}

impl Answer {
    fn given(event: &EventId, reply: &Reply) -> Result<Self, Failed> {
        Ok(Self {
            event: event.clone(),
            at: millis(SystemTime::now()),
            reply: serde_json::to_vec(reply).map_err(Failed::because)?.into(),
            record: None,
        })
    }

    /// One that was kept, and how far its dialogue had come by then.
    fn of(record: &Record, below: &str) -> Option<(Self, Reached)> {
        let number = record.key.strip_prefix(below)?;
        let end = record.value.iter().position(|byte| *byte == b'\n')?;
        let (head, reply) = record.value.split_at_checked(end)?;
        let Head { event, at, reached } = serde_json::from_slice(head).ok()?;
        let answer = Self {
            event: event.into_owned(),
            at,
            reply: reply.get(1..)?.into(),
            record: Some(Row {
                number: u64::from_str_radix(number, 16).ok()?,
                bytes: record.value.len() as u64,
            }),
        };
        let reached = Reached {
            dialog: answer.event.dialog.clone(),
            sequence: reached.0,
            at: reached.1,
        };
        Some((answer, reached))
    }

    fn counted(&self) -> u64 {
        let EventId { dialog, kind, .. } = &self.event;
        let in_memory = (self.reply.len() + dialog.len() + kind.len()) as u64;
        self.record.map_or(in_memory, |row| row.bytes) + LEAST_BYTES
    }
}

impl Next {
    /// The same where the store has no room for it.
    pub(super) fn without_record(mut self) -> Self {
        self.answer.record = None;
        self.keeps_from = 0;
        self
    }

    fn written(&self) -> Result<Vec<u8>, Failed> {
        let head = Head {
            event: Cow::Borrowed(&self.answer.event),
            at: self.answer.at,
            reached: (self.reached.sequence, self.reached.at),
        };
        let mut bytes = serde_json::to_vec(&head).map_err(Failed::because)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.answer.reply);
        Ok(bytes)
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
mod tests;

//! One bot's turns: the newest push out the oldest.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

use super::Settings;
use crate::capabilities::log::Lines;
use crate::fault::Fault;
use crate::tenant::Address;

/// A turn, and what became of it.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Counts the turns of a bot from 1, since the host started.
    pub number: u64,
    /// As the caller was told, and as it is in the host's log.
    pub id: Uuid,
    /// When it ended.
    pub ended: Timestamp,
    /// Who answered.
    pub at: Arc<Address>,
    /// The digest of the revision that was asked.
    pub revision: Arc<str>,
    /// How it ended, in the host's own words.
    pub outcome: &'static str,
    /// Whose fault that was, if it was one.
    pub fault: Option<Fault>,
    /// What its author has to know of that.
    pub cause: Option<String>,
    /// What the caller got: `reply`, `stand-in` by the failure policy, `replay` of an earlier answer, `error`, or
    /// `nothing` for one who hung up.
    pub sent: &'static str,
    /// Microseconds from the request read to the answer: the waits for its conversation and its permit, the bot, the check
    /// and the disk.
    pub took_us: u64,
    /// Microseconds in the sandbox, the waits for its slices included.
    pub wall_us: u64,
    /// Microseconds that it waited there.
    pub waited_us: u64,
    /// Fuel.
    pub fuel: u64,
    /// The most linear memory at a time.
    pub memory_peak_bytes: usize,
    /// Calls out of the sandbox.
    pub host_calls: u64,
    /// What the bot logged.
    pub log: Lines,
}

impl Turn {
    /// Roughly what it holds, beside what its deployment holds as well.
    fn bytes(&self) -> usize {
        let lines = self.log.lines.iter();
        let lines: usize = lines
            .map(|line| size_of_val(line) + line.message.len())
            .sum();
        let cause = self.cause.as_ref().map_or(0, String::len);
        size_of::<Self>() + cause + lines
    }
}

/// The turns of a bot.
#[derive(Debug)]
pub struct Ring {
    settings: Settings,
    /// Of all rings.
    used: Arc<AtomicUsize>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    turns: VecDeque<Turn>,
    bytes: usize,
    last: u64,
}

impl Ring {
    pub(super) fn new(settings: Settings, used: Arc<AtomicUsize>) -> Self {
        Self {
            settings,
            used,
            kept: Mutex::default(),
        }
    }

    /// Remembers a turn, which gets its number here, in place of as many older ones as it takes. One that finds no room
    /// even so is counted and not kept.
    pub fn keep(&self, mut turn: Turn) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        turn.number = kept.last;
        if turn.bytes() > self.settings.bot_bytes {
            // How it ended is worth more than what it logged.
            turn.log.dropped += std::mem::take(&mut turn.log.lines).len();
        }
        let bytes = turn.bytes();
        while !self.has_room(&kept, bytes) {
            let Some(oldest) = kept.turns.pop_front() else {
                return;
            };
            let freed = oldest.bytes();
            kept.bytes -= freed;
            self.used.fetch_sub(freed, Ordering::Relaxed);
        }
        kept.bytes += bytes;
        self.used.fetch_add(bytes, Ordering::Relaxed);
        kept.turns.push_back(turn);
    }

    /// Puts another cause to a turn, as far as it is still remembered and there is room for the words.
    pub fn explain(&self, id: Uuid, cause: String) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { turns, bytes, .. } = &mut *kept;
        let Some(turn) = turns.iter_mut().rev().find(|turn| turn.id == id) else {
            return;
        };
        let before = turn.cause.as_ref().map_or(0, String::len);
        let more = cause.len().saturating_sub(before);
        let used = self.used.load(Ordering::Relaxed);
        if *bytes + more > self.settings.bot_bytes || used + more > self.settings.memory_bytes {
            return;
        }
        *bytes = *bytes + cause.len() - before;
        self.used.fetch_add(cause.len(), Ordering::Relaxed);
        self.used.fetch_sub(before, Ordering::Relaxed);
        turn.cause = Some(cause);
    }

    /// What others take meanwhile may go over the bound by a turn each.
    fn has_room(&self, kept: &Kept, bytes: usize) -> bool {
        let Settings {
            turns,
            bot_bytes,
            memory_bytes,
        } = self.settings;
        kept.turns.len() < turns
            && kept.bytes + bytes <= bot_bytes
            && self.used.load(Ordering::Relaxed) + bytes <= memory_bytes
    }

    /// The turns after that of a number for which `wanted` holds, the oldest first: the newest `at_most` of them.
    pub fn after(&self, number: u64, at_most: usize, wanted: impl Fn(&Turn) -> bool) -> Vec<Turn> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = kept.turns.iter().rev();
        let found = newest
            .take_while(|turn| turn.number > number)
            .filter(|turn| wanted(turn));
        let mut found: Vec<Turn> = found.take(at_most).cloned().collect();
        found.reverse();
        found
    }

    /// The number of the last turn; 0 before the first.
    pub fn last(&self) -> u64 {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let kept = self.kept.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.used.fetch_sub(kept.bytes, Ordering::Relaxed);
    }
}

//! Bots that go over their budget again and again are taken out for a while, and tried again. Knows nothing of what
//! a budget is, and of what is answered in a bot's place.

mod record;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::tenant::Address;
pub use record::{Record, Visit};

/// When a bot is taken out, and when it is tried again.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The least number of turns that say something about a bot. One consumer's odd message is none of it.
    pub minimum_turns: u32,
    /// How many of them have to go over their budget, in per cent. Over 100: no bot is ever taken out.
    pub failure_percent: u32,
    /// Seconds that turns are counted for; then the count begins again.
    pub window_seconds: u64,
    /// Seconds until one turn is let in to see whether the bot is well again. Each time that it is not, the
    /// next wait is twice as long, up to 32 times this.
    pub probe_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            minimum_turns: 20,
            failure_percent: 50,
            window_seconds: 60,
            probe_seconds: 10,
        }
    }
}

/// A bot that is not asked for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the bot is in quarantine: {failed} of {turns} turns went over their budget, the last with `{last}`; it is tried again in {probe_seconds} s"
)]
pub struct Quarantined {
    /// Turns that went over their budget.
    pub failed: u32,
    /// Of so many.
    pub turns: u32,
    /// The code of the last one's outcome.
    pub last: &'static str,
    /// Seconds until a turn is let in to see; at least 1.
    pub probe_seconds: u64,
}

impl Quarantined {
    /// It is the bot's own doing.
    pub fn fault(self) -> Fault {
        Fault::Bot
    }
}

/// The records of all bots that are deployed.
///
/// A record belongs to a component, by its digest, at an address: another revision begins with a clean one, the same
/// one does not by being deployed again; and what one tenant's limits do to a component is nobody else's concern.
#[derive(Debug)]
pub struct Quarantine {
    settings: Settings,
    records: Mutex<Records>,
}

#[derive(Debug, Default)]
struct Records {
    by_bot: HashMap<(Address, String), Weak<Record>>,
    /// Looked through for those that are gone once it has this many: twice what was left the last time, so that it
    /// costs each deployment the same, however many there are.
    looked_through_at: usize,
}

impl Quarantine {
    /// No records.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            records: Mutex::default(),
        }
    }

    /// The record of a component at an address.
    pub fn record(&self, at: &Address, digest: &str) -> Arc<Record> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.look_through();
        let key = (at.clone(), digest.to_owned());
        if let Some(known) = records.by_bot.get(&key).and_then(Weak::upgrade) {
            return known;
        }
        let record = Arc::new(Record::new(self.settings));
        records.by_bot.insert(key, Arc::downgrade(&record));
        record
    }

    /// How many bots are in quarantine.
    pub fn count(&self) -> usize {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let living = records.by_bot.values().filter_map(Weak::upgrade);
        living.filter(|record| record.state().is_some()).count()
    }
}

impl Records {
    fn look_through(&mut self) {
        if self.by_bot.len() >= self.looked_through_at {
            self.by_bot.retain(|_, record| record.strong_count() > 0);
            self.looked_through_at = 2 * self.by_bot.len() + 16;
        }
    }
}

#[cfg(test)]
mod tests;

//! One bot's record. Knows nothing of whose it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Quarantined, Settings};

/// How often the wait for a probe is doubled.
const MOST_DOUBLINGS: u32 = 5;

/// How a bot has kept to its budget of late.
#[derive(Debug)]
pub struct Record {
    settings: Settings,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    since: Instant,
    turns: u32,
    failed: u32,
    /// Probes that failed, one after the other.
    failed_probes: u32,
    out: Option<Out>,
}

/// A bot that has been taken out.
#[derive(Clone, Copy, Debug)]
struct Out {
    until: Instant,
    failed: u32,
    turns: u32,
    last: &'static str,
    is_probed: bool,
}

impl Out {
    fn told(&self, now: Instant) -> Quarantined {
        let left = self.until.saturating_duration_since(now);
        Quarantined {
            failed: self.failed,
            turns: self.turns,
            last: self.last,
            probe_seconds: left.as_secs_f64().ceil().max(1.0) as u64,
        }
    }
}

/// A turn that was let in. One that is dropped without a word on how it ended says nothing about its bot.
#[derive(Debug)]
pub struct Visit {
    record: Arc<Record>,
    is_probe: bool,
}

impl Record {
    pub(super) fn new(settings: Settings) -> Self {
        let kept = Kept {
            since: Instant::now(),
            turns: 0,
            failed: 0,
            failed_probes: 0,
            out: None,
        };
        Self {
            settings,
            kept: Mutex::new(kept),
        }
    }

    /// Why the bot is in quarantine, if it is.
    pub fn state(&self) -> Option<Quarantined> {
        let out = self.kept().out?;
        Some(out.told(Instant::now()))
    }

    /// Lets a turn in: each one of a bot that is well, and now and then one of a bot that is not.
    ///
    /// # Errors
    /// [`Quarantined`] while the bot is taken out.
    pub fn enter(self: &Arc<Self>) -> Result<Visit, Quarantined> {
        let mut kept = self.kept();
        if let Some(out) = &mut kept.out {
            let now = Instant::now();
            if out.is_probed || now < out.until {
                return Err(out.told(now));
            }
            out.is_probed = true;
        }
        Ok(Visit {
            is_probe: kept.out.is_some(),
            record: Arc::clone(self),
        })
    }

    // What a thread that panicked left behind is whole: nothing in here panics between two changes.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visit {
    /// The turn has ended, within its budget or over it, with an outcome of that code. Also says whether
    /// that has put the bot into quarantine.
    pub fn ended(self, over_budget: Option<&'static str>) -> Option<Quarantined> {
        let settings = &self.record.settings;
        let mut kept = self.record.kept();
        if self.is_probe {
            kept.probed(over_budget, settings)
        } else {
            kept.counted(over_budget, settings)
        }
    }
}

// A probe whose caller leaves has shown nothing, and the next one has to wait as long: else a caller could have a
// bad bot asked again and again.
impl Drop for Visit {
    fn drop(&mut self) {
        let settings = &self.record.settings;
        if self.is_probe
            && let Some(out) = &mut self.record.kept().out
            && out.is_probed
        {
            out.is_probed = false;
            out.until = Instant::now() + Duration::from_secs(settings.probe_seconds);
        }
    }
}

impl Kept {
    fn counted(
        &mut self,
        over_budget: Option<&'static str>,
        settings: &Settings,
    ) -> Option<Quarantined> {
        let now = Instant::now();
        if now.duration_since(self.since) >= Duration::from_secs(settings.window_seconds) {
            // A bot that has kept to its budget for so long has mended.
            self.failed_probes = 0;
            self.begin(now);
        }
        self.turns += 1;
        self.failed += u32::from(over_budget.is_some());
        let last = over_budget?;
        let is_enough = self.turns >= settings.minimum_turns;
        let is_too_much = u64::from(self.failed) * 100
            >= u64::from(self.turns) * u64::from(settings.failure_percent);
        // A turn that began before another one took the bot out has nothing to add.
        (is_enough && is_too_much && self.out.is_none()).then(|| self.take_out(last, now, settings))
    }

    fn probed(
        &mut self,
        over_budget: Option<&'static str>,
        settings: &Settings,
    ) -> Option<Quarantined> {
        let now = Instant::now();
        let Some(last) = over_budget else {
            self.out = None;
            self.begin(now);
            return None;
        };
        self.failed_probes += 1;
        self.turns += 1;
        self.failed += 1;
        Some(self.take_out(last, now, settings))
    }

    fn take_out(&mut self, last: &'static str, now: Instant, settings: &Settings) -> Quarantined {
        let doubled = 1 << self.failed_probes.min(MOST_DOUBLINGS);
        let out = Out {
            until: now + Duration::from_secs(settings.probe_seconds.saturating_mul(doubled)),
            failed: self.failed,
            turns: self.turns,
            last,
            is_probed: false,
        };
        self.out = Some(out);
        out.told(now)
    }

    fn begin(&mut self, now: Instant) {
        (self.since, self.turns, self.failed) = (now, 0, 0);
    }
}

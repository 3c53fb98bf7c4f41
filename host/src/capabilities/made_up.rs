//! Time and chance that are the same in each run, for who tries a bot. Nothing that serves is given them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;

/// When the first turn is: the 1st of January 2026, a Thursday, at noon.
const BEGINNING: Duration = Duration::from_secs(1_767_268_800);

/// How long after one turn the next one is.
const BETWEEN_TURNS: Duration = Duration::from_secs(10);

/// What goes by with each look at a clock: one that stands still is waited for in vain.
const LOOK: Duration = Duration::from_micros(50);

/// Where made-up turns come from, one after the other. The clones are one.
#[derive(Clone, Debug, Default)]
pub struct MadeUp(Arc<AtomicU64>);

impl MadeUp {
    /// The next turn is the first one.
    pub fn begin(&self) {
        self.go_to(0);
    }

    /// The next turn is the one of this number, as where conversations go on side by side.
    pub fn go_to(&self, number: u64) {
        self.0.store(number, Ordering::Relaxed);
    }

    /// The next turn's.
    pub fn turn(&self) -> Now {
        Now {
            number: self.0.fetch_add(1, Ordering::Relaxed),
            passed: Arc::default(),
        }
    }
}

impl PartialEq for MadeUp {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for MadeUp {}

/// One turn's time and chance. The clones share what has gone by.
#[derive(Clone, Debug)]
pub struct Now {
    number: u64,
    /// Nanoseconds since the turn began.
    passed: Arc<AtomicU64>,
}

impl Now {
    /// Since the turn began.
    pub fn passed(&self) -> Duration {
        self.wait(LOOK);
        self.gone_by()
    }

    /// The same, without a look at a clock.
    pub fn gone_by(&self) -> Duration {
        Duration::from_nanos(self.passed.load(Ordering::Relaxed))
    }

    /// Since 1970.
    pub fn time(&self) -> Duration {
        let turns = u32::try_from(self.number).unwrap_or(u32::MAX);
        BEGINNING + BETWEEN_TURNS.saturating_mul(turns) + self.passed()
    }

    /// Lets time go by.
    pub fn wait(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let add = |passed: u64| Some(passed.saturating_add(nanos));
        // Always `Some`, so always done.
        let _ = self
            .passed
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Numbers that are the same for the same turn.
    pub fn chance(&self) -> StdRng {
        StdRng::seed_from_u64(self.number)
    }
}

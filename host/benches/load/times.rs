//! How long each part is measured for. Knows nothing of what is measured.

use std::time::Duration;

/// The times of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Rounds that the routes take in turn, so that what else the machine does falls on all of them alike.
    pub(crate) rounds: usize,
    /// One route in one round.
    pub(crate) round: Duration,
    /// Turns of a bot that never returns.
    pub(crate) overrunning_turns: usize,
    /// What a bot can do at most is measured for so long.
    pub(crate) at_capacity: Duration,
    /// A bot alone, and then so long again beside another; both twice.
    pub(crate) watched: Duration,
    /// The same for one that is asked a few times a second: its slowest hundredth has to be some turns too.
    pub(crate) watched_seldom: Duration,
}

impl Times {
    pub(crate) fn asked_for(mut args: impl Iterator<Item = String>) -> Self {
        if args.any(|arg| arg == "--quick") {
            Self::QUICK
        } else {
            Self::FULL
        }
    }

    const FULL: Self = Self {
        rounds: 5,
        round: Duration::from_secs(1),
        overrunning_turns: 1_000,
        at_capacity: Duration::from_secs(2),
        watched: Duration::from_secs(5),
        watched_seldom: Duration::from_secs(10),
    };

    const QUICK: Self = Self {
        rounds: 3,
        round: Duration::from_millis(200),
        overrunning_turns: 40,
        at_capacity: Duration::from_millis(500),
        watched: Duration::from_millis(500),
        watched_seldom: Duration::from_secs(1),
    };
}

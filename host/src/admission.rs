//! Who may run now: permits, the wait for one, and each tenant's fair share of both. Knows nothing of what runs.

mod fair;
mod lines;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use crate::fault::Fault;
use crate::tenant::{BotName, TenantId};
use fair::{Fair, Place, Rules};
pub use lines::Line;
use lines::Lines;

/// How many turns run at a time, how many may wait, and whose they are.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Turns that hold an instance at a time. Below the pool's size, so that the pool never refuses:
    /// an instance that is being torn down still holds its slot for a moment.
    pub concurrent_turns: usize,
    /// Turns that may wait for one of those. Each holds its request in memory meanwhile.
    pub waiting_turns: usize,
    /// Places that a tenant may hold for each one that is left free, of those that run and of those that wait
    /// alike; and of what a tenant may hold, a bot. At 2 one tenant takes two thirds at most, and two of them
    /// four fifths: whoever comes next finds room.
    pub share: usize,
    /// Tenants that count for more than one when places and time are shared out: `weights = { acme = 3 }`.
    pub weights: BTreeMap<TenantId, u16>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrent_turns: 96,
            waiting_turns: 1024,
            share: 2,
            weights: BTreeMap::new(),
        }
    }
}

/// Why a turn was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// As many are waiting as may wait.
    #[error("the host is full: {waiting} turns are waiting; raise `admission.waiting_turns`")]
    Full {
        /// How many were waiting.
        waiting: usize,
    },
    /// There is room, and not for more of these.
    #[error(
        "{of} has {running} turns running and {waiting} waiting, its share; raise `admission.share`, or its weight"
    )]
    OverShare {
        /// Whose share.
        of: ShareOf,
        /// Its turns that run.
        running: usize,
        /// Its turns that wait.
        waiting: usize,
    },
    /// At the pace of those ahead of it, its deadline would have passed.
    #[error(
        "the turn would wait {wait_ms} ms and has {left_ms} left: {running} of its bot's run, and {waiting} wait"
    )]
    WouldBeLate {
        /// The expected wait, in milliseconds.
        wait_ms: u64,
        /// What was left of its time, in milliseconds.
        left_ms: u64,
        /// Turns of the same bot that run.
        running: usize,
        /// Turns of the same bot that wait.
        waiting: usize,
        /// Whether the host had places left, for others.
        over_share: bool,
    },
    /// The turn's time went by while it waited.
    #[error("the turn waited until its deadline and was not let in")]
    WaitedTooLong {
        /// Whether the host had places left, for others.
        over_share: bool,
    },
}

/// Who has a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareOf {
    /// A tenant, of the host.
    Tenant,
    /// A bot, of its tenant's share.
    Bot,
}

impl fmt::Display for ShareOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ShareOf::Tenant => "the tenant",
            ShareOf::Bot => "the bot",
        })
    }
}

impl Refused {
    /// Who is over a share has to ask for less; a full host is the host's own doing.
    pub fn fault(self) -> Fault {
        if self.is_over_share() {
            Fault::Caller
        } else {
            Fault::Host
        }
    }

    /// Whether more time would have let it in.
    pub fn is_for_want_of_time(self) -> bool {
        matches!(
            self,
            Refused::WouldBeLate { .. } | Refused::WaitedTooLong { .. }
        )
    }

    /// Whether there was room, and not for this tenant or bot.
    pub fn is_over_share(self) -> bool {
        match self {
            Refused::Full { .. } => false,
            Refused::OverShare { .. } => true,
            Refused::WouldBeLate { over_share, .. } | Refused::WaitedTooLong { over_share } => {
                over_share
            }
        }
    }
}

/// How busy the gate is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Turns that hold a permit.
    pub running: usize,
    /// Turns that wait for one.
    pub waiting: usize,
}

/// The right to run one turn. Dropping it lets the next one in.
#[derive(Debug)]
pub struct Permit {
    lane: Lane,
    _place: Place,
}

impl Permit {
    /// Where the turn queues for time, once it has run longer than a moment.
    pub fn lane(&self) -> Lane {
        self.lane.clone()
    }
}

/// A turn's place in the order in which long turns take theirs on the guests' threads.
#[derive(Clone, Debug)]
pub struct Lane {
    turns: Arc<Fair>,
    slices: Arc<Fair>,
    line: Line,
}

/// The right to run until the next tick. Dropping it lets the next one run.
#[derive(Debug)]
pub struct Slice(#[expect(dead_code, reason = "held for its `Drop`")] Place);

impl Lane {
    /// Whether at least half of all turns that run are of the same bot.
    pub fn has_most(&self) -> bool {
        self.turns.has_most(self.line)
    }

    /// Gets in line for a slice, now, and waits for it in the future. Tenants take turns by their weight, and within
    /// a tenant its bots: one with a hundred guests that spin gets no more of the threads than one with a single one.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the queue.
    pub fn slice(&self) -> impl Future<Output = Slice> + use<> {
        let entered = self.slices.enter(self.line, Duration::MAX);
        let entered =
            entered.expect("nobody is refused where all may wait, however long, without shares");
        async { Slice(entered.await) }
    }
}

/// The gate in front of the sandbox.
#[derive(Debug)]
pub struct Admission {
    lines: Lines,
    turns: Arc<Fair>,
    slices: Arc<Fair>,
}

impl Admission {
    /// A gate with these settings, in front of so many threads for guests that run longer.
    pub fn new(settings: &Settings, guest_threads: usize) -> Self {
        let turns = Rules {
            places: settings.concurrent_turns,
            waiting: settings.waiting_turns,
            share: Some(settings.share),
        };
        let slices = Rules {
            places: guest_threads,
            waiting: usize::MAX,
            share: None,
        };
        Self {
            lines: Lines::new(settings.weights.clone()),
            turns: Arc::new(Fair::new(turns)),
            slices: Arc::new(Fair::new(slices)),
        }
    }

    /// The line that the turns of a bot wait in; the same one for the same bot.
    pub fn line(&self, tenant: &TenantId, bot: &BotName) -> Line {
        self.lines.of(tenant, bot)
    }

    /// How busy the gate is.
    pub fn occupancy(&self) -> Occupancy {
        self.turns.occupancy()
    }

    /// Waits for a permit, at most until `deadline`: waiting counts against the turn's own time.
    ///
    /// # Errors
    /// [`Refused`] at once if there is no room to wait in, or if the turn could not make it from where it would wait;
    /// [`Refused::WaitedTooLong`] at `deadline`, even if there would be room then.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the queue.
    pub async fn admit(&self, line: Line, deadline: Instant) -> Result<Permit, Refused> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Refused::WaitedTooLong { over_share: false });
        }
        let entered = self.turns.enter(line, left)?;
        let Ok(place) = timeout_at(deadline, entered).await else {
            let over_share = self.turns.is_over_share(line);
            return Err(Refused::WaitedTooLong { over_share });
        };
        Ok(Permit {
            lane: Lane {
                turns: Arc::clone(&self.turns),
                slices: Arc::clone(&self.slices),
                line,
            },
            _place: place,
        })
    }
}

#[cfg(test)]
mod tests;

//! Clocks, as WASI has them, and coarse: a clock that is fine enough can be used to read what others left in the
//! processor's caches. Knows nothing of deadlines.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime::Result;
use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::clocks::WasiClocksCtxView;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};
use wasmtime_wasi_io::poll::DynPollable;

use super::made_up::Now;
use super::tape::{Tape, nanos};

/// The time of day.
#[derive(Clone, Debug)]
pub struct WallClock {
    /// What it advances by.
    pub resolution: Duration,
    /// What it shows in the place of the time, if that is made up.
    pub made_up: Option<Now>,
    /// Where what it shows is noted.
    pub tape: Tape,
}

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        self.resolution
    }

    fn now(&self) -> Duration {
        let now = || match &self.made_up {
            Some(made_up) => made_up.time(),
            None => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        };
        let shown = self.tape.wall(|| coarse(now(), self.resolution));
        Duration::from_nanos(shown)
    }
}

/// Time since the turn began.
#[derive(Clone, Debug)]
pub struct MonotonicClock {
    /// When it began.
    pub begun: Instant,
    /// What it advances by.
    pub resolution: Duration,
    /// What it shows in the place of that, if time is made up.
    pub made_up: Option<Now>,
    /// Where what it shows is noted.
    pub tape: Tape,
}

impl HostMonotonicClock for MonotonicClock {
    fn resolution(&self) -> u64 {
        nanos(self.resolution)
    }

    fn now(&self) -> u64 {
        let passed = || match &self.made_up {
            Some(made_up) => made_up.passed(),
            None => self.begun.elapsed(),
        };
        self.tape.monotonic(|| coarse(passed(), self.resolution))
    }
}

/// The monotonic clock's interface, where what is waited for goes by in made-up time as well.
pub struct Waiting<'a> {
    /// What it stands on.
    pub clocks: WasiClocksCtxView<'a>,
    /// The time, if it is made up.
    pub made_up: Option<Now>,
    /// What the turn was told before, if it is run again.
    pub tape: Tape,
}

/// Names [`Waiting`] to the linker.
#[derive(Debug)]
pub struct Waits;

impl HasData for Waits {
    type Data<'a> = Waiting<'a>;
}

impl monotonic_clock::Host for Waiting<'_> {
    fn now(&mut self) -> Result<u64> {
        self.clocks.now()
    }

    fn resolution(&mut self) -> Result<u64> {
        self.clocks.resolution()
    }

    fn subscribe_instant(&mut self, when: u64) -> Result<Resource<DynPollable>> {
        let left = when.saturating_sub(self.clocks.now()?);
        self.subscribe_duration(left)
    }

    fn subscribe_duration(&mut self, nanos: u64) -> Result<Resource<DynPollable>> {
        if self.tape.is_again() {
            return self.clocks.subscribe_duration(0);
        }
        if let Some(made_up) = &self.made_up {
            made_up.wait(Duration::from_nanos(nanos));
        }
        self.clocks.subscribe_duration(nanos)
    }
}

/// In nanoseconds.
fn coarse(time: Duration, resolution: Duration) -> u64 {
    let nanos = time.as_nanos();
    let coarse = nanos - nanos % resolution.as_nanos().max(1);
    u64::try_from(coarse).unwrap_or(u64::MAX)
}

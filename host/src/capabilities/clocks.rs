//! Clocks, as WASI has them, and coarse: a clock that is fine enough can be used to read what others left in the
//! processor's caches. Knows nothing of deadlines.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// The time of day.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    /// What it advances by.
    pub resolution: Duration,
}

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        self.resolution
    }

    fn now(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        Duration::from_nanos_u128(coarse(now.as_nanos(), self.resolution))
    }
}

/// Time since the turn began.
#[derive(Clone, Copy, Debug)]
pub struct MonotonicClock {
    /// When it began.
    pub begun: Instant,
    /// What it advances by.
    pub resolution: Duration,
}

impl HostMonotonicClock for MonotonicClock {
    fn resolution(&self) -> u64 {
        nanos(self.resolution.as_nanos())
    }

    fn now(&self) -> u64 {
        nanos(coarse(self.begun.elapsed().as_nanos(), self.resolution))
    }
}

fn coarse(nanos: u128, resolution: Duration) -> u128 {
    nanos - nanos % resolution.as_nanos().max(1)
}

fn nanos(nanos: u128) -> u64 {
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

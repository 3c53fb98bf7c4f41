//! What an instance used: figures for who is told of a turn.

use std::time::Duration;

use serde::Serialize;

/// What an instance used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Wall-clock time from making the store to the last word of the guest.
    pub wall: Duration,
    /// How much of it went by while other guests ran.
    pub waited: Duration,
    /// Fuel: WebAssembly instructions, roughly.
    pub fuel: u64,
    /// The most linear memory that it had at a time, in bytes.
    pub memory_peak_bytes: usize,
    /// Calls out of the sandbox.
    pub host_calls: u64,
}

impl Usage {
    /// Both together, of a turn that was run twice.
    pub fn and(&self, other: &Self) -> Self {
        Self {
            wall: self.wall + other.wall,
            waited: self.waited + other.waited,
            fuel: self.fuel.saturating_add(other.fuel),
            memory_peak_bytes: self.memory_peak_bytes.max(other.memory_peak_bytes),
            host_calls: self.host_calls.saturating_add(other.host_calls),
        }
    }
}

//! `budget`: what is left of a turn, for its bot to read.

use std::time::Instant;

use wasmtime::Result;

use crate::bindings::budget::Host;

/// One turn's end.
#[derive(Debug)]
pub struct Budget {
    /// When the turn is cut.
    pub deadline: Instant,
    /// Fuel that was left when the bot last called out; the sandbox keeps it up to date.
    pub fuel_left: u64,
}

impl Host for Budget {
    fn remaining_ms(&mut self) -> Result<u32> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        Ok(u32::try_from(left.as_millis()).unwrap_or(u32::MAX))
    }

    fn remaining_fuel(&mut self) -> Result<u64> {
        Ok(self.fuel_left)
    }
}

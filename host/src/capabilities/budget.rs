//! `budget`: what is left of a turn, for its bot to read.

use std::time::{Duration, Instant};

use wasmtime::Result;

use super::made_up::Now;
use crate::bindings::budget::Host;

/// One turn's end.
#[derive(Debug)]
pub struct Budget {
    /// When the turn is cut.
    pub deadline: Instant,
    /// Fuel that was left when the bot last called out; the sandbox keeps it up to date.
    pub fuel_left: u64,
    /// The turn's time if that is made up, and how much of it there was.
    pub made_up: Option<(Now, Duration)>,
}

impl Host for Budget {
    fn remaining_ms(&mut self) -> Result<u32> {
        let left = match &self.made_up {
            Some((now, all)) => all.saturating_sub(now.passed()),
            None => self.deadline.saturating_duration_since(Instant::now()),
        };
        Ok(u32::try_from(left.as_millis()).unwrap_or(u32::MAX))
    }

    fn remaining_fuel(&mut self) -> Result<u64> {
        Ok(self.fuel_left)
    }
}

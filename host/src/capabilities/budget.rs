//! `budget`: what is left of a turn, for its bot to read.

use std::time::{Duration, Instant};

use wasmtime::Result;

use super::made_up::Now;
use super::tape::Tape;
use crate::bindings::budget::Host;

/// One turn's end.
#[derive(Debug)]
pub struct Budget {
    /// When the turn is cut.
    pub deadline: Instant,
    /// Fuel that was left when the bot last called out; the sandbox keeps it up to date.
    pub fuel_left: u64,
    /// All of its time.
    pub all: Duration,
    /// The turn's time if that is made up.
    pub made_up: Option<Now>,
    /// Where what is left of its time is noted.
    pub tape: Tape,
}

impl Host for Budget {
    fn remaining_ms(&mut self) -> Result<u32> {
        let left = || match &self.made_up {
            Some(now) => self.all.saturating_sub(now.passed()),
            None => self.deadline.saturating_duration_since(Instant::now()),
        };
        Ok(self.tape.remaining_ms(millis(self.all), || millis(left())))
    }

    fn remaining_fuel(&mut self) -> Result<u64> {
        Ok(self.fuel_left)
    }
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

//! What is left of this turn, for a bot that has a choice of what to do with it.
//!
//! A turn has a deadline and an amount of fuel, about one for each WebAssembly instruction. The deadline counts
//! everything: waiting, the bot, its requests. A turn that reaches either is cut, and nothing of it is answered or kept.
//!
//! ```
//! use std::time::Duration;
//! use retort_sdk::{Answer, budget};
//!
//! fn advice() -> Answer {
//!     if budget::has(Duration::from_millis(500)) {
//!         Answer::text("Let me look closely.") // and so on
//!     } else {
//!         Answer::text("I cannot look that up right now.")
//!     }
//! }
//! ```

use std::time::Duration;

pub use crate::bindings::retort::bot::budget::{remaining_fuel, remaining_ms};

/// The time until the turn is cut, in whole milliseconds.
pub fn remaining() -> Duration {
    Duration::from_millis(remaining_ms().into())
}

/// Whether the turn has at least this much time left.
pub fn has(time: Duration) -> bool {
    remaining() >= time
}

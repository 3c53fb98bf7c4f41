//! Makes timers and never drops one.

use retort_sdk::{Bot, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        loop {
            std::mem::forget(wasip2::clocks::monotonic_clock::subscribe_duration(1));
        }
    }
}

retort_sdk::export!(Misbehaving);

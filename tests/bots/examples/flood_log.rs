//! Writes to its log without end.

use retort_sdk::{Bot, Fault, Reply, Turn, log};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        loop {
            log::info("line after line after line");
        }
    }
}

retort_sdk::export!(Misbehaving);

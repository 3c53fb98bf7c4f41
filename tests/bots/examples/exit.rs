//! Ends its own process.

use retort_sdk::{Bot, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        std::process::exit(1)
    }
}

retort_sdk::export!(Misbehaving);

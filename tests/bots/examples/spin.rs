//! Never returns.

use retort_sdk::{Bot, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        loop {
            std::hint::black_box(());
        }
    }
}

retort_sdk::export!(Misbehaving);

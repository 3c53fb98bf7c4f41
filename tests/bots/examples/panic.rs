//! Panics, with a secret in its message.

use retort_sdk::{Bot, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        panic!("the secret is 4711")
    }
}

retort_sdk::export!(Misbehaving);

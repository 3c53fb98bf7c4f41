//! Calls itself without end, on the engine's stack alone.

use retort_sdk::{Answer, Bot, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        Ok(Answer::text(deeper(std::hint::black_box(1)).to_string()).into())
    }
}

/// No part of it can become a loop, and none of it is kept in memory.
#[inline(never)]
fn deeper(depth: u64) -> u64 {
    if depth == 0 {
        1
    } else {
        deeper(depth + 1).rotate_left(3) ^ depth
    }
}

retort_sdk::export!(Misbehaving);

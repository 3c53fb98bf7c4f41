//! Calls itself without end, with a page of its own memory each time.

use retort_sdk::{Answer, Bot, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        Ok(Answer::text(deeper(std::hint::black_box(1)).to_string()).into())
    }
}

#[inline(never)]
fn deeper(depth: u64) -> u64 {
    let page = std::hint::black_box([depth; 512]);
    if depth == 0 {
        1
    } else {
        deeper(depth + 1).rotate_left(3) ^ page.iter().sum::<u64>()
    }
}

retort_sdk::export!(Misbehaving);

//! Counts its turns in a global; a fresh instance has had none.

use retort_sdk::{Answer, Bot, Fault, Reply, Turn};

static TURNS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        let turns = TURNS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        Ok(Answer::text(turns.to_string()).into())
    }
}

retort_sdk::export!(Misbehaving);

//! Waits in a host call, longer than any turn.

use retort_sdk::{Bot, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        std::thread::sleep(std::time::Duration::from_secs(3600));
        Ok(Reply::NoAnswer)
    }
}

retort_sdk::export!(Misbehaving);

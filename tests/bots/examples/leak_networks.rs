//! Takes handles that the host keeps nothing for, and never drops one.

use retort_sdk::{Bot, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        loop {
            std::mem::forget(wasip2::sockets::instance_network::instance_network());
        }
    }
}

retort_sdk::export!(Misbehaving);

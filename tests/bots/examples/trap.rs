//! Does what WebAssembly does not allow.

use retort_sdk::{Bot, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        trap_on_purpose()
    }
}

retort_sdk::export!(Misbehaving);

#[inline(never)]
fn trap_on_purpose() -> Result<Reply, Fault> {
    core::arch::wasm32::unreachable()
}

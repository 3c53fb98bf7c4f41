//! What a bot may call: one file per interface of the contract. Each is implemented on its own state and
//! knows nothing of the other ones, nor of the store that holds them.

pub mod budget;
pub mod clocks;
pub mod config;
pub mod granted;
mod http;
pub mod log;
pub mod moved;
pub mod random;
pub mod reach;
mod secrets;
pub mod state;
pub mod stdio;
pub mod tally;

/// The capabilities that this host declares and does not offer yet. Each call answers its interface's
/// own `denied`, so a bot can tell and cope.
#[derive(Debug, Default)]
pub struct NotOffered;

impl NotOffered {
    fn refusal(capability: &str) -> String {
        format!("`{capability}` is not offered by this host yet")
    }
}

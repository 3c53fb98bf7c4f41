//! What a bot may call: one file per interface of the contract. Each is implemented on its own state and
//! knows nothing of the other ones.

pub mod budget;
pub mod clocks;
pub mod config;
pub mod granted;
pub mod http;
pub mod log;
pub mod made_up;
pub mod moved;
pub mod polls;
pub mod random;
pub mod reach;
pub mod secrets;
pub mod state;
pub mod stdio;
pub mod tally;
pub mod tape;

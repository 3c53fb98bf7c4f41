//! What loads a host, for a benchmark: callers, traffic at a rate, and what the machine itself is late by. `retort
//! attack` loads its host with the same.

pub use super::client::{Answer, Caller, Clients, saying};
pub use super::control::Control;
pub use super::samples::{Samples, Summary};
pub use super::target::Target;
pub use super::traffic::{AtOnce, Ends, Heard, Steady, Traffic, at_once};

//! What Retort promises a bot, and what stops one that does not keep to it: one file for each promise.

mod attacks;
mod capabilities;
mod compatibility;
mod contract;
mod functions;
mod gate;
mod http;
mod misbehaviour;
mod pool;
mod released;
mod replays;
mod sdk_replies;
mod secrets;
mod state;

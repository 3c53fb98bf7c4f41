//! What the command line promises a person: what it prints, where, and the exit code.

#![expect(clippy::panic, reason = "that is how a test fails")]

#[cfg(feature = "attack")]
mod attack;
#[cfg(feature = "attack")]
mod attack_url;
mod author;
mod budget;
mod capsules;
mod capture;
mod chat;
mod compiling;
mod contract;
mod deploying;
mod dev;
mod event_kill;
mod gallery;
mod gate;
mod kill;
mod lines;
mod new;
mod operate;
mod replay;
mod running;
mod secrets;
mod serve;
mod state_kill;
mod testing;
mod tls;
mod traps;

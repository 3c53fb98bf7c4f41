//! Retort, a plugin host for chat bots.
//!
//! A message comes in over [`http`], is read by [`liveperson`], and travels through [`invocation`]: the
//! [`registry`] says which bot answers, [`admission`] when it may run, the [`sandbox`] runs it in a fresh
//! instance with the [`capabilities`] that it has, and [`chat`] checks what it says.
//!
//! The modules stand in the order of that journey, and each may use those below it, never one above.

// Around the journey: how a host is started and told what to do.
pub mod cli;

pub mod config;

pub mod store;
pub mod telemetry;

// The journey.
pub mod http;

pub mod kit;

pub mod trial;

pub mod liveperson;

pub mod invocation;

pub mod registry;

pub mod control;
pub mod conversations;

pub mod recent;

#[expect(
    clippy::disallowed_types,
    reason = "a guest that spins needs the real clock"
)]
pub mod sandbox;

#[expect(
    clippy::disallowed_types,
    reason = "what is left of a turn is measured by the sandbox's clock"
)]
pub mod capabilities;

pub mod state;

pub mod vault;

pub mod egress;

pub mod access;
pub mod sentinel;

pub mod admission;

pub mod quarantine;

// Vocabulary.
pub mod capsules;
pub mod chat;

pub mod bindings;

pub mod metrics;

pub mod tenant;

pub mod limit;

pub mod fault;

//! The harness that the suites share: bots that are built by the real toolchain, and a host that reads as prose.

pub mod bots;
pub mod certificates;
pub mod golden;
pub mod host;
pub mod javascript;
pub mod operator;
pub mod replays;
pub mod sentinel;

pub use host::{Served, host, patient_host};

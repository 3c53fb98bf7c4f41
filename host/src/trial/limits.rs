//! What a trial that a host orders may use.

use serde::{Deserialize, Serialize};

/// What trying a bot once may use.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Processor time, in seconds: some ten thousand turns, or forty that run to their deadlines. What serves until then has as
    /// much again, where fuel is compared with it.
    pub cpu_seconds: u64,
    /// Time on the clock, in seconds: five times the processor's, since whatever else the machine does comes first.
    pub wall_seconds: u64,
    /// Memory: two components with their code, and one turn at a time.
    pub memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_seconds: 60,
            wall_seconds: 300,
            memory_bytes: 1 << 30,
        }
    }
}

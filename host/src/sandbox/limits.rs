//! What one turn may use, and the meter that holds its instance to it. Knows nothing of why the numbers
//! are what they are for one bot: that is the deployment's.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wasmtime::{ResourceLimiter, Result};

use super::{failure, structure};
use crate::capabilities::{http, log, state};
use crate::limit::{Exceeded, Limit};

/// The limits of a turn. Every one is enforced, and has its own outcome.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Milliseconds from "the request has been read" to "the reply has been checked". LivePerson asks for
    /// answers within a second; 800 leaves the rest to the network.
    pub deadline_ms: u64,
    /// WebAssembly instructions, roughly, and what host calls cost; the same number on every machine. A guest that
    /// spins has burnt this much after some hundred milliseconds; a turn of the example bots takes about 100,000.
    pub fuel: u64,
    /// Fuel that a call out of the sandbox costs, for the host's work: about a microsecond's worth.
    pub host_call_fuel: u64,
    /// Fuel that each byte costs which a call has the host log, read or make up.
    pub host_byte_fuel: u64,
    /// Bytes of linear memory, all memories together. Rust bots use 1 to 2 MiB, JavaScript ones about as
    /// much, Python ones 13.
    pub memory_bytes: usize,
    /// Table elements, each table for itself. A Rust bot has hundreds.
    pub table_elements: usize,
    /// Calls out of the sandbox, of any kind: a clock that is read and a memory that grows count too.
    pub host_calls: u64,
    /// Bytes that one call may hand to the host, the reply included. Copying them cannot be interrupted.
    pub transfer_bytes: usize,
    /// Resource handles held at a time, such as timers and streams.
    pub handles: usize,
    /// Random bytes that one call may ask for.
    pub random_bytes: u64,
    /// Lines of log that are kept; more are dropped and counted.
    pub log_lines: usize,
    /// Bytes of log that are kept.
    pub log_bytes: usize,
    /// Values that each scope of `state` may hold. One more is refused, and the turn goes on.
    pub state_keys: usize,
    /// Bytes of all keys and values of a scope of `state`. A turn that changes it writes all of it, so this is the
    /// most that a turn has the disk write for each scope.
    pub state_bytes: usize,
    /// Requests that a turn may send, redirects included. One more is refused, and the turn goes on.
    pub http_requests: u32,
    /// Milliseconds that one of them may take, redirects included; never more than what is left of the turn, but for a
    /// tenth of that, 50 at most, to answer in.
    pub http_ms: u64,
    /// Bytes of a request's body.
    pub http_request_bytes: usize,
    /// Bytes of a response's body.
    pub http_response_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline_ms: 800,
            fuel: 1_000_000_000,
            host_call_fuel: 1_000,
            host_byte_fuel: 1,
            memory_bytes: 64 << 20,
            table_elements: 60_000,
            host_calls: 10_000,
            transfer_bytes: 1 << 20,
            handles: 1024,
            random_bytes: 64 << 10,
            log_lines: 100,
            log_bytes: 16 << 10,
            state_keys: 128,
            state_bytes: 64 << 10,
            http_requests: 8,
            http_ms: 500,
            http_request_bytes: 256 << 10,
            http_response_bytes: 1 << 20,
        }
    }
}

impl Limits {
    /// The time that a turn has.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }

    pub(super) fn http(&self) -> http::Limits {
        http::Limits {
            requests: self.http_requests,
            request_bytes: self.http_request_bytes,
            response_bytes: self.http_response_bytes,
            time: Duration::from_millis(self.http_ms),
        }
    }

    pub(super) fn state(&self) -> state::Limits {
        state::Limits {
            keys: self.state_keys,
            bytes: self.state_bytes,
        }
    }

    pub(super) fn log(&self) -> log::Limits {
        log::Limits {
            lines: self.log_lines,
            bytes: self.log_bytes,
        }
    }
}

/// Watches what an instance asks the system for.
#[derive(Debug)]
pub(super) struct Meter {
    memory_limit: usize,
    table_limit: usize,
    made_of: structure::Limits,
    memory_now: usize,
    pub(super) memory_peak: usize,
}

impl Meter {
    pub(super) fn new(limits: &Limits, made_of: structure::Limits) -> Self {
        Self {
            memory_limit: limits.memory_bytes,
            table_limit: limits.table_elements,
            made_of,
            memory_now: 0,
            memory_peak: 0,
        }
    }
}

// Over the limit is an error and not a polite "no": a guest that is told "no" aborts in its allocator, and
// its author sees a trap without a reason.
impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _declared: Option<usize>,
    ) -> Result<bool> {
        let wanted = (self.memory_now - current).saturating_add(desired);
        if wanted > self.memory_limit {
            return Err(over(Limit::Memory, wanted, self.memory_limit));
        }
        self.memory_now = wanted;
        self.memory_peak = self.memory_peak.max(wanted);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        // A bot that asks for more than its memory says itself is told "no"; of the machine it is not told.
        match failure::is_of_the_machine(&error) {
            true => Err(error),
            false => Ok(()),
        }
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _declared: Option<usize>,
    ) -> Result<bool> {
        if desired > self.table_limit {
            return Err(over(Limit::TableElements, desired, self.table_limit));
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.made_of.instances as usize
    }

    fn memories(&self) -> usize {
        self.made_of.memories as usize
    }

    fn tables(&self) -> usize {
        self.made_of.tables as usize
    }
}

fn over(limit: Limit, used: usize, allowed: usize) -> wasmtime::Error {
    let (used, allowed) = (used as u64, allowed as u64);
    Exceeded {
        limit,
        used,
        allowed,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_memories_share_one_limit() {
        let limits = Limits {
            memory_bytes: 100,
            ..Limits::default()
        };
        let mut meter = Meter::new(&limits, structure::Limits::default());
        assert!(meter.memory_growing(0, 60, None).expect("the first fits"));
        assert!(
            meter
                .memory_growing(0, 30, None)
                .expect("the second fits beside it")
        );
        let refused = meter
            .memory_growing(30, 41, None)
            .expect_err("together they are too large");
        let over = Exceeded {
            limit: Limit::Memory,
            used: 101,
            allowed: 100,
        };
        assert_eq!(refused.downcast_ref(), Some(&over));
        assert_eq!(meter.memory_peak, 90);
    }

    #[test]
    fn a_machine_without_memory_is_no_fault_of_the_bot_that_asks_for_some() {
        let mut meter = Meter::new(&Limits::default(), structure::Limits::default());
        let refused = std::io::Error::from_raw_os_error(12);
        let error = wasmtime::Error::from(refused).context("growing a memory");
        let error = meter
            .memory_grow_failed(error)
            .expect_err("the turn ends by it");
        let failure = failure::of(&error, &Limits::default(), true, str::to_owned);
        assert_eq!(failure.code(), "host-fault", "{failure}");
        let own = wasmtime::Error::msg("the memory says that it has at most one page");
        assert!(meter.memory_grow_failed(own).is_ok());
    }
}

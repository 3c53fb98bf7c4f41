//! How a turn can fail inside the sandbox, and the one place that tells what an engine's error means.

use std::fmt;

use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::limits::Limits;
use crate::bindings::types;
use crate::chat::one_line;
use crate::fault::Fault;

/// Why a bot gave no reply. All of them are the bot's own doing but the last.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The bot said so itself.
    #[error("the bot gave a fault, `{code}`: {message}")]
    Faulted {
        /// The bot's own short name for it.
        code: String,
        /// The bot's own words; for its author, never for a consumer.
        message: String,
    },
    /// The bot's code did what WebAssembly does not allow.
    #[error("the bot trapped{}: {kind}{}", if *.starting { " while starting" } else { "" }, in_functions(.functions))]
    Trapped {
        /// What it did.
        kind: TrapKind,
        /// Whether it was still starting.
        starting: bool,
        /// The functions that it was in, the innermost first, as far as the component names them.
        functions: Vec<String>,
    },
    /// Its time was over, whether it ran or waited.
    #[error("the turn was cut at its deadline of {limit_ms} ms")]
    DeadlineExceeded {
        /// The deployment's limit, in milliseconds.
        limit_ms: u64,
    },
    /// Its fuel was used up.
    #[error("the turn used up its fuel of {limit}")]
    OutOfFuel {
        /// The deployment's limit.
        limit: u64,
    },
    /// It asked for more memory than it may have.
    #[error("the bot asked for {wanted} bytes of memory and may have {limit}")]
    OutOfMemory {
        /// Bytes it would have had.
        wanted: usize,
        /// The deployment's limit.
        limit: usize,
    },
    /// It asked for a larger table than it may have.
    #[error("the bot asked for a table of {wanted} elements and may have {limit}")]
    TableTooLarge {
        /// Elements it would have had.
        wanted: usize,
        /// The deployment's limit.
        limit: usize,
    },
    /// It called out of the sandbox too often.
    #[error("the bot made more than {limit} host calls")]
    TooManyHostCalls {
        /// The deployment's limit.
        limit: u64,
    },
    /// It handed the host too much in one call.
    #[error("the bot handed the host more than {limit} bytes in one call")]
    TransferTooLarge {
        /// The deployment's limit.
        limit: usize,
    },
    /// It holds too many resource handles.
    #[error("the bot holds more than {limit} handles")]
    TooManyHandles {
        /// The deployment's limit.
        limit: usize,
    },
    /// Not the bot's doing.
    #[error("the host could not run the bot: {0}")]
    Host(String),
}

impl Failure {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Failure::Host(_) => Fault::Host,
            _ => Fault::Bot,
        }
    }

    /// A stable name, for programs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Faulted { .. } => "bot-fault",
            Failure::Trapped { .. } => "bot-trapped",
            Failure::DeadlineExceeded { .. } => "deadline-exceeded",
            Failure::OutOfFuel { .. } => "out-of-fuel",
            Failure::OutOfMemory { .. } => "out-of-memory",
            Failure::TableTooLarge { .. } => "table-too-large",
            Failure::TooManyHostCalls { .. } => "too-many-host-calls",
            Failure::TransferTooLarge { .. } => "transfer-too-large",
            Failure::TooManyHandles { .. } => "too-many-handles",
            Failure::Host(_) => "host-fault",
        }
    }
}

/// A fault's code is to be counted by, and its message to be read: each has a length to be so.
const FAULT_CODE_CHARS: usize = 64;
const FAULT_MESSAGE_CHARS: usize = 2_000;

impl From<types::Fault> for Failure {
    fn from(fault: types::Fault) -> Self {
        Failure::Faulted {
            code: one_line(&fault.code, FAULT_CODE_CHARS),
            message: one_line(&fault.message, FAULT_MESSAGE_CHARS),
        }
    }
}

fn in_functions(functions: &[String]) -> String {
    match functions {
        [] => String::new(),
        some => format!(" (in {})", some.join(" < ")),
    }
}

/// What a bot's code did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrapKind {
    /// Recursed until the stack was full.
    StackExhausted,
    /// Gave up on purpose: a panic, an `unreachable`, an allocator without memory.
    Aborted,
    /// Used memory that it does not have; a full stack ends like this too, where it is kept in memory.
    OutOfBounds,
    /// Called `exit`.
    Exited,
    /// Anything else, in the engine's words.
    Other(String),
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrapKind::StackExhausted => f.write_str("call stack exhausted"),
            TrapKind::Aborted => f.write_str("it panicked or aborted"),
            TrapKind::OutOfBounds => f.write_str(
                "it used memory that it does not have; if it recurses deeply, raise `stack-bytes` \
                 under `[build]` in its bot.toml",
            ),
            TrapKind::Exited => f.write_str("it called exit"),
            TrapKind::Other(what) => f.write_str(what),
        }
    }
}

/// Our own reasons to end a guest, thrown through the engine and caught again in [`of`].
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Cut {
    #[error("the deadline has passed")]
    Deadline,
    #[error("too many host calls")]
    HostCalls,
    #[error("too much memory")]
    Memory { wanted: usize, limit: usize },
    #[error("too large a table")]
    Table { wanted: usize, limit: usize },
}

/// What an error of the engine means.
pub(super) fn of(error: &wasmtime::Error, limits: &Limits, starting: bool) -> Failure {
    if let Some(cut) = error.downcast_ref::<Cut>() {
        return of_cut(cut, limits);
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Failure::Host(format!("{error:#}"));
    }
    if error
        .downcast_ref::<ResourceTableError>()
        .is_some_and(|e| matches!(e, ResourceTableError::Full))
    {
        return Failure::TooManyHandles {
            limit: limits.handles,
        };
    }
    let trapped = |kind| Failure::Trapped {
        kind,
        starting,
        functions: functions(error),
    };
    if error.is::<I32Exit>() {
        return trapped(TrapKind::Exited);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Failure::OutOfFuel { limit: limits.fuel },
        Some(Trap::Interrupt) => Failure::DeadlineExceeded {
            limit_ms: limits.deadline_ms,
        },
        Some(trap) => trapped(kind(*trap)),
        None => of_untyped(error, limits, starting),
    }
}

fn of_cut(cut: &Cut, limits: &Limits) -> Failure {
    match *cut {
        Cut::Deadline => Failure::DeadlineExceeded {
            limit_ms: limits.deadline_ms,
        },
        Cut::HostCalls => Failure::TooManyHostCalls {
            limit: limits.host_calls,
        },
        Cut::Memory { wanted, limit } => Failure::OutOfMemory { wanted, limit },
        Cut::Table { wanted, limit } => Failure::TableTooLarge { wanted, limit },
    }
}

/// The engine gives these two no type of their own, only words; a test for each sees that they still match.
/// What is left is a value that breaks the component model's rules, so the bot's doing.
fn of_untyped(error: &wasmtime::Error, limits: &Limits, starting: bool) -> Failure {
    let words = one_line(&error.root_cause().to_string(), FAULT_MESSAGE_CHARS);
    if words.contains("fuel allocated for hostcalls has been exhausted") {
        return Failure::TransferTooLarge {
            limit: limits.transfer_bytes,
        };
    }
    if words.contains("store handle limit exceeded") {
        return Failure::TooManyHandles {
            limit: limits.handles,
        };
    }
    Failure::Trapped {
        kind: TrapKind::Other(words),
        starting,
        functions: functions(error),
    }
}

fn kind(trap: Trap) -> TrapKind {
    match trap {
        Trap::StackOverflow => TrapKind::StackExhausted,
        Trap::MemoryOutOfBounds => TrapKind::OutOfBounds,
        Trap::UnreachableCodeReached => TrapKind::Aborted,
        other => TrapKind::Other(
            other
                .to_string()
                .trim_start_matches("wasm trap: ")
                .to_owned(),
        ),
    }
}

/// At most this many are worth reading, and each at most this long: the names are the bot's.
const FUNCTIONS: usize = 8;
const FUNCTION_NAME_CHARS: usize = 120;
/// What the innermost functions of a Rust panic are called.
const OF_A_PANIC: [&str; 7] = [
    "abort",
    "__rustc::",
    "std::",
    "core::panicking::",
    "core::option::",
    "core::result::",
    "<std::",
];

fn functions(error: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let names = backtrace
        .frames()
        .iter()
        .filter_map(|frame| frame.func_name());
    let readable = names.map(|name| format!("{:#}", rustc_demangle::demangle(name)));
    // How a panic comes about is the same each time; where it came from is what its author looks for.
    let own = readable.skip_while(|name| OF_A_PANIC.iter().any(|prefix| name.starts_with(prefix)));
    own.take(FUNCTIONS)
        .map(|name| one_line(&name, FUNCTION_NAME_CHARS))
        .collect()
}

//! How a turn can fail inside the sandbox, and the one place that tells what an engine's error means.

use std::fmt;

use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

use super::asked::OtherWorld;
use super::limits::Limits;
use super::program::NotLoaded;
use super::trace::{self, Call};
use crate::bindings::types;
use crate::chat::one_line;
use crate::fault::Fault;
use crate::limit::{Exceeded, Limit};

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
        /// The functions that it was in, the innermost first, as far as the component names them; with files and lines
        /// once these are known.
        functions: Vec<String>,
        /// What of the component these are.
        calls: Vec<Call>,
    },
    /// It went over one of its limits.
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
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
            Failure::Trapped {
                kind: TrapKind::StackExhausted,
                ..
            } => "stack-exhausted",
            Failure::Trapped { .. } => "bot-trapped",
            Failure::Exceeded(exceeded) => exceeded.limit.code(),
            Failure::Host(_) => "host-fault",
        }
    }
}

/// How the system's errors end that say it has no more memory for this process.
const NO_MEMORY: &str = "(os error 12)";

/// A fault's code is to be counted by, and its message to be read: each has a length to be so.
const FAULT_CODE_CHARS: usize = 64;
const FAULT_MESSAGE_CHARS: usize = 2_000;

impl Failure {
    /// A bot's own word that it cannot answer, without what must not be told of it.
    pub fn faulted(fault: &types::Fault, redacted: impl Fn(&str) -> String) -> Self {
        Failure::Faulted {
            code: one_line(&redacted(&fault.code), FAULT_CODE_CHARS),
            message: one_line(&redacted(&fault.message), FAULT_MESSAGE_CHARS),
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
    /// Called itself until the stack was full.
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
            TrapKind::StackExhausted => f.write_str(
                "its calls filled the stack; if it has to go so deep, raise `sandbox.wasm_stack_bytes`",
            ),
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

/// What an error of the engine means.
pub(super) fn of(
    error: &wasmtime::Error,
    limits: &Limits,
    starting: bool,
    redacted: impl Fn(&str) -> String,
) -> Failure {
    if let Some(NotLoaded(fault)) = error.downcast_ref() {
        return Failure::faulted(fault, redacted);
    }
    if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
        return Failure::Exceeded(*exceeded);
    }
    if error.is::<PoolConcurrencyLimitError>() || error.is::<OtherWorld>() {
        return Failure::Host(format!("{error:#}"));
    }
    if is_of_the_machine(error) {
        return Failure::Host(format!("the machine gives no memory: {}", words(error)));
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return Exceeded::by_one(Limit::Handles, limits.handles as u64).into();
    }
    let trapped = |kind| {
        let calls = trace::calls(error);
        Failure::Trapped {
            kind,
            starting,
            functions: trace::functions(&calls),
            calls,
        }
    };
    if error.is::<I32Exit>() {
        return trapped(TrapKind::Exited);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Exceeded::by_one(Limit::Fuel, limits.fuel).into(),
        Some(trap) => trapped(kind(*trap)),
        None => match of_untyped(error, limits) {
            Some(exceeded) => exceeded.into(),
            // What is left is a value that breaks the component model's rules, so the bot's doing.
            None => trapped(TrapKind::Other(words(error))),
        },
    }
}

/// Whether the system refused what the engine asked it for. The engine has several types for that, and they all say it in the
/// system's words.
pub(super) fn is_of_the_machine(error: &wasmtime::Error) -> bool {
    error.root_cause().to_string().ends_with(NO_MEMORY)
}

/// The engine gives these two no type of their own, only words; a test for each sees that they still match.
fn of_untyped(error: &wasmtime::Error, limits: &Limits) -> Option<Exceeded> {
    let words = words(error);
    if words.contains("fuel allocated for hostcalls has been exhausted") {
        return Some(Exceeded::by_one(
            Limit::Transfer,
            limits.transfer_bytes as u64,
        ));
    }
    if words.contains("store handle limit exceeded") {
        return Some(Exceeded::by_one(Limit::Handles, limits.handles as u64));
    }
    None
}

fn words(error: &wasmtime::Error) -> String {
    one_line(&error.root_cause().to_string(), FAULT_MESSAGE_CHARS)
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

//! The hidden command that compiles one component: from standard input to standard output, under limits that it sets
//! on itself before it reads a byte. Runs before there is a runtime, on one thread, and knows nothing of the host that
//! started it.

use std::io::{Read, Write};
use std::process::ExitCode;

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, getrlimit, nice, setrlimit};

use super::{Ended, say};
use crate::sandbox::compile::child::{self, NoCode};
use crate::sandbox::compile::{Compiling, Limits};

/// Its three pipes, and some for the engine to look at its machine.
const OPEN_FILES: u64 = 16;
/// Turns come first; the very last, at 19, it would take minutes on a machine that is busy.
const NICENESS: i32 = 10;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The engine that the code is for
    #[arg(long)]
    engine: String,
    /// The process that waits for the code
    #[arg(long)]
    parent: u32,
    /// `compile.cpu_seconds`
    #[arg(long)]
    cpu_seconds: u64,
    /// `compile.memory_bytes`
    #[arg(long)]
    memory_bytes: u64,
    /// `compile.artifact_bytes`
    #[arg(long)]
    artifact_bytes: u64,
}

/// How this executable compiles: by starting itself.
pub(super) fn compiling() -> Result<Compiling, Ended> {
    match std::env::current_exe() {
        Ok(program) => Ok(Compiling::Child { program }),
        Err(error) => Err(Ended::Host(format!(
            "where this executable is cannot be told, so nothing can be compiled: {error}"
        ))),
    }
}

pub(super) fn run(args: &Args) -> ExitCode {
    match compile(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(NoCode { exit_code, words }) => {
            say(words);
            ExitCode::from(exit_code)
        }
    }
}

fn compile(args: &Args) -> Result<(), NoCode> {
    limit(args).map_err(|errno| NoCode::host(format!("no limits can be set: {errno}")))?;
    let failed = |what| move |error| NoCode::host(format!("{what}: {error}"));
    let mut wasm = Vec::new();
    let read = std::io::stdin().read_to_end(&mut wasm);
    read.map_err(failed("the component cannot be read"))?;
    let limits = Limits {
        cpu_seconds: args.cpu_seconds,
        memory_bytes: args.memory_bytes,
        artifact_bytes: args.artifact_bytes,
        ..Limits::default()
    };
    let code = child::run(&args.engine, &wasm, &limits)?;
    let written = std::io::stdout().write_all(&code);
    written.map_err(failed("the code cannot be written"))
}

fn limit(args: &Args) -> Result<(), Errno> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The host may have gone before it could be followed.
    let parent = i32::try_from(args.parent).ok().and_then(Pid::from_raw);
    if getppid() != parent {
        return Err(Errno::CHILD);
    }
    nice(NICENESS)?;
    at_most(Resource::Core, 0)?;
    at_most(Resource::Nofile, OPEN_FILES)?;
    at_most(Resource::Fsize, args.artifact_bytes)?;
    at_most(Resource::Cpu, args.cpu_seconds)?;
    // What is written to and not what is set aside: address space costs nothing, and the engine is free with it.
    at_most(Resource::Data, args.memory_bytes)
}

/// The signal comes at the soft limit, and says which one it was; the hard one would only kill.
fn at_most(resource: Resource, soft: u64) -> Result<(), Errno> {
    let most = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let limit = Rlimit {
        current: Some(soft.min(most)),
        maximum: Some(soft.saturating_add(1).min(most)),
    };
    setrlimit(resource, limit)
}

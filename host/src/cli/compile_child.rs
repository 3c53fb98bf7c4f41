//! The hidden command that compiles one component: from standard input to standard output, under limits that it sets
//! on itself before it reads a byte. Runs before there is a runtime, on one thread, and knows nothing of the host that
//! started it.

use std::io::{Read, Write};
use std::process::ExitCode;

use super::confined::Allotted;
use super::{Ended, say};
use crate::sandbox::compile::child::{self, NoCode};
use crate::sandbox::compile::{Compiling, Limits};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The engine that the code is for
    #[arg(long)]
    engine: String,
    #[command(flatten)]
    allotted: Allotted,
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
    let confines = args.allotted.confines();
    let unset = |errno| NoCode::host(format!("no limits can be set: {errno}"));
    confines.set().map_err(unset)?;
    let failed = |what| move |error| NoCode::host(format!("{what}: {error}"));
    let mut wasm = Vec::new();
    let read = std::io::stdin().read_to_end(&mut wasm);
    read.map_err(failed("the component cannot be read"))?;
    let limits = Limits {
        cpu_seconds: confines.cpu_seconds,
        memory_bytes: confines.memory_bytes,
        artifact_bytes: confines.file_bytes,
        ..Limits::default()
    };
    let code = child::run(&args.engine, &wasm, &limits)?;
    let written = std::io::stdout().write_all(&code);
    written.map_err(failed("the code cannot be written"))
}

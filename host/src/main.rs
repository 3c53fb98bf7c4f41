//! The command `retort`: reads the command line, runs what it says, and turns the end into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    retort::cli::main()
}

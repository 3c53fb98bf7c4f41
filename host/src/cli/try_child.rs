//! The hidden command that tries one bot: the order from standard input, the report to standard output, under limits that it sets
//! on itself before it reads a byte. Knows nothing of the host that started it.

use std::io::{BufReader, Write};
use std::process::ExitCode;

use tokio::runtime::Builder;

use super::confined::{Allotted, Confines};
use super::{Ended, say};
use crate::trial::Trying;
use crate::trial::child::{Answer, HOST};
use crate::trial::order::{Order, Tried};

/// Its pipes, what the runtime waits by, and code that is mapped.
const OPEN_FILES: u64 = 64;
/// The new revision's, and the live one's.
const CPU_ALLOWANCES: u64 = 2;
/// One that waits, and one that runs.
const THREADS: usize = 2;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    allotted: Allotted,
}

/// How this executable tries bots: by starting itself.
pub(super) fn trying() -> Result<Trying, Ended> {
    match std::env::current_exe() {
        Ok(program) => Ok(Trying::Child { program }),
        Err(error) => Err(Ended::Host(format!(
            "where this executable is cannot be told, so nothing can be tried: {error}"
        ))),
    }
}

pub(super) fn run(args: &Args) -> ExitCode {
    match tried(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            say(words);
            ExitCode::from(HOST)
        }
    }
}

fn tried(args: &Args) -> Result<(), String> {
    let confines = Confines {
        cpu_allowances: CPU_ALLOWANCES,
        open_files: OPEN_FILES,
        ..args.allotted.confines()
    };
    let unset = |errno| format!("no limits can be set: {errno}");
    confines.set().map_err(unset)?;
    let order = Order::read(&mut BufReader::new(std::io::stdin()));
    let order = order.map_err(|error| format!("the order cannot be read: {error}"))?;
    let mut threads = Builder::new_multi_thread();
    let runtime = threads.worker_threads(THREADS).enable_all().build();
    let runtime = runtime.map_err(|error| format!("the machine gives no threads: {error}"))?;
    let mut told = Ok(());
    let answer = runtime.block_on(order.carry_out(|so_far| {
        told = give(Ok(so_far), "\n");
        // The live revision has an allowance of its own. Where it cannot be given one, it has what is left.
        let _ = confines.renew_cpu();
    }));
    runtime.shutdown_background();
    told?;
    give(answer.as_ref().map_err(Clone::clone), "")
}

/// An answer, and what stands behind it.
fn give(answer: Answer<&Tried>, behind: &str) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("the report cannot be given: {error}");
    let mut json = serde_json::to_vec(&answer).map_err(|error| failed(&error))?;
    json.extend(behind.as_bytes());
    let mut stdout = std::io::stdout();
    let written = stdout.write_all(&json).and_then(|()| stdout.flush());
    written.map_err(|error| failed(&error))
}

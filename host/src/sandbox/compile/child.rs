//! Compiling in a process of its own: what the host orders, what the child answers, and how its end is read. The
//! component goes in as standard input, the code comes out into a file, and the child's words are on standard error.
//! How the child limits itself is the command line's.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{Limits, NotCompiled, translate, words};
use crate::sandbox::engine;

/// What the child is asked with.
pub const SUBCOMMAND: &str = "compile-component";

/// How a child that ended by itself says why; what it says besides is for a person.
const INVALID: u8 = 10;
const OUT_OF_MEMORY: u8 = 11;
const TOO_LARGE: u8 = 12;
const HOST: u8 = 13;

/// Of a child's words, as many are read as anyone would.
const MOST_WORD_BYTES: u64 = 4096;

/// Linux's numbers for the signals that end a process over its limits.
const SIGABRT: i32 = 6;
const SIGXCPU: i32 = 24;
const SIGXFSZ: i32 = 25;

/// Orders a child to compile a component into a file.
///
/// The child is killed when the thread that started it ends, so this belongs on a thread that lives as long as the
/// host: one that polls futures, not one for work that blocks.
///
/// # Cancel safety
/// Dropping the future kills the child.
pub(super) async fn compile(
    program: &Path,
    engine: &str,
    limits: &Limits,
    wasm: &[u8],
    into: File,
) -> Result<(), NotCompiled> {
    let mut child = start(program, engine, limits, into).map_err(|error| {
        let what = format!("\"{}\" cannot be started", program.display());
        NotCompiled::host(&what, &error)
    })?;
    let wall = Duration::from_secs(limits.wall_seconds);
    let (ended, said) = match timeout(wall, hand_over(&mut child, wasm)).await {
        Ok(ended) => {
            ended.map_err(|error| NotCompiled::host("the compiler was lost sight of", &error))?
        }
        Err(_) => {
            // Where this fails, it has ended already.
            drop(child.kill().await);
            return Err(NotCompiled::WallTime {
                limit_seconds: limits.wall_seconds,
            });
        }
    };
    outcome(ended, &said, limits)
}

fn start(program: &Path, engine: &str, limits: &Limits, into: File) -> std::io::Result<Child> {
    let mut command = Command::new(program);
    command
        .arg(SUBCOMMAND)
        .args(["--engine", engine])
        .args(["--parent", &std::process::id().to_string()])
        .args(["--cpu-seconds", &limits.cpu_seconds.to_string()])
        .args(["--memory-bytes", &limits.memory_bytes.to_string()])
        .args(["--artifact-bytes", &limits.artifact_bytes.to_string()]);
    command
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(into)
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command.spawn()
}

/// Gives the child its input while it takes it, and hears what it says until it ends.
async fn hand_over(child: &mut Child, wasm: &[u8]) -> std::io::Result<(ExitStatus, String)> {
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let give = async {
        if let Some(mut stdin) = stdin {
            // A child that ends before it has read all of it says why.
            let _ = stdin.write_all(wasm).await;
        }
    };
    let hear = async {
        let mut said = Vec::new();
        if let Some(stderr) = stderr {
            stderr.take(MOST_WORD_BYTES).read_to_end(&mut said).await?;
        }
        std::io::Result::Ok(String::from_utf8_lossy(&said).into_owned())
    };
    let ((), said, ended) = tokio::join!(give, hear, child.wait());
    Ok((ended?, said?))
}

/// What a child's end means.
fn outcome(ended: ExitStatus, said: &str, limits: &Limits) -> Result<(), NotCompiled> {
    let memory = NotCompiled::Memory {
        limit_bytes: limits.memory_bytes,
    };
    let too_large = NotCompiled::Artifact {
        limit_bytes: limits.artifact_bytes,
    };
    let said = words(&said.trim_end());
    if let Some(code) = ended.code() {
        return match u8::try_from(code) {
            Ok(0) => Ok(()),
            Ok(INVALID) => Err(NotCompiled::Invalid(said)),
            Ok(OUT_OF_MEMORY) => Err(memory),
            Ok(TOO_LARGE) => Err(too_large),
            Ok(HOST) => Err(NotCompiled::Host(said)),
            _ => Err(NotCompiled::Crashed(said)),
        };
    }
    Err(match ended.signal() {
        Some(SIGXCPU) => NotCompiled::CpuTime {
            limit_seconds: limits.cpu_seconds,
        },
        Some(SIGXFSZ) => too_large,
        // The standard library's own last words.
        Some(SIGABRT) if said.contains("memory allocation of") => memory,
        _ => NotCompiled::Crashed(format!("{ended}; {said}")),
    })
}

/// Why a child has no code to give: what it says, and what it ends with.
#[derive(Debug)]
pub struct NoCode {
    /// For the host.
    pub exit_code: u8,
    /// For a person.
    pub words: String,
}

impl NoCode {
    /// The host's or the machine's fault.
    pub fn host(words: String) -> Self {
        Self {
            exit_code: HOST,
            words,
        }
    }
}

/// The child's part, once it has limited itself: code for the host's engine.
///
/// # Errors
/// [`NoCode`], which the host understands.
pub fn run(engine: &str, wasm: &[u8], limits: &Limits) -> Result<Vec<u8>, NoCode> {
    let own = engine::for_compiling().map_err(|error| NoCode::host(format!("{error:#}")))?;
    if engine::fingerprint(&own) != engine {
        let replaced = "the executable is not the one that the host runs, it was replaced meanwhile; start the host again";
        return Err(NoCode::host(replaced.to_owned()));
    }
    translate(&own, wasm, limits).map_err(|error| {
        let exit_code = match &error {
            NotCompiled::Invalid(_) => INVALID,
            NotCompiled::Memory { .. } => OUT_OF_MEMORY,
            NotCompiled::Artifact { .. } => TOO_LARGE,
            _ => HOST,
        };
        let words = match error {
            NotCompiled::Invalid(words) => words,
            other => other.to_string(),
        };
        NoCode { exit_code, words }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_of_a_child_is_told_apart() {
        let limits = Limits::default();
        let exited = |code: u8| ExitStatus::from_raw(i32::from(code) << 8);
        let code = |ended, said: &str| outcome(ended, said, &limits).map_err(|error| error.code());
        assert_eq!(code(exited(0), ""), Ok(()));
        for (ended, said, expected) in [
            (exited(INVALID), "why", "component-invalid"),
            (exited(OUT_OF_MEMORY), "", "compile-out-of-memory"),
            (exited(TOO_LARGE), "", "compiled-code-too-large"),
            (exited(HOST), "why", "host-fault"),
            (exited(101), "thread panicked", "compiler-crashed"),
            (ExitStatus::from_raw(SIGXCPU), "", "compile-out-of-cpu-time"),
            (ExitStatus::from_raw(SIGXFSZ), "", "compiled-code-too-large"),
            (
                ExitStatus::from_raw(SIGABRT),
                "memory allocation of 9 bytes failed",
                "compile-out-of-memory",
            ),
            (
                ExitStatus::from_raw(SIGABRT),
                "stack overflow",
                "compiler-crashed",
            ),
            (ExitStatus::from_raw(11), "", "compiler-crashed"),
        ] {
            assert_eq!(code(ended, said), Err(expected), "{ended} {said}");
        }
    }

    #[test]
    fn a_childs_words_stay_on_one_line() {
        let ended = ExitStatus::from_raw(i32::from(INVALID) << 8);
        let error = outcome(ended, "a\nb\u{1b}[2J\n", &Limits::default());
        assert_eq!(error, Err(NotCompiled::Invalid("a b [2J".to_owned())));
    }

    #[test]
    fn a_child_of_another_build_compiles_nothing() {
        let wasm = wat::parse_str("(component)").expect("a component");
        let refused = run("0000000000000000", &wasm, &Limits::default());
        assert_eq!(refused.expect_err("another engine").exit_code, HOST);
    }
}

//! Trying a bot in a process of its own: what the host orders, what the child answers, and how its end is read. The order goes
//! in as standard input, the report comes out as standard output, and the child's words are on standard error. How the child
//! limits itself is the command line's.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::order::{NoReport, Order, Tried};
use super::{Limits, Untried};
use crate::chat::one_line;

/// What the child is asked with.
pub const SUBCOMMAND: &str = "try-bot";

/// How a child ends that was kept from it; what it says besides is for a person.
pub const HOST: u8 = 13;

/// Of a child's words, as many are read as anyone would.
const MOST_WORD_BYTES: u64 = 4096;
/// A report as it is kept, with room to spare.
const MOST_ANSWER_BYTES: u64 = 1 << 20;

/// Linux's numbers for the signals that end a process over its limits.
const SIGABRT: i32 = 6;
const SIGXCPU: i32 = 24;

/// What a child answers, as JSON.
pub type Answer = Result<Tried, NoReport>;

/// Orders a child to hold a trial.
///
/// The child is killed when the thread that started it ends, so this belongs on a thread that lives as long as the host.
///
/// # Cancel safety
/// Dropping the future kills the child.
pub(super) async fn hold(program: &Path, limits: &Limits, order: &Order) -> Result<Tried, Untried> {
    let mut child = start(program, limits, order).map_err(|error| {
        Untried::Host(format!(
            "\"{}\" cannot be started: {error}",
            program.display()
        ))
    })?;
    let wall = Duration::from_secs(limits.wall_seconds);
    let ended = match timeout(wall, hand_over(&mut child, order)).await {
        Ok(ended) => {
            ended.map_err(|error| Untried::Host(format!("it was lost sight of: {error}")))?
        }
        Err(_) => {
            // Where this fails, it has ended already.
            drop(child.kill().await);
            return Err(Untried::WallTime {
                limit_seconds: limits.wall_seconds,
            });
        }
    };
    outcome(&ended, limits)
}

fn start(program: &Path, limits: &Limits, order: &Order) -> std::io::Result<Child> {
    let mut command = Command::new(program);
    command
        .arg(SUBCOMMAND)
        .args(["--parent", &std::process::id().to_string()])
        .args(["--cpu-seconds", &limits.cpu_seconds.to_string()])
        .args(["--memory-bytes", &limits.memory_bytes.to_string()])
        .args(["--artifact-bytes", &order.artifact_bytes().to_string()]);
    command
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command.spawn()
}

/// How a child ended, and what it gave and said.
struct Ended {
    status: ExitStatus,
    answer: Vec<u8>,
    said: String,
}

async fn hand_over(child: &mut Child, order: &Order) -> std::io::Result<Ended> {
    let written = order.written()?;
    let stdin = child.stdin.take();
    let give = async {
        let Some(mut stdin) = stdin else { return };
        for bytes in &written {
            // A child that ends before it has read all of it says why.
            if stdin.write_all(bytes).await.is_err() {
                return;
            }
        }
    };
    let answer = hear(child.stdout.take(), MOST_ANSWER_BYTES);
    let said = hear(child.stderr.take(), MOST_WORD_BYTES);
    let ((), answer, said, status) = tokio::join!(give, answer, said, child.wait());
    Ok(Ended {
        status: status?,
        answer: answer?,
        said: String::from_utf8_lossy(&said?).into_owned(),
    })
}

async fn hear(from: Option<impl AsyncRead + Unpin>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut heard = Vec::new();
    if let Some(from) = from {
        from.take(most).read_to_end(&mut heard).await?;
    }
    Ok(heard)
}

/// What a child's end means.
fn outcome(ended: &Ended, limits: &Limits) -> Result<Tried, Untried> {
    let said = one_line(ended.said.trim_end(), 1_000);
    let status = ended.status;
    if status.success() {
        let answer: Result<Answer, _> = serde_json::from_slice(&ended.answer);
        let crashed = |error| Untried::Crashed(format!("what it answers makes no sense: {error}"));
        return answer
            .map_err(crashed)?
            .map_err(|why| Untried::of(why, limits));
    }
    if status.code() == Some(HOST.into()) {
        return Err(Untried::Host(said));
    }
    Err(match status.signal() {
        Some(SIGXCPU) => Untried::CpuTime {
            limit_seconds: limits.cpu_seconds,
        },
        // The standard library's own last words.
        Some(SIGABRT) if said.contains("memory allocation of") => Untried::Memory {
            limit_bytes: limits.memory_bytes,
        },
        _ => Untried::Crashed(format!("{status}; {said}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_of_a_child_is_told_apart() {
        let code = |status: i32, answer: &str, said: &str| {
            let ended = Ended {
                status: ExitStatus::from_raw(status),
                answer: answer.as_bytes().to_vec(),
                said: said.to_owned(),
            };
            let outcome = outcome(&ended, &Limits::default());
            outcome
                .map(|tried| tried.report.bot)
                .map_err(|error| error.code())
        };
        let report = r#"{"bot":"b","passed":0,"failed":0,"skipped":0,"cases":[]}"#;
        let well = format!(r#"{{"Ok":{{"report":{report},"not_compared":null}}}}"#);
        assert_eq!(code(0, &well, ""), Ok("b".to_owned()));
        for (status, answer, said, expected) in [
            (
                0,
                r#"{"Err":{"NotTried":"it is a function"}}"#,
                "",
                "cannot-be-tried",
            ),
            (0, r#"{"Err":"Memory"}"#, "", "trial-out-of-memory"),
            (0, r#"{"Err":{"Host":"no threads"}}"#, "", "host-fault"),
            (0, "", "", "trial-crashed"),
            (0, &well[..20], "", "trial-crashed"),
            (i32::from(HOST) << 8, "", "no limits", "host-fault"),
            (101 << 8, "", "thread panicked", "trial-crashed"),
            (SIGXCPU, "", "", "trial-out-of-cpu-time"),
            (
                SIGABRT,
                "",
                "memory allocation of 9 bytes failed",
                "trial-out-of-memory",
            ),
            (SIGABRT, "", "stack overflow", "trial-crashed"),
            (9, &well, "", "trial-crashed"),
        ] {
            assert_eq!(code(status, answer, said), Err(expected), "{status} {said}");
        }
    }
}

//! Trying a bot in a process of its own: what the host orders, what the child answers, and how its end is read. The order goes
//! in as standard input, the report comes out as standard output, and the child's words are on standard error. Where a live
//! revision is held beside the new one, the report comes twice, a line each: without that one, in case that it ends the child, and
//! with it. How the child limits itself is the command line's.

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
/// Two reports as they are kept, with room to spare.
const MOST_ANSWER_BYTES: u64 = 2 << 20;

/// Linux's numbers for the signals that end a process over its limits.
const SIGABRT: i32 = 6;
const SIGXCPU: i32 = 24;

/// What a child answers, as JSON.
pub type Answer<T = Tried> = Result<T, NoReport>;

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
    let mut answer = Vec::new();
    let tried = match timeout(wall, hand_over(&mut child, order, &mut answer)).await {
        Ok(Ok(ended)) => outcome(&ended, &answer, limits),
        Ok(Err(error)) => Err(Untried::Host(format!("it was lost sight of: {error}"))),
        Err(_) => {
            // Where this fails, it has ended already.
            drop(child.kill().await);
            Err(Untried::WallTime {
                limit_seconds: limits.wall_seconds,
            })
        }
    };
    tried.or_else(|untried| match so_far(&answer) {
        Some(so_far) if untried.is_of_bot() => Ok(so_far.ended_by_live(&untried.to_string())),
        _ => Err(untried),
    })
}

/// What a child said of the new revision before it held the live one.
fn so_far(answer: &[u8]) -> Option<Tried> {
    let mut lines = answer.split_inclusive(|byte| *byte == b'\n');
    let line = lines.next().filter(|line| line.ends_with(b"\n"))?;
    serde_json::from_slice::<Answer>(line).ok()?.ok()
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

/// How a child ended, and what it said.
struct Ended {
    status: ExitStatus,
    said: String,
}

/// What is answered is there as far as it came, also if this is dropped.
async fn hand_over(
    child: &mut Child,
    order: &Order,
    answer: &mut Vec<u8>,
) -> std::io::Result<Ended> {
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
    let mut said = Vec::new();
    let answered = hear(child.stdout.take(), MOST_ANSWER_BYTES, answer);
    let words = hear(child.stderr.take(), MOST_WORD_BYTES, &mut said);
    let ((), answered, words, status) = tokio::join!(give, answered, words, child.wait());
    answered.and(words)?;
    Ok(Ended {
        status: status?,
        said: String::from_utf8_lossy(&said).into_owned(),
    })
}

async fn hear(
    from: Option<impl AsyncRead + Unpin>,
    most: u64,
    heard: &mut Vec<u8>,
) -> std::io::Result<()> {
    let Some(from) = from else { return Ok(()) };
    let mut from = from.take(most);
    while from.read_buf(heard).await? > 0 {}
    Ok(())
}

/// What a child's end means.
fn outcome(ended: &Ended, answer: &[u8], limits: &Limits) -> Result<Tried, Untried> {
    let said = one_line(ended.said.trim_end(), 1_000);
    let status = ended.status;
    if status.success() {
        let mut lines = answer.rsplit(|byte| *byte == b'\n');
        let answer: Result<Answer, _> = serde_json::from_slice(lines.next().unwrap_or_default());
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
                said: said.to_owned(),
            };
            let outcome = outcome(&ended, answer.as_bytes(), &Limits::default());
            outcome
                .map(|tried| tried.report.bot)
                .map_err(|error| error.code())
        };
        let report = r#"{"bot":"b","passed":0,"failed":0,"skipped":0,"cases":[]}"#;
        let well = format!(r#"{{"Ok":{{"report":{report},"not_compared":null}}}}"#);
        assert_eq!(code(0, &well, ""), Ok("b".to_owned()));
        // The last word counts.
        assert_eq!(code(0, &format!("{{}}\n{well}"), ""), Ok("b".to_owned()));
        assert!(so_far(format!("{well}\n").as_bytes()).is_some());
        assert!(so_far(well.as_bytes()).is_none(), "it may go on");
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

//! Looking lines up in a process of its own: what the host orders, and what it takes for an answer. The component goes in as
//! standard input, the places come out as JSON. How the child limits itself is the command line's.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::Place;

/// What the child is asked with.
pub const SUBCOMMAND: &str = "find-lines";

/// What one may use. The largest bots that there are, with all of their line tables, take a tenth of it.
pub const CPU_SECONDS: u64 = 2;
/// See [`CPU_SECONDS`].
pub const MEMORY_BYTES: u64 = 512 << 20;
const WALL: Duration = Duration::from_secs(10);

/// Twenty calls with all that may be told of each have less.
const MOST_ANSWER_BYTES: u64 = 512 << 10;

/// Has a child look up what stands for these offsets in a component.
///
/// It is killed when the thread that started it ends, so this belongs on a thread that lives as long as the host.
///
/// # Errors
/// Why there is no answer.
///
/// # Cancel safety
/// Dropping the future kills the child.
pub(super) async fn places(
    program: &Path,
    wasm: &[u8],
    at: &[u32],
) -> Result<Vec<Vec<Place>>, String> {
    let mut child = start(program, at)
        .map_err(|error| format!("\"{}\" cannot be started: {error}", program.display()))?;
    let (ended, answer) = match timeout(WALL, hand_over(&mut child, wasm)).await {
        Ok(ended) => ended.map_err(|error| format!("it was lost sight of: {error}"))?,
        Err(_) => {
            // Where this fails, it has ended already.
            drop(child.kill().await);
            return Err(format!("it took more than {} s", WALL.as_secs()));
        }
    };
    if !ended.success() {
        return Err(format!(
            "{ended}, within {CPU_SECONDS} s and {MEMORY_BYTES} bytes"
        ));
    }
    serde_json::from_slice(&answer).map_err(|error| format!("it makes no sense: {error}"))
}

fn start(program: &Path, at: &[u32]) -> std::io::Result<Child> {
    let mut command = Command::new(program);
    command
        .arg(SUBCOMMAND)
        .args(["--parent", &std::process::id().to_string()]);
    for at in at {
        command.args(["--at", &at.to_string()]);
    }
    command
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command.spawn()
}

async fn hand_over(child: &mut Child, wasm: &[u8]) -> std::io::Result<(ExitStatus, Vec<u8>)> {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let give = async {
        if let Some(mut stdin) = stdin {
            // A child that ends before it has read all of it says so by how it ends.
            let _ = stdin.write_all(wasm).await;
        }
    };
    let hear = async {
        let mut answer = Vec::new();
        if let Some(stdout) = stdout {
            let mut most = stdout.take(MOST_ANSWER_BYTES);
            most.read_to_end(&mut answer).await?;
        }
        std::io::Result::Ok(answer)
    };
    let ((), answer, ended) = tokio::join!(give, hear, child.wait());
    Ok((ended?, answer?))
}

//! Ten thousand deployments of twenty artifacts, beside twenty of them.

use std::time::Duration;

use retort::invocation::Purpose;
use retort::liveperson::custom_integration::{Payload, read_payload};
use tokio::time::Instant;

use crate::given::{ARTIFACTS, Given, address, by};
use crate::served::Served;
use crate::tell;

/// Turns of which the median is told.
const TURNS: usize = 20_000;
/// Changes of which the median is told.
const CHANGES: usize = 200;
const READY: Duration = Duration::from_secs(3);
const IDLE_BYTES: u64 = 64 << 10;
/// More than the same twice in one run differ by.
const FLAT: f64 = 1.25;

/// What is measured of a number of deployments.
struct Measured {
    turn: Duration,
    change: Duration,
    ready: Duration,
    memory: u64,
}

pub(crate) async fn measure(deployments: usize) -> anyhow::Result<()> {
    let few = with(ARTIFACTS, ARTIFACTS).await?;
    let many = with(deployments, ARTIFACTS).await?;
    let ready = format!(
        "{:.2} s, of which {:.2} s are those of a host with {ARTIFACTS}",
        many.ready.as_secs_f64(),
        few.ready.as_secs_f64()
    );
    let what = format!(
        "{deployments} deployments of {ARTIFACTS} artifacts, from the start to the open port"
    );
    tell(&what, ready, "3 s", many.ready <= READY);
    let each = many.memory.saturating_sub(few.memory) / (deployments - ARTIFACTS) as u64;
    tell(
        "memory of each, idle",
        format!("{:.1} KiB", each as f64 / 1024.0),
        "64 KiB",
        each <= IDLE_BYTES,
    );
    ratio("a turn, to a turn among few", many.turn, few.turn);
    ratio(
        "a change of weight, to one among few",
        many.change,
        few.change,
    );
    Ok(())
}

fn ratio(what: &str, many: Duration, few: Duration) {
    let times = many.as_secs_f64() / few.as_secs_f64();
    let told = format!("{times:.2} times ({many:?} and {few:?} at the median)");
    tell(what, told, "flat, 1.25 times", times <= FLAT);
}

/// All of it with so many deployments, of which the same `asked` are asked.
async fn with(deployments: usize, asked: usize) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir()?;
    let (given, took) = Given::new(folder.path(), deployments).await?;
    let each = took / deployments as u32;
    println!(
        "{deployments} deployments were given in {:.1} s, {each:?} each",
        took.as_secs_f64()
    );
    let turn = turn(&given, asked).await?;
    let change = change(&given).await?;
    close(given).await;
    let served = Served::on(folder.path())?;
    Ok(Measured {
        turn,
        change,
        ready: served.ready_in,
        memory: served.memory()?,
    })
}

/// The median of a turn in the process, each of the asked in its turn.
async fn turn(given: &Given, asked: usize) -> anyhow::Result<Duration> {
    let payload = br#"{"convId":"c","message":"hello"}"#;
    let mut took = Vec::with_capacity(TURNS);
    for number in 0..TURNS {
        let (Payload::Turn(turn) | Payload::ConnectionTest(turn)) = read_payload(payload)?;
        let at = address(number % asked)?;
        let begun = Instant::now();
        let invocation = given.host.respond(&at, turn, Purpose::Answer, begun).await;
        took.push(begun.elapsed());
        anyhow::ensure!(invocation.result.is_ok(), "{:?}", invocation.result);
    }
    Ok(median(took))
}

/// The median of a change, kept and in force.
async fn change(given: &Given) -> anyhow::Result<Duration> {
    let at = address(0)?;
    let to = "production".parse()?;
    let mut took = Vec::with_capacity(CHANGES);
    for _ in 0..CHANGES {
        let begun = Instant::now();
        given.control.promote(&at, &to, by()).await?;
        took.push(begun.elapsed());
    }
    Ok(median(took))
}

/// Gives the folder back: the store's threads end a moment after it is dropped.
async fn close(given: Given) {
    drop(given);
    tokio::time::sleep(Duration::from_millis(500)).await;
}

pub(crate) fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

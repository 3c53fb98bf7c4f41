//! Ten thousand deployments, of twenty artifacts or each of its own lambda, beside twenty of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use retort::chat::Contract;
use retort::control::Demand;
use retort::invocation::Purpose;
use retort::liveperson::custom_integration::{Payload, read_payload};
use tokio::time::Instant;

use crate::given::{ARTIFACTS, Artifacts, Given, address, by};
use crate::served::Served;
use crate::tell;

/// How often each host is asked and changed, and how much of that at a time.
const ROUNDS: usize = 20;
const TURNS: usize = 1_000;
const CHANGES: usize = 20;
const READY: Duration = Duration::from_secs(3);
const IDLE_BYTES: u64 = 64 << 10;
/// More than the same twice in one run differ by.
const FLAT: f64 = 1.25;

pub(crate) async fn measure(deployments: usize, of: Artifacts) -> anyhow::Result<()> {
    let (of_few, of_many) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let few = given(of_few.path(), ARTIFACTS, of).await?;
    let many = given(of_many.path(), deployments, of).await?;
    // One after the other and again: what else the machine does falls on both alike.
    let (mut turns, mut changes) = (Pair::default(), Pair::default());
    for _ in 0..ROUNDS {
        turns.few.extend(ask(&few).await?);
        turns.many.extend(ask(&many).await?);
        changes.few.extend(change(&few).await?);
        changes.many.extend(change(&many).await?);
    }
    close([few, many]).await;

    let few = Served::on(of_few.path())?;
    let (few_in, few_bytes) = (few.ready_in, few.memory()?);
    drop(few);
    let many = Served::on(of_many.path())?;
    let ready = format!(
        "{:.2} s, of which {:.2} s are those of a host with {ARTIFACTS}",
        many.ready_in.as_secs_f64(),
        few_in.as_secs_f64()
    );
    let what = format!(
        "{deployments} {}, from the start to the open port",
        of.words()
    );
    tell(&what, ready, "3 s", many.ready_in <= READY);
    let each = many.memory()?.saturating_sub(few_bytes) / (deployments - ARTIFACTS) as u64;
    tell(
        "memory of each, idle",
        format!("{:.1} KiB", each as f64 / 1024.0),
        "64 KiB",
        each <= IDLE_BYTES,
    );
    turns.tell("a turn, to a turn among few");
    changes.tell("a change of what is served, to one among few");
    Ok(())
}

/// The same, among few deployments and among many.
#[derive(Default)]
struct Pair {
    few: Vec<Duration>,
    many: Vec<Duration>,
}

impl Pair {
    fn tell(self, what: &str) {
        let (few, many) = (median(self.few), median(self.many));
        let times = many.as_secs_f64() / few.as_secs_f64();
        let told = format!("{times:.2} times ({many:?} and {few:?} at the median)");
        tell(what, told, "flat, 1.25 times", times <= FLAT);
    }
}

async fn given(folder: &Path, deployments: usize, of: Artifacts) -> anyhow::Result<Given> {
    let (given, took) = Given::new(folder, deployments, of).await?;
    let each = took / deployments as u32;
    println!(
        "{deployments} {} were given in {:.1} s, {each:?} each",
        of.words(),
        took.as_secs_f64()
    );
    Ok(given)
}

/// Turns in the process, of each artifact in its turn.
async fn ask(given: &Given) -> anyhow::Result<Vec<Duration>> {
    let payload = br#"{"convId":"c","message":"hello"}"#;
    let mut took = Vec::with_capacity(TURNS);
    for number in 0..TURNS {
        let (Payload::Event(turn) | Payload::ConnectionTest(turn)) = read_payload(payload)?;
        let at = address(number % ARTIFACTS)?;
        let begun = Instant::now();
        let invocation = given
            .host
            .respond(
                &at,
                turn,
                Purpose::Answer(Contract::CustomIntegration),
                begun,
            )
            .await;
        took.push(begun.elapsed());
        anyhow::ensure!(invocation.result.is_ok(), "{:?}", invocation.result);
    }
    Ok(took)
}

/// Changes, kept and in force.
async fn change(given: &Given) -> anyhow::Result<Vec<Duration>> {
    let at = address(0)?;
    let to = "production".parse()?;
    let mut took = Vec::with_capacity(CHANGES);
    for _ in 0..CHANGES {
        let begun = Instant::now();
        given
            .control
            .promote(&at, &to, BTreeSet::new(), Demand::default(), by())
            .await?;
        took.push(begun.elapsed());
    }
    Ok(took)
}

/// Gives the folders back: the stores' threads end a moment after they are dropped.
async fn close(given: [Given; 2]) {
    drop(given);
    tokio::time::sleep(Duration::from_millis(500)).await;
}

pub(crate) fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

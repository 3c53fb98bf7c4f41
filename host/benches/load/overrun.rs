//! How long after its deadline a bot is stopped that never returns, beside how late the machine itself is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use retort::chat::Contract;
use retort::cli::attack::load::{Samples, saying};
use retort::invocation::{Host, Purpose};
use retort::liveperson::custom_integration::{self, Payload};
use retort::tenant::Address;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Bench;
use crate::goal::Goal;
use crate::stage::{DEADLINE_MS, Stage};

const AT_A_TIME: usize = 4;
const LATE_MS: f64 = 5.0;
const EXPECTED: &str = "deadline-exceeded";

/// What came of some turns.
#[derive(Default)]
struct Came {
    overrun: Samples,
    ends: BTreeMap<&'static str, usize>,
}

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Goal>> {
    let stage = Stage::without_quarantine().await?;
    let at = stage.deploy_spin("acme").await?;
    bench.control.take();
    let came = turns(&stage.host, &at, bench.times.overrunning_turns).await?;
    let control = bench.control.take();
    let all_stopped = came.ends.keys().all(|end| *end == EXPECTED);
    let overrun = came.overrun.summary();
    println!("\na bot that never returns     p50 ms    p99 ms    max ms");
    for (name, late) in [("past its deadline", overrun), ("the machine", control)] {
        let (p50_ms, p99_ms, max_ms) = (late.p50_ms, late.p99_ms, late.max_ms);
        println!("{name:<24} {p50_ms:>10.2} {p99_ms:>9.2} {max_ms:>9.2}");
    }
    for (end, count) in &came.ends {
        println!("    {count} x {end}");
    }
    let allowed_ms = LATE_MS + control.max_ms;
    Ok(vec![Goal {
        goal: format!("stopped at most {LATE_MS} ms late, beside the machine"),
        measured: format!("{:.2} ms of {allowed_ms:.2}", overrun.max_ms),
        is_met: Some(all_stopped && overrun.max_ms <= allowed_ms),
    }])
}

/// So many turns, a few at a time.
async fn turns(host: &Host, at: &Address, count: usize) -> anyhow::Result<Came> {
    let asked = Arc::new(AtomicUsize::new(0));
    let mut asking = JoinSet::new();
    for _ in 0..AT_A_TIME {
        let (host, at, asked) = (host.clone(), at.clone(), Arc::clone(&asked));
        asking.spawn(async move {
            let mut turns = Vec::new();
            while asked.fetch_add(1, Ordering::Relaxed) < count {
                turns.push(turn(&host, &at).await?);
            }
            anyhow::Ok(turns)
        });
    }
    let mut came = Came::default();
    for turns in asking.join_all().await {
        for (overrun, end) in turns? {
            came.overrun.0.push(overrun);
            *came.ends.entry(end).or_default() += 1;
        }
    }
    Ok(came)
}

async fn turn(host: &Host, at: &Address) -> anyhow::Result<(Duration, &'static str)> {
    let (Payload::Event(turn) | Payload::ConnectionTest(turn)) =
        custom_integration::read_payload(&saying("hello"))?;
    let arrived = Instant::now();
    let invocation = host
        .respond(
            at,
            turn,
            Purpose::Answer(Contract::CustomIntegration),
            arrived,
        )
        .await;
    let overrun = arrived
        .elapsed()
        .saturating_sub(Duration::from_millis(DEADLINE_MS));
    Ok((overrun, invocation.outcome()))
}

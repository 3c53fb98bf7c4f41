//! What good traffic feels of another tenant's bot that never returns, of which four turns are always in flight.

use std::time::Duration;

use retort::cli::attack::load::{AtOnce, Ends, Heard, at_once};
use retort::registry::Wanted;

use crate::Bench;
use crate::goal::Goal;
use crate::stage::{self, Stage};
use crate::watched::{Felt, steady, watch};

/// As many as keep the host busy, without a queue of their own.
const CALLERS_AT_CAPACITY: usize = 8;
/// A machine at rest, most of the time.
const SHARE_OF_CAPACITY: f64 = 0.2;
const IN_FLIGHT: usize = 4;
/// Noise comes and goes: both get some of it.
const ROUNDS: usize = 2;
const SLOWER_TIMES: f64 = 3.0;

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Goal>> {
    let stage = Stage::without_quarantine().await?;
    stage
        .deploy("good", "echo", &bench.echo, Wanted::default())
        .await?;
    stage.deploy_spin("bad").await?;
    let capacity = capacity(bench, &stage, "good", "echo").await?;
    let good = steady(stage::path("good", "echo"), capacity * SHARE_OF_CAPACITY);

    let (mut alone, mut beside) = (Heard::default(), Heard::default());
    bench.control.take();
    for _ in 0..ROUNDS {
        alone.extend(watch(bench, &stage, &good, bench.times.watched).await?);
        let spinning = spin(bench, &stage, bench.times.watched);
        let watching = watch(bench, &stage, &good, bench.times.watched);
        let (spun, heard) = tokio::join!(spinning, watching);
        anyhow::ensure!(
            spun.other_than("deadline-exceeded") == 0,
            "a bot that never returns ended otherwise: {:?}",
            spun.counts
        );
        beside.extend(heard?);
    }
    let control = bench.control.take();
    let (alone, beside) = (Felt::of(alone), Felt::of(beside));
    Felt::header(&format!("{:.0} turns/s of {capacity:.0}", good.per_second));
    alone.print("alone");
    beside.print(&format!("beside {IN_FLIGHT} that spin"));
    println!("the machine was late by {:.2} ms at p99", control.p99_ms);
    let ratio = beside.took.p99_ms / alone.took.p99_ms;
    let errors: usize = alone.errors.values().chain(beside.errors.values()).sum();
    Ok(vec![Goal {
        goal: format!(
            "p99 beside {IN_FLIGHT} bots that never return at most {SLOWER_TIMES} times that alone, no error"
        ),
        measured: format!("{ratio:.2}, {errors} errors"),
        is_met: Some(ratio <= SLOWER_TIMES && errors == 0),
    }])
}

/// Turns in a second of a bot when as many are asked for as the host answers.
pub(crate) async fn capacity(
    bench: &Bench,
    stage: &Stage,
    tenant: &str,
    bot: &str,
) -> anyhow::Result<f64> {
    let asked = AtOnce::saying("hello", &stage::path(tenant, bot), CALLERS_AT_CAPACITY);
    let clients = bench.clients.handle();
    let ends = at_once(&clients, stage.address, &asked, bench.times.at_capacity).await;
    anyhow::ensure!(ends.other_than("replied") == 0, "{bot}: {:?}", ends.counts);
    Ok(ends.per_second("replied"))
}

async fn spin(bench: &Bench, stage: &Stage, time: Duration) -> Ends {
    let asked = AtOnce::saying("hello", &stage::path("bad", "spin"), IN_FLIGHT);
    at_once(&bench.clients.handle(), stage.address, &asked, time).await
}

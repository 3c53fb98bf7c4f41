//! What a tenant with little traffic feels of one with much, on the same bot: within what the machine can do, and
//! beyond it.

use std::time::Duration;

use retort::cli::attack::component::component;
use retort::cli::attack::load::{Heard, Steady};
use retort::invocation::Settings;
use retort::registry::Wanted;

use crate::Bench;
use crate::goal::Goal;
use crate::never_returning::capacity;
use crate::stage::{self, Stage};
use crate::watched::{Felt, steady, watch};

const BUSY: &str = include_str!("busy.wat");
const MUCH_PER_SECOND: f64 = 2_000.0;
const LITTLE_PER_SECOND: f64 = 20.0;
/// What the machine cannot do, in times of what it can.
const TOO_MUCH: f64 = 3.0;
/// More than one tenant may have running and waiting, so that it comes to refusals; less than all connections.
const CALLERS_OF_TOO_MUCH: usize = 900;
/// Noise comes and goes: both get some of it.
const ROUNDS: usize = 2;
const SLOWER_TIMES: f64 = 2.0;

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Goal>> {
    let stage = Stage::start(Settings::default()).await?;
    let busy = component(BUSY)?;
    for tenant in ["much", "little"] {
        stage
            .deploy(tenant, "busy", &busy, Wanted::default())
            .await?;
    }
    let capacity = capacity(bench, &stage, "much", "busy").await?;
    let much = steady(stage::path("much", "busy"), MUCH_PER_SECOND);
    let too_much = Steady {
        callers: CALLERS_OF_TOO_MUCH,
        ..steady(stage::path("much", "busy"), capacity * TOO_MUCH)
    };

    let time = bench.times.watched_seldom;
    let (mut alone, mut beside, mut crowd) = (Heard::default(), Heard::default(), Heard::default());
    bench.control.take();
    for _ in 0..ROUNDS {
        alone.extend(watch(bench, &stage, &little(), time).await?);
        let (heard, crowded) = both(bench, &stage, &much, time).await?;
        beside.extend(heard);
        crowd.extend(crowded);
    }
    let control = bench.control.take();
    let (overrun, refused) = both(bench, &stage, &too_much, time).await?;

    let (alone, beside, overrun) = (Felt::of(alone), Felt::of(beside), Felt::of(overrun));
    Felt::header(&format!("a tenant at {LITTLE_PER_SECOND:.0} turns/s"));
    alone.print("alone");
    beside.print(&format!("beside {MUCH_PER_SECOND:.0} of {capacity:.0}"));
    overrun.print(&format!("beside {:.0}", too_much.per_second));
    Felt::header("the tenant beside it");
    Felt::of(crowd).print(&format!("at {MUCH_PER_SECOND:.0} turns/s"));
    let refused = Felt::of(refused);
    refused.print(&format!("at {:.0} turns/s", too_much.per_second));
    println!("the machine was late by {:.2} ms at p99", control.p99_ms);
    Ok(vec![within(&alone, &beside), beyond(&overrun, &refused)])
}

fn little() -> Steady {
    steady(stage::path("little", "busy"), LITTLE_PER_SECOND)
}

/// What both tenants hear at the same time: the one with little traffic, and the other one.
async fn both(
    bench: &Bench,
    stage: &Stage,
    other: &Steady,
    time: Duration,
) -> anyhow::Result<(Heard, Heard)> {
    let little = little();
    let (heard, of_other) = tokio::join!(
        watch(bench, stage, &little, time),
        watch(bench, stage, other, time)
    );
    Ok((heard?, of_other?))
}

fn within(alone: &Felt, beside: &Felt) -> Goal {
    let ratio = beside.took.p99_ms / alone.took.p99_ms;
    let errors: usize = alone.errors.values().chain(beside.errors.values()).sum();
    Goal {
        goal: format!(
            "p99 beside a tenant with a hundred times the traffic at most {SLOWER_TIMES} times that alone, no error"
        ),
        measured: format!("{ratio:.2}, {errors} errors"),
        is_met: Some(ratio <= SLOWER_TIMES && errors == 0),
    }
}

fn beyond(little: &Felt, much: &Felt) -> Goal {
    let refused: usize = much
        .errors
        .iter()
        .filter(|(error, _)| error.starts_with("429 "))
        .map(|(_, count)| count)
        .sum();
    let errors: usize = little.errors.values().sum();
    Goal {
        goal: "a tenant that asks for more than there is gets 429s, and the other one no error"
            .to_owned(),
        measured: format!("{refused} times 429, {errors} errors"),
        is_met: Some(refused > 0 && errors == 0),
    }
}

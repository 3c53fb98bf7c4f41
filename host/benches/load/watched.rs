//! A bot that is asked at an even rate, for a while, alone or beside others: how long its answers take, and what
//! went wrong. Knows nothing of who else is there.

use std::collections::BTreeMap;
use std::time::Duration;

use retort::cli::attack::load::{Heard, Steady, Summary, Traffic};
use tokio::time::sleep;

use crate::Bench;
use crate::stage::Stage;

/// As many as can wait at a time without holding up the next one.
const CALLERS: usize = 32;

/// A bot that is asked at an even rate.
pub(crate) fn steady(path: String, per_second: f64) -> Steady {
    Steady {
        path,
        per_second,
        callers: CALLERS,
    }
}

/// Asks for a while.
pub(crate) async fn watch(
    bench: &Bench,
    stage: &Stage,
    steady: &Steady,
    time: Duration,
) -> anyhow::Result<Heard> {
    let traffic = Traffic::start(&bench.clients.handle(), stage.address, steady)?;
    sleep(time).await;
    Ok(traffic.end().await)
}

/// What was heard, summed up.
pub(crate) struct Felt {
    pub(crate) took: Summary,
    /// What went wrong, and how often.
    pub(crate) errors: BTreeMap<String, usize>,
}

impl Felt {
    pub(crate) fn of(heard: Heard) -> Self {
        let mut errors = BTreeMap::new();
        for error in heard.errors {
            *errors.entry(error).or_default() += 1;
        }
        Self {
            took: heard.took.summary(),
            errors,
        }
    }

    pub(crate) fn header(title: &str) {
        println!("\n{title:<28} answers    p50 ms    p99 ms    max ms  errors");
    }

    pub(crate) fn print(&self, name: &str) {
        let Summary {
            count,
            p50_ms,
            p99_ms,
            max_ms,
        } = self.took;
        let errors: usize = self.errors.values().sum();
        println!("{name:<26} {count:>9} {p50_ms:>9.2} {p99_ms:>9.2} {max_ms:>9.2} {errors:>7}");
        for (error, count) in &self.errors {
            println!("    {count} x {error}");
        }
    }
}

//! What each layer costs a turn: the same bot asked the same thing on the bare engine, with its means of control
//! switched on one after the other, and through the host. Only the ratios mean anything on a machine that does other
//! work too; allocations and fuel are the same on every machine.

#![expect(clippy::print_stdout, reason = "this is what a benchmark gives")]
#![expect(
    clippy::disallowed_types,
    reason = "a benchmark measures the real clock"
)]

mod allocations;
mod bare;
mod lambda;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bare::{Bare, Layers};
use retort::capsules;
use retort::chat::{Contract, Turn};
use retort::cli::build;
use retort::conversations::Incoming;
use retort::invocation::{Host, Invocation, Purpose, Settings};
use retort::liveperson::custom_integration::{self, Payload};
use retort::registry::Wanted;
use retort::store::Store;
use retort::telemetry::{self, Writing};
use retort::tenant::Address;
use tracing::dispatcher::{self, DefaultGuard};

/// Rounds that all rows take in turn, so that what else the machine does falls on all of them alike.
const ROUNDS: usize = 20;
const TURNS: usize = 1_000;

fn main() -> anyhow::Result<()> {
    let echo =
        build::build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/echo"))?.component;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let mut rows = rows(&echo).await?;
        for round in 0..=ROUNDS {
            for row in &mut rows {
                // The first round warms up.
                row.measure(round > 0).await?;
            }
        }
        print(&rows);
        anyhow::Ok(())
    })
}

/// A row of the table: a way to take a turn, and what it took.
struct Row {
    name: &'static str,
    way: Way,
    times: Vec<Duration>,
    allocations: u64,
    fuel: Option<u64>,
}

enum Way {
    /// The engine alone.
    Bare(Bare),
    /// The host, from a turn to a checked reply.
    Journey(Served, Box<Turn>),
    /// The same, from the bytes of a payload to the JSON of a reply.
    Contract(Served),
    /// The same, with the line in the log written.
    Logged(Served),
}

struct Served {
    host: Host,
    at: Address,
}

const BARE: Layers = Layers {
    pool: false,
    epoch: false,
    fuel: false,
    limiter: false,
    timeout: false,
};

async fn rows(echo: &[u8]) -> anyhow::Result<Vec<Row>> {
    let mut layers = BARE;
    let mut rows = Vec::new();
    let bare = |name, layers| anyhow::Ok(row(name, Way::Bare(Bare::new(echo, layers)?)));
    rows.push(bare("engine, on demand", layers)?);
    layers.pool = true;
    rows.push(bare("  + pool", layers)?);
    layers.epoch = true;
    rows.push(bare("  + epoch", layers)?);
    layers.fuel = true;
    rows.push(bare("  + fuel", layers)?);
    layers.limiter = true;
    rows.push(bare("  + memory limit", layers)?);
    rows.push(bare(FLOOR, Layers::ALL)?);
    rows.push(row(
        "journey of a turn",
        Way::Journey(served(echo).await?, Box::new(hello()?.turn)),
    ));
    rows.push(row(
        "  + payload and reply as JSON",
        Way::Contract(served(echo).await?),
    ));
    rows.push(row("  + line in the log", Way::Logged(served(echo).await?)));
    let script = lambda::echo(0)?;
    let lambda = served(&script).await?;
    rows.push(row("20 KB of JavaScript, as JSON", Way::Contract(lambda)));
    // What it costs that turns may be kept whole: the same as above, where none may be, where those may be that fail and one in
    // a hundred of the others, and where each is kept.
    for (component, names) in [
        (
            echo,
            [
                "as JSON, nothing kept",
                "  + kept if sampled",
                "  + each kept",
            ],
        ),
        (
            &script,
            [
                "JavaScript, nothing kept",
                "  + kept if sampled",
                "  + each kept",
            ],
        ),
    ] {
        for (name, keeping) in
            names
                .into_iter()
                .zip([Keeping::Nothing, Keeping::Sample, Keeping::All])
        {
            rows.push(row(name, Way::Contract(serving(component, keeping).await?)));
        }
    }
    Ok(rows)
}

/// Which turns are kept whole.
#[derive(Clone, Copy)]
enum Keeping {
    Nothing,
    Sample,
    All,
}

impl Keeping {
    fn settings(self) -> capsules::Settings {
        let settings = capsules::Settings::default();
        match self {
            Self::Sample => settings,
            Self::Nothing => capsules::Settings {
                failed: false,
                sample_permille: 0,
                ..settings
            },
            Self::All => capsules::Settings {
                sample_permille: 1000,
                minute: 100_000,
                ..settings
            },
        }
    }
}

/// All that the engine and the runtime offer to control a guest: what any careful host pays.
const FLOOR: &str = "  + timeout = the floor";

fn row(name: &'static str, way: Way) -> Row {
    Row {
        name,
        way,
        times: Vec::with_capacity(ROUNDS * TURNS),
        allocations: 0,
        fuel: None,
    }
}

async fn served(component: &[u8]) -> anyhow::Result<Served> {
    serving(component, Keeping::Sample).await
}

async fn serving(component: &[u8], keeping: Keeping) -> anyhow::Result<Served> {
    let mut settings = Settings::default();
    settings.capsules = keeping.settings();
    settings.conversations.answers_on_disk = false;
    let host = Host::new(settings, Store::in_memory())?;
    let at = Address {
        tenant: "acme".parse()?,
        bot: "echo".parse()?,
        environment: "draft".parse()?,
    };
    host.deploy(&at, component, Wanted::default()).await?;
    Ok(Served { host, at })
}

impl Row {
    async fn measure(&mut self, counts: bool) -> anyhow::Result<()> {
        let _log = matches!(self.way, Way::Logged(_)).then(log).transpose()?;
        let before = allocations::so_far();
        for _ in 0..TURNS {
            let begun = Instant::now();
            let fuel = self.way.turn().await?;
            if counts {
                self.times.push(begun.elapsed());
            }
            self.fuel = fuel;
        }
        self.allocations = (allocations::so_far() - before) / TURNS as u64;
        Ok(())
    }
}

impl Way {
    async fn turn(&self) -> anyhow::Result<Option<u64>> {
        match self {
            Way::Bare(bare) => {
                bare.turn().await?;
                Ok(None)
            }
            Way::Journey(served, turn) => {
                let invocation = served.ask(Turn::clone(turn)).await;
                anyhow::ensure!(invocation.outcome() == "replied", "no reply");
                Ok(Some(invocation.usage.fuel))
            }
            Way::Contract(served) | Way::Logged(served) => {
                let invocation = served.ask(hello()?).await;
                let fuel = invocation.usage.fuel;
                let written = custom_integration::write_reply(&invocation.result?).to_string();
                anyhow::ensure!(written.contains("hello"), "another reply: {written}");
                Ok(Some(fuel))
            }
        }
    }
}

impl Served {
    async fn ask(&self, turn: impl Into<Incoming>) -> Invocation {
        let arrived = tokio::time::Instant::now();
        self.host
            .respond(
                &self.at,
                turn,
                Purpose::Answer(Contract::CustomIntegration),
                arrived,
            )
            .await
    }
}

/// Each time the next event of the conversation: one that was there before would be answered without a bot.
fn hello() -> anyhow::Result<Incoming> {
    static SEQUENCE: AtomicU64 = AtomicU64::new(1);
    let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed);
    let event = format!(r#"{{"lpEvent":{{"sequence":{sequence}}}}}"#);
    let payload = format!(r#"{{"convId":"c1","message":"hello","context":{event}}}"#);
    let (Payload::Event(incoming) | Payload::ConnectionTest(incoming)) =
        custom_integration::read_payload(payload.as_bytes())?;
    Ok(incoming)
}

/// The host's log as `serve` writes it, but to nowhere.
fn log() -> anyhow::Result<(DefaultGuard, Writing)> {
    let (log, writing) = telemetry::log(&telemetry::Settings::default(), std::io::sink(), false)?;
    Ok((dispatcher::set_default(&log), writing))
}

fn print(rows: &[Row]) {
    let p50 = |row: &Row| percentile(&row.times, 0.50);
    let floor = rows
        .iter()
        .find(|row| row.name == FLOOR)
        .map_or(Duration::ZERO, p50);
    println!(
        "{:<30} {:>10} {:>10} {:>9} {:>12} {:>8}",
        "", "p50", "p99", "of floor", "allocations", "fuel"
    );
    for row in rows {
        let ratio = p50(row).as_secs_f64() / floor.as_secs_f64();
        let fuel = row.fuel.map_or_else(String::new, |fuel| fuel.to_string());
        println!(
            "{:<30} {:>10.1?} {:>10.1?} {:>9.2} {:>12} {:>8}",
            row.name,
            p50(row),
            percentile(&row.times, 0.99),
            ratio,
            row.allocations,
            fuel
        );
    }
}

fn percentile(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() as f64 * share) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

//! What the host adds to a turn: the same bot asked the same thing on the bare engine, with the same limits on, and
//! through the whole journey, in one run. Only the ratios mean anything on a machine that does other work too.

#![expect(clippy::print_stdout, reason = "this is what a benchmark gives")]
#![expect(
    clippy::disallowed_types,
    reason = "a benchmark measures the real clock"
)]

mod bare;

use std::path::Path;
use std::time::{Duration, Instant};

use retort::cli::build;
use retort::invocation::{Host, Purpose, Settings};
use retort::liveperson::custom_integration::{self, Payload};
use retort::registry::Wanted;
use retort::tenant::Address;

const WARM_UP: usize = 2_000;
const TURNS: usize = 20_000;
const PAYLOAD: &[u8] = br#"{"convId":"c1","message":"hello","context":{"lpEvent":{"sequence":1}}}"#;

fn main() -> anyhow::Result<()> {
    let echo =
        build::build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/echo"))?.component;
    let runtime = tokio::runtime::Runtime::new()?;
    let (floor, journey) =
        runtime.block_on(async { anyhow::Ok((floor(&echo).await?, journey(&echo).await?)) })?;
    row("bare engine, all limits on", &floor, &floor);
    row("the whole journey", &journey, &floor);
    Ok(())
}

/// The engine alone, on the thread that asks.
async fn floor(component: &[u8]) -> anyhow::Result<Vec<Duration>> {
    let bare = bare::Bare::new(component)?;
    let mut times = Vec::with_capacity(TURNS);
    for turn in 0..WARM_UP + TURNS {
        let begun = Instant::now();
        bare.turn().await?;
        if turn >= WARM_UP {
            times.push(begun.elapsed());
        }
    }
    Ok(times)
}

/// From the bytes of a payload to the JSON of a reply.
async fn journey(component: &[u8]) -> anyhow::Result<Vec<Duration>> {
    let host = Host::new(Settings::default())?;
    let at = Address {
        tenant: "acme".parse()?,
        bot: "echo".parse()?,
        environment: "draft".parse()?,
    };
    host.deploy(&at, component, Wanted::default()).await?;
    let mut times = Vec::with_capacity(TURNS);
    for turn in 0..WARM_UP + TURNS {
        let begun = Instant::now();
        let (Payload::Turn(asked) | Payload::ConnectionTest(asked)) =
            custom_integration::read_payload(PAYLOAD)?;
        let invocation = host
            .respond(&at, asked, Purpose::Answer, tokio::time::Instant::now())
            .await;
        let written = custom_integration::write_reply(&invocation.result?).to_string();
        anyhow::ensure!(written.contains("hello"), "another reply: {written}");
        if turn >= WARM_UP {
            times.push(begun.elapsed());
        }
    }
    Ok(times)
}

fn row(name: &str, times: &[Duration], floor: &[Duration]) {
    let [p50, p99] = [0.50, 0.99].map(|share| percentile(times, share));
    let ratio = p50.as_secs_f64() / percentile(floor, 0.50).as_secs_f64();
    println!(
        "{name:<28} p50 {p50:>10.1?}   p99 {p99:>10.1?}   {ratio:.2} of the bare engine's p50"
    );
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

//! Turns in a second over HTTP, on both contracts, against a web server that answers the same without a bot.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use retort::cli::attack::load::{AtOnce, Caller, at_once};
use retort::invocation::Settings;
use retort::liveperson::custom_endpoint::read_conversation;
use retort::sandbox::Limits;

use crate::Bench;
use crate::floor::{self, Floor};
use crate::goal::Goal;
use crate::stage::{self, Stage};

const CONNECTIONS: usize = 16;
const OF_THE_FLOOR: f64 = 0.5;
const CONVERSATIONS: &str = "/v1/bots/echo/environments/draft/conversations";

/// What each connection says in its own conversation, which goes on from round to round.
fn payload(caller: usize, sequence: u64) -> Bytes {
    let event = format!(r#"{{"lpEvent":{{"sequence":{sequence}}}}}"#);
    format!(r#"{{"convId":"c{caller}","message":"hello","context":{event}}}"#).into()
}

/// The same on the other contract.
fn event(sequence: u64) -> Bytes {
    let event = format!(r#"{{"lpEvent":{{"sequence":{sequence}}}}}"#);
    format!(r#"{{"type":"TEXT","data":{{"message":"hello"}},"context":{event}}}"#).into()
}

/// A route that is asked by all connections.
struct Route {
    name: &'static str,
    to: SocketAddr,
    asked: AtOnce,
    outcome: &'static str,
    per_second: Vec<f64>,
}

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Goal>> {
    let bare = Floor::start().await?;
    let stage = Stage::start(Settings::default()).await?;
    let mut routes = routes(bench, &bare, &stage).await?;
    let [floor, respond, custom_endpoint] = &routes;
    let (floors, ours) = (floor.said().await?, respond.said().await?);
    custom_endpoint.said().await?;
    anyhow::ensure!(floors == ours, "the floor answers {floors:?}, not {ours:?}");
    for round in 0..=bench.times.rounds {
        for route in &mut routes {
            // The first round warms up.
            route.measure(bench, round > 0).await?;
        }
    }
    Ok(print(&routes))
}

async fn routes(bench: &Bench, floor: &Floor, stage: &Stage) -> anyhow::Result<[Route; 3]> {
    let at = stage
        .deploy("acme", "echo", &bench.echo, Limits::default())
        .await?;
    for caller in 0..CONNECTIONS {
        let id = format!("c{caller}");
        let begun = read_conversation(&id, b"{}")?;
        stage.host.begin(&at, &id, begun).await?;
    }
    let respond = || {
        let path = stage::path("acme", "echo");
        asks(move |caller, sequence| (path.clone(), payload(caller, sequence)))
    };
    let events = asks(|caller, sequence| {
        let path = format!("{CONVERSATIONS}/c{caller}/events");
        (path, event(sequence))
    });
    Ok([
        route(FLOOR, floor.address, respond()),
        route("respond", stage.address, respond()),
        route("custom endpoint", stage.address, events),
    ])
}

const FLOOR: &str = "the floor";

/// Numbers go on from round to round: one that was there before would be answered without a bot.
fn asks(ask: impl Fn(usize, u64) -> (String, Bytes) + Send + Sync + 'static) -> AtOnce {
    let sequence = AtomicU64::new(1);
    AtOnce {
        asks: Arc::new(move |caller, _| ask(caller, sequence.fetch_add(1, Ordering::Relaxed))),
        callers: CONNECTIONS,
    }
}

fn route(name: &'static str, to: SocketAddr, asked: AtOnce) -> Route {
    Route {
        name,
        to,
        asked,
        outcome: if name == FLOOR {
            floor::OUTCOME
        } else {
            "replied"
        },
        per_second: Vec::new(),
    }
}

impl Route {
    /// What it answers: a route that answers anything else is not what is to be measured.
    async fn said(&self) -> anyhow::Result<Bytes> {
        let (path, payload) = (self.asked.asks)(0, 0);
        let answer = Caller::new(self.to).post(&path, payload).await?;
        let said = String::from_utf8_lossy(&answer.body);
        let is_right = answer.outcome == self.outcome && said.contains("\"hello\"");
        anyhow::ensure!(is_right, "{}: {} {said}", self.name, answer.outcome);
        Ok(answer.body)
    }

    async fn measure(&mut self, bench: &Bench, counts: bool) -> anyhow::Result<()> {
        let clients = bench.clients.handle();
        let ends = at_once(&clients, self.to, &self.asked, bench.times.round).await;
        let failed = ends.other_than(self.outcome);
        anyhow::ensure!(failed == 0, "{}: {:?}", self.name, ends.counts);
        if counts {
            self.per_second.push(ends.per_second(self.outcome));
        }
        Ok(())
    }

    fn median(&self) -> f64 {
        let mut sorted = self.per_second.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }
}

fn print(routes: &[Route; 3]) -> Vec<Goal> {
    let [floor, ours @ ..] = routes;
    println!("HTTP, {CONNECTIONS} connections    turns/s  of floor");
    println!("{:<24} {:>9.0}", floor.name, floor.median());
    ours.iter()
        .map(|route| {
            let ratio = route.median() / floor.median();
            println!("{:<24} {:>9.0} {ratio:>9.2}", route.name, route.median());
            Goal {
                goal: format!("{} at {OF_THE_FLOOR} of the floor or more", route.name),
                measured: format!("{ratio:.2}"),
                is_met: ratio >= OF_THE_FLOOR,
            }
        })
        .collect()
}

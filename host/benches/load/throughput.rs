//! Turns in a second over HTTP, on both contracts, against a web server that answers the same without a bot and against
//! another server of components.

use std::net::SocketAddr;
use std::path::Path;

use harness::{bots, sentinel};
use retort::cli::attack::load::{AtOnce, Caller, Target, at_once};
use retort::http::Platform;
use retort::invocation::Settings;
use retort::registry::Wanted;
use retort::registry::grant::{Grant, Grants};
use retort::state::Scope;
use retort::store::Store;

use crate::Bench;
use crate::bare::{Bare, Layers};
use crate::callers::{self, CALLERS};
use crate::floor::{self, Floor};
use crate::goal::Goal;
use crate::stage::{self, Stage};
use crate::wasmtime_serve::{INSTALL, WasmtimeServe};

/// What is to be reached of the floor by a turn that waits for no disk, and by one that does.
const IN_MEMORY: f64 = 0.5;
const ON_DISK: f64 = 0.25;
/// And in times of another server.
const TIMES_AS_MANY: f64 = 4.0;

const FLOOR: &str = "the floor";
const ENGINE: &str = "  + the bare engine";
const RESPOND: &str = "respond";
const EVENTS: &str = "custom endpoint";
const ANSWERS: &str = "  + answers on disk";
const STATE: &str = "  + state on disk";
const OTHER: &str = "wasmtime serve";

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Goal>> {
    let bare = Floor::start(None).await?;
    let engine = Floor::start(Some(Bare::new(&bench.echo, Layers::ALL)?)).await?;
    let other = WasmtimeServe::start().await?;
    let folder = tempfile::tempdir()?;
    let (in_memory, on_disk) = (in_memory().await?, on_disk(folder.path()).await?);
    let mut routes = vec![
        same(FLOOR, bare.address, floor::OUTCOME),
        same(ENGINE, engine.address, floor::OUTCOME),
        same(RESPOND, in_memory.address, REPLIED),
    ];
    routes.extend(
        other
            .as_ref()
            .map(|other| same(OTHER, other.address, floor::OUTCOME)),
    );
    routes.push(echo(EVENTS, bench, &in_memory).await?);
    // Last, since a store has more to do when it has answered.
    routes.push(echo(ANSWERS, bench, &on_disk).await?);
    routes.push(count(STATE, &on_disk).await?);
    for route in &routes {
        route.is_right().await?;
    }
    for round in 0..=bench.times.rounds {
        for route in &mut routes {
            // The first round warms up.
            route.measure(bench, round > 0).await?;
        }
    }
    Ok(print(&routes))
}

/// A host whose answers are in memory, or on a disk, and which asks for the platform's tokens.
async fn guarded(store: Store, answers_on_disk: bool) -> anyhow::Result<Stage> {
    let mut settings = Settings::default();
    settings.conversations.answers_on_disk = answers_on_disk;
    let platform = Platform::open(&retort::sentinel::Settings {
        public_keys: vec![sentinel::one().public_pem()],
        ..retort::sentinel::Settings::default()
    })?;
    Stage::on(store, settings, platform).await
}

async fn in_memory() -> anyhow::Result<Stage> {
    guarded(Store::in_memory(), false).await
}

async fn on_disk(folder: &Path) -> anyhow::Result<Stage> {
    guarded(Store::open(folder)?, true).await
}

/// A route that is asked by all callers.
struct Route {
    name: &'static str,
    to: Target,
    asked: AtOnce,
    outcome: &'static str,
    says: &'static str,
    per_second: Vec<f64>,
}

const REPLIED: &str = "replied";

/// A route that answers a payload with its message.
fn same(name: &'static str, to: SocketAddr, outcome: &'static str) -> Route {
    Route {
        name,
        to: to.into(),
        asked: callers::payloads(stage::path("acme", "echo")),
        outcome,
        says: r#"{"messages":["hello"],"context":{}}"#,
        per_second: Vec::new(),
    }
}

/// A bot on the Custom Endpoint that says what it is told.
async fn echo(name: &'static str, bench: &Bench, stage: &Stage) -> anyhow::Result<Route> {
    let wanted = Wanted::default();
    let at = stage.deploy("acme", "echo", &bench.echo, wanted).await?;
    callers::begin(&stage.host, &at).await?;
    events(name, stage, callers::events("echo", "hello"), "\"hello\"")
}

/// One that keeps a number of each conversation, which it counts up.
async fn count(name: &'static str, stage: &Stage) -> anyhow::Result<Route> {
    let component = bots::wanting("reach", "state = [\"conversation\"]");
    let wanted = Wanted {
        grants: Grants::from([Grant::State(Scope::Conversation)]),
        ..Wanted::default()
    };
    let at = stage.deploy("acme", "count", &component, wanted).await?;
    callers::begin(&stage.host, &at).await?;
    let asked = callers::events("count", "add conversation turns");
    events(name, stage, asked, "\"ok ")
}

/// Whoever asks shows a token, each time the same one, as the platform does.
fn events(
    name: &'static str,
    stage: &Stage,
    asked: AtOnce,
    says: &'static str,
) -> anyhow::Result<Route> {
    let token = sentinel::one().token(&sentinel::claims());
    Ok(Route {
        name,
        to: Target::from(stage.address).shown(&token)?,
        asked,
        outcome: REPLIED,
        says,
        per_second: Vec::new(),
    })
}

impl Route {
    /// A route that answers anything else is not what is to be measured.
    async fn is_right(&self) -> anyhow::Result<()> {
        let (path, payload) = (self.asked.asks)(0, 0);
        let answer = Caller::new(self.to.clone()).post(&path, payload).await?;
        let said = String::from_utf8_lossy(&answer.body);
        let is_right = answer.outcome == self.outcome && said.contains(self.says);
        anyhow::ensure!(is_right, "{}: {} {said}", self.name, answer.outcome);
        Ok(())
    }

    async fn measure(&mut self, bench: &Bench, counts: bool) -> anyhow::Result<()> {
        let (clients, to) = (bench.clients.handle(), self.to.clone());
        let ends = at_once(&clients, to, &self.asked, bench.times.round).await;
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

fn print(routes: &[Route]) -> Vec<Goal> {
    let median = |name| {
        let route = routes.iter().find(|route| route.name == name);
        route.map(Route::median)
    };
    let floor = median(FLOOR).unwrap_or_default();
    println!("HTTP, {CALLERS} connections    turns/s  of floor");
    for route in routes {
        let (name, median) = (route.name, route.median());
        println!("{name:<24} {median:>9.0} {:>9.2}", median / floor);
    }
    let to_reach = [
        (RESPOND, IN_MEMORY),
        (EVENTS, IN_MEMORY),
        (ANSWERS, ON_DISK),
        (STATE, ON_DISK),
    ];
    let of_the_floor = to_reach.map(|(name, least)| {
        let ratio = median(name).unwrap_or_default() / floor;
        Goal {
            goal: format!("{} at {least} of the floor or more", name.trim_start()),
            measured: format!("{ratio:.2}"),
            is_met: Some(ratio >= least),
        }
    });
    let ratio = median(OTHER).zip(median(EVENTS));
    let ratio = ratio.map(|(other, ours)| ours / other);
    let of_another = Goal {
        goal: format!("{EVENTS} at {TIMES_AS_MANY} times {OTHER} or more"),
        measured: ratio.map_or_else(|| INSTALL.to_owned(), |ratio| format!("{ratio:.1}")),
        is_met: ratio.map(|ratio| ratio >= TIMES_AS_MANY),
    };
    of_the_floor.into_iter().chain([of_another]).collect()
}

//! Turns of all kinds, for a long time: what the host holds has to stay the same. Knows nothing of how long any of
//! them takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::client::{Caller, Connection};
use super::corpus::{Attack, CORPUS};
use super::neighbours;
use super::process::{Figures, resident_kib};
use super::row::outcome;
use super::stage::{self, Stage};
use super::target::Target;
use super::trial::Trial;
use super::verdict::Promise;
use super::{end, table};
use crate::cli::{Ended, give, say};

/// The time of a turn that is cut by it. Short, so that a million turns are over in minutes.
const DEADLINE: Duration = Duration::from_millis(10);
/// Turns at a time.
const CALLERS: usize = 16;
/// Callers who leave do so within this time, while the turn waits, runs, or is over.
const PATIENCE_US: u64 = 12_000;
const SAMPLED_EVERY: Duration = Duration::from_millis(100);
const SAMPLES_IN_A_LINE: u64 = 100;
/// The resident memory of the last quarter may be above that of the second by a few per cent, and by what
/// allocators keep.
const GROWTH: f64 = 1.03;
const GROWTH_KIB: f64 = 4096.0;

/// How many of a thousand turns go to which bot. Those that are cut by time hold a thread for all of it, and are
/// few.
const MIX: [(&str, u32); 10] = [
    (neighbours::BOT, 640),
    ("carry-over", 100),
    ("panic-with-secret", 80),
    ("broken-text", 60),
    ("endless-parts", 30),
    ("grow-memory", 20),
    ("leak-handles", 20),
    ("spin", 10),
    ("park", 10),
    (LEAVES, 30),
];
/// A caller of any of those who leaves without waiting for the answer.
const LEAVES: &str = "caller leaves";

/// How far it is.
#[derive(Default)]
struct Course {
    begun: AtomicU64,
    done: AtomicU64,
}

/// How often the turns of which bot ended how.
type Ends = BTreeMap<String, u64>;

/// What came of it.
#[derive(Debug, Serialize)]
struct Soaked {
    seconds: f64,
    ends: Ends,
    /// The mean of each quarter.
    resident_kib: [f64; 4],
    before: Option<Figures>,
    after: Option<Figures>,
}

pub(super) async fn run(turns: u64, is_json: bool) -> Result<(), Ended> {
    let mut trial = Trial::on(Stage::start().await?, 0, DEADLINE)?;
    trial.settle_neighbours().await?;
    let attacks: Vec<&Attack> = CORPUS.iter().filter(|attack| is_in_mix(attack)).collect();
    trial.rehearse(&attacks).await?;
    let before = trial.stage.settled().await;
    let (began, course) = (Instant::now(), Arc::new(Course::default()));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (course, to) = (Arc::clone(&course), trial.stage.target().clone());
        callers.spawn_on(call(course, to, turns), &trial.clients.handle());
    }
    let resident = watch(&trial, &course, turns).await;
    let mut ends: Ends = BTreeMap::new();
    for (end, count) in callers.join_all().await.into_iter().flatten() {
        *ends.entry(end).or_default() += count;
    }
    let soaked = Soaked {
        seconds: began.elapsed().as_secs_f64(),
        ends,
        resident_kib: quarters(&resident),
        before,
        after: trial.stage.settled().await,
    };
    let promises = judge(&soaked);
    if is_json {
        give(json!({ "turns": turns, "soak": soaked, "promises": promises }));
    } else {
        show(turns, &soaked);
        table::show_verdict(&promises);
    }
    end(&promises)
}

fn is_in_mix(attack: &Attack) -> bool {
    MIX.iter().any(|(bot, _)| *bot == attack.name)
}

/// One of those who ask, one turn after the other.
async fn call(course: Arc<Course>, to: Target, turns: u64) -> Ends {
    let mut caller = Caller::new(to.clone());
    let mut ends: Ends = BTreeMap::new();
    while course.begun.fetch_add(1, Ordering::Relaxed) < turns {
        let end = match drawn() {
            LEAVES => leave(to.clone()).await,
            bot => ask(&mut caller, bot).await,
        };
        *ends.entry(end).or_default() += 1;
        course.done.fetch_add(1, Ordering::Relaxed);
    }
    ends
}

/// A bot, by chance and by its share.
fn drawn() -> &'static str {
    let all: u32 = MIX.iter().map(|(_, share)| share).sum();
    let mut left = fastrand::u32(..all);
    for (bot, share) in MIX {
        match left.checked_sub(share) {
            Some(rest) => left = rest,
            None => return bot,
        }
    }
    neighbours::BOT
}

async fn ask(caller: &mut Caller, bot: &str) -> String {
    let answer = match caller.ask(&stage::path(bot), "go").await {
        Ok(answer) => answer,
        Err(error) => return format!("{bot}: no answer, {error}"),
    };
    let attack = CORPUS.iter().find(|attack| attack.name == bot);
    let end = attack.map_or_else(
        || answer.outcome.clone(),
        |attack| outcome(&answer, attack.expected),
    );
    format!("{bot}: {end}")
}

/// Asks a bot over a connection of its own, and hangs up at a moment that nobody knows.
async fn leave(to: Target) -> String {
    let Ok(mut connection) = Connection::open(to).await else {
        return format!("{LEAVES}: no connection");
    };
    let bots = ["spin", "park", "grow-memory", neighbours::BOT];
    let path = stage::path(fastrand::choice(bots).unwrap_or(neighbours::BOT));
    let patience = Duration::from_micros(fastrand::u64(..PATIENCE_US));
    drop(timeout(patience, connection.say(&path, "go")).await);
    format!("{LEAVES}: gone")
}

/// Writes down the resident memory until all turns are done, and tells of it now and then.
async fn watch(trial: &Trial, course: &Course, turns: u64) -> Vec<u64> {
    let mut resident = Vec::new();
    let mut tick = interval(SAMPLED_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut line = 0;
    while course.done.load(Ordering::Relaxed) < turns {
        tick.tick().await;
        resident.extend(resident_kib());
        line += 1;
        if line % SAMPLES_IN_A_LINE == 0 {
            tell(course, trial);
        }
    }
    resident
}

fn tell(course: &Course, trial: &Trial) {
    let held = Figures::of(trial.stage.pool());
    let shown = |figure: Option<u64>| figure.map_or("?".to_owned(), |figure| figure.to_string());
    say(format_args!(
        "{:>9} turns  resident {:>7} KiB  open files {:>3}  mappings {:>5}  pool {:>3}",
        course.done.load(Ordering::Relaxed),
        shown(held.resident_kib),
        shown(held.files),
        shown(held.mappings),
        shown(held.instances)
    ));
}

fn quarters(resident: &[u64]) -> [f64; 4] {
    let length = resident.len() / 4;
    [0, 1, 2, 3].map(|quarter| {
        let samples = resident.iter().skip(quarter * length).take(length);
        (samples.sum::<u64>() as f64 / length.max(1) as f64).round()
    })
}

/// Every word that a turn of a bot may end with here: under load, any may run out of its few milliseconds.
fn may_end(end: &str) -> bool {
    let (bot, word) = end.split_once(": ").unwrap_or_default();
    let attack = CORPUS.iter().find(|attack| attack.name == bot);
    let expected = attack.map_or("replied", |attack| attack.expected.word());
    match bot {
        LEAVES => word == "gone",
        neighbours::BOT => word == expected,
        _ => [expected, "deadline-exceeded", "waited-too-long"].contains(&word),
    }
}

fn judge(soaked: &Soaked) -> Vec<Promise> {
    let wrong = soaked.ends.iter().filter(|(end, _)| !may_end(end));
    let [_, second, _, last] = soaked.resident_kib;
    let is_flat = last <= second * GROWTH + GROWTH_KIB;
    let grown =
        (!is_flat).then(|| format!("{second} KiB in the second quarter, {last} in the last"));
    let mut stays = Vec::new();
    let held = |of: fn(&Figures) -> Option<u64>| {
        [soaked.before, soaked.after].map(|figures| figures.as_ref().and_then(of))
    };
    let [before, after] = held(|figures| figures.instances);
    if after != before {
        stays.push(format!("the pool has {after:?}"));
    }
    let [before, after] = held(|figures| figures.files);
    if after > before.map(|files| files + 4) {
        stays.push(format!("{before:?} files were open, and {after:?} are"));
    }
    vec![
        Promise {
            promise: "every turn ends as it should, and none in a panic".to_owned(),
            broken_by: wrong.map(|(end, count)| format!("{count} {end}")).collect(),
        },
        Promise {
            promise: "the resident memory is flat".to_owned(),
            broken_by: grown.into_iter().collect(),
        },
        Promise {
            promise: "the pool and the open files are as before".to_owned(),
            broken_by: stays,
        },
    ]
}

fn show(turns: u64, soaked: &Soaked) {
    give(format_args!("{turns} turns in {:.0} s", soaked.seconds));
    for (end, count) in &soaked.ends {
        give(format_args!("{count:>9}  {end}"));
    }
    let [first, second, third, last] = soaked.resident_kib;
    give(format_args!(
        "resident KiB by quarter: {first} {second} {third} {last}"
    ));
}

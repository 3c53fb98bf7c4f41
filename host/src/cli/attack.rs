//! `retort attack`: bots that attack a host of this machine's own, beside neighbours that behave well; and the
//! proof, in figures, that they do no harm.

pub mod component;
pub mod corpus;
pub mod load;

mod client;
mod control;
mod neighbours;
mod process;
mod row;
mod samples;
mod soak;
mod stage;
mod table;
mod traffic;
mod trial;
mod verdict;

use std::time::Duration;

use serde_json::json;

use super::{Ended, give};
use corpus::{Attack, CORPUS};
use trial::{Trial, Watch};
use verdict::Promise;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Turns of each attack
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    runs: u32,
    /// The time that each of these turns has, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1000))]
    deadline_ms: u64,
    /// Only this attack; can be given several times
    #[arg(long = "only", value_name = "NAME")]
    only: Vec<String>,
    /// Print all figures as one JSON document, and nothing else
    #[arg(long)]
    json: bool,
    /// Judge outcomes and what is left behind, and no times: for a machine that is shared with others
    #[arg(long)]
    outcomes_only: bool,
    /// Instead: so many turns of all kinds, and whether the host holds as much after them as before
    #[arg(long, value_name = "TURNS", conflicts_with_all = ["runs", "deadline_ms", "only", "outcomes_only"])]
    soak: Option<u64>,
}

pub(super) async fn run(args: Args) -> Result<(), Ended> {
    match args.soak {
        Some(turns) => soak::run(turns, args.json).await,
        None => attack(args).await,
    }
}

async fn attack(args: Args) -> Result<(), Ended> {
    let attacks = chosen(&args.only)?;
    let runs = usize::try_from(args.runs).unwrap_or(usize::MAX);
    let mut trial = Trial::start(runs, Duration::from_millis(args.deadline_ms)).await?;
    let alone = trial.alone(watch(args.outcomes_only)).await?;
    trial.rehearse(&attacks).await;
    if !args.json {
        table::show_alone(&alone);
    }
    let tell = |row: &_| {
        if !args.json {
            table::show_row(&alone, row);
        }
    };
    let (rows, held) = trial.attack_all(&attacks, tell).await?;
    let mut promises = verdict::outcomes(&alone, &rows, &held);
    if !args.outcomes_only {
        promises.extend(verdict::times(&alone, &rows));
    }
    if args.json {
        give(json!({
            "runs": args.runs,
            "deadline_ms": args.deadline_ms,
            "alone": alone,
            "attacks": rows,
            "held": held,
            "promises": promises,
        }));
    } else {
        table::show_held(&held);
        table::show_verdict(&promises);
    }
    end(&promises)
}

/// Times that are not judged need not be known well.
fn watch(outcomes_only: bool) -> Watch {
    let ms = Duration::from_millis;
    if outcomes_only {
        Watch {
            at_capacity: ms(200),
            alone: ms(300),
            in_a_row: ms(100),
        }
    } else {
        Watch {
            at_capacity: ms(2_000),
            alone: ms(5_000),
            in_a_row: ms(1_000),
        }
    }
}

fn chosen(only: &[String]) -> Result<Vec<&'static Attack>, Ended> {
    let known = |name: &String| CORPUS.iter().any(|attack| attack.name == name);
    if let Some(unknown) = only.iter().find(|name| !known(name)) {
        let names: Vec<&str> = CORPUS.iter().map(|attack| attack.name).collect();
        return Err(Ended::Usage(format!(
            "there is no attack \"{unknown}\"; there are {}",
            names.join(", ")
        )));
    }
    let is_chosen =
        |attack: &&Attack| only.is_empty() || only.iter().any(|name| name == attack.name);
    Ok(CORPUS.iter().filter(is_chosen).collect())
}

fn end(promises: &[Promise]) -> Result<(), Ended> {
    let broken = promises.iter().filter(|promise| !promise.holds()).count();
    if broken == 0 {
        return Ok(());
    }
    Err(Ended::Broken(format!(
        "{broken} of {} promises are broken",
        promises.len()
    )))
}

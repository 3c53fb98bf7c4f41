//! `retort attack`: bots that attack a host, beside neighbours that behave well; and the proof, in figures, that they
//! do no harm.

pub mod component;
pub mod corpus;
pub mod load;

mod client;
mod control;
mod interrupts;
mod neighbours;
mod process;
mod row;
mod samples;
mod soak;
mod stage;
mod table;
mod target;
mod traffic;
mod trial;
mod verdict;

use std::time::Duration;

use serde_json::json;

use super::{Ended, give, say};
use corpus::{Attack, CORPUS};
use interrupts::Interrupts;
use stage::{Stage, TENANTS};
use trial::{Course, Trial, Watch};
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
    /// Attack this host, which serves already, with bots of two tenants of the attack's own; they are undeployed
    /// afterwards [default: a host that is there for this alone]
    #[arg(long, value_name = "URL", conflicts_with = "soak")]
    url: Option<String>,
    /// What to show that host: a token with the role developer [default: RETORT_TOKEN]
    #[arg(long, value_name = "TOKEN", requires = "url")]
    token: Option<String>,
}

pub(super) async fn run(args: Args) -> Result<(), Ended> {
    match args.soak {
        Some(turns) => soak::run(turns, args.json).await,
        None => attack(args).await,
    }
}

async fn attack(args: Args) -> Result<(), Ended> {
    let attacks = chosen(&args.only)?;
    let stage = stage(&args).await?;
    let mut interrupts = match stage.url() {
        Some(_) => Interrupts::watched()?,
        None => Interrupts::left_alone(),
    };
    let runs = usize::try_from(args.runs).unwrap_or(usize::MAX);
    let mut trial = Trial::on(stage, runs, Duration::from_millis(args.deadline_ms))?;
    let ran = tokio::select! {
        ran = run_all(&mut trial, &args, &attacks) => ran,
        () = interrupts.next() => Err(Ended::Host("it was interrupted: there is no verdict".to_owned())),
    };
    let cleared = clear(&trial.stage, &mut interrupts).await;
    let judged = ran.and_then(|course| judge(&args, trial.stage.url(), &course));
    // What is left on somebody's host matters more, and only one error is the command's.
    cleared.inspect_err(|_| {
        if let Err(ended) = &judged {
            say(format_args!("error: {ended}"));
        }
    })?;
    judged
}

/// The host to attack. `RETORT_URL` does not name it: who has set that for other commands must not come to attack that
/// host by leaving something out.
async fn stage(args: &Args) -> Result<Stage, Ended> {
    let Some(url) = args.url.clone() else {
        return Stage::start().await;
    };
    let token = args.token.clone();
    let token = token.or_else(|| std::env::var("RETORT_TOKEN").ok());
    let missing = "--url needs a token with the role developer: --token TOKEN, or RETORT_TOKEN";
    let token = token.ok_or_else(|| Ended::Usage(missing.to_owned()))?;
    Stage::find(url, &token).await
}

async fn run_all(
    trial: &mut Trial,
    args: &Args,
    attacks: &[&'static Attack],
) -> Result<Course, Ended> {
    let left = trial.stage.clear().await?;
    if left > 0 {
        say(format_args!(
            "an attack that was cut off had left {left} bots, which were undeployed"
        ));
    }
    trial.settle_neighbours().await?;
    let alone = trial.alone(watch(args.outcomes_only)).await?;
    trial.rehearse(attacks).await?;
    if !args.json {
        table::show_alone(&alone);
    }
    let tell = |row: &_| {
        if !args.json {
            table::show_row(&alone, row);
        }
    };
    let (rows, held) = trial.attack_all(attacks, tell).await?;
    Ok(Course { alone, rows, held })
}

/// Leaves the host as it was, however the attack ended.
async fn clear(stage: &Stage, interrupts: &mut Interrupts) -> Result<(), Ended> {
    let cleared = tokio::select! {
        cleared = stage.clear() => cleared,
        () = interrupts.next() => Err(Ended::Host("it was interrupted once more".to_owned())),
    };
    let [neighbours, attackers] = TENANTS;
    match cleared {
        Ok(0) => Ok(()),
        Ok(bots) => {
            say(format_args!(
                "the host serves nothing of the attack any more: {bots} bots of {neighbours} and {attackers} were undeployed"
            ));
            Ok(())
        }
        Err(error) => Err(Ended::Host(format!(
            "bots of {neighbours} and {attackers} may still be served: {error}; attack again, which begins with undeploying them, or use `retort undeploy`"
        ))),
    }
}

fn judge(args: &Args, url: Option<&str>, course: &Course) -> Result<(), Ended> {
    let mut promises = verdict::outcomes(course);
    if !args.outcomes_only {
        promises.extend(verdict::times(course));
    }
    let unseen = verdict::unseen(course);
    if args.json {
        give(json!({
            "url": url,
            "runs": args.runs,
            "deadline_ms": args.deadline_ms,
            "alone": course.alone,
            "attacks": course.rows,
            "held": course.held,
            "promises": promises,
            "unseen": unseen,
        }));
    } else {
        table::show_held(course.held.as_ref());
        table::show_verdict(&promises);
        table::show_unseen(&unseen);
    }
    if course.rows.iter().all(|row| row.untried.is_some()) {
        let untried = "nothing was tried: the host takes the settings of none of these attacks";
        return Err(Ended::Usage(untried.to_owned()));
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

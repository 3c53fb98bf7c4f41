//! `retort invoke`: one payload, one reply of a bot or result of a function; or many of them, one a line.

mod lines;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::local::Local;
use super::{BotArgs, Ended, artifact, give, local, say};
use crate::chat::{Contract, Turn};
use crate::invocation::{Invocation, Outcome, Purpose};
use crate::liveperson::custom_integration::{self, Payload};
use crate::registry::Grant;
use crate::sandbox::{Input, World};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    bot: BotArgs,
    /// Take a JavaScript file for a function, whose payloads and results are any JSON
    #[arg(long)]
    function: bool,
    /// The payload's file, or - for standard input
    #[arg(long, value_name = "FILE|-", required_unless_present = "lines")]
    payload: Option<PathBuf>,
    /// Read a payload from each line of standard input, and write for each a line of JSON: how the turn ended, its result,
    /// what it used, and what the bot logged
    #[arg(long, conflicts_with_all = ["payload", "verbose"])]
    lines: bool,
    /// Say on standard error how the turn ended, what it used, and what the bot logged
    #[arg(short, long)]
    verbose: bool,
}

pub(super) async fn run(args: Args) -> Result<(), Ended> {
    let world = world(&args)?;
    let Some(path) = &args.payload else {
        return lines::run(&local::start(&args.bot, world).await?).await;
    };
    let payload = read(path)?;
    let local = local::start(&args.bot, world).await?;
    match local.world() {
        World::Bot => respond(&local, &payload, args.verbose).await,
        World::Function => invoke(&local, &payload, args.verbose).await,
    }
}

/// What a script is taken for that does not say it itself.
fn world(args: &Args) -> Result<Option<World>, Ended> {
    if args.function && artifact::script(&args.bot.bot).is_none() {
        return Err(Ended::Usage(
            "`--function` is for JavaScript files; any other bot says by itself what it is"
                .to_owned(),
        ));
    }
    Ok(args.function.then_some(World::Function))
}

async fn respond(local: &Local, payload: &[u8], verbose: bool) -> Result<(), Ended> {
    let (incoming, purpose) = match custom_integration::read_payload(payload) {
        Ok(Payload::Event(incoming)) => (incoming, Purpose::Answer(Contract::CustomIntegration)),
        Ok(Payload::ConnectionTest(incoming)) => {
            say(
                "the payload has no `convId`: it is a connection test, of which nothing is passed on",
            );
            (incoming, Purpose::Test)
        }
        Err(unreadable) => return Err(Ended::Usage(unreadable.to_string())),
    };
    tell_of_personal_data(local, &incoming.turn);
    let (host, now) = (&local.host, Instant::now());
    let mut invocation = host.respond(&local.at, incoming, purpose, now).await;
    host.find_lines(&mut invocation).await;
    if verbose {
        tell(&invocation);
    }
    match (&invocation.result, purpose) {
        (Ok(_), Purpose::Test) => give(format_args!(
            "{:#}",
            custom_integration::write_test_passed()
        )),
        (Ok(reply), Purpose::Answer(_)) => {
            give(format_args!("{:#}", custom_integration::write_reply(reply)))
        }
        (Err(error), _) => return Err(Ended::Bot(error.to_string())),
    }
    Ok(())
}

/// What a payload has that its bot will not see, and would look for in vain.
fn tell_of_personal_data(local: &Local, turn: &Turn) {
    let conversation = &turn.conversation;
    let has_some = conversation.visitor.is_some() || conversation.engagement_attributes.is_some();
    if has_some && !local.wants.contains(&Grant::PersonalData) {
        say(
            "the payload has the visitor's data or engagement attributes, of which the bot is passed nothing: ask for \
             `personal-data = true` under `[wants]` in its manifest",
        );
    }
}

/// Any JSON is a function's payload.
fn function_input(payload: &[u8]) -> Result<Input, String> {
    let payload: Result<&RawValue, _> = serde_json::from_slice(payload);
    let payload = payload.map_err(|error| format!("the payload is not JSON: {error}"))?;
    Ok(Input {
        headers: Vec::new(),
        payload: payload.get().to_owned(),
    })
}

async fn invoke(local: &Local, payload: &[u8], verbose: bool) -> Result<(), Ended> {
    let input = Arc::new(function_input(payload).map_err(Ended::Usage)?);
    let mut invocation = local.host.invoke(&local.at, input, Instant::now()).await;
    local.host.find_lines(&mut invocation).await;
    if verbose {
        tell(&invocation);
    }
    let returned = invocation
        .result
        .map_err(|error| Ended::Bot(error.to_string()))?;
    let read: Result<Value, _> = serde_json::from_str(returned.json().get());
    match read {
        Ok(value) => give(format_args!("{value:#}")),
        // JSON that only the host cannot read: too deep.
        Err(_) => give(returned.json()),
    }
    Ok(())
}

/// Far more than any host takes.
const MOST: u64 = 64 << 20;

fn read(path: &Path) -> Result<Vec<u8>, Ended> {
    let unreadable = |error| {
        Ended::Usage(format!(
            "the payload \"{}\" cannot be read: {error}",
            path.display()
        ))
    };
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(unreadable)?)
    };
    let mut payload = Vec::new();
    // A device has no end.
    input
        .take(MOST + 1)
        .read_to_end(&mut payload)
        .map_err(unreadable)?;
    if payload.len() as u64 > MOST {
        let too_large = format!("it has more than {MOST} bytes");
        return Err(unreadable(std::io::Error::other(too_large)));
    }
    Ok(payload)
}

fn tell<A: Outcome>(invocation: &Invocation<A>) {
    let usage = &invocation.usage;
    say(format_args!("outcome      {}", invocation.outcome()));
    say(format_args!(
        "wall time    {:.3} ms",
        usage.wall.as_secs_f64() * 1000.0
    ));
    say(format_args!("fuel         {}", usage.fuel));
    say(format_args!(
        "peak memory  {} KiB",
        usage.memory_peak_bytes >> 10
    ));
    say(format_args!("host calls   {}", usage.host_calls));
    for line in &invocation.log.lines {
        say(format_args!("log {:<8} {}", line.level, line.message));
    }
    if invocation.log.dropped > 0 {
        say(format_args!(
            "log          {} more lines were dropped",
            invocation.log.dropped
        ));
    }
}

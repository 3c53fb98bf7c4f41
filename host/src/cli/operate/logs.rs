//! `retort logs`: the turns that a bot has had lately, and what it logged in them.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::Of;
use super::remote::{Method, Remote};
use super::table::{field, items, short, text};
use crate::chat::one_line;
use crate::cli::{Ended, give, say};
use crate::tenant::Environment;

/// How soon a turn is shown that has ended.
const FOLLOW: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    of: Of,
    /// Only turns that this environment answered
    #[arg(long)]
    environment: Option<Environment>,
    /// Only turns that failed
    #[arg(long)]
    failed: bool,
    /// Only turns whose answer took so many milliseconds or more
    #[arg(long, value_name = "MS", default_value_t = 0)]
    slower: u64,
    /// So many of the newest
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    last: u16,
    /// Go on, and show each turn as it ends; Ctrl-C stops it
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    remote: Remote,
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    let mut next = show(&args, None).await?;
    if !args.follow {
        return Ok(());
    }
    loop {
        sleep(FOLLOW).await;
        next = show(&args, Some(next)).await?;
    }
}

/// Shows the turns after one, and tells which was the last.
async fn show(args: &Args, after: Option<u64>) -> Result<u64, Ended> {
    let answer = args
        .remote
        .ask(Method::GET, &path(args, after), Value::Null)
        .await?;
    let turns = items(&answer, "turns");
    if turns.is_empty() && after.is_none() && !args.remote.json {
        say("there is no such turn among those that are remembered");
    }
    for turn in turns {
        if args.remote.json {
            give(turn);
        } else {
            show_turn(turn);
        }
    }
    let next = field(&answer, "next").as_u64().unwrap_or_default();
    // A host that was started again counts from 1.
    Ok(if after.is_some_and(|after| next < after) {
        0
    } else {
        next
    })
}

fn path(args: &Args, after: Option<u64>) -> String {
    let limit = if after.is_some() { 1_000 } else { args.last };
    let mut path = format!(
        "{}/turns?limit={limit}&failed={}&slower_ms={}",
        args.of.path(),
        args.failed,
        args.slower
    );
    if let Some(environment) = &args.environment {
        path += &format!("&environment={environment}");
    }
    if let Some(after) = after {
        path += &format!("&after={after}");
    }
    path
}

fn show_turn(turn: &Value) {
    let revision = text(field(turn, "revision"));
    let revision = short(&Value::from(revision.trim_start_matches("sha256:")));
    let ms = |name| field(turn, name).as_f64().unwrap_or_default() / 1000.0;
    let (took, wall) = (ms("took_us"), ms("wall_us"));
    give(format_args!(
        "{} {} {revision} {}, {} sent after {took:.2} ms, {wall:.2} of them the bot's, {} fuel, {} KiB  {}",
        text(field(turn, "at")),
        text(field(turn, "environment")),
        text(field(turn, "outcome")),
        text(field(turn, "sent")),
        text(field(turn, "fuel")),
        field(turn, "memory_peak_bytes")
            .as_u64()
            .unwrap_or_default()
            >> 10,
        text(field(turn, "id")),
    ));
    if let Some(cause) = field(turn, "cause").as_str() {
        for line in cause.lines() {
            give(format_args!("    {}", one_line(line, usize::MAX)));
        }
    }
    for line in items(turn, "log") {
        let (level, message) = (text(field(line, "level")), text(field(line, "message")));
        give(format_args!("    {level:<5} {message}"));
    }
    if let Some(dropped @ 1..) = field(turn, "dropped_lines").as_u64() {
        give(format_args!(
            "    and {dropped} more lines that were dropped"
        ));
    }
}

//! What a bot may have of what it asks for: seen, granted and taken back; and who deploys is asked what is new.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal};

use serde_json::{Value, json};

use super::remote::{Method, Remote};
use super::table::{self, field, items, text};
use super::{At, Said};
use crate::cli::{Ended, give, say};
use crate::registry::{Grant, Grants};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    at: At,
    /// Grant this, of what the bot asks for; can be given several times
    #[arg(long, value_name = "GRANT")]
    grant: Vec<Grant>,
    /// Take this back, from the next turn on; can be given several times
    #[arg(long, value_name = "GRANT")]
    revoke: Vec<Grant>,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    remote: Remote,
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    let Args {
        at,
        grant,
        revoke,
        said,
        remote,
    } = args;
    let path = format!("{}/grants", at.path());
    let answer = if grant.is_empty() && revoke.is_empty() {
        remote.ask(Method::GET, &path, Value::Null).await?
    } else {
        let asked = json!({ "grant": grant, "revoke": revoke, "note": said.note });
        remote.ask(Method::PATCH, &path, asked).await?
    };
    if remote.json {
        give(answer);
        return Ok(());
    }
    let rows = items(&answer, "grants").iter().map(|kept| {
        let grant = text(field(kept, "grant"));
        let words = grant.parse().map(|grant: Grant| grant.in_words());
        let (by, at) = (text(field(kept, "by")), text(field(kept, "at")));
        [grant, by, at, words.unwrap_or_default()]
    });
    give(table::of(["GRANT", "BY", "AT", "THE BOT"], rows));
    Ok(())
}

/// What is to be granted with a deployment: what `given` says, and what a person at the terminal agrees to. Who is none
/// gets told what to add.
pub(super) async fn agreed(
    remote: &Remote,
    at: &At,
    wants: &Value,
    given: &[Grant],
) -> Result<Grants, Ended> {
    let mut agreed: Grants = given.iter().cloned().collect();
    let path = format!("{}/grants", at.path());
    let granted = remote.ask(Method::GET, &path, Value::Null).await?;
    let has: BTreeSet<String> = items(&granted, "grants")
        .iter()
        .map(|kept| text(field(kept, "grant")))
        .chain(agreed.iter().map(Grant::to_string))
        .collect();
    let wants = wants.as_array().map(Vec::as_slice).unwrap_or_default();
    let missing: Vec<Grant> = wants
        .iter()
        .map(text)
        .filter(|want| !has.contains(want))
        // What this command does not know, the host itself tells.
        .filter_map(|want| want.parse().ok())
        .collect();
    if missing.is_empty() {
        return Ok(agreed);
    }
    say("the bot asks for what it was not granted here before:");
    for grant in &missing {
        say(format_args!("  {grant}: it {}", grant.in_words()));
    }
    if !asks_a_person() {
        let flags = missing.iter().map(|grant| format!("--grant '{grant}'"));
        let flags = flags.collect::<Vec<_>>().join(" ");
        return Err(Ended::Usage(format!(
            "nobody has granted that; if the bot may have it, add {flags}"
        )));
    }
    if !is_yes("may it have that? [y/N]")? {
        return Err(Ended::Usage(
            "it is not granted, so nothing is deployed".to_owned(),
        ));
    }
    agreed.extend(missing);
    Ok(agreed)
}

/// Whether somebody sits at a terminal who can be asked.
fn asks_a_person() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn is_yes(question: &str) -> Result<bool, Ended> {
    say(question);
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Ended::Usage(format!("the answer cannot be read: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

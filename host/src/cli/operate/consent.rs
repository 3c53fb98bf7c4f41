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
    let granted = items(&answer, "grants").iter().map(|kept| {
        let grant = text(field(kept, "grant"));
        let (by, at) = (text(field(kept, "by")), text(field(kept, "at")));
        let words = in_words(&grant);
        [grant, by, at, words]
    });
    let missing = items(&answer, "missing").iter().map(|grant| {
        let grant = text(grant);
        let words = in_words(&grant);
        [grant, "not granted".to_owned(), String::new(), words]
    });
    let rows: Vec<_> = granted.chain(missing).collect();
    if rows.is_empty() {
        say("nothing is granted there, and nothing that serves there asks for anything");
        return Ok(());
    }
    give(table::of(
        ["GRANT", "BY", "AT", "THE BOT"],
        rows.into_iter(),
    ));
    Ok(())
}

fn in_words(grant: &str) -> String {
    let known: Result<Grant, _> = grant.parse();
    known.map(|grant| grant.in_words()).unwrap_or_default()
}

/// What an address was granted, as the host has it; of one that the configuration file has, why it does not say.
pub(super) async fn granted(remote: &Remote, at: &At) -> Result<Value, Ended> {
    let path = format!("{}/grants", at.path());
    remote.ask(Method::GET, &path, Value::Null).await
}

/// What is to be granted with a deployment: what `given` says, and what a person at the terminal agrees to. Who is none
/// gets told what to add.
pub(super) fn agreed(
    at: &At,
    granted: &Value,
    wants: &Value,
    given: &[Grant],
) -> Result<Grants, Ended> {
    let mut agreed: Grants = given.iter().cloned().collect();
    let asked: BTreeSet<String> = texts(wants).collect();
    if let Some(grant) = agreed
        .iter()
        .find(|grant| !asked.contains(&grant.to_string()))
    {
        let asked = asked.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Ended::Usage(format!(
            "the bot does not ask for \"{grant}\"; it asks for {asked}"
        )));
    }
    let has: BTreeSet<String> = items(granted, "grants")
        .iter()
        .map(|kept| text(field(kept, "grant")))
        .chain(agreed.iter().map(Grant::to_string))
        .collect();
    let missing: Vec<Grant> = texts(wants)
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
    let flags = missing.iter().map(|grant| format!("--grant '{grant}'"));
    let flags = flags.collect::<Vec<_>>().join(" ");
    say(format_args!(
        "that takes the role admin; without it, ask an admin to run: retort grants {at} {flags}"
    ));
    if !asks_a_person() {
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
    let answer = answer.trim().to_ascii_lowercase();
    Ok(matches!(answer.as_str(), "y" | "yes"))
}

fn texts(list: &Value) -> impl Iterator<Item = String> {
    list.as_array().into_iter().flatten().map(text)
}

/// Says which of the secrets that a bot was granted are not set: it would find out turn by turn.
pub(super) async fn warn_of_unset(remote: &Remote, at: &At, wants: &Value) {
    let wanted: Vec<Grant> = texts(wants).filter_map(|want| want.parse().ok()).collect();
    let names: BTreeSet<_> = wanted.iter().filter_map(Grant::secret).collect();
    if names.is_empty() {
        return;
    }
    let tenant = &at.of.tenant;
    // Who may not see them is not told.
    let path = format!("tenants/{tenant}/secrets");
    let Ok(answer) = remote.ask(Method::GET, &path, Value::Null).await else {
        return;
    };
    let set: BTreeSet<String> = items(&answer, "secrets")
        .iter()
        .map(|secret| text(field(secret, "name")))
        .collect();
    for name in names
        .into_iter()
        .filter(|name| !set.contains(name.as_str()))
    {
        say(format_args!(
            "warning: the secret \"{name}\" is not set; set it with: retort secrets set {name} --tenant {tenant}"
        ));
    }
}

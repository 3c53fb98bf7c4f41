//! `retort diff`: what is different between two revisions of a bot, and between how they are run.

use serde_json::{Map, Value, json};

use super::Of;
use super::remote::{Method, Remote};
use super::revision;
use super::table::{self, field, items, text};
use crate::cli::{Ended, give};
use crate::tenant::Environment;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The first digits of a revision's digest, or an environment: what it serves, the newest side of a split
    #[arg(value_name = "DIGEST|ENVIRONMENT")]
    old: String,
    /// What to compare it with
    #[arg(value_name = "DIGEST|ENVIRONMENT")]
    new: String,
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    remote: Remote,
}

/// What is compared of a revision, in this order.
const FIELDS: [&str; 7] = [
    "digest", "name", "version", "contract", "world", "bytes", "wants",
];

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    let (old, new) = (look(&args, &args.old).await?, look(&args, &args.new).await?);
    let differences = differences(&old, &new);
    if args.remote.json {
        let each = differences
            .iter()
            .map(|(what, old, new)| json!({ "what": what, "old": old, "new": new }));
        give(Value::Array(each.collect()));
        return Ok(());
    }
    if differences.is_empty() {
        give("no difference");
        return Ok(());
    }
    let rows = differences.into_iter().map(|(what, old, new)| {
        let (old, new) = (shown(&what, &old), shown(&what, &new));
        [what, old, new]
    });
    give(table::of(["", &args.old, &args.new], rows));
    Ok(())
}

/// A revision's fields, and below them the settings that it is run with, each under its path.
async fn look(args: &Args, what: &str) -> Result<Map<String, Value>, Ended> {
    let bot = args.of.path();
    let (digits, settings) = match revision::digits(what) {
        Some(digits) => (digits.to_owned(), None),
        None => served(args, &bot, what).await?,
    };
    let revision = revision::find(&args.remote, &bot, &digits).await?;
    let mut all = Map::new();
    for name in FIELDS {
        all.insert(name.to_owned(), field(&revision, name).clone());
    }
    flatten(&mut all, "", &settings.unwrap_or_default());
    Ok(all)
}

/// The newest side of what an environment serves: its digest, and its settings.
async fn served(args: &Args, bot: &str, what: &str) -> Result<(String, Option<Value>), Ended> {
    let environment: Environment = what.parse().map_err(|_| {
        Ended::Usage(format!(
            "\"{what}\" is neither {} or more digits of a digest nor an environment",
            revision::LEAST_DIGITS
        ))
    })?;
    let path = format!("{bot}/environments/{environment}/deployment");
    let kept = args.remote.ask(Method::GET, &path, Value::Null).await?;
    let newest = items(&kept, "sides").last();
    let newest = newest.ok_or_else(|| {
        Ended::Usage(format!(
            "{}/{}/{environment} serves nothing",
            args.of.tenant, args.of.bot
        ))
    })?;
    let settings = field(newest, "settings").clone();
    Ok((text(field(newest, "digest")), Some(settings)))
}

/// Each value that is no table, under the names that lead to it.
fn flatten(all: &mut Map<String, Value>, path: &str, value: &Value) {
    let Value::Object(table) = value else {
        if !value.is_null() {
            all.insert(path.to_owned(), value.clone());
        }
        return;
    };
    for (name, value) in table {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        flatten(all, &path, value);
    }
}

/// What is not the same, in the order of the first and then of what only the second has.
fn differences(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<(String, Value, Value)> {
    let only_new = new.keys().filter(|name| !old.contains_key(*name));
    let names = old.keys().chain(only_new);
    let value = |of: &Map<String, Value>, name: &str| of.get(name).cloned().unwrap_or_default();
    let each = names.map(|name| (name.clone(), value(old, name), value(new, name)));
    each.filter(|(_, old, new)| old != new).collect()
}

fn shown(what: &str, value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Array(none) if none.is_empty() => "nothing".to_owned(),
        digest if what == "digest" => table::short(digest),
        other => text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_compared_value_by_value() {
        let flat = |value: Value| {
            let mut all = Map::new();
            flatten(&mut all, "", &value);
            all
        };
        let old = flat(json!({ "limits": { "fuel": 1, "handles": 2 }, "config": { "a": "b" } }));
        let new = flat(json!({ "limits": { "fuel": 3, "handles": 2 }, "smoke_turn": false }));
        assert_eq!(
            differences(&old, &new),
            [
                ("limits.fuel".to_owned(), json!(1), json!(3)),
                ("config.a".to_owned(), json!("b"), Value::Null),
                ("smoke_turn".to_owned(), Value::Null, json!(false)),
            ]
        );
        assert!(differences(&old, &old).is_empty());
    }
}

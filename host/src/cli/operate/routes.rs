//! `retort routes`: which bot answers whom.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::OfTenant;
use super::remote::Method;
use super::table::{self, field, items, text};
use crate::cli::{Ended, give};
use crate::registry::routing::Rule;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List a tenant's rules
    List {
        #[command(flatten)]
        of: OfTenant,
    },
    /// Give a tenant other rules, in place of all that it has
    Set {
        /// A TOML file with [[rules]]: `bot`, `environment` and `skill` that are asked for, each may be left out, and
        /// `to = { bot = ..., environment = ... }`; the first that matches counts
        file: PathBuf,
        #[command(flatten)]
        of: OfTenant,
    },
}

/// The file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    #[serde(default)]
    rules: Vec<Rule>,
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    let (of, answer) = match args.command {
        Command::List { of } => {
            let answer = of
                .remote
                .ask(Method::GET, &of.path("routes"), Value::Null)
                .await?;
            (of, answer)
        }
        Command::Set { file, of } => {
            let shown = file.display();
            let bad = |error: &dyn std::fmt::Display| {
                Ended::Usage(format!("\"{shown}\" is not valid: {error}"))
            };
            let text = std::fs::read_to_string(&file).map_err(|error| bad(&error))?;
            let rules: Rules = toml::from_str(&text).map_err(|error| bad(&error))?;
            let answer = of
                .remote
                .ask(Method::PUT, &of.path("routes"), json!(rules))
                .await?;
            (of, answer)
        }
    };
    if of.remote.json {
        give(answer);
        return Ok(());
    }
    let rows = items(&answer, "rules").iter().map(|rule| {
        let to = field(rule, "to");
        [
            text(field(rule, "bot")),
            text(field(rule, "environment")),
            text(field(rule, "skill")),
            format!(
                "{}/{}",
                text(field(to, "bot")),
                text(field(to, "environment"))
            ),
        ]
    });
    give(table::of(["BOT", "ENVIRONMENT", "SKILL", "TO"], rows));
    Ok(())
}

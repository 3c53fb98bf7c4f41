//! `retort secrets`: values that a tenant's bots read, and nobody is shown again.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::remote::Method;
use super::table::{self, field, items, text};
use super::{OfTenant, Said};
use crate::cli::{Ended, give, say};
use crate::tenant::SecretName;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Set a secret, in place of what it was; the value is what is typed, or comes from a file or a pipe
    Set {
        /// What bots read it by
        name: SecretName,
        /// The file that has the value; one line end at its end is not a part of it
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        said: Said,
        #[command(flatten)]
        of: OfTenant,
    },
    /// List a tenant's secrets by name
    List {
        #[command(flatten)]
        of: OfTenant,
    },
    /// Remove a secret
    Rm {
        /// Which
        name: SecretName,
        #[command(flatten)]
        of: OfTenant,
    },
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    match args.command {
        Command::Set {
            name,
            file,
            said,
            of,
        } => {
            let value = value(file)?;
            let path = format!("{}/{name}", of.path("secrets"));
            let asked = json!({ "value": value, "note": said.note });
            of.remote.ask(Method::PUT, &path, asked).await?;
            say(format_args!("secret \"{name}\" of {} is set", of.tenant));
        }
        Command::List { of } => {
            let answer = of
                .remote
                .ask(Method::GET, &of.path("secrets"), Value::Null)
                .await?;
            if of.remote.json {
                give(answer);
                return Ok(());
            }
            let rows = items(&answer, "secrets").iter();
            let rows =
                rows.map(|secret| ["name", "by", "at"].map(|name| text(field(secret, name))));
            give(table::of(["SECRET", "BY", "AT"], rows));
        }
        Command::Rm { name, of } => {
            let path = format!("{}/{name}", of.path("secrets"));
            of.remote.ask(Method::DELETE, &path, Value::Null).await?;
            say(format_args!("secret \"{name}\" of {} is gone", of.tenant));
        }
    }
    Ok(())
}

/// A secret is no argument: those are seen by all of a machine, and kept in histories.
fn value(file: Option<PathBuf>) -> Result<String, Ended> {
    let unread = |what: String| {
        move |error: std::io::Error| Ended::Usage(format!("{what} cannot be read: {error}"))
    };
    let mut value = match file {
        Some(file) => {
            let shown = format!("\"{}\"", file.display());
            std::fs::read_to_string(file).map_err(unread(shown))?
        }
        None if std::io::stdin().is_terminal() => {
            rpassword::prompt_password("value (it is not shown): ")
                .map_err(unread("the value".to_owned()))?
        }
        None => {
            let mut value = String::new();
            let read = std::io::stdin().lock().read_to_string(&mut value);
            read.map_err(unread("standard input".to_owned()))?;
            value
        }
    };
    if value.ends_with('\n') {
        value.pop();
        if value.ends_with('\r') {
            value.pop();
        }
    }
    Ok(value)
}

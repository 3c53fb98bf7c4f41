//! `retort tokens`: who may do what.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::remote::{Method, Remote};
use super::table::{self, field, items, text};
use crate::cli::{Ended, give, say};
use crate::tenant::TenantId;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the tokens that one's own may see
    List {
        #[command(flatten)]
        remote: Remote,
    },
    /// Make a token, and print it: it is never shown again
    Make {
        /// Who is to have it, as the audit log is to name them
        name: String,
        /// admin, developer or invoker; can be given several times
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// For this tenant; can be given several times, and is all tenants if it is not
        #[arg(long = "tenant")]
        tenants: Vec<TenantId>,
        /// Days until it ends; never, if it is left out
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: Option<u32>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Make a token invalid, at once
    Revoke {
        /// Its id, as the list has it
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    match args.command {
        Command::List { remote } => list(&remote).await,
        Command::Make {
            name,
            roles,
            tenants,
            days,
            remote,
        } => {
            let asked = json!({
                "name": name,
                "roles": roles,
                "tenants": (!tenants.is_empty()).then_some(tenants),
                "expires": days.map(in_days).transpose()?,
            });
            make(&remote, asked).await
        }
        Command::Revoke { id, remote } => revoke(&remote, &id).await,
    }
}

fn in_days(days: u32) -> Result<Timestamp, Ended> {
    let hours = i64::from(days) * 24;
    let end = Timestamp::now().checked_add(hours.hours());
    end.map_err(|_| Ended::Usage(format!("{days} days are too many")))
}

async fn list(remote: &Remote) -> Result<(), Ended> {
    let answer = remote.ask_all("tokens", "tokens").await?;
    if remote.json {
        give(answer);
        return Ok(());
    }
    let rows = items(&answer, "tokens").iter().map(|token| {
        let tenants = match field(token, "tenants") {
            Value::Null => "all".to_owned(),
            some => text(some),
        };
        let ends = match field(token, "revoked") {
            Value::Null => text(field(token, "expires")),
            since => format!("revoked {}", text(since)),
        };
        [
            text(field(token, "id")),
            text(field(token, "name")),
            text(field(token, "roles")),
            tenants,
            text(field(token, "made")),
            text(field(token, "by")),
            ends,
        ]
    });
    give(table::of(
        ["ID", "NAME", "ROLES", "TENANTS", "MADE", "BY", "ENDS"],
        rows,
    ));
    Ok(())
}

async fn make(remote: &Remote, asked: Value) -> Result<(), Ended> {
    let made = remote.ask(Method::POST, "tokens", asked).await?;
    if remote.json {
        give(made);
        return Ok(());
    }
    let tenants = match field(&made, "tenants") {
        Value::Null => "all tenants".to_owned(),
        some => text(some),
    };
    say(format_args!(
        "token {}, {} for {tenants}, which is shown this once:",
        text(field(&made, "id")),
        text(field(&made, "roles"))
    ));
    give(text(field(&made, "token")));
    Ok(())
}

async fn revoke(remote: &Remote, id: &str) -> Result<(), Ended> {
    let revoked = remote
        .ask(Method::DELETE, &format!("tokens/{id}"), Value::Null)
        .await?;
    if remote.json {
        give(revoked);
    } else {
        give(format_args!(
            "token {id} of {} is not valid any more",
            text(field(&revoked, "name"))
        ));
    }
    Ok(())
}

//! `retort gate`: what an environment requires of what it is to serve, and what one deployment is held to besides.

use serde_json::{Value, json};

use super::remote::{Method, Remote};
use super::table::{field, items, text};
use super::{At, Said};
use crate::cli::{Channel, Ended, give};
use crate::kit::Level;
use crate::liveperson::said::Kind;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    at: At,
    /// Require these levels of each revision that is to serve there, such as `contract,conversations,budget`. Takes the role admin
    #[arg(long, value_name = "LEVEL,…", value_delimiter = ',', value_parser = level)]
    require: Vec<Level>,
    /// With `budget`: by how many per cent a conversation may take more fuel than with the revision that serves there
    #[arg(long, value_name = "N", requires = "require")]
    fuel_percent: Option<u16>,
    /// The environment is for this kind of conversation alone: what any bot has to bear is not sent over the other one
    #[arg(long, value_enum, requires = "require")]
    channel: Option<Channel>,
    /// Require nothing any more. Takes the role admin
    #[arg(long, conflicts_with = "require")]
    none: bool,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    remote: Remote,
}

/// What a deployment is held to.
#[derive(Debug, clap::Args)]
pub(super) struct Demand {
    /// Deploy it only if it passes these levels, such as `contract,conversations`, besides what the environment requires
    #[arg(long, value_name = "LEVEL,…", value_delimiter = ',', value_parser = level)]
    pub(super) require: Vec<Level>,
    /// Deploy it though it does not pass; the audit log says so. Takes the role admin where the environment requires something
    #[arg(long)]
    pub(super) force: bool,
}

fn level(text: &str) -> Result<Level, String> {
    let found = Level::ALL.into_iter().find(|level| level.name() == text);
    found.ok_or_else(|| {
        let known: Vec<_> = Level::ALL.iter().map(|level| level.name()).collect();
        format!("there are {}", known.join(", "))
    })
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    let Args {
        at,
        require,
        fuel_percent,
        channel,
        none,
        said,
        remote,
    } = args;
    let path = format!("{}/gate", at.path());
    if none {
        remote.ask(Method::DELETE, &path, Value::Null).await?;
    }
    let gate = if require.is_empty() {
        remote.ask(Method::GET, &path, Value::Null).await?
    } else {
        let channel = channel.map(Kind::from);
        let mut asked = json!({ "require": require, "channel": channel, "note": said.note });
        if let (Some(percent), Some(asked)) = (fuel_percent, asked.as_object_mut()) {
            asked.insert("fuelPercent".to_owned(), percent.into());
        }
        remote.ask(Method::PUT, &path, asked).await?
    };
    if remote.json {
        give(gate);
        return Ok(());
    }
    let levels: Vec<_> = items(&gate, "require").iter().map(text).collect();
    if levels.is_empty() {
        give("nothing is required there");
        return Ok(());
    }
    let has_budget = levels.iter().any(|level| level == Level::Budget.name());
    let fuel = match has_budget {
        true => format!(", with {} % more fuel at most", field(&gate, "fuelPercent")),
        false => String::new(),
    };
    let over = match text(field(&gate, "channel")) {
        channel if channel.is_empty() => channel,
        channel => format!(", over {channel} alone"),
    };
    let (by, since) = (text(field(&gate, "by")), text(field(&gate, "at")));
    give(format_args!(
        "{} required there{fuel}{over}, since {since}, by {by}",
        match levels.as_slice() {
            [one] => format!("{one} is"),
            _ => format!("{} are", levels.join(", ")),
        }
    ));
    Ok(())
}

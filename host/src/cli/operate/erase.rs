//! `retort erase`: all that is kept of a conversation, removed.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::OfTenant;
use super::remote::Method;
use super::table::field;
use crate::cli::{Ended, give};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The platform's id of the conversation
    conversation: String,
    #[command(flatten)]
    of: OfTenant,
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    let Args { conversation, of } = args;
    let id = utf8_percent_encode(&conversation, NON_ALPHANUMERIC);
    let path = of.path(&format!("conversations/{id}"));
    let answer = of.remote.ask(Method::DELETE, &path, Value::Null).await?;
    if of.remote.json {
        give(answer);
        return Ok(());
    }
    let records = field(&answer, "records").as_u64().unwrap_or_default();
    give(format_args!(
        "{records} records of the conversation are gone"
    ));
    Ok(())
}

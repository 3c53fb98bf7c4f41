//! `retort erase`: all that is kept of a conversation, removed.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::remote::{Method, Remote};
use super::table::field;
use crate::cli::{Ended, give};
use crate::tenant::TenantId;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The platform's id of the conversation
    conversation: String,
    /// Whose
    #[arg(long, env = "RETORT_TENANT")]
    tenant: TenantId,
    #[command(flatten)]
    remote: Remote,
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    let Args {
        conversation,
        tenant,
        remote,
    } = args;
    let id = utf8_percent_encode(&conversation, NON_ALPHANUMERIC);
    let path = format!("tenants/{tenant}/conversations/{id}");
    let answer = remote.ask(Method::DELETE, &path, Value::Null).await?;
    if remote.json {
        give(answer);
        return Ok(());
    }
    let records = field(&answer, "records").as_u64().unwrap_or_default();
    give(format_args!(
        "{records} records of the conversation are gone"
    ));
    Ok(())
}

//! `retort report`: what came of a revision's latest trial.

use serde_json::Value;

use super::remote::{Method, Remote};
use super::table::{field, items, short, text};
use super::{Of, revision};
use crate::cli::test::shown::Shown;
use crate::cli::{Ended, give};
use crate::kit::Report;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The revision's digest, or six or more of its first digits
    digest: String,
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    remote: Remote,
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    let Args { digest, of, remote } = args;
    let digits = revision::digits(&digest).ok_or_else(|| {
        Ended::Usage(format!(
            "\"{digest}\" is not {} or more digits of a digest",
            revision::LEAST_DIGITS
        ))
    })?;
    let found = revision::find(&remote, &of.path(), digits).await?;
    let digest = text(field(&found, "digest"));
    let path = format!("{}/revisions/{digest}/report", of.path());
    let trial = remote.ask(Method::GET, &path, Value::Null).await?;
    if remote.json {
        give(trial);
        return Ok(());
    }
    let requires: Vec<_> = items(&trial, "require").iter().map(text).collect();
    let verdict = match (field(&trial, "passed"), field(&trial, "forced")) {
        (Value::Bool(true), _) => "it passed",
        (_, Value::Bool(true)) => "it did not pass, and was deployed all the same",
        _ if field(&trial, "report").is_null() => "the trial ended without a verdict",
        _ => "it did not pass",
    };
    give(format_args!(
        "revision {} was tried for {} by {}, {}, by {}: {verdict}",
        short(field(&trial, "digest")),
        text(field(&trial, "environment")),
        requires.join(", "),
        text(field(&trial, "at")),
        text(field(&trial, "by")),
    ));
    let problem = text(field(&trial, "problem"));
    if !problem.is_empty() {
        give(problem);
    }
    // One of a host that knows more is shown as it is.
    let report: Result<Report, _> = serde_json::from_value(field(&trial, "report").clone());
    match report {
        Ok(report) => give(Shown::new(0).report(&report).trim_end()),
        Err(_) if field(&trial, "report").is_null() => {}
        Err(_) => give(field(&trial, "report")),
    }
    Ok(())
}

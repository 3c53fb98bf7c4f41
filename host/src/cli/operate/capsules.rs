//! `retort capsules`: the turns of a bot that are kept whole, listed, and fetched into files.

mod files;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Of;
use super::remote::{Method, Remote};
use super::table::{self, field, items, short, text};
use crate::capsules::Capsule;
use crate::chat::one_line;
use crate::cli::{Ended, give, say};
use crate::tenant::Environment;
use files::Target;

/// Of a cause, for one who looks for a turn.
const CAUSE_CHARACTERS: usize = 60;
/// Items that are asked for at a time.
const PAGE: usize = 1_000;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    filter: Filter,
    /// Fetch this turn; its file is named `ID.capsule.json` unless --out says otherwise
    #[arg(long, value_name = "ID", conflicts_with = "fetch_all")]
    fetch: Option<Uuid>,
    /// Where the file is to be
    #[arg(long, value_name = "FILE|DIR", requires = "fetch", default_value = ".")]
    out: PathBuf,
    /// Fetch all that are listed, into a folder
    #[arg(long, value_name = "DIR")]
    fetch_all: Option<PathBuf>,
    /// Fetch the component as well that each turn was one of, beside its file and named by its digest
    #[arg(long)]
    component: bool,
    #[command(flatten)]
    remote: Remote,
}

/// Which of a bot's.
#[derive(Debug, Default, clap::Args)]
struct Filter {
    /// Only turns that failed
    #[arg(long)]
    failed: bool,
    /// Only turns that ended like this, as `out-of-fuel`
    #[arg(long, value_name = "CODE")]
    outcome: Option<String>,
    /// Only turns that this environment answered
    #[arg(long)]
    environment: Option<Environment>,
    /// Only turns of the revision whose digest begins like this
    #[arg(long, value_name = "DIGEST")]
    revision: Option<String>,
    /// Only turns of this conversation
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
    /// Only turns that ended then or later, as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
}

impl Filter {
    /// As the admin API takes it.
    fn query(&self) -> String {
        let since = self.since.map(|since| since.to_string());
        let environment = self.environment.as_ref().map(Environment::as_str);
        let mut query = format!("failed={}", self.failed);
        for (name, value) in [
            ("outcome", self.outcome.as_deref()),
            ("environment", environment),
            ("revision", self.revision.as_deref()),
            ("conversation", self.conversation.as_deref()),
            ("since", since.as_deref()),
        ] {
            if let Some(value) = value {
                let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
                query += &format!("&{name}={value}");
            }
        }
        query
    }
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    if args.component && args.fetch.is_none() && args.fetch_all.is_none() {
        let with = "--component goes with --fetch or --fetch-all";
        return Err(Ended::Usage(with.to_owned()));
    }
    if let Some(id) = args.fetch {
        let target = Target::of(&args.out, id);
        let revision = fetch(&args, id, &target).await?;
        if args.component {
            fetch_component(&args, &revision, &target).await?;
        }
        return Ok(());
    }
    let listed = all(&args.of, &args.filter, &args.remote).await?;
    match &args.fetch_all {
        None => show(&args, &listed),
        Some(folder) => fetch_all(&args, &listed, folder).await?,
    }
    Ok(())
}

/// All that a filter lets through, page by page.
async fn all(of: &Of, filter: &Filter, remote: &Remote) -> Result<Vec<Value>, Ended> {
    let path = format!("{}/capsules?limit={PAGE}&{}", of.path(), filter.query());
    let (mut listed, mut after) = (Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let page = remote
            .ask(Method::GET, &format!("{path}{after}"), Value::Null)
            .await?;
        listed.extend_from_slice(items(&page, "capsules"));
        let next = format!("&after={}", text(field(&page, "next")));
        // The same once more would have no end.
        if field(&page, "next").is_null() || next == after {
            return Ok(listed);
        }
        after = next;
    }
    Err(Ended::Host(format!("the pages of {path} have no end")))
}

/// More than any bot has.
const MOST_PAGES: usize = 1_000;

/// The turns of a conversation that are kept, whole.
pub(in crate::cli) async fn of_conversation(
    remote: &Remote,
    of: &Of,
    conversation: &str,
) -> Result<Vec<Capsule>, Ended> {
    let filter = Filter {
        conversation: Some(conversation.to_owned()),
        ..Filter::default()
    };
    let mut capsules = Vec::new();
    for listed in all(of, &filter, remote).await? {
        let id = text(field(&listed, "id"));
        let id = id.parse::<Uuid>();
        let id = id.map_err(|error| Ended::Host(format!("what the host gave: {error}")))?;
        let bytes = remote
            .fetch(&format!("{}/capsules/{id}", of.path()))
            .await?;
        let capsule = Capsule::read(&bytes);
        capsules
            .push(capsule.map_err(|error| Ended::Host(format!("what the host gave: {error}")))?);
    }
    Ok(capsules)
}

fn show(args: &Args, listed: &[Value]) {
    if args.remote.json {
        return give(json!({ "capsules": listed }));
    }
    if listed.is_empty() {
        return say("no such turn is kept");
    }
    let heads = [
        "id",
        "ended",
        "environment",
        "revision",
        "outcome",
        "fuel",
        "bytes",
        "replay",
        "cause",
    ];
    let rows = listed.iter().map(|capsule| {
        let told = |name| text(field(capsule, name));
        let revision = told("revision");
        [
            told("id"),
            told("at"),
            told("environment"),
            short(&Value::from(revision.trim_start_matches("sha256:"))),
            told("outcome"),
            told("fuel"),
            told("bytes"),
            promise(capsule).to_owned(),
            one_line(&told("cause"), CAUSE_CHARACTERS),
        ]
    });
    give(table::of(heads, rows));
}

/// What running a turn again promises.
fn promise(capsule: &Value) -> &'static str {
    match (field(capsule, "gap"), items(capsule, "redacted")) {
        (Value::Null, []) => "exact",
        (Value::Null, _) => "redacted",
        _ => "gap",
    }
}

async fn fetch_all(args: &Args, listed: &[Value], folder: &Path) -> Result<(), Ended> {
    files::folder(folder)?;
    let mut revisions = BTreeSet::new();
    for capsule in listed {
        let id = text(field(capsule, "id"));
        let id = id
            .parse()
            .map_err(|_| Ended::Host(format!("\"{id}\" is no id of a turn")))?;
        let target = Target::of(folder, id);
        revisions.insert(fetch(args, id, &target).await?);
    }
    if listed.is_empty() {
        say("no such turn is kept");
    }
    if args.component {
        for revision in revisions {
            fetch_component(args, &revision, &Target::of(folder, Uuid::nil())).await?;
        }
    }
    Ok(())
}

/// Fetches a turn; the digits of its revision.
async fn fetch(args: &Args, id: Uuid, target: &Target) -> Result<String, Ended> {
    // Before it is asked for: each time is in the audit log.
    target.check(id)?;
    let bytes = args
        .remote
        .fetch(&format!("{}/capsules/{id}", args.of.path()))
        .await?;
    let revision = target.write(id, &bytes)?;
    give(target.file().display());
    Ok(revision)
}

async fn fetch_component(args: &Args, revision: &str, target: &Target) -> Result<(), Ended> {
    let Some(file) = target.component(revision)? else {
        return Ok(());
    };
    let path = format!("{}/revisions/{revision}/component", args.of.path());
    let bytes = args.remote.fetch(&path).await;
    let bytes = bytes.map_err(|error| match error {
        Ended::Usage(why) => Ended::Usage(format!(
            "the turn is fetched, and not its component: {why}; the host has none to give of a bot that its configuration file \
             serves, so name that to `retort replay` with --bot"
        )),
        other => other,
    })?;
    files::write_component(&file, revision, &bytes)?;
    give(file.display());
    Ok(())
}

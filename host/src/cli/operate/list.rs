//! What there is, and who changed it.

use serde_json::Value;

use super::remote::Remote;
use super::table::{self, field, items, short, sides, text};
use super::{At, Of};
use crate::cli::{Ended, give};
use crate::tenant::TenantId;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TenantsArgs {
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BotsArgs {
    /// Whose bots
    #[arg(long, env = "RETORT_TENANT")]
    tenant: TenantId,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RevisionsArgs {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct HistoryArgs {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AuditArgs {
    /// No more than so many of the newest entries, counted over all tenants
    #[arg(long, default_value_t = 100, conflicts_with = "after")]
    last: u64,
    /// All entries after this number; 0 is all there are
    #[arg(long)]
    after: Option<u64>,
    #[command(flatten)]
    remote: Remote,
}

pub(in crate::cli) async fn tenants(args: TenantsArgs) -> Result<(), Ended> {
    let answer = args.remote.ask_all("tenants", "tenants").await?;
    if args.remote.json {
        give(answer);
        return Ok(());
    }
    for tenant in items(&answer, "tenants") {
        give(text(tenant));
    }
    Ok(())
}

pub(in crate::cli) async fn bots(args: BotsArgs) -> Result<(), Ended> {
    let path = format!("tenants/{}/bots", args.tenant);
    let answer = args.remote.ask_all(&path, "bots").await?;
    if args.remote.json {
        give(answer);
        return Ok(());
    }
    let rows = items(&answer, "bots").iter().flat_map(|bot| {
        items(bot, "environments").iter().map(|served| {
            [
                text(field(bot, "name")),
                text(field(served, "environment")),
                format!("#{}", field(served, "number")),
                sides(served),
                text(field(served, "world")),
                text(field(served, "events")),
                text(field(served, "at")),
                text(field(served, "by")),
                text(field(served, "note")),
                text(field(bot, "uuid")),
            ]
        })
    });
    let configured = items(&answer, "configured").iter().map(|served| {
        [
            text(field(served, "bot")),
            text(field(served, "environment")),
            String::new(),
            short(field(served, "digest")),
            text(field(served, "world")),
            text(field(served, "events")),
            String::new(),
            "the configuration file".to_owned(),
            String::new(),
            text(field(served, "uuid")),
        ]
    });
    let heads = [
        "BOT",
        "ENVIRONMENT",
        "NUMBER",
        "SERVES",
        "WORLD",
        "EVENTS",
        "SINCE",
        "BY",
        "NOTE",
        "UUID",
    ];
    give(table::of(heads, rows.chain(configured)));
    Ok(())
}

pub(in crate::cli) async fn revisions(args: RevisionsArgs) -> Result<(), Ended> {
    let path = format!("{}/revisions", args.of.path());
    let answer = args.remote.ask_all(&path, "revisions").await?;
    if args.remote.json {
        give(answer);
        return Ok(());
    }
    let rows = items(&answer, "revisions").iter().map(|revision| {
        [
            short(field(revision, "digest")),
            text(field(revision, "name")),
            text(field(revision, "version")),
            text(field(revision, "bytes")),
            text(field(revision, "wants")),
            text(field(revision, "at")),
            text(field(revision, "by")),
            text(field(revision, "note")),
        ]
    });
    let heads = [
        "REVISION", "NAME", "VERSION", "BYTES", "WANTS", "SINCE", "BY", "NOTE",
    ];
    give(table::of(heads, rows));
    Ok(())
}

pub(in crate::cli) async fn history(args: HistoryArgs) -> Result<(), Ended> {
    let HistoryArgs { at, remote } = args;
    let path = format!("{}/history", at.path());
    let answer = remote.ask_all(&path, "deployments").await?;
    if remote.json {
        give(answer);
        return Ok(());
    }
    let rows = items(&answer, "deployments").iter().map(|kept| {
        let before = match field(kept, "before") {
            Value::Null => String::new(),
            number => format!("#{number}"),
        };
        [
            format!("#{}", field(kept, "number")),
            text(field(kept, "at")),
            text(field(kept, "by")),
            text(field(kept, "change")),
            sides(kept),
            before,
            text(field(kept, "note")),
        ]
    });
    let heads = [
        "NUMBER", "SINCE", "BY", "CHANGE", "SERVES", "BEFORE", "NOTE",
    ];
    give(table::of(heads, rows));
    Ok(())
}

pub(in crate::cli) async fn audit(args: AuditArgs) -> Result<(), Ended> {
    let path = match args.after {
        Some(after) => format!("audit?after={after}"),
        None => format!("audit?last={}", args.last),
    };
    let answer = args.remote.ask_all(&path, "entries").await?;
    if args.remote.json {
        give(answer);
        return Ok(());
    }
    let rows = items(&answer, "entries").iter().map(|entry| {
        [
            text(field(entry, "number")),
            text(field(entry, "at")),
            text(field(entry, "by")),
            text(field(entry, "token")),
            text(field(entry, "change")),
            text(field(entry, "tenant")),
            text(field(entry, "of")),
            text(field(entry, "detail")),
            text(field(entry, "note")),
        ]
    });
    let heads = [
        "NUMBER", "AT", "BY", "TOKEN", "CHANGE", "TENANT", "OF", "DETAIL", "NOTE",
    ];
    give(table::of(heads, rows));
    Ok(())
}

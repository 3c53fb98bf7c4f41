//! Who did what.

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::paging::limit;
use super::problems::Problems;
use super::{asked, bad_query};
use crate::access::Caller;
use crate::http::callers::{Audits, Operator};
use crate::http::problem::Problem;
use crate::registry::ledger::Entry;

/// Which part of the log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Only entries after this number: the `next` of the page before.
    after: Option<u64>,
    /// Instead: no more than so many of the newest entries, the host's and all tenants' counted.
    last: Option<u64>,
    /// How many at most: 1 to 1000, and 100 unless it is given.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
pub(super) struct Audit {
    entries: Vec<Entry>,
    /// What to ask for `after` to go on; none at the end. A page may have fewer entries than were asked for.
    next: Option<u64>,
}

/// Lists who did what, as far as the token is for it. Takes the role admin or developer.
#[utoipa::path(
    get,
    path = "/admin/v1/audit",
    tag = "audit",
    params(Part),
    responses((status = 200, description = "Entries, the oldest first", body = Audit), Problems)
)]
pub(super) async fn list_audit(
    Operator {
        control, caller, ..
    }: Operator<Audits>,
    query: Result<Query<Part>, QueryRejection>,
) -> Result<Json<Audit>, Problem> {
    let part = asked(query)?;
    let limit = limit(part.limit)?;
    let ledger = control.ledger();
    let after = match (part.after, part.last) {
        (Some(_), Some(_)) => return Err(bad_query("give either `after` or `last`")),
        (after, None) => after.unwrap_or(0),
        (None, Some(last)) => ledger.last_entry().await.saturating_sub(last),
    };
    let mut entries = ledger.audit(after, limit).await?;
    let last = entries.last().map(|entry| entry.number);
    let next = last.filter(|_| entries.len() == limit);
    entries.retain(|entry| is_for(&caller, entry));
    Ok(Json(Audit { entries, next }))
}

fn is_for(caller: &Caller, entry: &Entry) -> bool {
    match &entry.tenant {
        Some(tenant) => caller.sees(tenant),
        None => caller.is_for_all(),
    }
}

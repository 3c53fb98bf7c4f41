//! Who may do what, and who did what.

use std::sync::Arc;

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::asked;
use crate::access::{Kept, Role, Wanted};
use crate::http::callers::{Audits, Governs, Operator};
use crate::http::problem::Problem;
use crate::http::received::{Names, Received};
use crate::liveperson::read;
use crate::registry::ledger::Entry;
use crate::tenant::TenantId;

/// Lines of the audit log in one answer, unless another number is asked for, and at most.
const PAGE: usize = 100;
const MOST: usize = 1000;

/// A token, as far as it may be shown.
#[derive(Serialize)]
pub(super) struct Shown {
    id: String,
    name: String,
    roles: Vec<Role>,
    tenants: Option<Vec<TenantId>>,
    made: Timestamp,
    by: String,
    expires: Option<Timestamp>,
    revoked: Option<Timestamp>,
}

impl From<Arc<Kept>> for Shown {
    fn from(kept: Arc<Kept>) -> Self {
        let tenants = kept.tenants.as_ref();
        Self {
            id: kept.id.clone(),
            name: kept.name.clone(),
            roles: kept.roles.iter().copied().collect(),
            tenants: tenants.map(|tenants| tenants.iter().cloned().collect()),
            made: kept.made,
            by: kept.by.clone(),
            expires: kept.expires,
            revoked: kept.revoked,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Tokens {
    tokens: Vec<Shown>,
}

/// A token that was made: the only answer that it is ever in.
#[derive(Serialize)]
pub(super) struct Made {
    token: String,
    #[serde(flatten)]
    shown: Shown,
}

#[derive(Deserialize)]
pub(super) struct OfToken {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct Audit {
    entries: Vec<Entry>,
    /// What to ask for `after` to go on; none at the end.
    next: Option<u64>,
}

pub(super) async fn list(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
) -> Result<Json<Tokens>, Problem> {
    let tokens = control.access().seen_by(&caller).into_iter();
    Ok(Json(Tokens {
        tokens: tokens.map(Shown::from).collect(),
    }))
}

pub(super) async fn make(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
    received: Received,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let wanted: Wanted = received.read(read).await?;
    let (kept, token) = control.access().make(&caller, wanted).await?;
    let shown = kept.into();
    Ok((StatusCode::CREATED, Json(Made { token, shown })))
}

pub(super) async fn revoke(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
    Names(OfToken { id }): Names<OfToken>,
) -> Result<Json<Shown>, Problem> {
    let revoked = control.access().revoke(&caller, &id).await?;
    Ok(Json(revoked.into()))
}

pub(super) async fn audit(
    Operator {
        control, caller, ..
    }: Operator<Audits>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Audit>, Problem> {
    let page = asked(query)?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, MOST);
    let mut entries = control.ledger().audit(page.after, limit).await?;
    let last = entries.last().map(|entry| entry.number);
    let next = last.filter(|_| entries.len() == limit);
    entries.retain(|entry| match &entry.tenant {
        Some(tenant) => caller.sees(tenant),
        None => caller.is_for_all(),
    });
    Ok(Json(Audit { entries, next }))
}

//! Who may do what, and who did what.

use std::sync::Arc;

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked;
use super::paging::Page;
use super::problems::Problems;
use crate::access::{Kept, Role, Wanted};
use crate::http::callers::{Governs, Operator};
use crate::http::problem::Problem;
use crate::http::received::{Names, Received};
use crate::liveperson::read;
use crate::tenant::TenantId;

/// A token, as far as it may be shown.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(super) struct Shown {
    /// The part of it that is no secret.
    id: String,
    /// Who has it, as the audit log names them.
    name: String,
    /// What they may do.
    roles: Vec<Role>,
    /// With whose bots; none is everybody's.
    tenants: Option<Vec<TenantId>>,
    /// When it was made.
    made: Timestamp,
    /// By whom.
    by: String,
    /// From then on it is not valid.
    expires: Option<Timestamp>,
    /// Since when it is not.
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

/// A page of tokens.
#[derive(Serialize, ToSchema)]
pub(super) struct Tokens {
    tokens: Vec<Shown>,
    /// What to ask for `after` to go on; none at the end.
    next: Option<String>,
}

/// A token that was made: the only answer that it is ever in.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeToken)]
pub(super) struct Made {
    /// The token itself.
    token: String,
    #[serde(flatten)]
    shown: Shown,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfToken {
    /// The token's id.
    id: String,
}

/// Lists the tokens that one's own may see. Takes the role admin.
#[utoipa::path(
    get,
    path = "/admin/v1/tokens",
    tag = "tokens",
    params(Page),
    responses((status = 200, description = "Tokens, the oldest first", body = Tokens), Problems)
)]
pub(super) async fn list_tokens(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Tokens>, Problem> {
    let page = asked(query)?;
    let seen = control.access().seen_by(&caller);
    let (tokens, next) = page.of(seen, |token| token.id.clone())?;
    let tokens = tokens.into_iter().map(Shown::from).collect();
    Ok(Json(Tokens { tokens, next }))
}

/// Makes a token, for roles and tenants that one's own has. It is in this answer and nowhere else. Takes the role admin.
#[utoipa::path(
    post,
    path = "/admin/v1/tokens",
    tag = "tokens",
    request_body(content = Wanted, content_type = "application/json"),
    responses((status = 201, description = "The token", body = Made), Problems)
)]
pub(super) async fn make_token(
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

/// Makes a token invalid, at once. Takes the role admin.
#[utoipa::path(
    delete,
    path = "/admin/v1/tokens/{id}",
    tag = "tokens",
    params(OfToken),
    responses((status = 200, description = "The token, which is not valid any more", body = Shown), Problems)
)]
pub(super) async fn revoke_token(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
    Names(OfToken { id }): Names<OfToken>,
) -> Result<Json<Shown>, Problem> {
    let revoked = control.access().revoke(&caller, &id).await?;
    Ok(Json(revoked.into()))
}

//! What a bot may have of what it asks for, in one of its environments.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deployments::At;
use super::problems::Problems;
use crate::control::Regrant;
use crate::http::callers::{Governs, Operator, Reads};
use crate::http::problem::Problem;
use crate::http::received::{Names, Received};
use crate::liveperson::read;
use crate::registry::ledger::KeptGrant;
use crate::registry::{Grant, Grants};
use crate::tenant::Address;

/// What was granted.
#[derive(Serialize, ToSchema)]
#[schema(as = Granting)]
pub(super) struct Granted {
    /// Each with who granted it, and when.
    grants: Vec<KeptGrant>,
    /// What is served there and asks for it has not.
    #[schema(value_type = Vec<Grant>)]
    missing: Grants,
}

/// What is to be granted, and what taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Of what the bot asks for that is served.
    #[serde(default)]
    #[schema(value_type = Vec<Grant>)]
    grant: Grants,
    /// All of it has to be granted.
    #[serde(default)]
    #[schema(value_type = Vec<Grant>)]
    revoke: Grants,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Tells what a bot was granted in an environment. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/grants",
    tag = "grants",
    params(At),
    responses((status = 200, description = "What it was granted, by whom and when", body = Granted), Problems)
)]
pub(super) async fn get_grants(
    Operator { control, .. }: Operator<Reads>,
    Names(at): Names<At>,
) -> Result<Json<Granted>, Problem> {
    let (grants, missing) = control.granting(&at.into()).await?;
    Ok(Json(Granted { grants, missing }))
}

/// Grants a bot more of what one of its revisions asks for in an environment, or takes it back: then it is out of reach from the next turn
/// on. Takes the role admin.
#[utoipa::path(
    patch,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/grants",
    tag = "grants",
    params(At),
    request_body(content = Wanted, content_type = "application/json"),
    responses((status = 200, description = "What it is granted now", body = Granted), Problems)
)]
pub(super) async fn change_grants(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
    Names(at): Names<At>,
    received: Received,
) -> Result<Json<Granted>, Problem> {
    let wanted: Wanted = received.read(read).await?;
    let by = caller.by(wanted.note);
    let wanted = Regrant {
        grant: wanted.grant,
        revoke: wanted.revoke,
    };
    let at = Address::from(at);
    control.regrant(&at, wanted, by).await?;
    let (grants, missing) = control.granting(&at).await?;
    Ok(Json(Granted { grants, missing }))
}

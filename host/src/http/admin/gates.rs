//! What environments require of what they are to serve.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deployments::At;
use super::problems::Problems;
use crate::control::{FUEL_PERCENT, Required, Requirement};
use crate::http::callers::{Governs, Operator, Reads};
use crate::http::problem::Problem;
use crate::http::received::{Names, Received};
use crate::kit::Level;
use crate::liveperson::read;
use crate::liveperson::said::Kind;
use crate::tenant::Address;

/// What an environment is to require.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = GateWanted)]
pub(super) struct Asked {
    /// The levels that a revision has to pass, one or more. `budget` takes the conversations in.
    #[schema(min_items = 1)]
    require: BTreeSet<Level>,
    /// By how many per cent a conversation may take more fuel than with the revision that serves there.
    #[serde(default = "fuel_percent")]
    #[schema(maximum = 10_000)]
    fuel_percent: u16,
    /// The kind of conversation that it is for: what any bot has to bear is sent over this alone, and conversations are held over
    /// it. All, if it is left out.
    #[serde(default)]
    channel: Option<Kind>,
    /// Why; at most 1,000 characters are kept.
    #[serde(default)]
    note: String,
}

fn fuel_percent() -> u16 {
    FUEL_PERCENT
}

/// What an environment requires.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Gate)]
pub(super) struct Gate {
    /// The levels that a revision has to pass; none, if it may serve whatever it does.
    require: BTreeSet<Level>,
    /// By how many per cent a conversation may take more fuel than with the revision that serves there.
    fuel_percent: u16,
    /// The kind of conversation that it is for; all, if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Kind>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

impl From<Option<Requirement>> for Gate {
    fn from(requirement: Option<Requirement>) -> Self {
        let Some(own) = requirement else {
            return Self {
                require: BTreeSet::new(),
                fuel_percent: FUEL_PERCENT,
                channel: None,
                at: None,
                by: None,
            };
        };
        Self {
            require: own.require,
            fuel_percent: own.fuel_percent,
            channel: own.channel,
            at: Some(own.at),
            by: Some(own.by),
        }
    }
}

/// Tells what an environment requires of what it is to serve. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/gate",
    tag = "deployments",
    params(At),
    responses((status = 200, description = "What it requires", body = Gate), Problems)
)]
pub(super) async fn get_gate(
    Operator { control, .. }: Operator<Reads>,
    Names(at): Names<At>,
) -> Result<Json<Gate>, Problem> {
    let at = Address::from(at);
    control.is_ours(&at)?;
    Ok(Json(control.requirement(&at).await?.into()))
}

/// Has an environment require something of each revision that it is to serve from then on. Takes the role admin.
#[utoipa::path(
    put,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/gate",
    tag = "deployments",
    params(At),
    request_body(content = Asked, content_type = "application/json"),
    responses((status = 200, description = "What it requires now", body = Gate), Problems)
)]
pub(super) async fn set_gate(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
    Names(at): Names<At>,
    received: Received,
) -> Result<Json<Gate>, Problem> {
    let asked: Asked = received.read(read).await?;
    let wanted = Required {
        require: asked.require,
        fuel_percent: asked.fuel_percent,
        channel: asked.channel,
    };
    let by = caller.by(asked.note);
    let set = control.require(&at.into(), wanted, &by).await?;
    Ok(Json(Some(set).into()))
}

/// Has an environment require nothing any more. Takes the role admin.
#[utoipa::path(
    delete,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/gate",
    tag = "deployments",
    params(At),
    responses((status = 204, description = "It requires nothing"), Problems)
)]
pub(super) async fn remove_gate(
    Operator {
        control, caller, ..
    }: Operator<Governs>,
    Names(at): Names<At>,
) -> Result<StatusCode, Problem> {
    control.require_nothing(&at.into(), &caller.by("")).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Tenants, their bots, and the revisions of a bot.

use std::sync::Arc;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::{UPLOAD, asked};
use crate::http::FrontDoor;
use crate::http::callers::{Changes, Operator, Reads};
use crate::http::problem::Problem;
use crate::http::received::{Names, too_large, too_slow};
use crate::registry::ledger::{Kept, KeptBot, KeptRevision};
use crate::tenant::{BotName, Environment, TenantId};

#[derive(Deserialize)]
pub(super) struct OfTenant {
    tenant: TenantId,
}

#[derive(Deserialize)]
pub(super) struct OfBot {
    tenant: TenantId,
    bot: BotName,
}

/// A list; named, so that there is room for more beside it.
#[derive(Serialize)]
pub(super) struct Tenants {
    tenants: Vec<TenantId>,
}

#[derive(Serialize)]
pub(super) struct Bots {
    bots: Vec<Bot>,
}

/// A bot, and what its environments serve.
#[derive(Serialize)]
struct Bot {
    #[serde(flatten)]
    kept: KeptBot,
    environments: Vec<Served>,
}

#[derive(Serialize)]
struct Served {
    environment: Environment,
    #[serde(flatten)]
    kept: Kept,
}

#[derive(Serialize)]
pub(super) struct Revisions {
    revisions: Vec<KeptRevision>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Noted {
    note: String,
}

pub(super) async fn list_tenants(
    Operator {
        control, caller, ..
    }: Operator<Reads>,
) -> Result<Json<Tenants>, Problem> {
    let mut tenants = control.ledger().tenants().await?;
    tenants.retain(|tenant| caller.sees(tenant));
    Ok(Json(Tenants { tenants }))
}

pub(super) async fn list(
    Operator { control, .. }: Operator<Reads>,
    Names(OfTenant { tenant }): Names<OfTenant>,
) -> Result<Json<Bots>, Problem> {
    let served = control.ledger().deployments(Some(&tenant)).await?;
    let bots = control.ledger().bots(&tenant).await?;
    let bots = bots.into_iter().map(|kept| {
        let its = served.iter().filter(|(at, _)| at.bot == kept.name);
        let environments = its.map(|(at, kept)| Served {
            environment: at.environment.clone(),
            kept: kept.clone(),
        });
        Bot {
            environments: environments.collect(),
            kept,
        }
    });
    Ok(Json(Bots {
        bots: bots.collect(),
    }))
}

pub(super) async fn list_revisions(
    Operator { control, .. }: Operator<Reads>,
    Names(OfBot { tenant, bot }): Names<OfBot>,
) -> Result<Json<Revisions>, Problem> {
    let revisions = control.ledger().revisions(&tenant, &bot).await?;
    Ok(Json(Revisions { revisions }))
}

/// Takes a component, the request's body as it is.
pub(super) async fn add_revision(
    State(door): State<FrontDoor>,
    Operator {
        control, caller, ..
    }: Operator<Changes>,
    Names(OfBot { tenant, bot }): Names<OfBot>,
    query: Result<Query<Noted>, QueryRejection>,
    request: Request,
) -> Result<(StatusCode, Json<KeptRevision>), Problem> {
    let Noted { note } = asked(query)?;
    let limit = door.host.sandbox().settings().component.bytes;
    // One at a time: a component takes far more memory than any message.
    let _uploading = door.uploads.lock().await;
    let body = timeout(UPLOAD, to_bytes(request.into_body(), limit)).await;
    let component = body
        .map_err(|_| too_slow(UPLOAD))?
        .map_err(|_| too_large(limit))?;
    let component = Arc::from(component.as_ref());
    let revision = control
        .add(&tenant, &bot, component, &caller.by(note))
        .await?;
    Ok((StatusCode::CREATED, Json(revision)))
}

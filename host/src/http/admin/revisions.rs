//! The revisions of a bot.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

use super::asked;
use super::bots::OfBot;
use super::paging::Page;
use super::problems::Problems;
use crate::http::FrontDoor;
use crate::http::callers::{Changes, Operator, Reads};
use crate::http::problem::Problem;
use crate::http::received::{Names, announced, too_large, too_slow};
use crate::registry::ledger::KeptRevision;

/// How long a component may take to arrive.
const UPLOAD: Duration = Duration::from_secs(60);

/// A page of revisions.
#[derive(Serialize, ToSchema)]
pub(super) struct Revisions {
    revisions: Vec<KeptRevision>,
    /// What to ask for `after` to go on; none at the end.
    next: Option<String>,
}

/// The bytes of a component.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only the document is made of it")]
struct Component(Vec<u8>);

#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Noted {
    /// What is said of it; at most 1,000 characters are kept.
    #[param(required = false)]
    note: String,
}

/// Lists a bot's revisions. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/revisions",
    tag = "revisions",
    params(OfBot, Page),
    responses((status = 200, description = "Revisions, the oldest first", body = Revisions), Problems)
)]
pub(super) async fn list_revisions(
    Operator { control, .. }: Operator<Reads>,
    Names(OfBot { tenant, bot }): Names<OfBot>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Revisions>, Problem> {
    let page = asked(query)?;
    let all = control.ledger().revisions(&tenant, &bot).await?;
    let (revisions, next) = page.of(all, |revision| revision.digest.to_string())?;
    Ok(Json(Revisions { revisions, next }))
}

/// Gives a bot a revision: a component, the request's body as it is. The bot is made if there is none of its name; a
/// component that it has is not taken twice. Takes the role developer.
#[utoipa::path(
    post,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/revisions",
    tag = "revisions",
    params(OfBot, Noted),
    request_body(content = Component, content_type = "application/octet-stream", description = "The component; any media type is taken"),
    responses((status = 201, description = "It was checked and is there", body = KeptRevision), Problems)
)]
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
    // Before anything is read: who waits to be asked for the body is told, and has not sent it for nothing.
    if announced(&request).is_some_and(|bytes| bytes > limit as u64) {
        return Err(too_large(limit));
    }
    let _place = door.uploads.place(&tenant).await?;
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

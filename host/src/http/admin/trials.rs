//! What revisions are tried by, and what came of it.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use serde::Deserialize;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

use super::problems::Problems;
use crate::control::KeptTrial;
use crate::http::FrontDoor;
use crate::http::callers::{Changes, Operator, Reads};
use crate::http::problem::Problem;
use crate::http::received::{Names, announced, too_large, too_slow};
use crate::kit::Bundle;
use crate::liveperson::read;
use crate::registry::ledger::KeptRevision;
use crate::store::Digest;
use crate::tenant::{BotName, TenantId};

/// How long conversations may take to arrive.
const UPLOAD: Duration = Duration::from_secs(60);
/// Twice what a suite may have: JSON takes two bytes for a line's end and the like.
const MOST_BYTES: usize = 8 << 20;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfRevision {
    /// Whose.
    pub(super) tenant: TenantId,
    /// Which bot.
    pub(super) bot: BotName,
    /// Which of its revisions.
    #[param(value_type = String)]
    pub(super) digest: Digest,
}

/// The files of a suite of conversations: names, with `/` between folders, and texts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the document is made of it")]
struct Conversations(BTreeMap<String, String>);

/// Gives the conversations that a revision is tried by. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/revisions/{digest}/conversations",
    tag = "revisions",
    params(OfRevision),
    responses((status = 200, description = "The files, as they were given", body = Conversations), Problems)
)]
pub(super) async fn get_conversations(
    Operator { control, .. }: Operator<Reads>,
    Names(of): Names<OfRevision>,
) -> Result<Json<Bundle>, Problem> {
    let bundle = control.conversations(&of.tenant, &of.bot, &of.digest);
    Ok(Json(bundle.await?))
}

/// Gives a revision the conversations that it is tried by, in place of those that it has: a JSON object of file names and texts,
/// as `retort test` reads them. Takes the role developer.
#[utoipa::path(
    put,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/revisions/{digest}/conversations",
    tag = "revisions",
    params(OfRevision),
    request_body(content = Conversations, content_type = "application/json"),
    responses((status = 200, description = "They were read and are there", body = KeptRevision), Problems)
)]
pub(super) async fn give_conversations(
    State(door): State<FrontDoor>,
    Operator {
        control, caller, ..
    }: Operator<Changes>,
    Names(of): Names<OfRevision>,
    request: Request,
) -> Result<Json<KeptRevision>, Problem> {
    if announced(&request).is_some_and(|bytes| bytes > MOST_BYTES as u64) {
        return Err(too_large(MOST_BYTES));
    }
    // Among components: there are as few of them, and they are as large.
    let _place = door.uploads.place(&of.tenant).await?;
    let body = timeout(UPLOAD, to_bytes(request.into_body(), MOST_BYTES)).await;
    let body = body
        .map_err(|_| too_slow(UPLOAD))?
        .map_err(|_| too_large(MOST_BYTES))?;
    let bundle = spawn_blocking(move || read::<Bundle>(&body)).await;
    let bundle = bundle.map_err(|_| Problem::host_fault())??;
    let by = caller.by("");
    let given = control.give_conversations(&of.tenant, &of.bot, &of.digest, bundle, &by);
    Ok(Json(given.await?))
}

/// Tells what came of a revision's latest trial. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/revisions/{digest}/report",
    tag = "revisions",
    params(OfRevision),
    responses((status = 200, description = "Where it was to serve, the verdict, and each case", body = KeptTrial), Problems)
)]
pub(super) async fn get_report(
    Operator { control, .. }: Operator<Reads>,
    Names(of): Names<OfRevision>,
) -> Result<Json<KeptTrial>, Problem> {
    let trial = control.trial(&of.tenant, &of.bot, &of.digest);
    Ok(Json(trial.await?))
}

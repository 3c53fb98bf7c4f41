//! The turns of a bot that are kept whole: what is told of each, the file, and the component to run it with.

use axum::Json;
use axum::extract::Query;
use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::bots::OfBot;
use super::paging::limit;
use super::problems::Problems;
use super::trials::OfRevision;
use super::{asked, bad_query};
use crate::capsules::{Filter, Header, Position};
use crate::http::FrontDoor;
use crate::http::callers::{Operator, Reads, Replays};
use crate::http::problem::Problem;
use crate::http::received::Names;
use crate::tenant::{BotName, Environment, TenantId};

/// Which of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Only what comes after this one: the `next` of the page before.
    after: Option<String>,
    /// How many at most: 1 to 1000, and 100 unless it is given.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// Only those that ended in this code.
    outcome: Option<String>,
    /// Only those that failed.
    #[param(default = false)]
    failed: Option<bool>,
    /// Only those that this environment answered.
    environment: Option<Environment>,
    /// Only those of the revision whose digest begins with these digits.
    revision: Option<String>,
    /// Only those of the conversation of this id.
    conversation: Option<String>,
    /// Only those that ended then or later.
    since: Option<Timestamp>,
}

impl Part {
    fn after(&self) -> Result<Option<Position>, Problem> {
        let after = self.after.as_deref().map(str::parse).transpose();
        after.map_err(|error| bad_query(format!("`after` is none: {error}")))
    }

    fn filter(self) -> Filter {
        Filter {
            outcome: self.outcome,
            failed: self.failed.unwrap_or_default(),
            environment: self.environment,
            revision: self.revision,
            conversation: self.conversation,
            since: self.since,
        }
    }
}

/// A page of turns that are kept.
#[derive(Serialize, ToSchema)]
pub(super) struct Capsules {
    capsules: Vec<Capsule>,
    /// What to ask for `after` to go on; none at the end.
    next: Option<String>,
}

/// What is told of a turn that is kept.
#[derive(Serialize, ToSchema)]
struct Capsule {
    /// As the caller was told it in `retort-invocation`, and as it is in the host's log.
    id: Uuid,
    /// When it ended.
    at: Timestamp,
    /// Which environment answered.
    environment: Environment,
    /// The revision that was asked.
    revision: String,
    /// How it ended, in one of the host's codes.
    outcome: String,
    /// Whose fault it is: `caller`, `bot` or `host`; none of a turn that was well.
    fault: Option<String>,
    /// The beginning of why it failed, for the bot's author.
    cause: Option<String>,
    /// None if the bot gave no account of itself.
    fuel: Option<u64>,
    /// Of the file.
    bytes: u64,
    /// The rules of redaction that found something. Then running it again promises its outcome only.
    redacted: Vec<String>,
    /// Why it cannot be run again as it was, if it cannot.
    gap: Option<String>,
}

impl From<Header> for Capsule {
    fn from(header: Header) -> Self {
        Self {
            id: header.id,
            at: header.at,
            environment: header.environment,
            revision: header.revision,
            outcome: header.outcome,
            fault: header.fault,
            cause: header.cause,
            fuel: header.fuel,
            bytes: header.bytes,
            redacted: header.redacted.into_iter().collect(),
            gap: header.gap,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfCapsule {
    /// Whose.
    tenant: TenantId,
    /// Which bot.
    bot: BotName,
    /// Which turn.
    id: Uuid,
}

/// The file of a turn: JSON. `docs/capsules.md` says what is in one.
#[derive(ToSchema)]
#[schema(as = CapsuleFile, value_type = Object)]
#[expect(dead_code, reason = "only the document is made of it")]
struct File(Vec<u8>);

/// The bytes of a component, as they were given.
#[derive(ToSchema)]
#[schema(as = ComponentFile, value_type = String, format = Binary)]
#[expect(dead_code, reason = "only the document is made of it")]
struct Component(Vec<u8>);

/// Lists the turns of a bot that are kept whole, without what was said in them. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/capsules",
    tag = "capsules",
    params(OfBot, Part),
    responses((status = 200, description = "Turns, the oldest first", body = Capsules), Problems)
)]
pub(super) async fn list_capsules(
    State(door): State<FrontDoor>,
    _: Operator<Reads>,
    Names(OfBot { tenant, bot }): Names<OfBot>,
    query: Result<Query<Part>, QueryRejection>,
) -> Result<Json<Capsules>, Problem> {
    let part = asked(query)?;
    let (limit, after) = (limit(part.limit)?, part.after()?);
    let (capsules, filter) = (door.host.capsules(), part.filter());
    let listed = capsules.list(&tenant, &bot, &filter, after, limit).await?;
    let is_full = listed.len() == limit;
    let next = listed.last().filter(|_| is_full);
    Ok(Json(Capsules {
        next: next.map(|last| last.position().to_string()),
        capsules: listed.into_iter().map(Capsule::from).collect(),
    }))
}

/// Gives a turn that is kept, whole: the file that `retort replay` runs again. It has what the consumer wrote, as far as that is not
/// redacted, so each time is in the audit log. Takes the role developer.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/capsules/{id}",
    tag = "capsules",
    params(OfCapsule),
    responses((status = 200, description = "The file", body = File, content_type = "application/json"), Problems)
)]
pub(super) async fn get_capsule(
    Operator {
        control, caller, ..
    }: Operator<Replays>,
    Names(of): Names<OfCapsule>,
) -> Result<Response, Problem> {
    let by = caller.by("");
    let bytes = control.capsule(&of.tenant, &of.bot, of.id, &by).await?;
    Ok(([(CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// Gives a revision's component, so that a turn of it can be run again. Each time is in the audit log. Takes the role developer.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/revisions/{digest}/component",
    tag = "revisions",
    params(OfRevision),
    responses((status = 200, description = "The component", body = Component, content_type = "application/octet-stream"), Problems)
)]
pub(super) async fn get_component(
    Operator {
        control, caller, ..
    }: Operator<Replays>,
    Names(of): Names<OfRevision>,
) -> Result<Response, Problem> {
    let by = caller.by("");
    let component = control
        .component(&of.tenant, &of.bot, &of.digest, &by)
        .await?;
    let octets = [(CONTENT_TYPE, "application/octet-stream")];
    Ok((octets, component.to_vec()).into_response())
}

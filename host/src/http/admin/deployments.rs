//! What an environment of a bot serves, and served.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked;
use super::paging::Page;
use super::problems::Problems;
use crate::access::{Caller, Refused, Role};
use crate::control::{Demand, Made, NotChanged, Wanted};
use crate::http::callers::{Changes, Operator, Reads};
use crate::http::problem::Problem;
use crate::http::received::{Names, Received};
use crate::kit::Level;
use crate::liveperson::read;
use crate::registry::ledger::{Changed, Kept};
use crate::registry::settings::Settings;
use crate::registry::{Grant, Grants};
use crate::store::Digest;
use crate::tenant::{Address, BotName, Environment, TenantId};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct At {
    /// Whose.
    pub(super) tenant: TenantId,
    /// Which bot.
    pub(super) bot: BotName,
    /// Which of its environments.
    pub(super) environment: Environment,
}

impl From<At> for Address {
    fn from(at: At) -> Self {
        Self {
            tenant: at.tenant,
            bot: at.bot,
            environment: at.environment,
        }
    }
}

/// A deployment as it is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeploymentWanted)]
pub(super) struct Asked {
    /// Of a revision that the bot has.
    digest: Digest,
    /// How many of a hundred new conversations are to be its, beside what is served; 100 is all.
    #[serde(default = "all")]
    #[schema(minimum = 1, maximum = 100)]
    weight: u8,
    /// How it is to be run.
    #[serde(default)]
    settings: Settings,
    /// What it is granted of what it asks for, beside what it was granted before. Takes the role admin.
    #[serde(default)]
    #[schema(value_type = Vec<Grant>)]
    grant: Grants,
    /// What it has to pass, besides what the environment requires.
    #[serde(default)]
    require: BTreeSet<Level>,
    /// Whether it is to serve though it does not pass. Takes the role admin where the environment requires something.
    #[serde(default)]
    force: bool,
    /// Why; at most 1,000 characters are kept.
    #[serde(default)]
    note: String,
}

fn all() -> u8 {
    100
}

/// Another weight of a split.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Weight {
    /// How many of a hundred new conversations are to be the second revision's; 100 leaves it alone, 0 takes it away.
    #[schema(maximum = 100)]
    weight: u8,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Who takes over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Promoted {
    /// The environment of the same bot.
    to: Environment,
    /// What it is granted there of what it asks for, beside what it was granted before. Takes the role admin.
    #[serde(default)]
    #[schema(value_type = Vec<Grant>)]
    grant: Grants,
    /// What it has to pass, besides what that environment requires.
    #[serde(default)]
    require: BTreeSet<Level>,
    /// Whether it is to serve there though it does not pass. Takes the role admin where that environment requires something.
    #[serde(default)]
    force: bool,
    /// Why.
    #[serde(default)]
    note: String,
}

/// What is said of a change that takes nothing else.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Noted {
    /// Why.
    note: String,
}

/// A deployment that has just been made.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeDeployment)]
pub(super) struct Deployed {
    #[serde(flatten)]
    kept: Kept,
    /// What is worth a look, though it serves: that the first turn ended in a fault of the bot's own, or that it was forced
    /// past what it does not pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl From<Made> for Deployed {
    fn from(made: Made) -> Self {
        let fault = made.first_fault.iter();
        let warnings =
            fault.map(|fault| format!("it serves, and did not answer its first turn: {fault}"));
        Self {
            warnings: warnings.chain(made.warnings).collect(),
            kept: made.kept,
        }
    }
}

/// A deployment without its settings, of which there may be much.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedDeployment)]
pub(super) struct Listed {
    /// Counts the deployments of an environment from 1.
    pub(super) number: u64,
    /// One revision, two with a split, or none once it is undeployed.
    sides: Vec<ListedSide>,
    /// The deployment that a rollback restores, if there is one.
    before: Option<u64>,
    /// Since when.
    at: Timestamp,
    /// By whom.
    by: String,
    /// How it came to be.
    change: Changed,
    /// What they said of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

/// A revision's part in a deployment.
#[derive(Serialize, ToSchema)]
struct ListedSide {
    /// Which revision.
    digest: Digest,
    /// How many of a hundred new conversations are its.
    weight: u8,
}

impl From<Kept> for Listed {
    fn from(kept: Kept) -> Self {
        let sides = kept.sides.into_iter().map(|side| ListedSide {
            digest: side.digest,
            weight: side.weight,
        });
        Self {
            number: kept.number,
            sides: sides.collect(),
            before: kept.before,
            at: kept.at,
            by: kept.by,
            change: kept.change,
            note: kept.note,
        }
    }
}

/// A page of what an environment served.
#[derive(Serialize, ToSchema)]
pub(super) struct History {
    deployments: Vec<Listed>,
    /// What to ask for `after` to go on; none at the end.
    next: Option<String>,
}

/// Tells what an environment serves. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/deployment",
    tag = "deployments",
    params(At),
    responses((status = 200, description = "What it serves", body = Kept), Problems)
)]
pub(super) async fn get_deployment(
    Operator { control, .. }: Operator<Reads>,
    Names(at): Names<At>,
) -> Result<Json<Kept>, Problem> {
    let at = Address::from(at);
    control.is_ours(&at)?;
    let kept = control.ledger().deployment(&at).await?;
    Ok(Json(kept.ok_or(NotChanged::NothingServed(at))?))
}

/// Tells what an environment served. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/history",
    tag = "deployments",
    params(At, Page),
    responses((status = 200, description = "Deployments, the oldest first", body = History), Problems)
)]
pub(super) async fn list_history(
    Operator { control, .. }: Operator<Reads>,
    Names(at): Names<At>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Json<History>, Problem> {
    let page = asked(query)?;
    let (after, limit) = (page.after()?.unwrap_or(0), page.limit()?);
    let deployments = control.ledger().history(&at.into(), after, limit).await?;
    let next = page.next(&deployments, |kept| kept.number.to_string())?;
    let deployments = deployments.into_iter().map(Listed::from).collect();
    Ok(Json(History { deployments, next }))
}

/// Has an environment serve a revision, alone or beside the one that it serves. Takes the role developer.
#[utoipa::path(
    put,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/deployment",
    tag = "deployments",
    params(At),
    request_body(content = Asked, content_type = "application/json"),
    responses((status = 200, description = "What it serves now", body = Deployed), Problems)
)]
pub(super) async fn put_deployment(
    Operator {
        control, caller, ..
    }: Operator<Changes>,
    Names(at): Names<At>,
    received: Received,
) -> Result<Json<Deployed>, Problem> {
    let asked: Asked = received.read(read).await?;
    may_grant(&caller, &asked.grant)?;
    let wanted = Wanted {
        digest: asked.digest,
        weight: asked.weight,
        settings: asked.settings,
        grant: asked.grant,
        demand: demand(&caller, asked.require, asked.force),
        may_raise_limits: caller.is_for_the_host(),
    };
    let by = caller.by(asked.note);
    let made = control.deploy(&at.into(), wanted, by).await?;
    Ok(Json(made.into()))
}

/// Gives the second revision of a split another share of the new conversations. Takes the role developer.
#[utoipa::path(
    put,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/deployment/weight",
    tag = "deployments",
    params(At),
    request_body(content = Weight, content_type = "application/json"),
    responses((status = 200, description = "What it serves now", body = Kept), Problems)
)]
pub(super) async fn put_weight(
    Operator {
        control, caller, ..
    }: Operator<Changes>,
    Names(at): Names<At>,
    received: Received,
) -> Result<Json<Kept>, Problem> {
    let asked: Weight = received.read(read).await?;
    let by = caller.by(asked.note);
    Ok(Json(control.weigh(&at.into(), asked.weight, by).await?))
}

/// Has another environment of the bot serve the same. Takes the role developer.
#[utoipa::path(
    post,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/deployment/promote",
    tag = "deployments",
    params(At),
    request_body(content = Promoted, content_type = "application/json"),
    responses((status = 200, description = "What that one serves now", body = Deployed), Problems)
)]
pub(super) async fn promote(
    Operator {
        control, caller, ..
    }: Operator<Changes>,
    Names(at): Names<At>,
    received: Received,
) -> Result<Json<Deployed>, Problem> {
    let asked: Promoted = received.read(read).await?;
    may_grant(&caller, &asked.grant)?;
    let by = caller.by(asked.note);
    let from = Address::from(at);
    let demand = demand(&caller, asked.require, asked.force);
    let promoted = control.promote(&from, &asked.to, asked.grant, demand, by);
    Ok(Json(promoted.await?.into()))
}

fn demand(caller: &Caller, require: BTreeSet<Level>, force: bool) -> Demand {
    Demand {
        require,
        force,
        may_force: caller.has_role(Role::Admin),
    }
}

/// Who deploys a bot is not who says what it may reach, unless they have both roles.
fn may_grant(caller: &Caller, grant: &Grants) -> Result<(), Refused> {
    match grant.is_empty() || caller.has_role(Role::Admin) {
        true => Ok(()),
        false => Err(Refused::Role(Role::Admin)),
    }
}

/// Has an environment serve what it served before, all of it. Takes the role developer.
#[utoipa::path(
    post,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/deployment/rollback",
    tag = "deployments",
    params(At),
    request_body(content = Option<Noted>, content_type = "application/json"),
    responses((status = 200, description = "What it serves now", body = Kept), Problems)
)]
pub(super) async fn roll_back(
    Operator {
        control, caller, ..
    }: Operator<Changes>,
    Names(at): Names<At>,
    received: Received,
) -> Result<Json<Kept>, Problem> {
    let by = caller.by(note(&received).await?);
    Ok(Json(control.roll_back(&at.into(), by).await?))
}

/// Has an environment serve nothing. Takes the role developer.
#[utoipa::path(
    delete,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/environments/{environment}/deployment",
    tag = "deployments",
    params(At),
    request_body(content = Option<Noted>, content_type = "application/json"),
    responses((status = 200, description = "That it serves nothing", body = Kept), Problems)
)]
pub(super) async fn delete_deployment(
    Operator {
        control, caller, ..
    }: Operator<Changes>,
    Names(at): Names<At>,
    received: Received,
) -> Result<Json<Kept>, Problem> {
    let by = caller.by(note(&received).await?);
    Ok(Json(control.undeploy(&at.into(), by).await?))
}

/// What is said of a change that needs nothing else: the body may be left out.
async fn note(received: &Received) -> Result<String, Problem> {
    if received.says_nothing() {
        return Ok(String::new());
    }
    let Noted { note } = received.read(read).await?;
    Ok(note)
}

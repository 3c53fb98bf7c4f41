//! What an environment of a bot serves, and served.

use axum::Json;
use serde::{Deserialize, Serialize};

use crate::control::{NotChanged, Wanted};
use crate::http::callers::{Changes, Operator, Reads};
use crate::http::problem::Problem;
use crate::http::received::{Names, Received};
use crate::liveperson::read;
use crate::registry::ledger::Kept;
use crate::registry::routing::Rule;
use crate::registry::settings::Settings;
use crate::store::Digest;
use crate::tenant::{Address, BotName, Environment, TenantId};

#[derive(Deserialize)]
pub(super) struct At {
    tenant: TenantId,
    bot: BotName,
    environment: Environment,
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    digest: Digest,
    #[serde(default = "all")]
    weight: u8,
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    note: String,
}

fn all() -> u8 {
    100
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weight {
    weight: u8,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Promoted {
    to: Environment,
    #[serde(default)]
    note: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Noted {
    note: String,
}

#[derive(Serialize)]
pub(super) struct History {
    deployments: Vec<Kept>,
}

pub(super) async fn get(
    Operator { control, .. }: Operator<Reads>,
    Names(at): Names<At>,
) -> Result<Json<Kept>, Problem> {
    let at = Address::from(at);
    let kept = control.ledger().deployment(&at).await?;
    Ok(Json(kept.ok_or(NotChanged::NothingServed(at))?))
}

pub(super) async fn history(
    Operator { control, .. }: Operator<Reads>,
    Names(at): Names<At>,
) -> Result<Json<History>, Problem> {
    let deployments = control.ledger().history(&at.into()).await?;
    Ok(Json(History { deployments }))
}

pub(super) async fn put(
    Operator {
        control, caller, ..
    }: Operator<Changes>,
    Names(at): Names<At>,
    received: Received,
) -> Result<Json<Kept>, Problem> {
    let asked: Asked = received.read(read).await?;
    let wanted = Wanted {
        digest: asked.digest,
        weight: asked.weight,
        settings: asked.settings,
    };
    let by = caller.by(asked.note);
    Ok(Json(control.deploy(&at.into(), wanted, by).await?))
}

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

pub(super) async fn promote(
    Operator {
        control, caller, ..
    }: Operator<Changes>,
    Names(at): Names<At>,
    received: Received,
) -> Result<Json<Kept>, Problem> {
    let asked: Promoted = received.read(read).await?;
    let by = caller.by(asked.note);
    Ok(Json(control.promote(&at.into(), &asked.to, by).await?))
}

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

pub(super) async fn delete(
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
    if received.is_empty() {
        return Ok(String::new());
    }
    let Noted { note } = received.read(read).await?;
    Ok(note)
}

#[derive(Deserialize)]
pub(super) struct OfTenant {
    tenant: TenantId,
}

/// A tenant's rules, the first that matches first.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Routes {
    rules: Vec<Rule>,
    #[serde(default, skip_serializing)]
    note: String,
}

pub(super) async fn get_routes(
    Operator { control, .. }: Operator<Reads>,
    Names(OfTenant { tenant }): Names<OfTenant>,
) -> Result<Json<Routes>, Problem> {
    let rules = control.ledger().rules(&tenant).await?;
    let note = String::new();
    Ok(Json(Routes { rules, note }))
}

pub(super) async fn put_routes(
    Operator {
        control, caller, ..
    }: Operator<Changes>,
    Names(OfTenant { tenant }): Names<OfTenant>,
    received: Received,
) -> Result<Json<Routes>, Problem> {
    let routes: Routes = received.read(read).await?;
    let by = caller.by(&routes.note);
    control.route(&tenant, routes.rules.clone(), by).await?;
    Ok(Json(routes))
}

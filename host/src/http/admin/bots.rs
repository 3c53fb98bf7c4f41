//! Tenants, and their bots.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::asked;
use super::deployments::Listed;
use super::paging::Page;
use super::problems::Problems;
use crate::control::Control;
use crate::http::callers::{Operator, Reads};
use crate::http::problem::Problem;
use crate::http::received::Names;
use crate::registry::ledger::KeptBot;
use crate::sandbox::World;
use crate::tenant::{Address, BotName, Environment, EventId, TenantId};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfTenant {
    /// Whose.
    pub(super) tenant: TenantId,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfBot {
    /// Whose.
    pub(super) tenant: TenantId,
    /// Which bot.
    pub(super) bot: BotName,
}

/// A page of tenants.
#[derive(Serialize, ToSchema)]
pub(super) struct Tenants {
    tenants: Vec<TenantId>,
    /// What to ask for `after` to go on; none at the end.
    next: Option<String>,
}

/// A page of bots.
#[derive(Serialize, ToSchema)]
pub(super) struct Bots {
    bots: Vec<Bot>,
    /// What the host's configuration file serves, all of it: nobody else changes that.
    configured: Vec<Configured>,
    /// What to ask for `after` to go on; none at the end.
    next: Option<String>,
}

/// A bot, and what its environments serve.
#[derive(Serialize, ToSchema)]
#[schema(as = BotWithEnvironments)]
struct Bot {
    #[serde(flatten)]
    kept: KeptBot,
    /// What the platform's clients of functions call it, in `production`: the same for as long as it has its name.
    uuid: Uuid,
    environments: Vec<Served>,
}

/// What an environment serves.
#[derive(Serialize, ToSchema)]
struct Served {
    environment: Environment,
    #[serde(flatten)]
    listed: Listed,
    #[serde(flatten)]
    in_force: Option<InForce>,
}

/// What somebody who asks there meets.
#[derive(Serialize, ToSchema)]
struct InForce {
    /// Whether a bot is asked there, or a function invoked.
    world: World,
    /// The events that it is invoked by, where it serves as `production`.
    events: BTreeSet<EventId>,
}

impl InForce {
    fn at(control: &Control, at: &Address) -> Option<Self> {
        let (world, events) = control.in_force(at)?;
        Some(Self { world, events })
    }
}

/// What the host's configuration file serves in an environment.
#[derive(Serialize, ToSchema)]
struct Configured {
    bot: BotName,
    /// As above.
    uuid: Uuid,
    environment: Environment,
    /// Of the component.
    digest: String,
    #[serde(flatten)]
    in_force: Option<InForce>,
}

/// Lists the tenants that have bots, as far as the token is for them. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants",
    tag = "bots",
    params(Page),
    responses((status = 200, description = "Tenants, by name", body = Tenants), Problems)
)]
pub(super) async fn list_tenants(
    Operator {
        control, caller, ..
    }: Operator<Reads>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Tenants>, Problem> {
    let page = asked(query)?;
    let ledger = control.ledger();
    let (tenants, next) = match caller.tenants() {
        // One's own, and no walk past all the others.
        Some(own) => {
            let mut tenants = Vec::with_capacity(own.len());
            for tenant in own {
                if !ledger.bots(tenant, None, 1).await?.is_empty() {
                    tenants.push(tenant.clone());
                }
            }
            page.of(tenants, TenantId::to_string)?
        }
        None => {
            let tenants = ledger.tenants(page.after()?, page.limit()?).await?;
            let next = page.next(&tenants, TenantId::to_string)?;
            (tenants, next)
        }
    };
    Ok(Json(Tenants { tenants, next }))
}

/// Lists a tenant's bots, and what their environments serve. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots",
    tag = "bots",
    params(OfTenant, Page),
    responses((status = 200, description = "Bots, by name", body = Bots), Problems)
)]
pub(super) async fn list_bots(
    Operator { control, .. }: Operator<Reads>,
    Names(OfTenant { tenant }): Names<OfTenant>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Bots>, Problem> {
    let page = asked(query)?;
    let after: Option<BotName> = page.after()?;
    let kept = control.ledger().bots(&tenant, after, page.limit()?).await?;
    let next = page.next(&kept, |bot| bot.name.to_string())?;
    let mut bots = Vec::with_capacity(kept.len());
    for kept in kept {
        let served = control.ledger().environments(&tenant, &kept.name).await?;
        let served = served.into_iter().map(|(environment, listed)| {
            let at = Address {
                tenant: tenant.clone(),
                bot: kept.name.clone(),
                environment,
            };
            Served {
                in_force: InForce::at(&control, &at),
                environment: at.environment,
                listed: listed.into(),
            }
        });
        let environments = served.collect();
        bots.push(Bot {
            uuid: kept.name.uuid(&tenant),
            kept,
            environments,
        });
    }
    let configured = control.configured(&tenant).into_iter();
    let configured = configured.map(|(at, digest)| Configured {
        in_force: InForce::at(&control, &at),
        uuid: at.bot.uuid(&at.tenant),
        bot: at.bot,
        environment: at.environment,
        digest,
    });
    Ok(Json(Bots {
        bots,
        configured: configured.collect(),
        next,
    }))
}

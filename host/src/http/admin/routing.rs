//! Which bot answers the conversations that ask for another one.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bots::OfTenant;
use super::problems::Problems;
use crate::http::callers::{Changes, Operator, Reads};
use crate::http::problem::Problem;
use crate::http::received::{Names, Received};
use crate::liveperson::read;
use crate::registry::routing::Rule;

/// A tenant's rules, the first that matches first.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Routes {
    #[schema(max_items = 1000)]
    rules: Vec<Rule>,
    /// Why.
    #[serde(default, skip_serializing)]
    #[schema(write_only)]
    note: String,
}

/// Tells a tenant's rules. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/routes",
    tag = "routes",
    params(OfTenant),
    responses((status = 200, description = "The rules, in their order", body = Routes), Problems)
)]
pub(super) async fn get_routes(
    Operator { control, .. }: Operator<Reads>,
    Names(OfTenant { tenant }): Names<OfTenant>,
) -> Result<Json<Routes>, Problem> {
    let rules = control.ledger().rules(&tenant).await?;
    let note = String::new();
    Ok(Json(Routes { rules, note }))
}

/// Gives a tenant other rules, in place of all that it has; they are for conversations that begin from then on. Takes the
/// role developer.
#[utoipa::path(
    put,
    path = "/admin/v1/tenants/{tenant}/routes",
    tag = "routes",
    params(OfTenant),
    request_body(content = Routes, content_type = "application/json"),
    responses((status = 200, description = "The rules, as they are in force", body = Routes), Problems)
)]
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

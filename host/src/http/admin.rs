//! The admin API: what operators do, over HTTP. Each handler names the role that it takes by who it is asked by, and
//! stands in the API's own document by being a route.

mod audit;
mod bots;
mod capsules;
mod conversations;
mod deployments;
mod gates;
mod grants;
mod logs;
mod paging;
mod problems;
mod revisions;
mod routing;
mod secrets;
mod tokens;
mod trials;
mod uploads;

pub(super) use uploads::Uploads;

use axum::Router;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::FrontDoor;
use super::callers::{Operator, Reads};
use super::document::{About, Document};
use super::problem::Problem;

pub(super) fn routes() -> Router<FrontDoor> {
    let (routes, document) = described().split_for_parts();
    let document = Document::of(&document);
    // For whoever has a token, whatever its role.
    let get_document = async move |_: Operator<Reads>| document.clone();
    routes.route("/admin/v1/openapi.json", get(get_document))
}

const ABOUT: About = About {
    title: "Retort's admin API",
    description: "What operators do to a host that serves. Every call takes a token; errors are problem details (RFC \
                  9457) with a stable `code`.",
    token: "A token of this host's, as `retort tokens make` prints it",
};

fn described() -> OpenApiRouter<FrontDoor> {
    OpenApiRouter::with_openapi(ABOUT.document())
        .routes(routes!(bots::list_tenants))
        .routes(routes!(bots::list_bots))
        .routes(routes!(revisions::list_revisions, revisions::add_revision))
        .routes(routes!(
            deployments::get_deployment,
            deployments::put_deployment,
            deployments::delete_deployment
        ))
        .routes(routes!(deployments::put_weight))
        .routes(routes!(deployments::roll_back))
        .routes(routes!(deployments::promote))
        .routes(routes!(deployments::list_history))
        .routes(routes!(
            gates::get_gate,
            gates::set_gate,
            gates::remove_gate
        ))
        .routes(routes!(
            trials::get_conversations,
            trials::give_conversations
        ))
        .routes(routes!(trials::get_report))
        .routes(routes!(grants::get_grants, grants::change_grants))
        .routes(routes!(logs::list_turns))
        .routes(routes!(capsules::list_capsules))
        .routes(routes!(capsules::get_capsule))
        .routes(routes!(capsules::get_component))
        .routes(routes!(routing::get_routes, routing::put_routes))
        .routes(routes!(secrets::list_secrets))
        .routes(routes!(secrets::set_secret, secrets::remove_secret))
        .routes(routes!(conversations::erase_conversation))
        .routes(routes!(audit::list_audit))
        .routes(routes!(tokens::list_tokens, tokens::make_token))
        .routes(routes!(tokens::revoke_token))
}

/// What a query asks for.
fn asked<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    let Query(asked) = query.map_err(|rejection| bad_query(rejection.body_text()))?;
    Ok(asked)
}

fn bad_query(detail: impl Into<String>) -> Problem {
    Problem::caller(StatusCode::BAD_REQUEST, "bad-query", detail)
}

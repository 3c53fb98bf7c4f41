//! The admin API: what operators do, over HTTP. Each handler names the role that it takes by who it is asked by.

mod bots;
mod deployments;
mod tokens;

use std::time::Duration;

use axum::Router;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};

use super::FrontDoor;
use super::problem::Problem;
use crate::access::NotMade;
use crate::control::NotChanged;
use crate::fault::Fault;
use crate::registry::ledger::NotKept;
use crate::store::Failed;

/// How long a component may take to arrive.
const UPLOAD: Duration = Duration::from_secs(60);

pub(super) fn routes() -> Router<FrontDoor> {
    let bot = "/admin/v1/tenants/{tenant}/bots/{bot}";
    let at = format!("{bot}/environments/{{environment}}");
    let of = |path: &str| format!("{at}/{path}");
    Router::new()
        .route("/admin/v1/tenants", get(bots::list_tenants))
        .route("/admin/v1/tenants/{tenant}/bots", get(bots::list))
        .route(
            &format!("{bot}/revisions"),
            get(bots::list_revisions).post(bots::add_revision),
        )
        .route(
            &of("deployment"),
            get(deployments::get)
                .put(deployments::put)
                .delete(deployments::delete),
        )
        .route(&of("deployment/weight"), put(deployments::put_weight))
        .route(&of("deployment/rollback"), post(deployments::roll_back))
        .route(&of("deployment/promote"), post(deployments::promote))
        .route(&of("history"), get(deployments::history))
        .route(
            "/admin/v1/tenants/{tenant}/routes",
            get(deployments::get_routes).put(deployments::put_routes),
        )
        .route("/admin/v1/audit", get(tokens::audit))
        .route("/admin/v1/tokens", get(tokens::list).post(tokens::make))
        .route("/admin/v1/tokens/{id}", delete(tokens::revoke))
}

/// What a list is asked for.
fn asked<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    let Query(asked) = query.map_err(|rejection| {
        let detail = rejection.body_text();
        Problem::caller(StatusCode::BAD_REQUEST, "bad-query", detail)
    })?;
    Ok(asked)
}

impl From<Failed> for Problem {
    fn from(error: Failed) -> Self {
        tracing::error!("{error}");
        Self::host_fault()
    }
}

impl From<NotKept> for Problem {
    fn from(error: NotKept) -> Self {
        match error {
            NotKept::Conflict => {
                Self::caller(StatusCode::CONFLICT, error.code(), error.to_string())
            }
            NotKept::Failed(failed) => failed.into(),
        }
    }
}

impl From<NotMade> for Problem {
    fn from(error: NotMade) -> Self {
        let status = match error {
            NotMade::NotKept(error) => return error.into(),
            NotMade::More => StatusCode::FORBIDDEN,
            NotMade::Name | NotMade::Nothing => StatusCode::UNPROCESSABLE_ENTITY,
            NotMade::NoSuch(_) => StatusCode::NOT_FOUND,
        };
        Self::caller(status, error.code(), error.to_string())
    }
}

impl From<NotChanged> for Problem {
    fn from(error: NotChanged) -> Self {
        let (code, detail) = (error.code(), error.to_string());
        let (status, fault) = match error {
            NotChanged::NotKept(error) => return error.into(),
            NotChanged::NotDeployable(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.fault()),
            NotChanged::NoRevision { .. } | NotChanged::NothingServed(_) => {
                (StatusCode::NOT_FOUND, Fault::Caller)
            }
            NotChanged::Fixed(_)
            | NotChanged::NothingBefore(_)
            | NotChanged::Split(_)
            | NotChanged::NoSplit(_) => (StatusCode::CONFLICT, Fault::Caller),
            NotChanged::BadSetting(_) | NotChanged::Weight(_) | NotChanged::Rules(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Fault::Caller)
            }
        };
        let status = match fault {
            Fault::Host => StatusCode::INTERNAL_SERVER_ERROR,
            Fault::Caller | Fault::Bot => status,
        };
        Self {
            status,
            code,
            fault,
            detail,
            retry_after: None,
        }
    }
}

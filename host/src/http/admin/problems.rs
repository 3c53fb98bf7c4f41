//! What operators are told when something is not done.

use axum::http::StatusCode;
use utoipa::IntoResponses;

use crate::access::NotMade;
use crate::control::NotChanged;
use crate::fault::Fault;
use crate::http::problem::{Body, Problem};
use crate::registry::ledger::NotKept;
use crate::store::Failed;
use crate::trial::Untried;
use crate::vault::NotSealed;

/// Every call may be answered like this; `CODES.md` has the codes.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the document is made of it")]
pub(super) enum Problems {
    /// A name, a query or a body is wrong.
    #[response(status = 400, content_type = "application/problem+json")]
    Wrong(Body<'static>),
    /// There is no valid token.
    #[response(status = 401, content_type = "application/problem+json")]
    NoToken(Body<'static>),
    /// The token is not for this role, or not for this tenant.
    #[response(status = 403, content_type = "application/problem+json")]
    NotAllowed(Body<'static>),
    /// It is not there.
    #[response(status = 404, content_type = "application/problem+json")]
    NotThere(Body<'static>),
    /// The body took too long.
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(Body<'static>),
    /// It cannot be done as things are.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Body<'static>),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Body<'static>),
    /// It is understood, and may not be.
    #[response(status = 422, content_type = "application/problem+json")]
    Refused(Body<'static>),
    /// Too many calls came with a token that is not valid.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(Body<'static>),
    /// The host failed.
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Body<'static>),
    /// The host has no room for it just now.
    #[response(status = 503, content_type = "application/problem+json")]
    Full(Body<'static>),
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
            NotChanged::NotSealed(NotSealed::Failed(failed)) => return failed.into(),
            NotChanged::NotDeployable(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.fault()),
            NotChanged::Untried(Untried::Busy) => return busy(code, detail),
            NotChanged::Untried(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.fault()),
            NotChanged::NotPassed { .. } => (StatusCode::UNPROCESSABLE_ENTITY, Fault::Bot),
            NotChanged::Forcing(_) => (StatusCode::FORBIDDEN, Fault::Caller),
            NotChanged::NoRevision { .. }
            | NotChanged::NothingServed(_)
            | NotChanged::NoConversations { level: None, .. }
            | NotChanged::NoReport(_)
            | NotChanged::NoCapsule(_)
            | NotChanged::NoSecret(_) => (StatusCode::NOT_FOUND, Fault::Caller),
            NotChanged::Fixed(_)
            | NotChanged::NothingBefore(_)
            | NotChanged::Split(_)
            | NotChanged::Mixed(_)
            | NotChanged::Environments(_)
            | NotChanged::Revisions(_)
            | NotChanged::NotGranted { .. }
            | NotChanged::NotHad { .. }
            | NotChanged::Secrets(_)
            | NotChanged::NotSealed(NotSealed::NoKey)
            | NotChanged::NoSplit(_) => (StatusCode::CONFLICT, Fault::Caller),
            NotChanged::BadSetting(_)
            | NotChanged::BadConversations(_)
            | NotChanged::NoConversations { level: Some(_), .. }
            | NotChanged::BadGate
            | NotChanged::Weight(_)
            | NotChanged::NotWanted { .. }
            | NotChanged::BadSecret(_)
            | NotChanged::Rules(_)
            | NotChanged::Skill => (StatusCode::UNPROCESSABLE_ENTITY, Fault::Caller),
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

fn busy(code: &'static str, detail: String) -> Problem {
    Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code,
        fault: Fault::Host,
        detail,
        retry_after: Some(10),
    }
}

//! Whose call is one of LivePerson's, as handlers are handed it: before anything of a body is read. Knows nothing of
//! how a token is told from another.

use axum::extract::FromRequestParts;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::callers::bearer;
use super::problem::Problem;
use super::{FrontDoor, Platform};
use crate::sentinel::{Call, FunctionErrorStatus, PutStatus, Refused};
use crate::tenant::TenantId;

/// The account that the Custom Endpoint is called for.
pub(super) struct Account(pub(super) TenantId);

impl FromRequestParts<FrontDoor> for Account {
    type Rejection = NotTheirs;

    async fn from_request_parts(parts: &mut Parts, door: &FrontDoor) -> Result<Self, NotTheirs> {
        let Platform { sentinel, .. } = &door.platform;
        let token = bearer(&parts.headers);
        let account = sentinel.account(token, Call::CustomEndpoint, Timestamp::now());
        let account = account.await?;
        // Who serves everybody without a token serves nobody by name, and is told what is not deployed.
        if sentinel.is_guarded() && door.host.registry().tenant(&account).is_err() {
            return Err(Refused::Audience.into());
        }
        Ok(Self(account))
    }
}

/// A call that is not taken for LivePerson's.
pub(super) struct NotTheirs(Refused);

impl From<Refused> for NotTheirs {
    fn from(refused: Refused) -> Self {
        // Strangers may try as often as they like: what they are told is of interest to who looks for it.
        tracing::debug!(
            code = refused.code(),
            "a call of LivePerson's is refused: {refused}"
        );
        Self(refused)
    }
}

impl IntoResponse for NotTheirs {
    fn into_response(self) -> Response {
        let mut response = Problem::from(self.0).into_response();
        if response.status() == StatusCode::UNAUTHORIZED {
            // RFC 6750: who has sent nothing is told what is taken, and of no error.
            let wants = match self.0 {
                Refused::Missing => "Bearer",
                _ => "Bearer error=\"invalid_token\"",
            };
            let wants = HeaderValue::from_static(wants);
            response.headers_mut().insert(WWW_AUTHENTICATE, wants);
        }
        response
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let (status, retry_after) = match refused {
            Refused::Closed => (StatusCode::NOT_FOUND, None),
            // Who is told 401 does not try again, and this is not the caller's fault.
            Refused::KeysNotThere(seconds) => (StatusCode::SERVICE_UNAVAILABLE, Some(seconds)),
            _ => (StatusCode::UNAUTHORIZED, None),
        };
        Self {
            status,
            code: refused.code(),
            fault: refused.fault(),
            detail: refused.to_string(),
            retry_after,
        }
    }
}

impl From<FunctionErrorStatus> for StatusCode {
    fn from(status: FunctionErrorStatus) -> Self {
        Self::from_u16(status.into()).unwrap_or(Self::INTERNAL_SERVER_ERROR)
    }
}

impl From<PutStatus> for StatusCode {
    fn from(status: PutStatus) -> Self {
        Self::from_u16(status.into()).unwrap_or(Self::NO_CONTENT)
    }
}

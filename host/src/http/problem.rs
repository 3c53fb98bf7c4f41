//! The one shape of errors, problem details as RFC 9457 has them, and the one place where an error gets its
//! status. A bot's own words, paths and backtraces never come here: they are for the log.

use std::any::Any;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::chat::InvalidReply;
use crate::conversations::{MOST_ID_BYTES, NotEntered};
use crate::fault::Fault;
use crate::invocation::InvokeError;
use crate::limit::Limit;
use crate::liveperson::Unreadable;
use crate::sandbox::Failure;
use crate::state::NotKept;
use crate::tenant::InvalidName;

/// What went wrong, for a program and for a person.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) fault: Fault,
    pub(super) detail: String,
    /// When to come again, in seconds.
    pub(super) retry_after: Option<u64>,
}

/// How it is written: problem details.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Body<'a> {
    r#type: &'static str,
    /// What the status is called.
    title: &'a str,
    status: u16,
    /// A stable name, for programs.
    code: &'static str,
    /// Whose it is: `caller`, `bot` or `host`.
    fault: &'static str,
    /// What is wrong, where, and how to mend it, for a person.
    detail: &'a str,
}

/// The media type of problem details.
const MEDIA_TYPE: &str = "application/problem+json";

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        let json = HeaderValue::from_static(MEDIA_TYPE);
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl Problem {
    fn body(&self) -> Body<'_> {
        Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            fault: self.fault.as_str(),
            detail: &self.detail,
        }
    }

    /// A host without a place for one more connection.
    pub(super) fn too_many_connections(most: usize) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "too-many-connections",
            fault: Fault::Host,
            detail: format!("this host has its {most} connections already"),
            retry_after: Some(1),
        }
    }

    /// A host that has as many large bodies in memory as it takes.
    pub(super) fn too_many_large_bodies() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "too-many-large-bodies",
            fault: Fault::Host,
            detail: "this host reads as many large bodies as `http.large_bodies_bytes` lets it"
                .to_owned(),
            retry_after: Some(1),
        }
    }

    /// A whole response, for a connection that is told so and closed before anything is read of it.
    pub(super) fn on_the_wire(&self) -> Vec<u8> {
        let body = serde_json::to_string(&self.body()).unwrap_or_default();
        let (status, length) = (self.status, body.len());
        let seconds = self.retry_after.unwrap_or(1);
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: {MEDIA_TYPE}\r\nretry-after: {seconds}\r\n\
             connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

impl Problem {
    pub(super) fn caller(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            fault: Fault::Caller,
            detail: detail.into(),
            retry_after: None,
        }
    }

    pub(super) async fn no_such_route() -> Self {
        Self::caller(
            StatusCode::NOT_FOUND,
            "no-such-route",
            "there is nothing at this path",
        )
    }

    pub(super) async fn method_not_allowed() -> Self {
        let detail = "this path does not take this method";
        Self::caller(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
    }

    pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Response {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or(panic.downcast_ref::<&str>().copied());
        tracing::error!("a request panicked: {}", said.unwrap_or("without a word"));
        Self::host_fault().into_response()
    }

    pub(super) fn host_fault() -> Self {
        let (status, code) = (StatusCode::INTERNAL_SERVER_ERROR, "host-fault");
        let detail = "the host failed".to_owned();
        Self {
            status,
            code,
            fault: Fault::Host,
            detail,
            retry_after: None,
        }
    }
}

/// An id of the platform's that is too long to be one.
pub(super) fn checked_conversation(id: &str) -> Result<(), Problem> {
    if id.len() <= MOST_ID_BYTES {
        return Ok(());
    }
    let detail = format!("a conversation's id has at most {MOST_ID_BYTES} bytes");
    Err(Problem::caller(
        StatusCode::BAD_REQUEST,
        "invalid-name",
        detail,
    ))
}

impl From<InvalidName> for Problem {
    fn from(error: InvalidName) -> Self {
        Self::caller(StatusCode::BAD_REQUEST, "invalid-name", error.to_string())
    }
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: error.code(),
            fault: error.fault(),
            detail: error.to_string(),
            retry_after: None,
        }
    }
}

impl From<NotKept> for Problem {
    fn from(error: NotKept) -> Self {
        Problem::from(&InvokeError::from(error))
    }
}

impl From<&InvokeError> for Problem {
    fn from(error: &InvokeError) -> Self {
        let (status, detail) = match error {
            InvokeError::NotDeployed(error) => (StatusCode::NOT_FOUND, error.to_string()),
            InvokeError::OtherWorld(error) => (StatusCode::BAD_REQUEST, error.to_string()),
            InvokeError::NotEntered(NotEntered::Failed(_)) => {
                let detail = "the host could not look up the conversation".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, detail)
            }
            InvokeError::NotEntered(error @ NotEntered::Busy) => {
                (StatusCode::TOO_MANY_REQUESTS, error.to_string())
            }
            InvokeError::Refused(error) if error.is_over_share() => {
                (StatusCode::TOO_MANY_REQUESTS, error.to_string())
            }
            InvokeError::Refused(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            InvokeError::Quarantined(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            InvokeError::Failed(failure) => of_failure(failure),
            InvokeError::InvalidReply(InvalidReply::Exceeded(exceeded)) => {
                (StatusCode::BAD_GATEWAY, exceeded.to_string())
            }
            InvokeError::InvalidReply(InvalidReply::BreaksRule { .. }) => (
                StatusCode::BAD_GATEWAY,
                "the bot's reply cannot be sent".to_owned(),
            ),
            InvokeError::NotKept(NotKept::DiskFull | NotKept::Unsure | NotKept::Failed(_)) => {
                let detail = "the host could not keep what the bot wrote".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, detail)
            }
            InvokeError::NotKept(error @ NotKept::Full { .. }) => {
                (StatusCode::BAD_GATEWAY, error.to_string())
            }
            InvokeError::NotKept(error) => (StatusCode::TOO_MANY_REQUESTS, error.to_string()),
        };
        Self {
            status,
            code: error.code(),
            fault: error.fault(),
            detail,
            retry_after: retry_after(error),
        }
    }
}

fn retry_after(error: &InvokeError) -> Option<u64> {
    match error {
        // Places are handed on several times a second.
        InvokeError::Refused(_)
        | InvokeError::NotEntered(NotEntered::Busy)
        | InvokeError::NotKept(NotKept::Conflict | NotKept::Late) => Some(1),
        InvokeError::Quarantined(quarantined) => Some(quarantined.probe_seconds),
        InvokeError::NotDeployed(_)
        | InvokeError::NotEntered(NotEntered::Failed(_))
        | InvokeError::OtherWorld(_)
        | InvokeError::Failed(_)
        | InvokeError::InvalidReply(_)
        | InvokeError::NotKept(_) => None,
    }
}

fn of_failure(failure: &Failure) -> (StatusCode, String) {
    match failure {
        // The bot's own words stay here.
        Failure::Faulted { .. } => (StatusCode::BAD_GATEWAY, "the bot gave a fault".to_owned()),
        Failure::Trapped { .. } => (StatusCode::BAD_GATEWAY, "the bot trapped".to_owned()),
        Failure::Exceeded(exceeded) => {
            let status = match exceeded.limit {
                Limit::Deadline => StatusCode::GATEWAY_TIMEOUT,
                _ => StatusCode::BAD_GATEWAY,
            };
            (status, failure.to_string())
        }
        Failure::Host(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the host could not run the bot".to_owned(),
        ),
    }
}

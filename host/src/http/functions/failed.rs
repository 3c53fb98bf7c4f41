//! Why an invocation came to nothing, with the status and in the words that LivePerson's clients of functions know.

use axum::Json;
use axum::extract::Query;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{AppendHeaders, IntoResponse, Response};

use crate::conversations::NotEntered;
use crate::http::problem::Problem;
use crate::invocation::InvokeError;
use crate::limit::Limit;
use crate::liveperson::functions::{Version, Why, write_error};
use crate::sandbox::Failure;
use crate::state::NotKept;
use crate::tenant::{EventId, TenantId};

/// Which version a caller speaks: only the first says so.
pub(super) fn version(uri: &Uri) -> Version {
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri);
    let is_first = |(name, value): &(String, String)| name == "v" && value == "1";
    match pairs.is_ok_and(|Query(pairs)| pairs.iter().any(is_first)) {
        true => Version::V1,
        false => Version::V2,
    }
}

#[derive(Debug)]
pub(super) struct Failed {
    status: StatusCode,
    why: Why,
    message: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Failed {
    fn new(status: StatusCode, why: Why, message: String) -> Self {
        Self {
            status,
            why,
            message,
            headers: Vec::new(),
        }
    }

    pub(super) fn missing(uuid: &str, of: &TenantId) -> Self {
        let message = format!("There is no {uuid} deployed on {of}");
        Self::new(StatusCode::NOT_FOUND, Why::Missing, message)
    }

    pub(super) fn not_deployed(uuid: &str, of: &TenantId) -> Self {
        let message = format!("There is no {uuid} deployed on {of} in production");
        Self::new(StatusCode::NOT_FOUND, Why::NotDeployed, message)
    }

    pub(super) fn too_many(event: &EventId, listening: usize) -> Self {
        let message = format!(
            "{listening} listen to the event {event}, and at most {} can; deploy some of them with `events = []`",
            super::MOST_LISTENING
        );
        Self::new(StatusCode::BAD_REQUEST, Why::BadInput, message)
    }

    /// Of a bot, whose own words never leave the host. `failed` is the status for what is its fault.
    pub(super) fn of_bot(error: &InvokeError, failed: StatusCode) -> Self {
        let (status, why) = class(error, failed);
        Self {
            status,
            why,
            ..Self::from(Problem::from(error))
        }
    }

    /// Of a function: its error is meant for whoever invokes it.
    pub(super) fn of_function(error: &InvokeError, failed: StatusCode) -> Self {
        let mut told = Self::of_bot(error, failed);
        if let InvokeError::Failed(Failure::Faulted { code, message }) = error {
            told.message = match message.is_empty() {
                true => code.clone(),
                false => message.clone(),
            };
        }
        told
    }

    /// With the headers that say which turn it was.
    pub(super) fn in_turn(mut self, turn: Vec<(HeaderName, HeaderValue)>) -> Self {
        self.headers.extend(turn);
        self
    }

    pub(super) fn in_version(self, version: Version) -> Response {
        let body = write_error(version, self.why, &self.message);
        (self.status, AppendHeaders(self.headers), Json(body)).into_response()
    }
}

fn class(error: &InvokeError, failed: StatusCode) -> (StatusCode, Why) {
    match error {
        InvokeError::NotDeployed(_) => (StatusCode::NOT_FOUND, Why::NotDeployed),
        InvokeError::OtherWorld(_) => (StatusCode::BAD_REQUEST, Why::BadInput),
        InvokeError::Refused(_)
        | InvokeError::NotEntered(NotEntered::Busy)
        | InvokeError::NotKept(NotKept::Conflict | NotKept::Late) => {
            (StatusCode::TOO_MANY_REQUESTS, Why::Unavailable)
        }
        InvokeError::Failed(Failure::Host(_))
        | InvokeError::NotEntered(NotEntered::Failed(_))
        | InvokeError::NotKept(NotKept::DiskFull | NotKept::Unsure | NotKept::Failed(_)) => {
            (StatusCode::INTERNAL_SERVER_ERROR, Why::General)
        }
        InvokeError::Failed(Failure::Faulted { .. }) => (failed, Why::Threw),
        InvokeError::Failed(Failure::Exceeded(over)) if over.limit == Limit::Deadline => {
            (failed, Why::TooLong)
        }
        InvokeError::Failed(_)
        | InvokeError::InvalidReply(_)
        | InvokeError::Quarantined(_)
        | InvokeError::NotKept(NotKept::Full { .. }) => (failed, Why::Crashed),
    }
}

/// What all routes refuse: names, tokens and bodies.
impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        let why = match problem.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Why::General,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Why::Unavailable,
            status if status.is_client_error() => Why::BadInput,
            _ => Why::General,
        };
        let mut failed = Self::new(problem.status, why, problem.detail);
        if let Some(seconds) = problem.retry_after {
            let seconds = HeaderValue::from(seconds);
            failed.headers.push((header::RETRY_AFTER, seconds));
        }
        failed
    }
}

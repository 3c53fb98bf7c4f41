//! What handlers are handed: names that are valid, and a body that has been read.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::problem::Problem;

/// Names from the path.
pub(super) struct Names<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Sync + Send> FromRequestParts<S> for Names<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(names) = Path::from_request_parts(parts, state)
            .await
            .map_err(of_path)?;
        Ok(Self(names))
    }
}

fn of_path(rejection: PathRejection) -> Problem {
    let detail = rejection.body_text();
    let detail = detail.trim_start_matches("Invalid URL: ");
    Problem::caller(StatusCode::BAD_REQUEST, "invalid-name", detail)
}

/// A body, and when it was there: a turn's time begins here, not when its caller began to send.
pub(super) struct Received {
    pub(super) body: Bytes,
    pub(super) arrived: Instant,
}

impl<S: Sync + Send> FromRequest<S> for Received {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, state).await.map_err(of_body)?;
        Ok(Self {
            body,
            arrived: Instant::now(),
        })
    }
}

fn of_body(rejection: BytesRejection) -> Problem {
    match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => Problem::caller(
            status,
            "body-too-large",
            "the body is larger than this host takes",
        ),
        _ => Problem::caller(
            StatusCode::BAD_REQUEST,
            "body-unreadable",
            "the body could not be read to its end",
        ),
    }
}

//! What handlers are handed: names that are valid, and a body that has been read, in time and within its size.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, HttpBody as _};
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;

use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use super::FrontDoor;
use super::problem::Problem;
use crate::liveperson::Unreadable;

/// A body up to this size is parsed where it was read: it takes less than a millisecond. A larger one would keep
/// a thread from accepting for that long and more, and goes elsewhere.
const PARSED_AT_ONCE_BYTES: usize = 32 << 10;

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
    body: Bytes,
    pub(super) arrived: Instant,
    /// Of a large body, while it is in memory.
    _room: Option<OwnedSemaphorePermit>,
}

impl FromRequest<FrontDoor> for Received {
    type Rejection = Problem;

    async fn from_request(request: Request, door: &FrontDoor) -> Result<Self, Problem> {
        let limit = door.body_bytes;
        if announced(&request).is_some_and(|bytes| bytes > limit as u64) {
            return Err(too_large(limit));
        }
        let room = room_for(&request, door)?;
        match timeout(door.body_time, Bytes::from_request(request, door)).await {
            Ok(Ok(body)) => Ok(Self {
                body,
                arrived: Instant::now(),
                _room: room,
            }),
            Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(too_large(limit))
            }
            Ok(Err(_)) => {
                let detail = "the body could not be read to its end";
                Err(Problem::caller(
                    StatusCode::BAD_REQUEST,
                    "body-unreadable",
                    detail,
                ))
            }
            Err(_) => Err(too_slow(door.body_time)),
        }
    }
}

impl Received {
    /// Whether there is no body, or one that is JSON's word for that.
    pub(super) fn says_nothing(&self) -> bool {
        matches!(self.body.trim_ascii(), b"" | b"null")
    }

    /// What a reader makes of the body.
    pub(super) async fn read<T, R>(&self, reader: R) -> Result<T, Problem>
    where
        T: Send + 'static,
        R: FnOnce(&[u8]) -> Result<T, Unreadable> + Send + 'static,
    {
        if self.body.len() <= PARSED_AT_ONCE_BYTES {
            return Ok(reader(&self.body)?);
        }
        let body = self.body.clone();
        let read = spawn_blocking(move || reader(&body)).await;
        Ok(read.map_err(|_| Problem::host_fault())??)
    }
}

/// Room for a body that is large, or may be since it does not say. JSON takes many times its size once it is
/// read, so what is in memory at a time has to be limited over all connections.
fn room_for(request: &Request, door: &FrontDoor) -> Result<Option<OwnedSemaphorePermit>, Problem> {
    let bytes = match announced(request) {
        Some(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
        None if request.body().is_end_stream() => 0,
        None => door.body_bytes,
    };
    if bytes <= PARSED_AT_ONCE_BYTES {
        return Ok(None);
    }
    let room = Arc::clone(&door.room_for_bodies);
    let kib = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
    room.try_acquire_many_owned(kib)
        .map(Some)
        .map_err(|_| Problem::too_many_large_bodies())
}

/// The bytes of the body, if the request says.
pub(super) fn announced(request: &Request) -> Option<u64> {
    request
        .headers()
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

pub(super) fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is larger than the {limit} bytes that this host takes");
    Problem::caller(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
}

pub(super) fn too_slow(time: Duration) -> Problem {
    let detail = format!("the body was not there after {} ms", time.as_millis());
    Problem::caller(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail)
}

//! Reads a payload and answers with its message, as the floor does, in as few calls out of the sandbox as it takes.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::streams::StreamError;

/// More than any payload of the benchmark has.
const READ_BYTES: u64 = 64 << 10;

/// A payload: what an answer needs, and what is parsed without being needed.
#[derive(Deserialize)]
struct Payload {
    message: String,
    #[serde(rename = "convId")]
    _conversation: String,
    #[serde(rename = "context")]
    _context: Value,
}

#[derive(Serialize)]
struct Answer {
    messages: [String; 1],
    context: Context,
}

#[derive(Serialize)]
struct Context {}

struct Echo;

impl Guest for Echo {
    fn handle(request: IncomingRequest, response_out: ResponseOutparam) {
        let answered = read(&request).and_then(|payload| answer(&payload));
        let failed = |()| ErrorCode::InternalError(None);
        ResponseOutparam::set(response_out, answered.map_err(failed));
    }
}

fn read(request: &IncomingRequest) -> Result<Vec<u8>, ()> {
    let body = request.consume()?;
    let stream = body.stream()?;
    let mut payload = Vec::new();
    loop {
        match stream.blocking_read(READ_BYTES) {
            Ok(read) if payload.is_empty() => payload = read,
            Ok(read) => payload.extend(read),
            Err(StreamError::Closed) => return Ok(payload),
            Err(StreamError::LastOperationFailed(_)) => return Err(()),
        }
    }
}

/// The body is there before the response is sent, so that both go out together.
fn answer(payload: &[u8]) -> Result<OutgoingResponse, ()> {
    let payload: Payload = serde_json::from_slice(payload).map_err(drop)?;
    let answer = Answer {
        messages: [payload.message],
        context: Context {},
    };
    let json = serde_json::to_vec(&answer).map_err(drop)?;
    let length = json.len().to_string().into_bytes();
    let headers = [
        ("content-type".to_owned(), b"application/json".to_vec()),
        ("content-length".to_owned(), length),
    ];
    let response = OutgoingResponse::new(Fields::from_list(&headers).map_err(drop)?);
    let body = response.body()?;
    let stream = body.write()?;
    stream.check_write().map_err(drop)?;
    stream.write(&json).map_err(drop)?;
    drop(stream);
    OutgoingBody::finish(body, None).map_err(drop)?;
    Ok(response)
}

wasip2::http::proxy::export!(Echo);

//! The bare Custom Integration payload in, its reply out: for a forwarding function, and for programs.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::FrontDoor;
use super::callers::Asker;
use super::problem::Problem;
use super::received::{Names, Received};
use crate::chat::Contract;
use crate::conversations::Incoming;
use crate::invocation::{Invocation, InvokeError, Outcome, Purpose};
use crate::liveperson::custom_integration::{self, Payload};
use crate::tenant::{Address, BotName, Environment, TenantId};

#[derive(Deserialize)]
pub(super) struct To {
    tenant: TenantId,
    bot: BotName,
    environment: Environment,
}

pub(super) async fn respond(
    State(door): State<FrontDoor>,
    Names(to): Names<To>,
    _: Asker,
    received: Received,
) -> Result<Response, Problem> {
    let To {
        tenant,
        bot,
        environment,
    } = to;
    let address = Address {
        tenant,
        bot,
        environment,
    };
    let (incoming, purpose) = asked(received.read(custom_integration::read_payload).await?);
    let invocation = door
        .host
        .respond(&address, incoming, purpose, received.arrived)
        .await;
    let response = match body(&invocation) {
        Ok(reply) => Json(reply).into_response(),
        Err(error) => Problem::from(error).into_response(),
    };
    Ok(named(&invocation, response))
}

/// What a payload asks for.
pub(super) fn asked(payload: Payload) -> (Incoming, Purpose) {
    match payload {
        Payload::Event(incoming) => (incoming, Purpose::Answer(Contract::CustomIntegration)),
        Payload::ConnectionTest(incoming) => (incoming, Purpose::Test),
    }
}

/// A bot's reply, what its failure policy puts in its place, or why there is neither.
pub(super) fn body(invocation: &Invocation) -> Result<Value, &InvokeError> {
    let reply = invocation.sent()?;
    Ok(match invocation.purpose {
        Purpose::Test => custom_integration::write_test_passed(),
        Purpose::Answer(_) => custom_integration::write_reply(reply),
    })
}

/// A response that says which turn it is of, and how that ended even where the body is a stand-in.
pub(super) fn named(invocation: &Invocation, mut response: Response) -> Response {
    response.headers_mut().extend(turn_headers(invocation));
    response
}

/// The headers that do.
pub(super) fn turn_headers<A: Outcome>(
    invocation: &Invocation<A>,
) -> Vec<(HeaderName, HeaderValue)> {
    let id = HeaderValue::try_from(invocation.id.to_string()).ok();
    let outcome = HeaderValue::from_static(invocation.outcome());
    let id = id.map(|id| (HeaderName::from_static("retort-invocation"), id));
    let outcome = (HeaderName::from_static("retort-outcome"), outcome);
    id.into_iter().chain([outcome]).collect()
}

//! The bare Custom Integration payload in, its reply out: for a forwarding function, and for programs.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::FrontDoor;
use super::callers::Asker;
use super::problem::Problem;
use super::received::{Names, Received};
use crate::fault::Fault;
use crate::invocation::{Invocation, Purpose};
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
    let (turn, purpose) = match received.read(custom_integration::read_payload).await? {
        Payload::Turn(turn) => (turn, Purpose::Answer),
        Payload::ConnectionTest(turn) => (turn, Purpose::Test),
    };
    let invocation = door
        .host
        .respond(&address, turn, purpose, received.arrived)
        .await;
    let response = match (&invocation.result, purpose) {
        (Ok(_), Purpose::Test) => Json(custom_integration::write_test_passed()).into_response(),
        (Ok(reply), Purpose::Answer) => {
            Json(custom_integration::write_reply(reply)).into_response()
        }
        // Who tests a connection wants to know, whatever a consumer would be told.
        (Err(error), Purpose::Test) => Problem::from(error).into_response(),
        (Err(error), Purpose::Answer) => match invocation.failure_policy.reply() {
            Some(reply) if error.fault() == Fault::Bot => {
                Json(custom_integration::write_reply(&reply)).into_response()
            }
            _ => Problem::from(error).into_response(),
        },
    };
    Ok(named(&invocation, response))
}

/// A response that says which turn it is of, and how that ended even where the body is a stand-in.
pub(super) fn named(invocation: &Invocation, mut response: Response) -> Response {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(invocation.id.to_string()) {
        headers.insert("retort-invocation", id);
    }
    headers.insert(
        "retort-outcome",
        HeaderValue::from_static(invocation.outcome()),
    );
    response
}

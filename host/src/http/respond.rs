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
use crate::chat::Contract;
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
    let (incoming, purpose) = match received.read(custom_integration::read_payload).await? {
        Payload::Event(incoming) => (incoming, Purpose::Answer(Contract::CustomIntegration)),
        Payload::ConnectionTest(incoming) => (incoming, Purpose::Test),
    };
    let invocation = door
        .host
        .respond(&address, incoming, purpose, received.arrived)
        .await;
    let response = match (invocation.sent(), purpose) {
        (Ok(_), Purpose::Test) => Json(custom_integration::write_test_passed()).into_response(),
        (Ok(reply), Purpose::Answer(_)) => {
            Json(custom_integration::write_reply(reply)).into_response()
        }
        (Err(error), _) => Problem::from(error).into_response(),
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

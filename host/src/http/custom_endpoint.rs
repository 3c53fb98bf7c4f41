//! LivePerson's four Custom Endpoint calls. An error makes the platform escalate the conversation, so a bot's
//! failure is answered as its deployment's policy has it, and only the host's own is a 5xx, which is retried.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::FrontDoor;
use super::accounts::Account;
use super::problem::{Problem, checked_conversation};
use super::received::{Names, Received};
use super::respond::named;
use crate::chat::Contract;
use crate::invocation::{InvokeError, Purpose};
use crate::liveperson::custom_endpoint;
use crate::registry::NotDeployed;
use crate::tenant::{Address, BotName, Environment};

#[derive(Deserialize)]
pub(super) struct OfBot {
    bot: BotName,
}

#[derive(Deserialize)]
pub(super) struct OfEnvironment {
    bot: BotName,
    environment: Environment,
}

#[derive(Deserialize)]
pub(super) struct OfConversation {
    bot: BotName,
    environment: Environment,
    conversation: String,
}

fn address(account: Account, of: OfConversation) -> Result<(Address, String), Problem> {
    checked_conversation(&of.conversation)?;
    let address = Address {
        tenant: account.0,
        bot: of.bot,
        environment: of.environment,
    };
    Ok((address, of.conversation))
}

impl From<NotDeployed> for Problem {
    fn from(error: NotDeployed) -> Self {
        Problem::from(&InvokeError::from(error))
    }
}

pub(super) async fn list_environments(
    State(door): State<FrontDoor>,
    Account(account): Account,
    Names(of): Names<OfBot>,
) -> Result<Json<Vec<Environment>>, Problem> {
    let tenant = door.host.registry().tenant(&account)?;
    Ok(Json(door.host.registry().environments(&tenant, &of.bot)?))
}

pub(super) async fn get_state(
    State(door): State<FrontDoor>,
    Account(account): Account,
    Names(of): Names<OfEnvironment>,
) -> Result<Json<Value>, Problem> {
    let asked = Address {
        tenant: account,
        bot: of.bot,
        environment: of.environment,
    };
    let serving = door.host.registry().way(&asked, None, None)?;
    let deployment = serving.first();
    let state = match deployment.record.state() {
        _ if door.host.is_ending() => "maintenance",
        None => "online",
        Some(_) => "error",
    };
    Ok(Json(
        json!({ "state": state, "version": deployment.description.version }),
    ))
}

pub(super) async fn put_conversation(
    State(door): State<FrontDoor>,
    account: Account,
    Names(of): Names<OfConversation>,
    received: Received,
) -> Result<StatusCode, Problem> {
    let (address, id) = address(account, of)?;
    let begun = id.clone();
    let conversation = received
        .read(move |body| custom_endpoint::read_conversation(&begun, body))
        .await?;
    // The bot that is asked for need not be there, if the tenant's rules send its conversations elsewhere.
    let skill = conversation.skill_id.as_deref();
    door.host.registry().way(&address, Some(&id), skill)?;
    door.host.begin(&address, &id, conversation).await?;
    Ok(door.platform.put_status.into())
}

pub(super) async fn post_event(
    State(door): State<FrontDoor>,
    account: Account,
    Names(of): Names<OfConversation>,
    received: Received,
) -> Result<Response, Problem> {
    let (address, id) = address(account, of)?;
    let conversation = door
        .host
        .conversations()
        .begun(&address, &id)
        .await?
        .ok_or_else(unknown_conversation)?;
    let incoming = received
        .read(move |body| custom_endpoint::read_event(&conversation, body))
        .await?;
    let invocation = door
        .host
        .respond(
            &address,
            incoming,
            Purpose::Answer(Contract::CustomEndpoint),
            received.arrived,
        )
        .await;
    let response = match invocation.sent() {
        Ok(reply) => Json(custom_endpoint::write_reply(reply)).into_response(),
        Err(error) => failed(error).into_response(),
    };
    Ok(named(&invocation, response))
}

/// The platform answers this by beginning the conversation again, and sending its event once more.
fn unknown_conversation() -> Problem {
    Problem::caller(
        StatusCode::NOT_FOUND,
        "no-such-conversation",
        "this conversation has not begun here",
    )
}

/// 400 makes the platform hand over at once, without the pauses of a retry, which only what may be well again is worth.
fn failed(error: &InvokeError) -> Problem {
    let problem = Problem::from(error);
    if error.is_for_the_policy() {
        let status = StatusCode::BAD_REQUEST;
        Problem { status, ..problem }
    } else {
        problem
    }
}

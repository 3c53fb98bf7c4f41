//! LivePerson's four Custom Endpoint calls. An error makes the platform escalate the conversation, so a bot's
//! failure is answered as its deployment's policy has it, and only the host's own is a 5xx, which is retried.

mod bodies;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::FrontDoor;
use super::accounts::Account;
use super::document::{About, Document};
use super::problem::{Problem, checked_conversation};
use super::received::{Names, Received};
use super::respond::named;
use crate::chat::Contract;
use crate::invocation::{InvokeError, OtherWorld, Purpose};
use crate::liveperson::custom_endpoint;
use crate::registry::{Deployment, NotDeployed, Serving};
use crate::sandbox::World;
use crate::tenant::{Address, BotName, Environment};
use bodies::{Problems, ProblemsOfBodies};

const ABOUT: About = About {
    title: "LivePerson's Custom Endpoint, as Retort answers it",
    description: "What LivePerson's Third-Party Bots connector calls. Whatever it sends is taken as long as it can be \
                  read; what it is sent is as its own document says, but for what docs/liveperson.md lists. Errors are \
                  problem details (RFC 9457) with a stable `code`.",
    token: "A token that LivePerson's authorization server has made for the account",
};

/// The four calls, and the document of them, which is no secret.
pub(super) fn routes() -> Router<FrontDoor> {
    let described = OpenApiRouter::with_openapi(ABOUT.document())
        .routes(routes!(list_environments))
        .routes(routes!(get_state))
        .routes(routes!(put_conversation))
        .routes(routes!(post_event));
    let (routes, document) = described.split_for_parts();
    let document = Document::of(&document);
    routes.route("/v1/openapi.json", get(async move || document.clone()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfBot {
    /// Bot ID, in LivePerson's wizard.
    #[param(inline)]
    bot: BotName,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfEnvironment {
    /// Bot ID, in LivePerson's wizard.
    #[param(inline)]
    bot: BotName,
    /// Environment, in the same place.
    environment: Environment,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfConversation {
    /// Bot ID, in LivePerson's wizard.
    #[param(inline)]
    bot: BotName,
    /// Environment, in the same place.
    environment: Environment,
    /// The platform's id, of at most 256 bytes.
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

/// Lists the environments of a bot; `draft` is always one.
#[utoipa::path(
    get,
    path = "/v1/bots/{bot}/environments",
    tag = "bots",
    params(OfBot),
    responses((status = 200, description = "Their names", body = Vec<Environment>), Problems)
)]
async fn list_environments(
    State(door): State<FrontDoor>,
    Account(account): Account,
    Names(of): Names<OfBot>,
) -> Result<Json<Vec<Environment>>, Problem> {
    let tenant = door.host.registry().tenant(&account)?;
    Ok(Json(door.host.registry().environments(&tenant, &of.bot)?))
}

/// Tells whether a bot can be asked: for Test Connection, and when the platform starts it.
#[utoipa::path(
    get,
    path = "/v1/bots/{bot}/environments/{environment}/state",
    tag = "bots",
    params(OfEnvironment),
    responses((status = 200, description = "How it is", body = bodies::State), Problems)
)]
async fn get_state(
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
    let deployment = a_bot(&serving)?;
    let state = match deployment.record.state() {
        _ if door.host.is_ending() => "maintenance",
        None => "online",
        Some(_) => "error",
    };
    Ok(Json(
        json!({ "state": state, "version": deployment.description.version }),
    ))
}

/// What is asked, which is no function.
fn a_bot(serving: &Serving) -> Result<&Deployment, Problem> {
    let deployment = serving.first();
    match deployment.bot.world() {
        World::Bot => Ok(deployment),
        world @ World::Function => Err(Problem::from(&InvokeError::from(OtherWorld(world)))),
    }
}

/// Begins a conversation; one that has begun stays as it was.
#[utoipa::path(
    put,
    path = "/v1/bots/{bot}/environments/{environment}/conversations/{conversation}",
    tag = "conversations",
    params(OfConversation),
    request_body(content = bodies::Beginning, content_type = "application/json"),
    responses(
        (status = 200, description = "It has begun, on a host with `liveperson.put_status` set to 200"),
        (status = 204, description = "It has begun"),
        Problems,
        ProblemsOfBodies
    )
)]
async fn put_conversation(
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
    let serving = door.host.registry().way(&address, Some(&id), skill)?;
    a_bot(&serving)?;
    door.host.begin(&address, &id, conversation).await?;
    Ok(door.platform.put_status.into())
}

/// Has the bot answer what happened.
#[utoipa::path(
    post,
    path = "/v1/bots/{bot}/environments/{environment}/conversations/{conversation}/events",
    tag = "conversations",
    params(OfConversation),
    request_body(content = bodies::Event, content_type = "application/json"),
    responses(
        (status = 200, description = "The bot's answer, or what its deployment says in its place", body = bodies::Answer),
        Problems,
        ProblemsOfBodies
    )
)]
async fn post_event(
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

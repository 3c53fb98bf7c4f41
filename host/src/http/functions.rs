//! LivePerson's API for invoking functions, in both versions, as its own clients call it: functions and bots that serve as
//! `production`, by their UUIDs or by the events that they listen to.

mod failed;
mod list;

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use tokio::time::Instant;
use uuid::Uuid;

use super::FrontDoor;
use super::callers::{Asker, bearer, tenant};
use super::problem::Problem;
use super::received::{Names, Received};
use super::respond::{body, turn_headers};
use crate::chat::one_line;
use crate::liveperson::custom_integration::{self, Payload};
use crate::liveperson::functions::{Returned, Version, read_invocation, write_implemented};
use crate::registry::Serving;
use crate::sandbox::{Input, World};
use crate::sentinel::{Call, Refused};
use crate::tenant::{Address, Environment, EventId, TenantId};
use failed::{Failed, version};
pub(super) use list::list_functions;

/// Functions that one event invokes: as many as the platform itself lets listen to any of its events.
const MOST_LISTENING: usize = 30;

#[derive(Deserialize)]
struct OfUuid {
    tenant: TenantId,
    uuid: String,
}

#[derive(Deserialize)]
struct OfEvent {
    tenant: TenantId,
    event: EventId,
}

pub(super) async fn invoke_by_uuid(State(door): State<FrontDoor>, request: Request) -> Response {
    let version = version(request.uri());
    told(version, by_uuid(&door, request).await)
}

pub(super) async fn invoke_by_event(State(door): State<FrontDoor>, request: Request) -> Response {
    let version = version(request.uri());
    told(version, by_event(&door, request).await)
}

pub(super) async fn is_implemented(State(door): State<FrontDoor>, request: Request) -> Response {
    let version = version(request.uri());
    told(version, listened_to(&door, request).await)
}

fn told(version: Version, answered: Result<Response, Failed>) -> Response {
    answered.unwrap_or_else(|failed| failed.in_version(version))
}

async fn by_uuid(door: &FrontDoor, request: Request) -> Result<Response, Failed> {
    let (of, request) = asked(door, request).await?;
    let (to, serving) = called(door, &of)?;
    let world = world(&serving);
    let event = Event::read(door, request, world == World::Bot).await?;
    let Came { json, turn } = event.handled(door, &to, world).await?;
    Ok((AppendHeaders(turn), Json(json)).into_response())
}

/// One after the other, by name; one that fails ends it. Each has the time that its deployment gives it, and all of them
/// from the same moment on, so that the last is no later than one alone might be.
async fn by_event(door: &FrontDoor, request: Request) -> Result<Response, Failed> {
    let (OfEvent { tenant, event }, request) = asked(door, request).await?;
    let listening = door.host.registry().listening(&tenant, &event);
    if listening.len() > MOST_LISTENING {
        return Err(Failed::too_many(&event, listening.len()));
    }
    let is_bot = |(_, serving): &(_, Arc<Serving>)| world(serving) == World::Bot;
    let has_bots = listening.iter().any(is_bot);
    let event = Event::read(door, request, has_bots).await?;
    let mut results = Vec::with_capacity(listening.len());
    for (at, serving) in &listening {
        let timestamp = Timestamp::now();
        let Came { json: result, .. } = event.handled(door, at, world(serving)).await?;
        results.push(Returned {
            uuid: at.bot.uuid(&at.tenant),
            timestamp,
            result,
        });
    }
    Ok(Json(results).into_response())
}

async fn listened_to(door: &FrontDoor, request: Request) -> Result<Response, Failed> {
    let (OfEvent { tenant, event }, _) = asked(door, request).await?;
    let listening = door.host.registry().listening(&tenant, &event);
    Ok(Json(write_implemented(!listening.is_empty())).into_response())
}

/// The names in a path, from somebody who may invoke functions there. Nothing of a body is read before that is known.
async fn asked<T: DeserializeOwned + Send>(
    door: &FrontDoor,
    request: Request,
) -> Result<(T, Request), Failed> {
    let (mut parts, body) = request.into_parts();
    let Names(of) = Names::from_request_parts(&mut parts, door).await?;
    may_invoke(&mut parts, door).await?;
    Ok((of, Request::from_parts(parts, body)))
}

/// Takes the tokens of those who may ask the tenant's bots, and LivePerson's own of an app that may invoke functions.
async fn may_invoke(parts: &mut Parts, door: &FrontDoor) -> Result<(), Problem> {
    let sentinel = &door.platform.sentinel;
    // None of this host's own has a dot in it, and all of LivePerson's have two.
    let token = bearer(&parts.headers).filter(|token| token.contains('.'));
    if !sentinel.is_guarded() || token.is_none() {
        return Asker::from_request_parts(parts, door).await.map(drop);
    }
    let account = sentinel.account(token, Call::Function, Timestamp::now());
    let account = account.await?;
    match tenant(parts, door).await? {
        Some(tenant) if tenant == account => Ok(()),
        _ => Err(Refused::Audience.into()),
    }
}

/// What serves under a UUID.
fn called(door: &FrontDoor, of: &OfUuid) -> Result<(Address, Arc<Serving>), Failed> {
    let registry = door.host.registry();
    let uuid: Option<Uuid> = of.uuid.parse().ok();
    let bot = uuid.and_then(|uuid| registry.of_uuid(&of.tenant, &uuid));
    // Longer than any UUID is.
    let shown = one_line(&of.uuid, 64);
    let at = Address {
        tenant: of.tenant.clone(),
        bot: bot.ok_or_else(|| Failed::missing(&shown, &of.tenant))?,
        environment: Environment::production(),
    };
    match registry.at(&at) {
        Some(serving) => Ok((at, serving)),
        None => Err(Failed::not_deployed(&shown, &of.tenant)),
    }
}

fn world(serving: &Serving) -> World {
    serving.first().bot.world()
}

/// What happened, as functions are handed it and, if any is to hear of it, as bots are.
struct Event {
    input: Arc<Input>,
    for_bots: Option<Payload>,
    arrived: Instant,
}

/// What came of an invocation.
struct Came {
    json: Box<RawValue>,
    /// The headers that say which turn it was.
    turn: Vec<(HeaderName, HeaderValue)>,
}

impl Event {
    async fn read(door: &FrontDoor, request: Request, has_bots: bool) -> Result<Self, Failed> {
        let received = Received::from_request(request, door).await?;
        let reader = move |body: &[u8]| {
            let input = read_invocation(body)?;
            let payload = || custom_integration::read_payload(input.payload.as_bytes());
            let for_bots = has_bots.then(payload).transpose()?;
            Ok((input, for_bots))
        };
        let (input, for_bots) = received.read(reader).await?;
        Ok(Self {
            input: Arc::new(input),
            for_bots,
            arrived: received.arrived,
        })
    }

    async fn handled(&self, door: &FrontDoor, to: &Address, world: World) -> Result<Came, Failed> {
        match (world, &self.for_bots) {
            (World::Bot, Some(payload)) => self.answered(door, to, payload).await,
            _ => self.returned(door, to).await,
        }
    }

    /// By a bot: a payload of the Custom Integration, and a reply of it.
    async fn answered(
        &self,
        door: &FrontDoor,
        to: &Address,
        payload: &Payload,
    ) -> Result<Came, Failed> {
        let (incoming, purpose) = super::respond::asked(payload.clone());
        let responding = door.host.respond(to, incoming, purpose, self.arrived);
        let invocation = responding.await;
        let turn = turn_headers(&invocation);
        match body(&invocation) {
            Ok(reply) => Ok(Came {
                json: to_raw_value(&reply).map_err(|_| Problem::host_fault())?,
                turn,
            }),
            Err(error) => {
                Err(Failed::of_bot(error, door.platform.function_error_status.into()).in_turn(turn))
            }
        }
    }

    /// By a function.
    async fn returned(&self, door: &FrontDoor, to: &Address) -> Result<Came, Failed> {
        let invoking = door.host.invoke(to, Arc::clone(&self.input), self.arrived);
        let invocation = invoking.await;
        let turn = turn_headers(&invocation);
        match &invocation.result {
            Ok(returned) => Ok(Came {
                json: returned.json().to_owned(),
                turn,
            }),
            Err(error) => Err(Failed::of_function(
                error,
                door.platform.function_error_status.into(),
            )
            .in_turn(turn)),
        }
    }
}

//! The contract of LivePerson's Functions: what an invocation brings, and what it is answered, in both versions. The first
//! asks with `v=1`; they differ in errors and lists, and in nothing else that comes here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Unreadable, read};
use crate::sandbox::Input;
use crate::tenant::{BotName, EventId};

/// The events that the platform is known to send. It may know more.
pub const EVENTS: [&str; 15] = [
    "bot_connectors_custom_integration",
    "bot_connectors_error_hook",
    "bot_connectors_post_hook",
    "bot_connectors_pre_hook",
    "controllerbot_messaging_conversation_end",
    "controllerbot_messaging_conversation_idle",
    "controllerbot_messaging_conversation_routing",
    "controllerbot_messaging_mid_conversation_msg",
    "controllerbot_messaging_new_conversation",
    "controllerbot_messaging_participants_change",
    "controllerbot_messaging_ttr",
    "conversational_command",
    "denver_post_survey_email_transcript",
    "surveybot_messaging_survey_ended",
    "surveybot_messaging_survey_started",
];

/// Headers of one invocation; those that an event source sends are a handful.
const MOST_HEADERS: usize = 64;
/// Of a header's name and its value together, as web servers take.
const HEADER_BYTES: usize = 8 << 10;

/// A version of the platform's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The first.
    V1,
    /// The second.
    V2,
}

/// Why an invocation came to nothing, in the platform's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// For a reason that has no word of its own.
    General,
    /// There is no room.
    Unavailable,
    /// What was sent is wrong.
    BadInput,
    /// There is no such function.
    Missing,
    /// There is one, and it does not serve.
    NotDeployed,
    /// It gave an error itself.
    Threw,
    /// It broke off.
    Crashed,
    /// It took too long.
    TooLong,
}

impl Why {
    fn word(self, version: Version) -> &'static str {
        let (v1, v2) = match self {
            Self::General => (
                "com.liveperson.faas.es.general",
                "com.liveperson.faas.evg.general",
            ),
            Self::Unavailable => (
                "com.liveperson.faas.es.unavailable",
                "com.liveperson.faas.evg.general",
            ),
            Self::BadInput => (
                "com.liveperson.faas.es.badinput",
                "com.liveperson.faas.evg.invalid",
            ),
            Self::Missing => (
                "com.liveperson.faas.es.missinglambda",
                "com.liveperson.faas.function.not-found",
            ),
            Self::NotDeployed => (
                "com.liveperson.faas.es.notdeployed",
                "com.liveperson.faas.function.not-found",
            ),
            Self::Threw => (
                "com.liveperson.faas.handler.custom-failure",
                "com.customer.faas.function.threw-error",
            ),
            Self::Crashed => (
                "com.liveperson.faas.handler.runtime-exception",
                "com.customer.faas.function.js-runtime-error",
            ),
            Self::TooLong => (
                "com.liveperson.faas.handler.executiontime-exceeded",
                "com.customer.faas.function.execution-exceeded",
            ),
        };
        match version {
            Version::V1 => v1,
            Version::V2 => v2,
        }
    }
}

/// Writes an error.
pub fn write_error(version: Version, why: Why, message: &str) -> Value {
    let word = why.word(version);
    match version {
        Version::V1 => json!({ "errorCode": word, "errorMsg": message }),
        Version::V2 => json!({ "code": word, "message": message }),
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    headers: Option<Vec<Header>>,
    payload: Box<RawValue>,
}

#[derive(Deserialize)]
struct Header {
    key: String,
    value: String,
}

/// Reads the body of an invocation; its payload is any JSON, and is left as it is.
///
/// # Errors
/// [`Unreadable`] for what has no payload, or headers that are none or too many.
pub fn read_invocation(body: &[u8]) -> Result<Input, Unreadable> {
    let Body { headers, payload } = read(body)?;
    let headers = headers.unwrap_or_default();
    let wrong = |problem: String| Unreadable::WrongShape {
        at: " at `headers`".to_owned(),
        problem,
    };
    if headers.len() > MOST_HEADERS {
        let count = headers.len();
        return Err(wrong(format!("has {count}, and may have {MOST_HEADERS}")));
    }
    let is_large = |header: &Header| header.key.len() + header.value.len() > HEADER_BYTES;
    if headers.iter().any(is_large) {
        return Err(wrong(format!("one has more than {HEADER_BYTES} bytes")));
    }
    let headers = headers.into_iter().map(|header| (header.key, header.value));
    Ok(Input {
        headers: headers.collect(),
        payload: Box::<str>::from(payload).into(),
    })
}

/// What one of an event's functions returned.
#[derive(Debug, Serialize)]
pub struct Returned {
    /// Which one.
    pub uuid: Uuid,
    /// When it was invoked.
    #[serde(serialize_with = "in_milliseconds")]
    pub timestamp: Timestamp,
    /// What.
    pub result: Box<RawValue>,
}

fn in_milliseconds<S: serde::Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
}

/// Whether anything listens to an event.
pub fn write_implemented(implemented: bool) -> Value {
    json!({ "implemented": implemented })
}

/// A function in a list. Only what serves is listed, so all are of the one state.
#[derive(Debug)]
pub struct Listed<'a> {
    /// Its name.
    pub name: &'a BotName,
    /// Its UUID.
    pub uuid: Uuid,
    /// What it listens to.
    pub events: &'a BTreeSet<EventId>,
}

/// The state of what serves.
pub const PRODUCTIVE: &str = "Productive";

/// Writes a function for a list. The platform's has one event, or none; one with more of them shows the one that was asked
/// for.
pub fn write_listed(listed: &Listed<'_>, asked: Option<&str>) -> Value {
    let mut events = listed.events.iter().map(EventId::as_str);
    let event = asked.or_else(|| events.next());
    json!({
        "uuid": listed.uuid,
        "name": listed.name,
        "description": "",
        "state": PRODUCTIVE,
        "eventId": event,
        "skills": [],
    })
}

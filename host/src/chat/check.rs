//! The rules of a reply, one by one. A rule that is the platform's says so; what breaks one of those would be
//! dropped there without a word, or would end the conversation's time with the bot.

mod size;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{
    Action, Answer, FunctionInvocation, Intent, Part, ReplyLimits, StructuredContent, Text,
};
use crate::bindings::types::{self, Channel, Delay, TimeToResponse, Transfer};
use crate::limit::{Exceeded, Limit};

/// LivePerson's limit for a structured content, in bytes of JSON.
const STRUCTURED_CONTENT_BYTES: usize = 15_000;
/// LivePerson's limit for encoded metadata, in characters of base64.
const ENCODED_METADATA_CHARS: usize = 5_000;
/// LivePerson's limit for the id and the name of an intent, in characters.
const INTENT_CHARS: usize = 256;

/// Why a reply cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReply {
    /// It breaks a rule of the platform's.
    #[error("the reply cannot be sent: {at} {problem}")]
    BreaksRule {
        /// Where.
        at: String,
        /// How.
        problem: String,
    },
    /// It is larger than its deployment allows.
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

impl InvalidReply {
    /// The same, without what must not be told of it.
    pub fn told(self, redacted: impl Fn(&str) -> String) -> Self {
        match self {
            Self::BreaksRule { at, problem } => Self::BreaksRule {
                at: redacted(&at),
                problem: redacted(&problem),
            },
            Self::Exceeded(_) => self,
        }
    }

    /// A stable name, for programs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            InvalidReply::BreaksRule { .. } => "reply-refused",
            InvalidReply::Exceeded(exceeded) => exceeded.limit.code(),
        }
    }
}

fn invalid(at: impl Into<String>, problem: impl Into<String>) -> InvalidReply {
    InvalidReply::BreaksRule {
        at: at.into(),
        problem: problem.into(),
    }
}

pub(super) fn answer(
    raw: types::Answer,
    channel: &Channel,
    limits: &ReplyLimits,
) -> Result<Answer, InvalidReply> {
    size::check(&raw, limits)?;
    if raw.parts.is_empty() && raw.action.is_none() {
        return Err(invalid(
            "it",
            "has neither parts nor an action; to say nothing on purpose, reply `no-answer`",
        ));
    }
    let part = |(index, raw)| part(&format!("part {index}"), raw, channel, limits);
    Ok(Answer {
        parts: raw
            .parts
            .into_iter()
            .enumerate()
            .map(part)
            .collect::<Result<_, _>>()?,
        action: raw.action.map(|raw| action(raw, channel)).transpose()?,
        intents: raw
            .intents
            .into_iter()
            .enumerate()
            .map(intent)
            .collect::<Result<_, _>>()?,
        encoded_metadata: encoded_metadata("the reply", raw.encoded_metadata)?,
    })
}

fn part(
    at: &str,
    raw: types::Part,
    channel: &Channel,
    limits: &ReplyLimits,
) -> Result<Part, InvalidReply> {
    Ok(match raw {
        types::Part::Text(raw) => Part::Text(text(at, raw)?),
        types::Part::PrivateText(raw) => Part::PrivateText(text(at, raw)?),
        types::Part::StructuredContent(raw) => {
            Part::StructuredContent(structured_content(at, raw, channel)?)
        }
        types::Part::Delay(raw) => Part::Delay(delay(at, raw, limits)?),
    })
}

fn text(at: &str, raw: types::Text) -> Result<Text, InvalidReply> {
    if raw.text.trim().is_empty() {
        return Err(invalid(at, "is an empty text"));
    }
    Ok(Text {
        text: raw.text,
        metadata: metadata(at, raw.metadata)?,
        encoded_metadata: encoded_metadata(at, raw.encoded_metadata)?,
    })
}

fn structured_content(
    at: &str,
    raw: types::StructuredContent,
    channel: &Channel,
) -> Result<StructuredContent, InvalidReply> {
    if raw.content.len() > STRUCTURED_CONTENT_BYTES {
        let bytes = raw.content.len();
        return Err(invalid(
            at,
            format!("has {bytes} bytes; the platform takes {STRUCTURED_CONTENT_BYTES}"),
        ));
    }
    let content = object(at, "content", &raw.content)?;
    quick_replies(at, &content, channel)?;
    Ok(StructuredContent {
        content,
        metadata: metadata(at, raw.metadata)?,
        encoded_metadata: encoded_metadata(at, raw.encoded_metadata)?,
    })
}

fn quick_replies(at: &str, content: &Value, channel: &Channel) -> Result<(), InvalidReply> {
    if content.get("quickReplies").is_none() {
        return Ok(());
    }
    if matches!(channel, Channel::Chat) {
        return Err(invalid(
            at,
            "has quick replies, which a live chat does not take",
        ));
    }
    match content.get("message").and_then(Value::as_str) {
        Some(message) if !message.trim().is_empty() => Ok(()),
        _ => Err(invalid(
            at,
            "has quick replies without the `message` that the platform sends with them",
        )),
    }
}

fn delay(at: &str, raw: Delay, limits: &ReplyLimits) -> Result<Delay, InvalidReply> {
    if raw.seconds == 0 {
        return Err(invalid(at, "waits 0 seconds; 1 is the least"));
    }
    if raw.seconds > limits.delay_seconds {
        return Err(InvalidReply::Exceeded(Exceeded {
            limit: Limit::ReplyDelay,
            used: u64::from(raw.seconds),
            allowed: u64::from(limits.delay_seconds),
        }));
    }
    Ok(raw)
}

fn action(raw: types::Action, channel: &Channel) -> Result<Action, InvalidReply> {
    let at = "the action";
    Ok(match raw {
        types::Action::Transfer(raw) => Action::Transfer(transfer(at, raw)?),
        types::Action::Close(close) => Action::Close(close),
        types::Action::ChangeTimeToResponse(_) if matches!(channel, Channel::Chat) => {
            return Err(invalid(
                at,
                "changes the time to response, which a live chat does not have",
            ));
        }
        types::Action::ChangeTimeToResponse(TimeToResponse::Custom(0)) => {
            return Err(invalid(
                at,
                "sets a time to response of 0 seconds; 1 is the least",
            ));
        }
        types::Action::ChangeTimeToResponse(time) => Action::ChangeTimeToResponse(time),
        types::Action::InvokeFunction(raw) => Action::InvokeFunction(function(at, raw)?),
    })
}

fn transfer(at: &str, raw: Transfer) -> Result<Transfer, InvalidReply> {
    let blank = |name: &Option<String>| name.as_ref().is_some_and(|name| name.trim().is_empty());
    if blank(&raw.skill) || blank(&raw.agent_id) {
        return Err(invalid(
            at,
            "transfers to a skill or an agent with an empty name",
        ));
    }
    if raw.skill.is_none() && raw.agent_id.is_none() {
        return Err(invalid(
            at,
            "transfers to nobody; name a skill, an agent, or both",
        ));
    }
    Ok(raw)
}

fn function(at: &str, raw: types::FunctionInvocation) -> Result<FunctionInvocation, InvalidReply> {
    if uuid::Uuid::try_parse(&raw.lambda_uuid).is_err() {
        return Err(invalid(
            at,
            "invokes a function by something that is no UUID",
        ));
    }
    let payload = object(at, "payload", &raw.payload)?;
    Ok(FunctionInvocation {
        lambda_uuid: raw.lambda_uuid,
        payload,
        fail_on_error: raw.fail_on_error,
    })
}

fn intent((index, raw): (usize, types::Intent)) -> Result<Intent, InvalidReply> {
    let at = format!("intent {index}");
    if raw.id.is_empty() || raw.id.contains(char::is_whitespace) {
        return Err(invalid(
            at,
            "has an id that is empty or has white space in it",
        ));
    }
    if [Some(&raw.id), raw.name.as_ref()]
        .into_iter()
        .flatten()
        .any(|text| text.chars().count() > INTENT_CHARS)
    {
        return Err(invalid(
            at,
            format!("has an id or a name of more than {INTENT_CHARS} characters"),
        ));
    }
    if !(0.0..=1.0).contains(&raw.score) {
        return Err(invalid(
            at,
            format!("has a score of {}; 0 to 1 are possible", raw.score),
        ));
    }
    Ok(Intent {
        id: raw.id,
        name: raw.name,
        score: raw.score,
    })
}

/// The platform shows metadata as an object in some places and as an array in others, and takes an array.
fn metadata(at: &str, raw: Option<String>) -> Result<Option<Vec<Value>>, InvalidReply> {
    let Some(raw) = raw else { return Ok(None) };
    match json(at, "metadata", &raw)? {
        Value::Array(items) if items.iter().all(Value::is_object) => Ok(Some(items)),
        object @ Value::Object(_) => Ok(Some(vec![object])),
        _ => Err(invalid(at, "has metadata that is no JSON array of objects")),
    }
}

fn encoded_metadata(at: &str, raw: Option<String>) -> Result<Option<String>, InvalidReply> {
    let Some(raw) = raw else { return Ok(None) };
    if raw.len() > ENCODED_METADATA_CHARS {
        let problem = format!(
            "has {} characters of encoded metadata; the platform takes {ENCODED_METADATA_CHARS}",
            raw.len()
        );
        return Err(invalid(at, problem));
    }
    match STANDARD.decode(&raw) {
        Ok(_) => Ok(Some(raw)),
        Err(_) => Err(invalid(at, "has encoded metadata that is no base64")),
    }
}

fn object(at: &str, what: &str, raw: &str) -> Result<Value, InvalidReply> {
    match json(at, what, raw)? {
        object @ Value::Object(_) => Ok(object),
        _ => Err(invalid(at, format!("has a {what} that is no JSON object"))),
    }
}

fn json(at: &str, what: &str, raw: &str) -> Result<Value, InvalidReply> {
    serde_json::from_str(raw)
        .map_err(|error| invalid(at, format!("has a {what} that is no JSON: {error}")))
}

#[cfg(test)]
mod tests;

//! The Custom Integration contract: the payload that a LivePerson Function is handed, and what it returns.

use serde::Deserialize;
use serde_json::{Value, json};

use super::event::{self, Object};
use super::{Unreadable, read};
use crate::chat::{
    Action, Answer, Event, Intent, Part, Reply, Said, StructuredContent, TimeToResponse, Turn,
};
use crate::conversations::{Incoming, MOST_ID_BYTES};

/// What `message` says when the consumer sent something else than a text.
const RICH_CONTENT_MARKER: &str = "com.liveperson.bot-connectors.consumer.send-rich-content";
const FILE_MARKER: &str = "com.liveperson.bot-connectors.consumer.send-file";

/// A payload that was read.
#[derive(Clone, Debug)]
pub enum Payload {
    /// An event of a conversation.
    Event(Incoming),
    /// A payload without a conversation: a test whether the bot runs, with what it should be asked.
    ConnectionTest(Incoming),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    message: Option<String>,
    event: Option<Named>,
    #[serde(rename = "convId")]
    conv_id: Option<String>,
    context: Option<Context>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Option<String>,
    #[serde(flatten)]
    rest: Object,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    #[serde(rename = "lpEvent")]
    lp_event: Option<Object>,
    #[serde(rename = "lpSdes")]
    lp_sdes: Option<Value>,
}

/// Reads a payload.
///
/// # Errors
/// [`Unreadable`] for what is no JSON object of this shape. Absent fields are no error: connectors leave out much.
pub fn read_payload(body: &[u8]) -> Result<Payload, Unreadable> {
    let body: Body = read(body)?;
    let context = body.context.unwrap_or_default();
    let lp_event = context.lp_event.unwrap_or_default();
    let facts = lp_event.get("conversationContext");
    let id = body.conv_id.filter(|id| !id.is_empty());
    if id.as_ref().is_some_and(|id| id.len() > MOST_ID_BYTES) {
        return Err(Unreadable::WrongShape {
            at: " at `convId`".to_owned(),
            problem: format!("a conversation's id has at most {MOST_ID_BYTES} bytes"),
        });
    }
    let is_test = id.is_none();
    let dialog = event::dialog(&lp_event);

    let channel = event::channel(facts, &lp_event);
    let turn = Turn {
        conversation: event::conversation(id, channel, facts, context.lp_sdes.as_ref()),
        sequence: event::sequence(&lp_event),
        event: event_of(
            body.message.unwrap_or_default(),
            body.event.as_ref(),
            &lp_event,
        ),
        platform_event: (!lp_event.is_empty()).then(|| Value::Object(lp_event).to_string()),
    };
    let incoming = Incoming::new(turn, dialog.as_deref());
    Ok(if is_test {
        Payload::ConnectionTest(incoming)
    } else {
        Payload::Event(incoming)
    })
}

fn event_of(message: String, named: Option<&Named>, lp_event: &Object) -> Event {
    let inner = lp_event.get("event");
    let name = named
        .and_then(|event| event.name.as_deref())
        .unwrap_or_default();
    if name.eq_ignore_ascii_case("welcome") || is_welcome(lp_event) {
        return event::welcome(lp_event);
    }
    match message.as_str() {
        RICH_CONTENT_MARKER => {
            event::rich_content(inner.and_then(|event| event.get("content")), lp_event)
        }
        FILE_MARKER => event::file(inner.and_then(|event| event.get("message"))),
        // An empty message, and nothing that says what else it is: the conversation has just begun.
        "" if name.is_empty() => event::welcome(lp_event),
        "" => event::other(
            name,
            &named.map(|event| event.rest.clone()).unwrap_or_default(),
        ),
        _ => event::text_message(message, lp_event),
    }
}

/// Live chat sets a flag; messaging sends a content event that says `welcome`, after a transfer.
fn is_welcome(lp_event: &Object) -> bool {
    lp_event.get("isWelcomeEvent") == Some(&Value::Bool(true))
        || lp_event.get("content").and_then(Value::as_str) == Some("welcome")
}

/// Writes a reply.
pub fn write_reply(reply: &Reply) -> Value {
    match reply.said() {
        Said::NoAnswer => json!({ "messages": [{ "delay": 1, "typing": false }], "context": {} }),
        Said::Answer(answer) => {
            let messages: Vec<Value> = answer.parts.iter().map(part).collect();
            json!({ "messages": messages, "context": context(answer) })
        }
    }
}

/// What a connection test is answered.
pub fn write_test_passed() -> Value {
    json!({ "messages": [], "context": {} })
}

// The contract has no metadata on texts: a reply's own encoded metadata is in `context`, for all of them.
fn part(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!(text.text),
        Part::PrivateText(text) => {
            json!({ "text": text.text, "messageAudience": "AGENTS_AND_MANAGERS" })
        }
        Part::Delay(delay) => json!({ "delay": delay.seconds, "typing": delay.typing }),
        Part::StructuredContent(rich) => structured_content(rich),
    }
}

fn structured_content(rich: &StructuredContent) -> Value {
    let mut item = Object::new();
    item.insert("structuredContent".to_owned(), rich.content.clone());
    insert(
        &mut item,
        "metadata",
        rich.metadata.as_ref().map(|metadata| json!(metadata)),
    );
    insert(
        &mut item,
        "encodedMetadata",
        rich.encoded_metadata.as_ref().map(|encoded| json!(encoded)),
    );
    Value::Object(item)
}

fn context(answer: &Answer) -> Value {
    let mut context = Object::new();
    if let Some((main, alternatives)) = answer.intents.split_first() {
        context.extend(intent(main));
        if !alternatives.is_empty() {
            let alternatives: Vec<Value> = alternatives
                .iter()
                .map(|other| Value::Object(intent(other)))
                .collect();
            context.insert("alternativeIntents".to_owned(), json!(alternatives));
        }
    }
    if let Some(action) = &answer.action {
        let (name, parameters) = named(action);
        context.insert("action".to_owned(), json!(name));
        insert(&mut context, "actionParameters", parameters);
    }
    insert(
        &mut context,
        "encodedMetadata",
        answer
            .encoded_metadata
            .as_ref()
            .map(|encoded| json!(encoded)),
    );
    Value::Object(context)
}

fn intent(intent: &Intent) -> Object {
    let mut object = Object::new();
    object.insert("intentId".to_owned(), json!(intent.id));
    insert(
        &mut object,
        "intentName",
        intent.name.as_ref().map(|name| json!(name)),
    );
    object.insert("confidenceScore".to_owned(), json!(intent.score));
    object
}

fn named(action: &Action) -> (&'static str, Option<Value>) {
    match action {
        Action::Transfer(transfer) => {
            let mut parameters = Object::new();
            insert(
                &mut parameters,
                "skill",
                transfer.skill.as_ref().map(|skill| json!(skill)),
            );
            insert(
                &mut parameters,
                "agentId",
                transfer.agent_id.as_ref().map(|agent| json!(agent)),
            );
            ("TRANSFER", Some(Value::Object(parameters)))
        }
        Action::Close(close) => (
            "CLOSE_CONVERSATION",
            (!close.survey).then(|| json!({ "withoutPcs": true })),
        ),
        Action::ChangeTimeToResponse(time) => ("CHANGE_TTR", Some(time_to_response(*time))),
        Action::InvokeFunction(function) => (
            "INVOCATION",
            Some(json!({
                "lambdaUuid": function.lambda_uuid,
                "payload": function.payload,
                "failOnError": function.fail_on_error,
            })),
        ),
    }
}

/// The same in both contracts: the seconds of a custom time are a string.
pub(super) fn time_to_response(time: TimeToResponse) -> Value {
    match time {
        TimeToResponse::Urgent => json!({ "ttrType": "URGENT" }),
        TimeToResponse::Normal => json!({ "ttrType": "NORMAL" }),
        TimeToResponse::Prioritized => json!({ "ttrType": "PRIORITIZED" }),
        TimeToResponse::Custom(seconds) => {
            json!({ "ttrType": "CUSTOM", "value": seconds.to_string() })
        }
    }
}

pub(super) fn insert(object: &mut Object, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value);
    }
}

//! The Custom Endpoint contract: what the platform's connector sends to a service of the brand's own, and what
//! it takes back.

use serde::Deserialize;
use serde_json::{Value, json};

use super::custom_integration::{insert, time_to_response};
use super::event::{self, Object};
use super::{Unreadable, read, wrong};
use crate::chat::{Action, Answer, Conversation, Event, Part, Reply, Said, Text, Turn};
use crate::conversations::Incoming;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Beginning {
    sdes: Option<Value>,
    context: Option<Value>,
}

/// Reads the body that a conversation begins with. Nothing in it is required: the platform leaves out what the
/// account has not switched on.
///
/// # Errors
/// [`Unreadable`] for what is no JSON object.
pub fn read_conversation(id: &str, body: &[u8]) -> Result<Conversation, Unreadable> {
    let Beginning { sdes, context } = read(body)?;
    let channel = event::channel(context.as_ref(), &Object::new());
    Ok(event::conversation(
        Some(id.to_owned()),
        channel,
        context.as_ref(),
        sdes.as_ref(),
    ))
}

#[derive(Debug, Deserialize)]
struct Body {
    r#type: String,
    #[serde(default)]
    data: Option<Object>,
    #[serde(default)]
    context: Option<Context>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    #[serde(rename = "lpEvent")]
    lp_event: Option<Object>,
}

/// Reads an event of a conversation that has begun. A type that the contract does not name is no error: it
/// reaches the bot by its name.
///
/// # Errors
/// [`Unreadable`] for what is no JSON object of this shape.
pub fn read_event(conversation: &Conversation, body: &[u8]) -> Result<Incoming, Unreadable> {
    let body: Body = read(body)?;
    let lp_event = body
        .context
        .and_then(|context| context.lp_event)
        .unwrap_or_default();
    let dialog = event::dialog(&lp_event);
    let turn = Turn {
        conversation: conversation.clone(),
        sequence: event::sequence(&lp_event),
        event: event_of(&body.r#type, &body.data.unwrap_or_default(), &lp_event)?,
        platform_event: (!lp_event.is_empty()).then(|| Value::Object(lp_event).to_string()),
    };
    Ok(Incoming::new(turn, dialog.as_deref()))
}

/// The platform's document, its pages and its reference service spell the types differently.
fn event_of(kind: &str, data: &Object, lp_event: &Object) -> Result<Event, Unreadable> {
    let named = |names: &[&str]| names.iter().any(|name| kind.eq_ignore_ascii_case(name));
    let state = event::text(data.get("name")).unwrap_or_default();
    Ok(if named(&["TEXT"]) {
        match data.get("message") {
            Some(Value::String(text)) => event::text_message(text.clone(), lp_event),
            _ => {
                return Err(wrong(
                    "data.message",
                    "a TEXT event needs a `message` that is a text",
                ));
            }
        }
    } else if named(&["RICH_CONTENT", "RICH-CONTENT"]) {
        event::rich_content(data.get("content"), lp_event)
    } else if named(&["HOSTED-FILE", "HOSTED_FILE"]) {
        event::file(Some(&Value::Object(data.clone())))
    } else if named(&["START"])
        || (named(&["CONVERSATION"]) && state.eq_ignore_ascii_case("started"))
    {
        event::welcome(lp_event)
    } else if named(&["CLOSE_CONVERSATION"])
        || (named(&["CONVERSATION"]) && state.eq_ignore_ascii_case("closed"))
    {
        Event::ConversationClosed
    } else {
        event::other(kind, data)
    })
}

/// Writes a reply.
pub fn write_reply(reply: &Reply) -> Value {
    match reply.said() {
        Said::NoAnswer => {
            json!({ "response": [item("DELAY", json!({ "seconds": 1, "typing": false }))], "analytics": { "intents": [] } })
        }
        Said::Answer(answer) => {
            json!({ "response": response(answer), "analytics": { "intents": intents(answer) } })
        }
    }
}

fn item(kind: &str, data: Value) -> Value {
    json!({ "type": kind, "data": data })
}

fn response(answer: &Answer) -> Vec<Value> {
    let inherited = answer.encoded_metadata.as_deref();
    let parts = answer.parts.iter().map(|part| self::part(part, inherited));
    parts.chain(answer.action.as_ref().map(action)).collect()
}

fn part(part: &Part, inherited: Option<&str>) -> Value {
    match part {
        Part::Text(part) => item("TEXT", text(part, inherited, None)),
        Part::PrivateText(part) => item("TEXT", text(part, inherited, Some("AGENTS_AND_MANAGERS"))),
        Part::Delay(delay) => item(
            "DELAY",
            json!({ "seconds": delay.seconds, "typing": delay.typing }),
        ),
        Part::StructuredContent(rich) => {
            let mut data = Object::new();
            data.insert("structuredContent".to_owned(), rich.content.clone());
            metadata(
                &mut data,
                rich.metadata.as_deref(),
                rich.encoded_metadata.as_deref().or(inherited),
            );
            item("STRUCTURED_CONTENT", Value::Object(data))
        }
    }
}

fn text(text: &Text, inherited: Option<&str>, audience: Option<&str>) -> Value {
    let mut data = Object::new();
    data.insert("message".to_owned(), json!(text.text));
    metadata(
        &mut data,
        text.metadata.as_deref(),
        text.encoded_metadata.as_deref().or(inherited),
    );
    insert(
        &mut data,
        "messageAudience",
        audience.map(|audience| json!(audience)),
    );
    Value::Object(data)
}

fn metadata(data: &mut Object, metadata: Option<&[Value]>, encoded: Option<&str>) {
    insert(data, "metadata", metadata.map(|metadata| json!(metadata)));
    insert(
        data,
        "encodedMetadata",
        encoded.map(|encoded| json!(encoded)),
    );
}

fn action(action: &Action) -> Value {
    let (name, parameters) = match action {
        Action::Transfer(transfer) => {
            let mut parameters = Object::new();
            insert(
                &mut parameters,
                "skillName",
                transfer.skill.as_ref().map(|skill| json!(skill)),
            );
            insert(
                &mut parameters,
                "agentId",
                transfer.agent_id.as_ref().map(|agent| json!(agent)),
            );
            ("TRANSFER", Value::Object(parameters))
        }
        Action::Close(close) => ("CLOSE_CONVERSATION", json!({ "withoutPcs": !close.survey })),
        Action::ChangeTimeToResponse(time) => ("CHANGE_TTR", time_to_response(*time)),
        Action::InvokeFunction(function) => (
            "INVOKE_FUNCTION",
            json!({
                "lambdaUuid": function.lambda_uuid,
                "payload": function.payload,
                "failOnError": function.fail_on_error,
            }),
        ),
    };
    item("ACTION", json!({ "name": name, "parameters": parameters }))
}

/// The contract requires all three fields, so an intent without a name is described by its id.
fn intents(answer: &Answer) -> Vec<Value> {
    let intent = |intent: &crate::chat::Intent| {
        let description = intent.name.as_ref().unwrap_or(&intent.id);
        json!({ "id": intent.id, "description": description, "confidenceScore": intent.score })
    };
    answer.intents.iter().map(intent).collect()
}

//! The contract's own types from and to JSON, under the names that `wit/bot.wit` gives them; what is absent is left out.

use retort::bindings::types::{
    Action, Answer, Channel, Close, Conversation, Delay, Event, FunctionInvocation, Intent, Part,
    Reply, StructuredContent, Text, TimeToResponse, Transfer, Turn,
};
use serde_json::{Map, Value, json};

/// An object of what is there.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let there = fields
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

fn word(text: Option<&String>) -> Option<Value> {
    text.map(|text| json!(text))
}

/// A document that the contract has as a text.
fn document(text: Option<&String>) -> Option<Value> {
    text.map(|text| serde_json::from_str(text).expect("JSON"))
}

pub(super) fn turn(turn: &Turn) -> Value {
    object([
        ("conversation", Some(conversation(&turn.conversation))),
        ("sequence", turn.sequence.map(Value::from)),
        ("event", Some(event(&turn.event))),
        ("platform-event", document(turn.platform_event.as_ref())),
    ])
}

fn conversation(conversation: &Conversation) -> Value {
    let channel = match &conversation.channel {
        Channel::Messaging => json!("messaging"),
        Channel::Chat => json!("chat"),
        Channel::Other(name) => json!({ "other": name }),
    };
    let attributes = conversation.engagement_attributes.as_ref();
    object([
        ("id", word(conversation.id.as_ref())),
        ("channel", Some(channel)),
        ("skill-id", word(conversation.skill_id.as_ref())),
        ("campaign-id", word(conversation.campaign_id.as_ref())),
        ("engagement-id", word(conversation.engagement_id.as_ref())),
        ("visitor", document(conversation.visitor.as_ref())),
        ("engagement-attributes", document(attributes)),
    ])
}

fn event(event: &Event) -> Value {
    match event {
        Event::Text(message) => json!({ "text": object([
            ("text", Some(json!(message.text))),
            ("metadata", document(message.metadata.as_ref())),
        ]) }),
        Event::RichContent(rich) => json!({ "rich-content": object([
            ("content", document(Some(&rich.content))),
            ("metadata", document(rich.metadata.as_ref())),
        ]) }),
        Event::File(file) => json!({ "file": object([
            ("relative-path", word(file.relative_path.as_ref())),
            ("file-type", word(file.file_type.as_ref())),
            ("caption", word(file.caption.as_ref())),
            ("preview", word(file.preview.as_ref())),
        ]) }),
        Event::Welcome(welcome) => json!({ "welcome": object([
            ("last-consumer-message", word(welcome.last_consumer_message.as_ref())),
        ]) }),
        Event::ConversationClosed => json!("conversation-closed"),
        Event::Other(custom) => json!({ "other": object([
            ("name", Some(json!(custom.name))),
            ("data", document(Some(&custom.data))),
        ]) }),
    }
}

/// Messaging, where nothing says.
pub(super) fn channel(given: Option<&Value>) -> Channel {
    match given.map(|given| given.as_str().expect("a name")) {
        None | Some("messaging") => Channel::Messaging,
        Some("chat") => Channel::Chat,
        Some(other) => Channel::Other(other.to_owned()),
    }
}

/// The name of a case, and what it carries.
fn case(given: &Value) -> (&str, &Value) {
    match given {
        Value::String(name) => (name, &Value::Null),
        Value::Object(fields) if fields.len() == 1 => {
            let (name, carried) = fields.iter().next().expect("one field");
            (name, carried)
        }
        other => panic!("no case: {other}"),
    }
}

fn text_of(given: &Value, field: &str) -> Option<String> {
    given.get(field)?.as_str().map(str::to_owned)
}

fn document_of(given: &Value, field: &str) -> Option<String> {
    given.get(field).map(Value::to_string)
}

fn number_of(given: &Value) -> u32 {
    let number = given.as_u64().expect("a number");
    number.try_into().expect("a small one")
}

fn all<T>(given: &Value, field: &str, each: fn(&Value) -> T) -> Vec<T> {
    let items = given.get(field).and_then(Value::as_array);
    items.into_iter().flatten().map(each).collect()
}

pub(super) fn reply(given: &Value) -> Reply {
    match case(given) {
        ("no-answer", _) => Reply::NoAnswer,
        ("answer", answer) => Reply::Answer(Answer {
            parts: all(answer, "parts", part),
            action: answer.get("action").map(action),
            intents: all(answer, "intents", |intent| Intent {
                id: text_of(intent, "id").expect("an id"),
                name: text_of(intent, "name"),
                score: intent["score"].as_f64().expect("a score"),
            }),
            encoded_metadata: text_of(answer, "encoded-metadata"),
        }),
        (other, _) => panic!("no reply: {other}"),
    }
}

fn part(given: &Value) -> Part {
    let text = |given| Text {
        text: text_of(given, "text").expect("a text"),
        metadata: document_of(given, "metadata"),
        encoded_metadata: text_of(given, "encoded-metadata"),
    };
    match case(given) {
        ("text", given) => Part::Text(text(given)),
        ("private-text", given) => Part::PrivateText(text(given)),
        ("structured-content", given) => Part::StructuredContent(StructuredContent {
            content: document_of(given, "content").expect("a content"),
            metadata: document_of(given, "metadata"),
            encoded_metadata: text_of(given, "encoded-metadata"),
        }),
        ("delay", given) => Part::Delay(Delay {
            seconds: number_of(&given["seconds"]),
            typing: given["typing"].as_bool().expect("a switch"),
        }),
        (other, _) => panic!("no part: {other}"),
    }
}

fn action(given: &Value) -> Action {
    match case(given) {
        ("transfer", given) => Action::Transfer(Transfer {
            skill: text_of(given, "skill"),
            agent_id: text_of(given, "agent-id"),
        }),
        ("close", given) => Action::Close(Close {
            survey: given["survey"].as_bool().expect("a switch"),
        }),
        ("change-time-to-response", given) => Action::ChangeTimeToResponse(match case(given) {
            ("urgent", _) => TimeToResponse::Urgent,
            ("normal", _) => TimeToResponse::Normal,
            ("prioritized", _) => TimeToResponse::Prioritized,
            ("custom", seconds) => TimeToResponse::Custom(number_of(seconds)),
            (other, _) => panic!("no time to response: {other}"),
        }),
        ("invoke-function", given) => Action::InvokeFunction(FunctionInvocation {
            lambda_uuid: text_of(given, "lambda-uuid").expect("a UUID"),
            payload: document_of(given, "payload").expect("a payload"),
            fail_on_error: given["fail-on-error"].as_bool().expect("a switch"),
        }),
        (other, _) => panic!("no action: {other}"),
    }
}

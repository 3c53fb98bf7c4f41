//! A turn as the Custom Integration contract hands it to a LivePerson Function: `input.payload`.

use serde_json::{Map, Value, json};

use crate::bindings::retort::bot::types::{Channel, Conversation, Event, File, Turn};

/// What `message` says of what the consumer sent that is no text.
const RICH_CONTENT: &str = "com.liveperson.bot-connectors.consumer.send-rich-content";
const FILE: &str = "com.liveperson.bot-connectors.consumer.send-file";

type Object = Map<String, Value>;

/// The payload of a turn, as JSON. The platform's own event is in it whole if the bot is granted it, and what of it the
/// turn tells if not.
pub fn of(turn: Turn) -> String {
    let mut payload = Object::new();
    let mut lp_event = Object::new();
    if let Some(sequence) = turn.sequence {
        lp_event.insert("sequence".to_owned(), json!(sequence));
    }
    event(
        turn.event,
        &turn.conversation.channel,
        &mut payload,
        &mut lp_event,
    );
    facts(&turn.conversation, &mut lp_event);
    let whole = turn.platform_event.as_deref().and_then(object);
    if let Some(id) = turn.conversation.id {
        payload.insert("convId".to_owned(), json!(id));
    }
    let sdes = turn.conversation.engagement_attributes.as_deref();
    let context = json!({
        "lpEvent": whole.unwrap_or(lp_event),
        "lpSdes": sdes.and_then(object).unwrap_or_default(),
    });
    payload.insert("context".to_owned(), context);
    Value::Object(payload).to_string()
}

fn object(json: &str) -> Option<Object> {
    serde_json::from_str(json).ok()
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or(Value::Null)
}

/// What happened: in `message`, or in `event`; and as far as the connector tells it, in its own event.
fn event(event: Event, channel: &Channel, payload: &mut Object, lp_event: &mut Object) {
    let message =
        |payload: &mut Object, text: &str| payload.insert("message".to_owned(), json!(text));
    match event {
        Event::Text(text) => {
            message(payload, &text.text);
            let event = json!({ "type": "ContentEvent", "message": text.text, "contentType": "text/plain" });
            lp_event.insert("event".to_owned(), event);
            metadata(text.metadata.as_deref(), lp_event);
        }
        Event::RichContent(rich) => {
            message(payload, RICH_CONTENT);
            let event = json!({ "type": "RichContentEvent", "content": value(&rich.content) });
            lp_event.insert("event".to_owned(), event);
            metadata(rich.metadata.as_deref(), lp_event);
        }
        Event::File(file) => {
            message(payload, FILE);
            lp_event.insert("event".to_owned(), hosted(file));
        }
        Event::Welcome(welcome) => {
            if matches!(channel, Channel::Chat) {
                named("WELCOME", Object::new(), payload);
                lp_event.insert("isWelcomeEvent".to_owned(), json!(true));
            } else {
                lp_event.insert("type".to_owned(), json!("ContentEvent"));
                lp_event.insert("content".to_owned(), json!("welcome"));
            }
            if let Some(last) = welcome.last_consumer_message {
                lp_event.insert("lastConsumerMessage".to_owned(), json!(last));
            }
        }
        Event::ConversationClosed => named("CLOSE_CONVERSATION", Object::new(), payload),
        Event::Other(other) => named(
            &other.name,
            object(&other.data).unwrap_or_default(),
            payload,
        ),
    }
}

fn named(name: &str, data: Object, payload: &mut Object) {
    let mut event = Object::new();
    event.insert("name".to_owned(), json!(name));
    event.extend(data);
    payload.insert("event".to_owned(), Value::Object(event));
}

fn hosted(file: File) -> Value {
    let text = |text: Option<String>| text.unwrap_or_default();
    json!({
        "type": "ContentEvent",
        "contentType": "hosted/file",
        "message": {
            "caption": text(file.caption),
            "relativePath": text(file.relative_path),
            "fileType": text(file.file_type),
            "preview": text(file.preview),
        },
    })
}

fn metadata(metadata: Option<&str>, lp_event: &mut Object) {
    if let Some(metadata) = metadata {
        lp_event.insert("metadata".to_owned(), value(metadata));
    }
}

/// The conversation, as the connector's event has it.
fn facts(conversation: &Conversation, lp_event: &mut Object) {
    let kind = match &conversation.channel {
        Channel::Messaging => "MESSAGING",
        Channel::Chat => "CHAT",
        Channel::Other(name) => name,
    };
    let mut facts = Object::new();
    let ids = [
        ("skillId", &conversation.skill_id),
        ("campaignId", &conversation.campaign_id),
        ("engagementId", &conversation.engagement_id),
    ];
    for (name, id) in ids {
        if let Some(id) = id {
            facts.insert(name.to_owned(), json!(id));
        }
    }
    facts.insert("type".to_owned(), json!(kind));
    if let Some(visitor) = &conversation.visitor {
        facts.insert("visitor".to_owned(), value(visitor));
    }
    lp_event.insert("conversationContext".to_owned(), Value::Object(facts));
}

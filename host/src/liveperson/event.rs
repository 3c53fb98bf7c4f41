//! What both contracts share: the connector's own event (`lpEvent`), whose shape differs between messaging and
//! live chat and is read by what is there.

use serde_json::{Map, Value};

use crate::chat::{
    Channel, Conversation, CustomEvent, Event, File, RichContent, TextMessage, Welcome,
};

pub(super) type Object = Map<String, Value>;

/// A value's text: ids are numbers in messaging and strings in live chat.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn json(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::Object(object) if object.is_empty() => None,
        value => Some(value.to_string()),
    }
}

/// `MESSAGING`, `CHAT`, or what the platform calls it. Where nothing says, a line of a live chat is told by its
/// own fields.
pub(super) fn channel(context: Option<&Value>, lp_event: &Object) -> Channel {
    match context
        .and_then(|context| context.get("type"))
        .and_then(Value::as_str)
    {
        Some(name) if name.eq_ignore_ascii_case("messaging") => Channel::Messaging,
        Some(name) if name.eq_ignore_ascii_case("chat") => Channel::Chat,
        Some(name) => Channel::Other(name.to_owned()),
        None if lp_event.contains_key("chatSessionKey")
            || lp_event.contains_key("isWelcomeEvent") =>
        {
            Channel::Chat
        }
        None => Channel::Messaging,
    }
}

/// The facts of a conversation, from the platform's `conversationContext`.
pub(super) fn conversation(
    id: Option<String>,
    channel: Channel,
    context: Option<&Value>,
    sdes: Option<&Value>,
) -> Conversation {
    let fact = |name| text(context.and_then(|context| context.get(name)));
    Conversation {
        id,
        channel,
        skill_id: fact("skillId"),
        campaign_id: fact("campaignId"),
        engagement_id: fact("engagementId"),
        visitor: json(context.and_then(|context| context.get("visitor"))),
        engagement_attributes: json(sdes),
    }
}

/// The number of the event: `sequence` in messaging, `sequenceId`, a string, in live chat.
pub(super) fn sequence(lp_event: &Object) -> Option<u64> {
    text(
        lp_event
            .get("sequence")
            .or_else(|| lp_event.get("sequenceId")),
    )?
    .parse()
    .ok()
}

/// The dialogue that the event's number counts in. A live chat has but one, and does not name it.
pub(super) fn dialog(lp_event: &Object) -> Option<String> {
    text(lp_event.get("dialogId"))
}

pub(super) fn welcome(lp_event: &Object) -> Event {
    Event::Welcome(Welcome {
        last_consumer_message: text(lp_event.get("lastConsumerMessage")),
    })
}

/// Metadata of the message, an array in the platform's event.
pub(super) fn metadata(lp_event: &Object) -> Option<String> {
    match lp_event.get("metadata")? {
        Value::Array(items) if items.is_empty() => None,
        items @ Value::Array(_) => Some(items.to_string()),
        _ => None,
    }
}

pub(super) fn text_message(text: String, lp_event: &Object) -> Event {
    Event::Text(TextMessage {
        text,
        metadata: metadata(lp_event),
    })
}

/// Rich content, where there is an object; the event as it is where there is none.
pub(super) fn rich_content(content: Option<&Value>, lp_event: &Object) -> Event {
    match content {
        Some(content @ Value::Object(_)) => Event::RichContent(RichContent {
            content: content.to_string(),
            metadata: metadata(lp_event),
        }),
        _ => other("rich-content", lp_event),
    }
}

/// A file, from the platform's `hosted/file` message.
pub(super) fn file(message: Option<&Value>) -> Event {
    let field =
        |name| text(message.and_then(|message| message.get(name))).filter(|text| !text.is_empty());
    Event::File(File {
        relative_path: field("relativePath"),
        file_type: field("fileType"),
        caption: field("caption"),
        preview: field("preview"),
    })
}

pub(super) fn other(name: &str, data: &Object) -> Event {
    Event::Other(CustomEvent {
        name: name.to_owned(),
        data: Value::Object(data.clone()).to_string(),
    })
}

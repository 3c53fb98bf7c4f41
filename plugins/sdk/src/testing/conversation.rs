//! What a consumer does, as the platform tells a bot of it.

use serde_json::{Map, Value, json};

use super::host::Host;
use super::reply::Reply;

/// What `message` says when the consumer sent something else than a text.
const RICH_CONTENT: &str = "com.liveperson.bot-connectors.consumer.send-rich-content";
const FILE: &str = "com.liveperson.bot-connectors.consumer.send-file";

/// A conversation with a bot. Each event has a number of its own, one more than the one before.
///
/// A method panics where there is no host any more; what becomes of a turn is never a panic but a [`Reply`].
#[derive(Debug)]
pub struct Conversation<'a> {
    host: &'a Host,
    id: String,
    channel: &'static str,
    sequence: u64,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(host: &'a Host, id: String, channel: &'static str) -> Self {
        Self {
            host,
            id,
            channel,
            sequence: 0,
        }
    }

    /// Its id, by which the host keeps what the bot keeps.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The consumer writes a text.
    #[track_caller]
    pub fn say(&mut self, text: &str) -> Reply {
        self.text(text, None)
    }

    /// The consumer presses a button that says this text and has this `ExternalId`.
    #[track_caller]
    pub fn press(&mut self, text: &str, external_id: &str) -> Reply {
        let metadata = json!([{ "type": "ExternalId", "id": external_id }]);
        self.text(text, Some(metadata))
    }

    /// The conversation reaches the bot, and nobody has said anything so far.
    #[track_caller]
    pub fn welcome(&mut self) -> Reply {
        self.arrive(None)
    }

    /// The conversation reaches the bot, and this is what the consumer said last before that.
    #[track_caller]
    pub fn welcome_after(&mut self, last_message: &str) -> Reply {
        self.arrive(Some(last_message))
    }

    /// The consumer sends structured content, such as a location.
    #[track_caller]
    pub fn send_rich_content(&mut self, content: Value) -> Reply {
        let event = json!({ "type": "RichContentEvent", "content": content });
        self.send(json!({ "message": RICH_CONTENT, "context": { "lpEvent": { "event": event } } }))
    }

    /// The consumer sends a file of a type such as `JPG`.
    #[track_caller]
    pub fn send_file(&mut self, file_type: &str, caption: &str) -> Reply {
        let message =
            json!({ "caption": caption, "relativePath": "/files/1", "fileType": file_type });
        let event =
            json!({ "type": "ContentEvent", "message": message, "contentType": "hosted/file" });
        self.send(json!({ "message": FILE, "context": { "lpEvent": { "event": event } } }))
    }

    /// Anything, as a payload of the platform's: what it hands a function that is a bot. What it says nothing of is added:
    /// the conversation's id, the number of the event, the channel.
    #[track_caller]
    pub fn send(&mut self, payload: Value) -> Reply {
        let payload = self.completed(payload);
        match self.host.ask(&payload) {
            Ok(told) => Reply::new(told),
            Err(broken) => panic!("{broken}"),
        }
    }

    #[track_caller]
    fn text(&mut self, text: &str, metadata: Option<Value>) -> Reply {
        let event = json!({ "type": "ContentEvent", "message": text, "contentType": "text/plain" });
        let mut lp_event = json!({ "event": event });
        if let Some(metadata) = metadata {
            lp_event["metadata"] = metadata;
        }
        self.send(json!({ "message": text, "context": { "lpEvent": lp_event } }))
    }

    #[track_caller]
    fn arrive(&mut self, last_message: Option<&str>) -> Reply {
        let mut lp_event = if self.channel == "CHAT" {
            json!({ "isWelcomeEvent": true })
        } else {
            json!({ "type": "ContentEvent", "content": "welcome" })
        };
        if let Some(last) = last_message {
            lp_event["lastConsumerMessage"] = json!(last);
        }
        self.send(json!({ "context": { "lpEvent": lp_event } }))
    }

    fn completed(&mut self, mut payload: Value) -> Value {
        self.sequence += 1;
        if let Some(body) = payload.as_object_mut() {
            body.entry("convId").or_insert_with(|| json!(self.id));
            if let Some(context) = object(body, "context") {
                context.entry("lpSdes").or_insert_with(|| json!({}));
                if let Some(lp_event) = object(context, "lpEvent") {
                    lp_event
                        .entry("sequence")
                        .or_insert_with(|| json!(self.sequence));
                    lp_event
                        .entry("conversationContext")
                        .or_insert_with(|| json!({ "type": self.channel }));
                }
            }
        }
        payload
    }
}

fn object<'a>(
    within: &'a mut Map<String, Value>,
    field: &str,
) -> Option<&'a mut Map<String, Value>> {
    within
        .entry(field)
        .or_insert_with(|| json!({}))
        .as_object_mut()
}

//! The payloads that the platform sends for what is said to a bot, by a person at a terminal or by a script.

use serde_json::{Value, json};

use super::Ended;
use crate::conversations::Incoming;
use crate::liveperson::custom_integration::{self, Payload};

/// A kind of conversation.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(super) enum Kind {
    #[default]
    Messaging,
    Chat,
}

/// One event of a conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event<'a> {
    pub(super) kind: Kind,
    pub(super) conversation: &'a str,
    pub(super) sequence: u64,
    /// What is said; nothing is where the conversation begins.
    pub(super) text: Option<&'a str>,
}

impl Event<'_> {
    /// As the host takes it.
    pub(super) fn incoming(&self) -> Result<Incoming, Ended> {
        read(&self.payload())
    }

    fn payload(&self) -> Value {
        let mut event = match (self.text, self.kind) {
            (Some(text), _) => {
                json!({ "event": { "type": "ContentEvent", "message": text, "contentType": "text/plain" } })
            }
            (None, Kind::Messaging) => json!({ "type": "ContentEvent", "content": "welcome" }),
            (None, Kind::Chat) => json!({ "isWelcomeEvent": true }),
        };
        let kind = match self.kind {
            Kind::Messaging => "MESSAGING",
            Kind::Chat => "CHAT",
        };
        if let Some(event) = event.as_object_mut() {
            event.insert("sequence".to_owned(), json!(self.sequence));
            event.insert("conversationContext".to_owned(), json!({ "type": kind }));
        }
        json!({ "message": self.text, "convId": self.conversation, "context": { "lpEvent": event } })
    }
}

/// A payload as the host takes it.
pub(super) fn read(payload: &Value) -> Result<Incoming, Ended> {
    match custom_integration::read_payload(payload.to_string().as_bytes()) {
        Ok(Payload::Event(incoming) | Payload::ConnectionTest(incoming)) => Ok(incoming),
        Err(unreadable) => Err(Ended::Usage(unreadable.to_string())),
    }
}

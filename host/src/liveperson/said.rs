//! The payloads that the platform sends for what is said to a bot, by a person at a terminal or by a script.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Unreadable;
use super::custom_integration::{self, Payload};
use crate::conversations::Incoming;

/// A kind of conversation.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Channel)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Asynchronous messaging.
    #[default]
    Messaging,
    /// A live chat.
    Chat,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Messaging, Self::Chat];

    /// LivePerson's own word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Messaging => "MESSAGING",
            Self::Chat => "CHAT",
        }
    }
}

/// One event of a conversation.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The kind of conversation.
    pub kind: Kind,
    /// Its id.
    pub conversation: &'a str,
    /// The event's number in it.
    pub sequence: u64,
    /// What is said; nothing is where the conversation begins.
    pub text: Option<&'a str>,
}

impl Event<'_> {
    /// As the host takes it.
    ///
    /// # Errors
    /// [`Unreadable`], which nothing that can be said is.
    pub fn incoming(&self) -> Result<Incoming, Unreadable> {
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
        if let Some(event) = event.as_object_mut() {
            event.insert("sequence".to_owned(), json!(self.sequence));
            event.insert(
                "conversationContext".to_owned(),
                json!({ "type": self.kind.name() }),
            );
        }
        json!({ "message": self.text, "convId": self.conversation, "context": { "lpEvent": event } })
    }
}

/// A payload as the host takes it.
///
/// # Errors
/// [`Unreadable`] if the platform would not send that.
pub fn read(payload: &Value) -> Result<Incoming, Unreadable> {
    let read = custom_integration::read_payload(payload.to_string().as_bytes());
    read.map(|(Payload::Event(incoming) | Payload::ConnectionTest(incoming))| incoming)
}

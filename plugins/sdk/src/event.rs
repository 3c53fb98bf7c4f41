//! What a turn brings, asked for in one line. What the platform gives as JSON is read into the bot's own types.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::unreadable::{Unreadable, read};
use crate::{Channel, Conversation, CustomEvent, Event, RichContent, TextMessage, Turn};

impl Turn {
    /// What the consumer said: the text that they wrote or pressed, or, where the conversation has just reached the bot,
    /// what they wrote last before that. None for everything else.
    ///
    /// ```
    /// use retort_sdk::{Answer, Fault, Reply, Turn};
    ///
    /// fn respond(turn: Turn) -> Result<Reply, Fault> {
    ///     Ok(match turn.text() {
    ///         Some(said) => Answer::text(format!("You said {said}.")).into(),
    ///         None => Reply::NoAnswer,
    ///     })
    /// }
    /// ```
    pub fn text(&self) -> Option<&str> {
        match &self.event {
            Event::Text(message) => Some(&message.text),
            Event::Welcome(welcome) => welcome.last_consumer_message.as_deref(),
            _ => None,
        }
    }

    /// The `ExternalId` of what was pressed, as [`Button::external_id`](crate::content::Button::external_id) gave it.
    pub fn external_id(&self) -> Option<String> {
        match &self.event {
            Event::Text(message) => message.external_id(),
            Event::RichContent(rich) => rich.external_id(),
            _ => None,
        }
    }

    /// The platform's own event, whole. None unless the bot's manifest asks for personal data and it is granted.
    ///
    /// # Errors
    /// If it is there and cannot be read as a `T`.
    pub fn platform_event_as<T: DeserializeOwned>(&self) -> Result<Option<T>, Unreadable> {
        optional("the platform's event", self.platform_event.as_deref())
    }
}

impl Conversation {
    /// Whether this is messaging: what takes quick replies, encoded metadata and times to response.
    pub fn is_messaging(&self) -> bool {
        self.channel.is_messaging()
    }

    /// Whether this is a live chat: cards, but no quick replies.
    pub fn is_chat(&self) -> bool {
        self.channel.is_chat()
    }

    /// Facts about the visitor. None unless the bot's manifest asks for personal data and it is granted.
    ///
    /// # Errors
    /// If they are there and cannot be read as a `T`.
    pub fn visitor_as<T: DeserializeOwned>(&self) -> Result<Option<T>, Unreadable> {
        optional("the visitor", self.visitor.as_deref())
    }

    /// The engagement attributes (SDEs): an object with `authenticatedSdes` and `unauthenticatedSdes`, as far as they
    /// are there. None unless the bot's manifest asks for personal data and it is granted.
    ///
    /// # Errors
    /// If they are there and cannot be read as a `T`.
    pub fn engagement_attributes_as<T: DeserializeOwned>(&self) -> Result<Option<T>, Unreadable> {
        let what = "the set of engagement attributes";
        optional(what, self.engagement_attributes.as_deref())
    }
}

impl Channel {
    /// Whether this is messaging.
    pub fn is_messaging(&self) -> bool {
        matches!(self, Channel::Messaging)
    }

    /// Whether this is a live chat.
    pub fn is_chat(&self) -> bool {
        matches!(self, Channel::Chat)
    }
}

impl TextMessage {
    /// The `ExternalId` of the button that was pressed, if it was one that has any.
    pub fn external_id(&self) -> Option<String> {
        self.metadata.as_deref().and_then(external_id)
    }

    /// The platform's metadata for the message, an array.
    ///
    /// # Errors
    /// If it is there and cannot be read as a `T`.
    pub fn metadata_as<T: DeserializeOwned>(&self) -> Result<Option<T>, Unreadable> {
        optional("the metadata", self.metadata.as_deref())
    }
}

impl RichContent {
    /// The `ExternalId` in the message's metadata, if there is any.
    pub fn external_id(&self) -> Option<String> {
        self.metadata.as_deref().and_then(external_id)
    }

    /// The content, an object.
    ///
    /// # Errors
    /// If it cannot be read as a `T`.
    pub fn content_as<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        read("the rich content", &self.content)
    }

    /// The platform's metadata for the message, an array.
    ///
    /// # Errors
    /// If it is there and cannot be read as a `T`.
    pub fn metadata_as<T: DeserializeOwned>(&self) -> Result<Option<T>, Unreadable> {
        optional("the metadata", self.metadata.as_deref())
    }
}

impl CustomEvent {
    /// All that came with it, an object.
    ///
    /// # Errors
    /// If it cannot be read as a `T`.
    pub fn data_as<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        read("the event's data", &self.data)
    }
}

fn optional<T: DeserializeOwned>(
    what: &'static str,
    json: Option<&str>,
) -> Result<Option<T>, Unreadable> {
    json.map(|json| read(what, json)).transpose()
}

/// The id of the first one in the platform's metadata, an array or one object.
fn external_id(metadata: &str) -> Option<String> {
    let metadata: Value = serde_json::from_str(metadata).ok()?;
    let objects = match &metadata {
        Value::Array(objects) => objects.as_slice(),
        object => std::slice::from_ref(object),
    };
    let mut external = objects
        .iter()
        .filter(|object| object.get("type").and_then(Value::as_str) == Some("ExternalId"));
    let id = external.find_map(|object| object.get("id").and_then(Value::as_str))?;
    Some(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, Welcome};

    fn turn(event: Event) -> Turn {
        Turn {
            conversation: Conversation {
                id: Some("1".into()),
                channel: Channel::Messaging,
                skill_id: None,
                campaign_id: None,
                engagement_id: None,
                visitor: Some(r#"{"language":"de-CH"}"#.into()),
                engagement_attributes: None,
            },
            sequence: None,
            event,
            platform_event: None,
        }
    }

    fn pressed(metadata: &str) -> Turn {
        turn(Event::Text(TextMessage {
            text: "room 2".into(),
            metadata: Some(metadata.into()),
        }))
    }

    #[test]
    fn what_the_consumer_said_is_their_text_or_their_last_one() {
        assert_eq!(pressed("[]").text(), Some("room 2"));
        let welcome = |last: Option<&str>| {
            let last_consumer_message = last.map(str::to_owned);
            turn(Event::Welcome(Welcome {
                last_consumer_message,
            }))
        };
        assert_eq!(welcome(Some("hello")).text(), Some("hello"));
        assert_eq!(welcome(None).text(), None);
        assert_eq!(turn(Event::ConversationClosed).text(), None);
    }

    #[test]
    fn an_external_id_is_found_wherever_the_platform_puts_it() {
        let found = [
            r#"[{"type":"Other","id":"a"},{"type":"ExternalId","id":"b"}]"#,
            r#"{"type":"ExternalId","id":"b"}"#,
            r#"[{"type":"ExternalId"},{"type":"ExternalId","id":"b"}]"#,
            r#"[{"type":"Other","id":"a"}]"#,
            r#"[{"type":"ExternalId","id":7}]"#,
            "[1",
        ]
        .map(|metadata| pressed(metadata).external_id());
        let [array, object, second, other, number, broken] = found;
        assert_eq!(
            [array, object, second],
            [(); 3].map(|()| Some("b".to_owned()))
        );
        assert_eq!([other, number, broken], [None, None, None]);
        assert_eq!(turn(Event::ConversationClosed).external_id(), None);
    }

    #[test]
    fn json_is_read_into_a_type_and_what_is_not_there_is_none() {
        let turn = pressed("[]");
        let visitor: Value = turn.conversation.visitor_as().expect("JSON").expect("one");
        assert_eq!(visitor["language"], "de-CH");
        let attributes = turn.conversation.engagement_attributes_as::<Value>();
        assert_eq!(attributes.expect("none"), None);
        let wrong = turn
            .conversation
            .visitor_as::<Vec<u8>>()
            .expect_err("an object");
        let Fault { code, message } = wrong.into();
        assert_eq!(code, "event-unreadable");
        assert_eq!(
            message,
            "the visitor has something else where there should be a sequence, at line 1, column 0"
        );
    }

    #[test]
    fn a_channel_is_asked_what_it_is() {
        let other = Channel::Other("sms".into());
        let asked = [Channel::Messaging, Channel::Chat, other]
            .map(|channel| (channel.is_messaging(), channel.is_chat()));
        assert_eq!(asked, [(true, false), (false, true), (false, false)]);
    }
}

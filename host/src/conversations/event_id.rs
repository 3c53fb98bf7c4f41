//! Which event of a conversation something is, so that a repeat of it is known as one.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::chat::{Event, Turn};
use crate::store::Digest;

/// Names of the platform's are short: a dialogue's is a UUID, a kind is a word. A longer one is kept as its digest.
const NAME_BYTES: usize = 64;

/// An event by what the platform numbers it with. The same twice means that the platform asks again.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct EventId {
    /// The dialogue that the number counts in; empty where a conversation has but one.
    pub(super) dialog: String,
    /// The platform's number.
    pub(super) sequence: u64,
    /// What kind of event it is: a conversation's start has the number of its first text.
    pub(super) kind: String,
}

impl EventId {
    /// The event of that number and kind in a dialogue.
    pub fn new(dialog: &str, sequence: u64, kind: &str) -> Self {
        Self {
            dialog: short(dialog),
            sequence,
            kind: short(kind),
        }
    }
}

fn short(name: &str) -> String {
    if name.len() <= NAME_BYTES {
        name.to_owned()
    } else {
        Digest::of(name.as_bytes()).to_string()
    }
}

/// What comes in: a turn to be answered, and which event of its conversation it is.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// What the bot is handed.
    pub turn: Turn,
    /// None where the platform gives no number: such an event is never taken for a repeat.
    pub event: Option<EventId>,
}

impl Incoming {
    /// A turn in a dialogue of its conversation.
    pub fn new(turn: Turn, dialog: Option<&str>) -> Self {
        let dialog = dialog.unwrap_or_default();
        let number = turn.sequence;
        let event = number.map(|number| EventId::new(dialog, number, &kind(&turn.event)));
        Self { turn, event }
    }
}

/// A turn that is no event of any conversation's.
impl From<Turn> for Incoming {
    fn from(turn: Turn) -> Self {
        Self { turn, event: None }
    }
}

fn kind(event: &Event) -> Cow<'static, str> {
    Cow::Borrowed(match event {
        Event::Text(_) => "text",
        Event::RichContent(_) => "rich-content",
        Event::File(_) => "file",
        Event::Welcome(_) => "welcome",
        Event::ConversationClosed => "conversation-closed",
        // A name may be any word of these, and stand for several events.
        Event::Other(event) => return format!("other {} {}", event.name, event.data).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::CustomEvent;

    #[test]
    fn what_the_platform_names_is_none_of_our_kinds_and_told_apart_by_what_came_with_it() {
        let other = |name: &str, data: &str| {
            let (name, data) = (name.to_owned(), data.to_owned());
            kind(&Event::Other(CustomEvent { name, data }))
        };
        assert_ne!(
            other("conversation-closed", "{}"),
            kind(&Event::ConversationClosed)
        );
        assert_ne!(
            other("CONVERSATION", "{\"name\":\"a\"}"),
            other("CONVERSATION", "{\"name\":\"b\"}")
        );
        assert_eq!(other("CONVERSATION", "{}"), other("CONVERSATION", "{}"));
    }
}

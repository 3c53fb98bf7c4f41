//! Building an answer part by part.

use serde_json::{Value, json};

use crate::{
    Action, Answer, Close, ConfigProblem, Delay, Intent, Part, Reply, StructuredContent, Text,
    TimeToResponse, Transfer,
};

impl Answer {
    /// An answer without parts, for one that is all action.
    pub fn empty() -> Self {
        Self {
            parts: Vec::new(),
            action: None,
            intents: Vec::new(),
            encoded_metadata: None,
        }
    }

    /// An answer that begins with a text for the consumer.
    pub fn text(text: impl Into<String>) -> Self {
        Self::empty().and_text(text)
    }

    /// Adds a part of any kind.
    pub fn and(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// Adds a text for the consumer.
    pub fn and_text(self, text: impl Into<String>) -> Self {
        self.and(Part::Text(plain(text.into())))
    }

    /// Adds a text that only agents and managers see.
    pub fn and_private_text(self, text: impl Into<String>) -> Self {
        self.and(Part::PrivateText(plain(text.into())))
    }

    /// Adds a pause of whole seconds, with the consumer seeing that the bot is typing.
    pub fn and_delay(self, seconds: u32) -> Self {
        self.and(Part::Delay(Delay {
            seconds,
            typing: true,
        }))
    }

    /// Adds structured content in the platform's own format.
    pub fn and_structured_content(self, content: Value) -> Self {
        self.and(Part::StructuredContent(StructuredContent {
            content: content.to_string(),
            metadata: None,
            encoded_metadata: None,
        }))
    }

    /// Adds a text with quick replies below it. What is pressed comes back as a text. Messaging only.
    pub fn and_quick_replies(self, message: &str, replies: &[&str]) -> Self {
        let replies: Vec<Value> = replies
            .iter()
            .map(|reply| publish_text_button(reply, reply))
            .collect();
        self.and_structured_content(json!({
            "message": message,
            "quickReplies": { "type": "quickReplies", "itemsPerRow": 8, "replies": replies },
        }))
    }

    /// Says what the bot understood. The first one is the main one.
    pub fn with_intent(mut self, id: &str, name: &str, score: f64) -> Self {
        self.intents.push(Intent {
            id: id.into(),
            name: Some(name.into()),
            score,
        });
        self
    }

    /// Then hands the conversation to a skill, by the name that the account gives it.
    pub fn then_transfer_to_skill(self, skill: impl Into<String>) -> Self {
        self.then(Action::Transfer(Transfer {
            skill: Some(skill.into()),
            agent_id: None,
        }))
    }

    /// Then ends the conversation, with the account's survey if it has one.
    pub fn then_close(self) -> Self {
        self.then(Action::Close(Close { survey: true }))
    }

    /// Then changes how soon an agent has to answer. Messaging only.
    pub fn then_change_time_to_response(self, time: TimeToResponse) -> Self {
        self.then(Action::ChangeTimeToResponse(time))
    }

    /// Then does this. An answer has at most one action: the last one given counts.
    pub fn then(mut self, action: Action) -> Self {
        self.action = Some(action);
        self
    }
}

/// A button of a card or of quick replies that says `text` for the consumer when it is pressed.
pub fn publish_text_button(title: &str, text: &str) -> Value {
    json!({
        "type": "button",
        "title": title,
        "tooltip": title,
        "click": { "actions": [{ "type": "publishText", "text": text }] },
    })
}

fn plain(text: String) -> Text {
    Text {
        text,
        metadata: None,
        encoded_metadata: None,
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Reply::Answer(answer)
    }
}

impl ConfigProblem {
    /// What is wrong with a key.
    pub fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            problem: problem.into(),
        }
    }
}

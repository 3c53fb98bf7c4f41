//! A reply as those who talk with a bot get it: a message for each text and each structured content, one after the other,
//! and beside them what only agents see, what is waited, and what is done then.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use crate::chat::{Action, Answer, Intent, Part, Reply, Said};

/// One message.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its texts.
    pub text: String,
    /// What can be pressed: what it says, and what that says in the person's name, if it does.
    pub buttons: Vec<(String, Option<String>)>,
    /// The texts of what is richer than a text.
    pub cards: Vec<Vec<String>>,
    /// The addresses of its pictures.
    pub media: Vec<String>,
    /// The reply that it is of.
    pub facts: Arc<Facts>,
}

/// What is said of a reply as a whole.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// For agents alone.
    pub notes: Vec<String>,
    /// Seconds that are waited, all of them.
    pub delay_seconds: u64,
    /// What is done once all is said.
    pub action: Option<Action>,
    /// What was understood, the main one first.
    pub intents: Vec<Intent>,
}

/// The messages of a reply, and what is said of it.
pub(super) fn messages(reply: &Reply) -> (VecDeque<Message>, Arc<Facts>) {
    let Said::Answer(answer) = reply.said() else {
        return Default::default();
    };
    let facts = Arc::new(facts(answer));
    let message = |part: &Part| match part {
        Part::Text(text) => Some(Message {
            text: text.text.clone(),
            facts: Arc::clone(&facts),
            ..Message::default()
        }),
        Part::StructuredContent(rich) => {
            let mut message = Message {
                facts: Arc::clone(&facts),
                ..Message::default()
            };
            message.read(&rich.content);
            Some(message)
        }
        Part::PrivateText(_) | Part::Delay(_) => None,
    };
    (answer.parts.iter().filter_map(message).collect(), facts)
}

fn facts(answer: &Answer) -> Facts {
    let note = |part: &Part| match part {
        Part::PrivateText(text) => Some(text.text.clone()),
        _ => None,
    };
    let delay = |part: &Part| match part {
        Part::Delay(delay) => u64::from(delay.seconds),
        _ => 0,
    };
    Facts {
        notes: answer.parts.iter().filter_map(note).collect(),
        delay_seconds: answer.parts.iter().map(delay).sum(),
        action: answer.action.clone(),
        intents: answer.intents.clone(),
    }
}

impl Message {
    fn read(&mut self, content: &Value) {
        let mut texts = Vec::new();
        if let Some(text) = content.get("message").and_then(Value::as_str) {
            texts.push(text.to_owned());
        }
        match content.get("type").and_then(Value::as_str) {
            Some("carousel") => {
                for element in children(content) {
                    self.card(element, &mut texts);
                }
            }
            Some(_) => self.card(content, &mut texts),
            None => {}
        }
        if let Some(replies) = content.get("quickReplies") {
            self.collect(replies, &mut Vec::new());
        }
        self.text = texts.join(" ");
    }

    fn card(&mut self, element: &Value, texts: &mut Vec<String>) {
        let mut own = Vec::new();
        self.collect(element, &mut own);
        texts.extend(own.iter().cloned());
        self.cards.push(own);
    }

    fn collect(&mut self, element: &Value, texts: &mut Vec<String>) {
        let field = |name| element.get(name).and_then(Value::as_str);
        match field("type") {
            Some("button") => {
                let title = field("title").unwrap_or_default().to_owned();
                self.buttons.push((title, published(element)));
            }
            Some("text") => texts.extend(field("text").map(str::to_owned)),
            Some("image") => self.media.extend(field("url").map(str::to_owned)),
            _ => {}
        }
        for child in children(element) {
            self.collect(child, texts);
        }
    }
}

fn children(element: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["elements", "replies"].map(|name| element.get(name).and_then(Value::as_array));
    lists.into_iter().flatten().flatten()
}

fn published(button: &Value) -> Option<String> {
    let actions = button.get("click")?.get("actions")?.as_array()?;
    let publish = actions
        .iter()
        .find(|action| action.get("type").and_then(Value::as_str) == Some("publishText"))?;
    publish.get("text")?.as_str().map(str::to_owned)
}

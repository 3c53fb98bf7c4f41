//! What is said to a bot where it does not matter what the answer is to be: its author's conversations, a few turns of a few of
//! them, or some texts if there are none.

use serde_json::{Value, json};

use super::heard::Ask;
use super::memory::{self, Memory};
use super::payloads;
use super::playing::Said;
use super::script::Sender;
use super::suite::{Case, Suite};
use crate::sandbox::World;

/// How many conversations are held.
const MOST_TALKS: usize = 3;

/// How many turns of each.
const MOST_TURNS: usize = 8;

/// A word that nobody comes upon: who says it has been told it.
pub const MARKER: &str = "qzx7vortle93";

/// A conversation to hold, or invocations one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Talk {
    /// What it is called.
    pub name: String,
    /// What is sent.
    pub asks: Vec<Ask>,
}

/// What is said to a bot, or what a function is invoked with.
pub fn talks(suite: &Suite, world: World) -> Vec<Talk> {
    if world == World::Function {
        return payloads::usual()
            .into_iter()
            .map(|(name, payload)| Talk {
                name: name.to_owned(),
                asks: vec![Ask::invoke(&payload)],
            })
            .collect();
    }
    let mut talks: Vec<Talk> = Vec::new();
    for case in &suite.cases {
        let talk = said(case);
        // Phrases make cases of one conversation: another one tells more.
        let is_new = |talk: &Talk| talks.iter().all(|known| known.asks != talk.asks);
        if talks.len() < MOST_TALKS && !talk.asks.is_empty() && is_new(&talk) {
            talks.push(talk);
        }
    }
    if talks.is_empty() {
        let text = |text: &str| Ask::Said(Said::Text(text.to_owned()));
        let texts = ["hello", "help", "yes", "42", "thank you"].map(text);
        talks.push(Talk {
            name: "a welcome and some texts".to_owned(),
            asks: std::iter::once(Ask::Said(Said::Welcome))
                .chain(texts)
                .collect(),
        });
    }
    talks
}

/// What is said in a conversation, whatever the bot says. What it would remember of that is not known.
fn said(case: &Case) -> Talk {
    let mut spoken = case.steps.iter().map(|step| step.sender);
    let first = spoken.find(|sender| matches!(sender, Sender::Me | Sender::Bot));
    let welcome = (first == Some(Sender::Bot)).then_some(Ask::Said(Said::Welcome));
    let mine = case.steps.iter().filter(|step| step.sender == Sender::Me);
    let texts = mine.map(|step| {
        // Nothing is remembered, so it is no longer than it was.
        let text = memory::filled(&step.text, &Memory::new());
        Ask::Said(Said::Text(text.unwrap_or_default()))
    });
    Talk {
        name: case.name.clone(),
        asks: welcome.into_iter().chain(texts).take(MOST_TURNS).collect(),
    }
}

impl Talk {
    /// The same by somebody who says the word with whatever they say.
    pub fn with_marker(&self) -> Self {
        let asks = self.asks.iter().map(|ask| match ask {
            Ask::Said(Said::Text(text)) => Ask::Said(Said::Text(format!("{text} {MARKER}"))),
            Ask::Invoke(payload) => Ask::Invoke(marked(payload)),
            other => other.clone(),
        });
        Self {
            name: self.name.clone(),
            asks: asks.collect(),
        }
    }

    /// The same by somebody who says nothing but the word after each turn, as if they were asked for it.
    pub fn with_marker_between(&self) -> Self {
        let marker = Ask::Said(Said::Text(MARKER.to_owned()));
        let asks = self.asks.iter().flat_map(|ask| match ask {
            Ask::Invoke(payload) => vec![Ask::Invoke(marked(payload))],
            other => vec![other.clone(), marker.clone()],
        });
        Self {
            name: self.name.clone(),
            asks: asks.collect(),
        }
    }

    /// Each of its turns, as if it were the first.
    pub fn each(&self) -> Vec<Self> {
        let alone = |ask: &Ask| Self {
            name: self.name.clone(),
            asks: vec![ask.clone()],
        };
        self.asks.iter().map(alone).collect()
    }

    /// As far as somebody comes who leaves off in the middle.
    pub fn half(&self) -> Self {
        Self {
            name: self.name.clone(),
            asks: self
                .asks
                .iter()
                .take(self.asks.len().div_ceil(2))
                .cloned()
                .collect(),
        }
    }
}

/// A payload with the word where its message is, and beside it.
fn marked(payload: &str) -> String {
    let mut payload: Value = serde_json::from_str(payload).unwrap_or(Value::Null);
    if let Some(fields) = payload.as_object_mut() {
        for (_, value) in fields.iter_mut().filter(|(_, value)| value.is_string()) {
            *value = json!(format!("{} {MARKER}", value.as_str().unwrap_or_default()));
        }
        fields.insert("note".to_owned(), json!(MARKER));
    } else {
        payload = json!(MARKER);
    }
    payload.to_string()
}

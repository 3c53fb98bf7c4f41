//! What became of one turn of a bot, or of one invocation of a function, where nobody has said what the answer is to be: it may
//! be any that can be sent, or a fault. Says in plain words what is wrong with one that is neither, and what to do.

use serde_json::Value;

use super::playing::{Said, Used};
use crate::chat::Event;

/// What is sent in one turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// What the platform sends for what is said.
    Said(Said),
    /// A payload as the platform writes it, but for its conversation's id.
    Payload(Value),
    /// The same, read as this event.
    Handed(Value, Event),
    /// A payload that belongs to no conversation: does it run?
    Test(Value),
    /// What a function is invoked with: JSON.
    Invoke(String),
}

/// How much of what was sent a person wants to see.
const MOST_SHOWN: usize = 200;

impl Ask {
    /// What a function is invoked with.
    pub fn invoke(payload: &Value) -> Self {
        Self::Invoke(payload.to_string())
    }

    /// What of it a person wants to see.
    pub fn shown(&self) -> String {
        let shown = |text: &str| text.chars().take(MOST_SHOWN).collect();
        match self {
            Self::Said(Said::Welcome) => "(the welcome)".to_owned(),
            Self::Said(Said::Text(text)) => shown(text),
            Self::Handed(_, Event::Text(text)) => shown(&format!("\"{}\"", text.text)),
            Self::Handed(_, event) => shown(&format!("{event:?}")),
            Self::Payload(payload) | Self::Test(payload) => shown(&payload.to_string()),
            Self::Invoke(payload) => shown(payload),
        }
    }
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What was sent, as far as a person wants to see it.
    pub said: String,
    /// What came of it.
    pub answer: Heeded,
    /// What was logged.
    pub log: Vec<String>,
    /// What it used.
    pub used: Used,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heeded {
    /// With something that may be sent, here as JSON.
    Answer(String),
    /// With the bot's own word that it cannot answer.
    Fault(String),
    /// With neither.
    Broken(Broken),
}

/// That a turn ended with neither an answer nor a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The stable name of how.
    pub code: &'static str,
    /// In the host's words.
    pub what: String,
}

impl Heard {
    /// How it ended, if that was badly.
    pub fn broken(&self) -> Option<&Broken> {
        match &self.answer {
            Heeded::Broken(broken) => Some(broken),
            _ => None,
        }
    }
}

impl Heeded {
    /// As a person reads it, and a test compares it.
    pub fn words(&self) -> String {
        match self {
            Self::Answer(json) => json.clone(),
            Self::Fault(what) => what.clone(),
            Self::Broken(broken) => broken.what.clone(),
        }
    }
}

impl Broken {
    /// What a bot did there, and what to do about it: `on` is what it was sent or how things were, after a preposition.
    pub fn told(&self, on: &str) -> String {
        self.told_with(on, self.remedy())
    }

    /// The same with a remedy that is more to the point.
    pub fn told_with(&self, on: &str, remedy: &str) -> String {
        format!("the bot {} {on}: {remedy}; {}", self.did(), self.what)
    }

    fn did(&self) -> &'static str {
        match self.code {
            "bot-trapped" => "traps",
            "stack-exhausted" => "fills its stack",
            "out-of-fuel" => "computes without an end",
            "deadline-exceeded" => "does not answer in time",
            "out-of-memory" | "table-too-large" => "asks for too much memory",
            "too-many-host-calls" | "too-many-handles" | "random-too-large" => {
                "asks too much of the host"
            }
            "transfer-too-large" | "reply-too-large" | "too-many-parts" | "too-many-intents" => {
                "says too much"
            }
            "delay-too-long" => "waits too long",
            "reply-refused" => "says what cannot be sent",
            "state-full" => "keeps more than fits",
            _ => "fails",
        }
    }

    fn remedy(&self) -> &'static str {
        match self.code {
            "bot-trapped" => "answer, or give a fault",
            "stack-exhausted" => {
                "bound how deep its calls go, or walk what is nested by a loop, and give a fault for what is deeper"
            }
            "out-of-fuel" => {
                "bound what it looks at, such as the first thousand characters, or give a fault for more"
            }
            "deadline-exceeded" => "bound how long it waits and how often it tries again",
            "out-of-memory" | "table-too-large" => {
                "bound what it makes of what it is sent, or give a fault for more"
            }
            "too-many-host-calls" | "too-many-handles" | "random-too-large" => {
                "ask once and keep the answer for the turn"
            }
            "transfer-too-large" | "reply-too-large" | "too-many-parts" | "too-many-intents" => {
                "cut what it says, or say less"
            }
            "delay-too-long" => "wait for a shorter time",
            "reply-refused" => {
                "check what goes into an answer, or build it by the SDK, and say something else where it does not fit"
            }
            "state-full" => "keep less, and delete what is old",
            _ => "answer, or give a fault",
        }
    }
}

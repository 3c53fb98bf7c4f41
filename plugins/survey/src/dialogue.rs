//! Where a conversation is, and where what the consumer says leads. Pure: knows neither state nor words.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How often a question is asked again before a person takes over.
const ASKED_AGAIN: u8 = 2;

/// What is kept of a wish for improvement: enough to read, and far below what state takes.
const IMPROVE_CHARS: usize = 1_000;

/// What the consumer did, as far as this bot cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// They have just come, or have come back.
    Arrival,
    /// They wrote or pressed this.
    Text(String),
    /// They sent something that is no answer to anything.
    Unreadable,
}

/// A question of the survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// How satisfied they are, 1 to 5.
    Satisfied,
    /// What to improve.
    Improve,
    /// Whether they may be contacted.
    Contact,
}

/// All answers of a survey that came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) satisfied: u8,
    pub(crate) improve: String,
    pub(crate) contact: bool,
}

/// What is to be done at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A question is open.
    Asking(Question),
    /// All is answered.
    Finished(Answers),
    /// The consumer and the bot do not understand each other: it is time for a person.
    GivenUp,
}

/// Where a conversation is. All that the bot says follows from it, so an event that comes twice gets the
/// same answer twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Place {
    satisfied: Option<u8>,
    improve: Option<String>,
    contact: Option<bool>,
    /// How many answers in a row did not fit the question.
    misses: u8,
    /// The platform's number of the event that led here.
    sequence: Option<u64>,
}

impl Place {
    /// What is to be done here.
    pub(crate) fn stage(&self) -> Stage {
        if self.misses > ASKED_AGAIN {
            return Stage::GivenUp;
        }
        match (self.satisfied, &self.improve, self.contact) {
            (None, _, _) => Stage::Asking(Question::Satisfied),
            (_, None, _) => Stage::Asking(Question::Improve),
            (_, _, None) => Stage::Asking(Question::Contact),
            (Some(satisfied), Some(improve), Some(contact)) => Stage::Finished(Answers {
                satisfied,
                improve: improve.clone(),
                contact,
            }),
        }
    }

    /// Whether the consumer has not answered anything yet, rightly or not.
    pub(crate) fn is_fresh(&self) -> bool {
        self.satisfied.is_none() && self.misses == 0
    }

    /// Whether the last answer did not fit.
    pub(crate) fn has_missed(&self) -> bool {
        self.misses > 0
    }

    fn is_over(&self) -> bool {
        !matches!(self.stage(), Stage::Asking(_))
    }

    /// The place after an answer to the open question.
    fn after(mut self, said: Option<&str>) -> Self {
        let fits = said.is_some_and(|text| self.takes(text.trim()));
        self.misses = if fits { 0 } else { self.misses + 1 };
        self
    }

    /// Keeps an answer, if it is one.
    fn takes(&mut self, text: &str) -> bool {
        match self.stage() {
            Stage::Asking(Question::Satisfied) => {
                self.satisfied = score(text);
                self.satisfied.is_some()
            }
            Stage::Asking(Question::Improve) => {
                let wish: String = text.chars().take(IMPROVE_CHARS).collect();
                self.improve = Some(wish).filter(|wish| !wish.is_empty());
                self.improve.is_some()
            }
            Stage::Asking(Question::Contact) => {
                self.contact = yes_or_no(text);
                self.contact.is_some()
            }
            Stage::Finished(_) | Stage::GivenUp => false,
        }
    }
}

/// What an event leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing has changed: say again what this place says.
    Repeat(Place),
    /// A new place, to be kept.
    To(Place),
    /// The consumer wants to stop: forget the place.
    Forget,
}

/// Where an event leads from a place, or from none: the conversation is new, or its state has expired.
pub(crate) fn step(place: Option<Place>, sequence: Option<u64>, heard: &Heard) -> Step {
    let said = match heard {
        Heard::Text(text) if wants_to_stop(text) => return Step::Forget,
        Heard::Text(text) => Some(text.as_str()),
        Heard::Arrival | Heard::Unreadable => None,
    };
    let Some(place) = place else {
        return Step::To(start(sequence));
    };
    let is_repeated = sequence.is_some() && sequence == place.sequence;
    match (heard, place.is_over()) {
        _ if is_repeated => Step::Repeat(place),
        // Back from a person, or another round: the survey before has been counted, or given up.
        (Heard::Arrival, true) => Step::To(start(sequence)),
        (Heard::Arrival, false) | (Heard::Text(_) | Heard::Unreadable, true) => Step::Repeat(place),
        (Heard::Text(_) | Heard::Unreadable, false) => Step::To(Place {
            sequence,
            ..place.after(said)
        }),
    }
}

fn start(sequence: Option<u64>) -> Place {
    Place {
        sequence,
        ..Place::default()
    }
}

/// What structured content says: the text of its `publishText` action. With more than one of them it is not
/// what was pressed but what could be.
pub(crate) fn published(content: &str) -> Heard {
    let mut texts = Vec::new();
    if let Ok(content) = content.parse() {
        collect_published(&content, &mut texts);
    }
    match texts.as_slice() {
        [text] => Heard::Text(text.clone()),
        _ => Heard::Unreadable,
    }
}

fn collect_published(content: &Value, texts: &mut Vec<String>) {
    match content {
        Value::Object(fields) => {
            if let (Some("publishText"), Some(text)) = (
                fields.get("type").and_then(Value::as_str),
                fields.get("text").and_then(Value::as_str),
            ) {
                texts.push(text.to_owned());
            }
            for value in fields.values() {
                collect_published(value, texts);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect_published(item, texts);
            }
        }
        _ => {}
    }
}

/// Only the bare word: "stop sending me so much paper" is a wish.
fn wants_to_stop(text: &str) -> bool {
    matches!(bare(text).as_str(), "stop" | "cancel")
}

fn score(text: &str) -> Option<u8> {
    bare(text)
        .parse()
        .ok()
        .filter(|score| (1..=5).contains(score))
}

/// By the first word: "yes please", "no, thank you".
fn yes_or_no(text: &str) -> Option<bool> {
    let text = bare(text);
    match text
        .split(|letter: char| !letter.is_alphanumeric())
        .next()?
    {
        "yes" | "y" | "yeah" | "sure" | "ok" | "okay" => Some(true),
        "no" | "n" | "nope" => Some(false),
        _ => None,
    }
}

/// In small letters, and without the blanks and stops around it.
fn bare(text: &str) -> String {
    text.trim_matches(|letter: char| !letter.is_alphanumeric())
        .to_lowercase()
}

//! What became of a turn, and what a test may ask of it.

use std::fmt;

use serde_json::Value;

use super::told::{LogLine, Told};

/// What became of a turn: all that the host says of it. What is asserted and not so is a panic that shows it whole.
#[derive(Clone, PartialEq)]
pub struct Reply(Told);

/// One thing that is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Part<'a> {
    /// A text for the consumer.
    Text(&'a str),
    /// A text for agents and managers.
    PrivateText(&'a str),
    /// A card, a list, quick replies: the platform's JSON.
    StructuredContent(&'a Value),
    /// A pause of so many seconds.
    Delay(u64),
}

impl Reply {
    pub(super) fn new(told: Value) -> Self {
        Self(Told(told))
    }

    /// What is sent, in its order. Nothing if the bot says nothing or failed.
    pub fn parts(&self) -> Vec<Part<'_>> {
        if self.0.outcome() == "no-answer" {
            // The platform is told of it by a pause.
            return Vec::new();
        }
        let messages = self.result().get("messages").and_then(Value::as_array);
        messages.into_iter().flatten().filter_map(part).collect()
    }

    /// The texts for the consumer, without those in structured content.
    pub fn texts(&self) -> Vec<&str> {
        let texts = self.parts().into_iter().filter_map(|part| match part {
            Part::Text(text) => Some(text),
            _ => None,
        });
        texts.collect()
    }

    /// What the platform is to do once all is sent, by its own name such as `TRANSFER`, and the parameters.
    pub fn action(&self) -> Option<(&str, &Value)> {
        let name = self.context("action").as_str()?;
        Some((name, self.context("actionParameters")))
    }

    /// The ids of the intents, the main one first.
    pub fn intents(&self) -> Vec<&str> {
        let others = self.context("alternativeIntents").as_array();
        let others = others.into_iter().flatten();
        let others = others.filter_map(|intent| intent.get("intentId")?.as_str());
        self.context("intentId")
            .as_str()
            .into_iter()
            .chain(others)
            .collect()
    }

    /// How it ended: `replied`, `no-answer`, or the host's code of a failure.
    pub fn outcome(&self) -> &str {
        self.0.outcome()
    }

    /// Why it failed, in the host's words, if it did.
    pub fn explanation(&self) -> Option<&str> {
        self.0.0.get("explanation").and_then(Value::as_str)
    }

    /// The code and the message of the bot's own fault, if it gave one.
    pub fn fault(&self) -> Option<(&str, &str)> {
        self.0.fault()
    }

    /// What it logged.
    pub fn log(&self) -> Vec<LogLine<'_>> {
        self.0.log()
    }

    /// The fuel that it took.
    pub fn fuel(&self) -> u64 {
        self.0.number("fuel")
    }

    /// The memory that it had at most, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.0.number("memoryBytes")
    }

    /// The platform's JSON of the reply; null if the turn failed.
    pub fn result(&self) -> &Value {
        self.0.0.get("result").unwrap_or(&Value::Null)
    }

    fn context(&self, field: &str) -> &Value {
        let context = self.result().get("context");
        context
            .and_then(|context| context.get(field))
            .unwrap_or(&Value::Null)
    }

    /// This is the one text that the consumer gets, beside structured content.
    #[track_caller]
    pub fn answers(&self, text: &str) -> &Self {
        self.holds(
            self.texts() == [text],
            format_args!("answer {text:?} and no other text"),
        )
    }

    /// The consumer reads these words, in a text or in structured content.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        let says = self.parts().iter().any(|part| match part {
            Part::Text(text) => text.contains(words),
            Part::StructuredContent(content) => any(content, &|field, text| {
                matches!(field, "text" | "title" | "message" | "caption") && text.contains(words)
            }),
            _ => false,
        });
        self.holds(says, format_args!("say {words:?}"))
    }

    /// There is a button with this title.
    #[track_caller]
    pub fn offers(&self, title: &str) -> &Self {
        let offers = self.parts().iter().any(|part| match part {
            Part::StructuredContent(content) => {
                any(content, &|field, text| field == "title" && text == title)
            }
            _ => false,
        });
        self.holds(offers, format_args!("offer a button {title:?}"))
    }

    /// Agents read these words, and the consumer does not.
    #[track_caller]
    pub fn notes(&self, words: &str) -> &Self {
        let notes = self.parts().iter().any(|part| match part {
            Part::PrivateText(text) => text.contains(words),
            _ => false,
        });
        self.holds(notes, format_args!("note {words:?} for agents"))
    }

    /// This is the main intent.
    #[track_caller]
    pub fn understands(&self, intent_id: &str) -> &Self {
        let is_main = self.intents().first() == Some(&intent_id);
        self.holds(is_main, format_args!("understand `{intent_id}`"))
    }

    /// The conversation goes to this skill.
    #[track_caller]
    pub fn transfers_to(&self, skill: &str) -> &Self {
        let parameters = self.context("actionParameters");
        let transfers = self.context("action") == "TRANSFER" && parameters["skill"] == skill;
        self.holds(transfers, format_args!("transfer to {skill:?}"))
    }

    /// The conversation ends.
    #[track_caller]
    pub fn closes(&self) -> &Self {
        let closes = self.context("action") == "CLOSE_CONVERSATION";
        self.holds(closes, format_args!("close the conversation"))
    }

    /// The bot says nothing, on purpose.
    #[track_caller]
    pub fn is_silent(&self) -> &Self {
        self.ends_in("no-answer")
    }

    /// The bot gives a fault with this code.
    #[track_caller]
    pub fn faults(&self, code: &str) -> &Self {
        self.0.faults(code);
        self
    }

    /// The turn ends in this: `replied`, `no-answer`, or the host's code of a failure such as `invalid-reply`.
    #[track_caller]
    pub fn ends_in(&self, outcome: &str) -> &Self {
        self.0.ends_in(outcome);
        self
    }

    /// The bot logged a line with these words in it.
    #[track_caller]
    pub fn logs(&self, words: &str) -> &Self {
        self.0.logs(words);
        self
    }

    /// The turn took no more fuel than this, about one for each WebAssembly instruction. The same on every machine.
    #[track_caller]
    pub fn takes_at_most_fuel(&self, fuel: u64) -> &Self {
        self.0.takes_at_most_fuel(fuel);
        self
    }

    #[track_caller]
    fn holds(&self, is_so: bool, expected: fmt::Arguments<'_>) -> &Self {
        self.0.holds(is_so, expected);
        self
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

fn part(message: &Value) -> Option<Part<'_>> {
    if let Some(text) = message.as_str() {
        return Some(Part::Text(text));
    }
    if let Some(content) = message.get("structuredContent") {
        return Some(Part::StructuredContent(content));
    }
    if let Some(seconds) = message.get("delay") {
        return seconds.as_u64().map(Part::Delay);
    }
    message.get("text")?.as_str().map(Part::PrivateText)
}

/// Whether any text in there is one that is looked for.
fn any(value: &Value, is_it: &impl Fn(&str, &str) -> bool) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(field, value)| match value {
            Value::String(text) => is_it(field, text),
            // What a press says is not read before it is pressed.
            _ => field != "click" && any(value, is_it),
        }),
        Value::Array(items) => items.iter().any(|item| any(item, is_it)),
        _ => false,
    }
}

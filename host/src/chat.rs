//! What may be said: the check that stands between a bot's words and the platform. Knows nothing of how the
//! platform's two contracts write it, only of the rules that both share and of what one has no place for.

mod check;
mod returned;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use check::{InvalidReply, LeftOut};
pub use returned::Returned;

use crate::bindings::types;
pub use crate::bindings::types::{
    Channel, Close, Conversation, CustomEvent, Delay, Event, File, RichContent, TextMessage,
    TimeToResponse, Transfer, Turn, Welcome,
};

/// One of which nothing is known.
impl Default for Conversation {
    fn default() -> Self {
        Self {
            id: None,
            channel: Channel::Messaging,
            skill_id: None,
            campaign_id: None,
            engagement_id: None,
            visitor: None,
            engagement_attributes: None,
        }
    }
}

/// Which of the platform's contracts a reply is written by.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contract {
    /// What a function returns. Its texts are texts and nothing else.
    CustomIntegration,
    /// What a service of the brand's own answers.
    CustomEndpoint,
}

/// How much a reply may be. What the platform itself sets is not here: no setting could raise it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReplyLimits {
    /// Bytes of all texts, contents and metadata together. A conversation is read by people.
    pub bytes: usize,
    /// Parts. The platform sends each as a message of its own.
    pub parts: usize,
    /// Intents. Each is a row of the agent's summary.
    pub intents: usize,
    /// Seconds of one delay. A consumer who waits a minute has left.
    pub delay_seconds: u32,
    /// Whether to refuse what is let through otherwise: elements and fields of a structured content that are not known
    /// here, and what has no place where the reply goes, which is left out otherwise. Off, since the platform grows by
    /// itself; on for a bot that is being written.
    pub strict: bool,
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self {
            bytes: 256 << 10,
            parts: 16,
            intents: 16,
            delay_seconds: 60,
            strict: false,
        }
    }
}

/// A reply that has been checked and may be sent. Only [`Reply::check`] and the host itself make one, and one that was kept
/// is read again.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Reply(Said);

/// What a check let through.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What may be sent.
    pub reply: Reply,
    /// What it is without, once for each kind. Its author should know.
    pub left_out: Vec<LeftOut>,
}

/// What a reply says.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Said {
    /// This.
    Answer(Answer),
    /// Nothing, on purpose.
    NoAnswer,
}

/// Something to send, something to do, or both.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Answer {
    /// What to send, in this order.
    pub parts: Vec<Part>,
    /// What to do after that.
    pub action: Option<Action>,
    /// What the bot understood, the main intent first.
    pub intents: Vec<Intent>,
    /// Goes with every part that has none of its own.
    pub encoded_metadata: Option<String>,
}

/// One thing to send.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Part {
    /// A text for the consumer.
    Text(Text),
    /// A text for agents and managers.
    PrivateText(Text),
    /// A JSON object in the platform's own format.
    StructuredContent(StructuredContent),
    /// A pause.
    Delay(Delay),
}

/// A text to send.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Text {
    /// Not empty.
    pub text: String,
    /// Objects.
    pub metadata: Option<Vec<Value>>,
    /// Base64.
    pub encoded_metadata: Option<String>,
}

/// Structured content to send.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct StructuredContent {
    /// An object.
    pub content: Value,
    /// Objects.
    pub metadata: Option<Vec<Value>>,
    /// Base64.
    pub encoded_metadata: Option<String>,
}

/// What to do once all parts are sent.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Action {
    /// Hand the conversation over; a skill, an agent, or both are named.
    Transfer(Transfer),
    /// End the conversation.
    Close(Close),
    /// Change how soon an agent has to answer.
    ChangeTimeToResponse(TimeToResponse),
    /// Invoke one of the account's functions.
    InvokeFunction(FunctionInvocation),
}

/// A function to invoke.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct FunctionInvocation {
    /// A UUID.
    pub lambda_uuid: String,
    /// An object.
    pub payload: Value,
    /// Whether a failed invocation escalates the conversation.
    pub fail_on_error: bool,
}

/// What the bot understood.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Intent {
    /// 1 to 256 characters, no white space.
    pub id: String,
    /// At most 256 characters.
    pub name: Option<String>,
    /// 0 to 1.
    pub score: f64,
}

impl Reply {
    /// Lets a bot's reply through, without what has no place where it goes, or says what is wrong with it.
    ///
    /// # Errors
    /// [`InvalidReply`] names the first part that the platform would drop, or take for an error.
    pub fn check(
        raw: types::Reply,
        channel: &Channel,
        contract: Contract,
        limits: &ReplyLimits,
    ) -> Result<Checked, InvalidReply> {
        let mut check = check::Check {
            channel,
            contract,
            limits,
            left_out: Vec::new(),
        };
        let said = match raw {
            types::Reply::NoAnswer => Said::NoAnswer,
            types::Reply::Answer(answer) => Said::Answer(check.answer(answer)?),
        };
        Ok(Checked {
            reply: Self(said),
            left_out: check.left_out,
        })
    }

    /// The host's own words, in a bot's place.
    pub fn of_host(text: impl Into<String>) -> Self {
        let text = Text {
            text: text.into(),
            ..Text::default()
        };
        Self(Said::Answer(Answer {
            parts: vec![Part::Text(text)],
            ..Answer::default()
        }))
    }

    /// The host hands the conversation to a skill, in a bot's place.
    pub fn transfer_to(skill: impl Into<String>) -> Self {
        let transfer = Transfer {
            skill: Some(skill.into()),
            agent_id: None,
        };
        Self(Said::Answer(Answer {
            action: Some(Action::Transfer(transfer)),
            ..Answer::default()
        }))
    }

    /// The host says nothing, in a bot's place.
    pub fn silence() -> Self {
        Self(Said::NoAnswer)
    }

    /// What it says.
    pub fn said(&self) -> &Said {
        &self.0
    }
}

/// A bot's words for a person to read, in a log or at a terminal: on one line, without what could move a cursor or
/// forge a line, and cut where they are too long.
pub fn one_line(words: &str, most_chars: usize) -> String {
    let visible = |c: char| {
        if c.is_control() || is_invisible(c) {
            ' '
        } else {
            c
        }
    };
    words.chars().map(visible).take(most_chars).collect()
}

/// Line and paragraph separators, and what turns the direction of the text around it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes out what a bot may see only when its deployment grants it.
pub fn without_personal_data(turn: &mut Turn) {
    turn.platform_event = None;
    turn.conversation.visitor = None;
    turn.conversation.engagement_attributes = None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bots_words_cannot_move_a_cursor_or_forge_a_line() {
        let forged =
            "\u{1b}[31mred\u{1b}]0;title\u{7}\r\n2026 ERROR forged\u{9b}2J\u{202e}turned\u{2028}";
        let shown = one_line(forged, 100);
        assert_eq!(shown, " [31mred ]0;title   2026 ERROR forged 2J turned ");
        assert_eq!(one_line("münze", 2), "mü");
    }
}

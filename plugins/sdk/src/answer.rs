//! Building an answer part by part. What can be right by construction is: a blank text is left out, a pause of
//! nothing is none, a score is brought into its bounds. What has to be told is a [`Result`].

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::metadata::{self, Metadata};
use crate::{
    Action, Answer, Close, ConfigProblem, Delay, FunctionInvocation, Intent, InvalidReply, Part,
    Reply, StructuredContent, Text, TimeToResponse, Transfer,
};

impl Answer {
    /// An answer without parts, for one that is all action. The host takes no answer that has neither parts nor an
    /// action: to say nothing on purpose, answer [`Reply::NoAnswer`].
    pub fn empty() -> Self {
        Self {
            parts: Vec::new(),
            action: None,
            intents: Vec::new(),
            encoded_metadata: None,
        }
    }

    /// An answer that begins with a text for the consumer, as [`and_text`](Self::and_text) has it.
    pub fn text(text: impl Into<String>) -> Self {
        Self::empty().and_text(text)
    }

    /// Adds a part of any kind: a [`StructuredContent`] that was built, a [`Text`] with metadata.
    pub fn and(mut self, part: impl Into<Part>) -> Self {
        self.parts.push(part.into());
        self
    }

    /// Adds a text for the consumer. A text of nothing but blanks is left out: the platform takes none.
    pub fn and_text(self, text: impl Into<String>) -> Self {
        self.and_unless_blank(text.into(), Part::Text)
    }

    /// Adds a text that only agents and managers see. One of nothing but blanks is left out.
    pub fn and_private_text(self, text: impl Into<String>) -> Self {
        self.and_unless_blank(text.into(), Part::PrivateText)
    }

    fn and_unless_blank(self, text: String, part: fn(Text) -> Part) -> Self {
        if text.trim().is_empty() {
            return self;
        }
        self.and(part(Text::new(text)))
    }

    /// Adds a pause of whole seconds, with the consumer seeing that the bot is typing. 0 adds none; most hosts take 60
    /// at most.
    pub fn and_delay(self, seconds: u32) -> Self {
        if seconds == 0 {
            return self;
        }
        let typing = true;
        self.and(Part::Delay(Delay { seconds, typing }))
    }

    /// Adds structured content in the platform's own format, for what [`content`](crate::content) does not build.
    /// Nothing is checked here: what the platform would not take the host refuses, and the turn with it.
    pub fn and_structured_content(self, content: Value) -> Self {
        self.and(StructuredContent {
            content: content.to_string(),
            metadata: None,
            encoded_metadata: None,
        })
    }

    /// Says what the bot understood. The first one is the main one. A score is brought into 0 to 1, and one that is no
    /// number is 0.
    ///
    /// The id has 1 to 256 characters without white space, the name 256 at most, or the host refuses the reply. For an
    /// id that is not the bot's own word, see [`Intent::new`].
    pub fn with_intent(mut self, id: &str, name: &str, score: f64) -> Self {
        self.intents.push(Intent {
            id: id.into(),
            name: Some(name.into()),
            score: bounded(score),
        });
        self
    }

    /// Says what the bot understood, where that was checked already.
    pub fn and_intent(mut self, intent: Intent) -> Self {
        self.intents.push(intent);
        self
    }

    /// Sends bytes along with every part that has none of its own, as base64. Messaging only: the host leaves them out
    /// of a live chat.
    ///
    /// # Errors
    /// If there are more than 3,750 bytes.
    pub fn with_encoded_metadata(mut self, bytes: impl AsRef<[u8]>) -> Result<Self, InvalidReply> {
        self.encoded_metadata = Some(metadata::encoded(bytes.as_ref())?);
        Ok(self)
    }

    /// Then hands the conversation to a skill, by the name that the account gives it, exactly as it is spelled there.
    pub fn then_transfer_to_skill(self, skill: impl Into<String>) -> Self {
        self.then(Action::Transfer(Transfer {
            skill: Some(skill.into()),
            agent_id: None,
        }))
    }

    /// Then hands the conversation to an agent, by their id; to any of the skill if they cannot take it.
    pub fn then_transfer_to_agent(
        self,
        agent_id: impl Into<String>,
        or_skill: impl Into<String>,
    ) -> Self {
        self.then(Action::Transfer(Transfer {
            skill: Some(or_skill.into()),
            agent_id: Some(agent_id.into()),
        }))
    }

    /// Then ends the conversation, with the account's survey if it has one.
    pub fn then_close(self) -> Self {
        self.then(Action::Close(Close { survey: true }))
    }

    /// Then ends the conversation, without the account's survey.
    pub fn then_close_without_survey(self) -> Self {
        self.then(Action::Close(Close { survey: false }))
    }

    /// Then changes how soon an agent has to answer. Messaging only.
    pub fn then_change_time_to_response(self, time: TimeToResponse) -> Self {
        self.then(Action::ChangeTimeToResponse(time))
    }

    /// Then has the platform invoke one of the account's functions.
    pub fn then_invoke_function(self, function: FunctionInvocation) -> Self {
        self.then(Action::InvokeFunction(function))
    }

    /// Then does this. An answer has at most one action: the last one given counts.
    pub fn then(mut self, action: Action) -> Self {
        self.action = Some(action);
        self
    }
}

impl Text {
    /// A text without metadata.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            metadata: None,
            encoded_metadata: None,
        }
    }

    /// Metadata that goes with this text, where the contract has a place for it: the Custom Endpoint has.
    ///
    /// # Errors
    /// If something of it is no JSON object, is nested too deep, or is an `ExternalId` without an id.
    pub fn with_metadata(mut self, metadata: Metadata) -> Result<Self, InvalidReply> {
        self.metadata = Some(metadata.written("the text")?);
        Ok(self)
    }
}

/// For the consumer.
impl From<Text> for Part {
    fn from(text: Text) -> Self {
        Part::Text(text)
    }
}

/// LivePerson's limit for the id and the name of an intent.
const INTENT_CHARS: usize = 256;

impl Intent {
    /// What the bot understood, by an id that may come from elsewhere: a model, a service. The score is brought into 0
    /// to 1.
    ///
    /// # Errors
    /// If the id is empty, has white space in it or has more than 256 characters, or the name has.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        score: f64,
    ) -> Result<Self, InvalidReply> {
        let (id, name) = (id.into(), name.into());
        let is_too_long = |text: &str| text.chars().count() > INTENT_CHARS;
        let problem = if id.is_empty() || id.contains(char::is_whitespace) {
            "has an id that is empty or has white space in it: name it `like-this`".to_owned()
        } else if is_too_long(&id) || is_too_long(&name) {
            format!("has an id or a name of more than {INTENT_CHARS} characters: shorten it")
        } else {
            return Ok(Self {
                id,
                name: Some(name),
                score: bounded(score),
            });
        };
        Err(InvalidReply::new("the intent", problem))
    }
}

fn bounded(score: f64) -> f64 {
    if score.is_nan() {
        return 0.0;
    }
    score.clamp(0.0, 1.0)
}

impl TimeToResponse {
    /// A time of its own, in whole seconds: what is left of one is another, and 1 is the least.
    pub fn within(time: Duration) -> Self {
        let started = u64::from(time.subsec_nanos() > 0);
        let seconds = time.as_secs().saturating_add(started).max(1);
        Self::Custom(u32::try_from(seconds).unwrap_or(u32::MAX))
    }
}

impl FunctionInvocation {
    /// The function of a UUID, and what it is handed. If it fails the conversation goes on.
    ///
    /// # Errors
    /// If that is no UUID as the platform writes it, or the payload is not written as a JSON object.
    pub fn new(
        lambda_uuid: impl Into<String>,
        payload: &impl Serialize,
    ) -> Result<Self, InvalidReply> {
        let lambda_uuid = lambda_uuid.into();
        let problem = match serde_json::to_value(payload) {
            _ if !is_uuid(&lambda_uuid) => {
                "is named by what is no UUID: copy it from the account's functions"
            }
            Ok(payload @ Value::Object(_)) => {
                return Ok(Self {
                    lambda_uuid,
                    payload: payload.to_string(),
                    fail_on_error: false,
                });
            }
            _ => "is handed what is no JSON object: give it a struct or a map",
        };
        Err(InvalidReply::new("the function to invoke", problem))
    }

    /// The same, and if it fails the conversation escalates.
    pub fn or_escalate(mut self) -> Self {
        self.fail_on_error = true;
        self
    }
}

fn is_uuid(text: &str) -> bool {
    let is_right = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_right)
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Reply::Answer(answer)
    }
}

impl ConfigProblem {
    /// What is wrong with a key, and what would be right.
    pub fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            problem: problem.into(),
        }
    }
}

#[cfg(test)]
mod tests;

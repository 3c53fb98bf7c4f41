//! A conversation that a script holds with the bot, and what is said as the host takes it.

use std::time::Duration;

use serde_json::Value;

use super::tried::{Tried, conversation};
use crate::chat::Contract;
use crate::conversations::Incoming;
use crate::invocation::{Invocation, Purpose};
use crate::kit::{Partner, Said, Turn};
use crate::liveperson::said::{self, Event, Kind};

/// One that is under way.
pub(super) struct Talk<'a> {
    tried: &'a Tried,
    conversation: String,
    kind: Kind,
    sequence: u64,
}

impl<'a> Talk<'a> {
    /// The conversation of this name, in which nothing has been said.
    pub(super) fn new(tried: &'a Tried, named: &str, kind: Kind) -> Self {
        Self {
            conversation: conversation(named),
            tried,
            kind,
            sequence: 0,
        }
    }
}

impl Partner for Talk<'_> {
    async fn hear(&mut self, said: Said) -> Turn {
        let event = event(&said, self.kind, &self.conversation, self.sequence);
        self.sequence += 1;
        match event {
            Ok(incoming) => {
                let purpose = Purpose::Answer(Contract::CustomIntegration);
                let invocation = self.tried.respond(&self.tried.at, incoming, purpose).await;
                let log = self.tried.log(&invocation);
                turn(invocation, log)
            }
            Err(unread) => unsaid(unread),
        }
    }
}

/// What is said, as the host takes it.
pub(super) fn event(
    said: &Said,
    kind: Kind,
    conversation: &str,
    sequence: u64,
) -> Result<Incoming, String> {
    let text = match said {
        Said::Welcome => None,
        Said::Text(text) => Some(text.as_str()),
    };
    let event = Event {
        kind,
        conversation,
        sequence,
        text,
    };
    event.incoming().map_err(|unread| unread.to_string())
}

/// A payload of a conversation as the host takes it, or of none.
pub(super) fn incoming(payload: &Value, conversation: Option<&str>) -> Result<Incoming, String> {
    let mut payload = payload.clone();
    if let (Some(fields), Some(id)) = (payload.as_object_mut(), conversation) {
        fields.insert("convId".to_owned(), id.into());
    }
    said::read(&payload).map_err(|unread| unread.to_string())
}

/// One that nobody was asked in.
fn unsaid(why: String) -> Turn {
    Turn {
        result: Err(why),
        log: Vec::new(),
        fuel: 0,
        memory_bytes: 0,
        wall: Duration::ZERO,
    }
}

fn turn(invocation: Invocation, log: Vec<String>) -> Turn {
    Turn {
        log,
        fuel: invocation.usage.fuel,
        memory_bytes: invocation.usage.memory_peak_bytes,
        wall: invocation.usage.wall,
        result: invocation.result.map_err(|error| error.to_string()),
    }
}

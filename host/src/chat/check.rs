//! The rules of a reply, one by one. A rule that is the platform's says so; what breaks one of those would be
//! dropped there without a word, or would end the conversation's time with the bot.

mod action;
mod content;
mod intent;
mod invalid;
mod metadata;
mod platform_error;
mod size;

pub(super) use invalid::{At, invalid};
pub use invalid::{InvalidReply, LeftOut};
pub(super) use size::at_most;

use serde_json::Value;

use super::{Answer, Contract, Part, ReplyLimits, Text};
use crate::bindings::types::{self, Channel, Delay};
use crate::limit::{Exceeded, Limit};

/// The check of one reply: by which rules, and what it had to leave out so far.
pub(super) struct Check<'a> {
    pub(super) channel: &'a Channel,
    pub(super) contract: Contract,
    pub(super) limits: &'a ReplyLimits,
    pub(super) left_out: Vec<LeftOut>,
}

impl Check<'_> {
    pub(super) fn answer(&mut self, raw: types::Answer) -> Result<Answer, InvalidReply> {
        size::check(&raw, self.limits)?;
        if raw.parts.is_empty() && raw.action.is_none() {
            let problem =
                "has neither parts nor an action; to say nothing on purpose, reply `no-answer`";
            return Err(invalid(At::Reply, problem).named(platform_error::NOTHING_SAID));
        }
        let has_parts = !raw.parts.is_empty();
        let parts = raw.parts.into_iter().enumerate();
        let intents = raw.intents.into_iter().enumerate();
        Ok(Answer {
            parts: parts
                .map(|(index, raw)| self.part(At::Part(index), raw))
                .collect::<Result<_, _>>()?,
            action: raw
                .action
                .map(|raw| self.action(raw, has_parts))
                .transpose()?,
            intents: intents
                .map(|(index, raw)| self.intent(index, raw))
                .collect::<Result<_, _>>()?,
            encoded_metadata: self.encoded_metadata(At::Reply, raw.encoded_metadata)?,
        })
    }

    fn part(&mut self, at: At, raw: types::Part) -> Result<Part, InvalidReply> {
        Ok(match raw {
            types::Part::Text(raw) => Part::Text(self.text(at, raw)?),
            types::Part::PrivateText(raw) => Part::PrivateText(self.text(at, raw)?),
            types::Part::StructuredContent(raw) => {
                Part::StructuredContent(self.structured_content(at, raw)?)
            }
            types::Part::Delay(raw) => Part::Delay(self.delay(at, raw)?),
        })
    }

    fn text(&mut self, at: At, raw: types::Text) -> Result<Text, InvalidReply> {
        if raw.text.trim().is_empty() {
            return Err(invalid(
                at,
                "is an empty text; leave it out, or pause with a delay",
            ));
        }
        let metadata = metadata::metadata(at, raw.metadata)?;
        let encoded_metadata = self.encoded_metadata(at, raw.encoded_metadata)?;
        Ok(Text {
            text: raw.text,
            metadata: self.of_text(at, metadata, LeftOut::TextMetadata)?,
            encoded_metadata: self.of_text(at, encoded_metadata, LeftOut::TextEncodedMetadata)?,
        })
    }

    fn delay(&self, at: At, raw: Delay) -> Result<Delay, InvalidReply> {
        if raw.seconds == 0 {
            return Err(invalid(at, "waits 0 seconds; 1 is the least"));
        }
        if raw.seconds > self.limits.delay_seconds {
            return Err(InvalidReply::Exceeded(Exceeded {
                limit: Limit::ReplyDelay,
                used: u64::from(raw.seconds),
                allowed: u64::from(self.limits.delay_seconds),
            }));
        }
        Ok(raw)
    }

    /// Leaves out what cannot be carried and tells of it, once for each kind; a strict check refuses it.
    fn leave_out(&mut self, at: At, what: fn(At) -> LeftOut) -> Result<(), InvalidReply> {
        let left_out = what(at);
        if self.limits.strict {
            let problem = format!("{}; `reply.strict` has it refused", left_out.what());
            return Err(invalid(at, problem));
        }
        if !self.left_out.iter().any(|told| told.is_like(&left_out)) {
            self.left_out.push(left_out);
        }
        Ok(())
    }
}

fn object(at: At, what: &str, raw: &str) -> Result<Value, InvalidReply> {
    match json(at, what, raw)? {
        object @ Value::Object(_) => Ok(object),
        _ => Err(invalid(at, format!("has a {what} that is no JSON object"))),
    }
}

fn json(at: At, what: &str, raw: &str) -> Result<Value, InvalidReply> {
    serde_json::from_str(raw)
        .map_err(|error| invalid(at, format!("has a {what} that is no JSON: {error}")))
}

#[cfg(test)]
mod tests;

//! Structured content, against the grammar that the platform publishes. Knows nothing of how a channel draws it.

use std::borrow::Cow;
use std::sync::LazyLock;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::invalid::{At, InvalidReply, invalid};
use super::{Check, metadata, object, platform_error};
use crate::bindings::types::{self, Channel};
use crate::chat::{StructuredContent, one_line};

/// LivePerson's limit for a structured content, in bytes of JSON as it is sent.
const STRUCTURED_CONTENT_BYTES: usize = 15_000;
/// How long a bot's word may be to be shown, in characters: names are shorter.
const WORD_CHARS: usize = 64;

/// What is known. The grammar says itself where its rules come from.
static KNOWN: LazyLock<Validator> = LazyLock::new(|| validator(&grammar()));
/// What is right, known or not.
static RIGHT: LazyLock<Validator> = LazyLock::new(|| {
    let mut grammar = grammar();
    forget_what_is_known(&mut grammar);
    validator(&grammar)
});

fn grammar() -> Value {
    let grammar = include_str!("../structured_content.schema.json");
    serde_json::from_str(grammar).expect("a test reads it")
}

fn validator(grammar: &Value) -> Validator {
    jsonschema::validator_for(grammar).expect("a test makes it")
}

/// Takes out the two keywords that the grammar keeps for saying what is known; in an `if` they decide something else.
fn forget_what_is_known(grammar: &mut Value) {
    match grammar {
        Value::Object(fields) => {
            fields.retain(|key, _| key != "enum" && key != "additionalProperties");
            let rules = fields.iter_mut().filter(|(key, _)| *key != "if");
            rules.for_each(|(_, rule)| forget_what_is_known(rule));
        }
        Value::Array(items) => items.iter_mut().for_each(forget_what_is_known),
        _ => {}
    }
}

impl Check<'_> {
    pub(super) fn structured_content(
        &mut self,
        at: At,
        raw: types::StructuredContent,
    ) -> Result<StructuredContent, InvalidReply> {
        let not_sent = platform_error::not_sent(self.channel);
        let content = object(at, "content", &raw.content)?;
        let bytes = content.to_string().len();
        if bytes > STRUCTURED_CONTENT_BYTES {
            let problem =
                format!("has {bytes} bytes; the platform takes {STRUCTURED_CONTENT_BYTES}");
            return Err(invalid(at, problem).named(not_sent));
        }
        self.quick_replies(at, &content)?;
        if let Some(misfit) = misfit(&content, self.limits.strict) {
            return Err(invalid(format_args!("{at}{}", misfit.at), misfit.problem).named(not_sent));
        }
        Ok(StructuredContent {
            content,
            metadata: metadata::metadata(at, raw.metadata)?,
            encoded_metadata: self.encoded_metadata(at, raw.encoded_metadata)?,
        })
    }

    fn quick_replies(&self, at: At, content: &Value) -> Result<(), InvalidReply> {
        if content.get("quickReplies").is_none() {
            return Ok(());
        }
        if matches!(self.channel, Channel::Chat) {
            let problem = "has quick replies, which a live chat does not take; name the choices in a text there";
            return Err(invalid(at, problem).named(platform_error::QUICK_REPLIES));
        }
        match content.get("message").and_then(Value::as_str) {
            Some(message) if !message.trim().is_empty() => Ok(()),
            _ => Err(invalid(
                at,
                "has quick replies without the `message` that the platform sends with them",
            )),
        }
    }
}

/// Where a content does not fit the grammar, and how.
struct Misfit {
    /// Such as ` at /elements/2/click`; empty for the whole.
    at: String,
    problem: String,
}

/// The first thing that is wrong; if the check is strict, else the first thing that is not known. Only the first is
/// looked for: a content may have thousands, and nobody pays for the bot's time here.
fn misfit(content: &Value, strict: bool) -> Option<Misfit> {
    let error = match RIGHT.validate(content) {
        Ok(()) if strict => KNOWN.validate(content).err()?,
        checked => checked.err()?,
    };
    Some(Misfit {
        at: match error.instance_path().as_str() {
            "" => String::new(),
            pointer => format!(" at {pointer}"),
        },
        problem: in_words(&error),
    })
}

fn in_words(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::Required { property } => format!("lacks {property}"),
        Kind::Type {
            kind: TypeKind::Single(kind),
        } => format!(
            "is {}, and has to be of type {kind}",
            shown(error.instance())
        ),
        Kind::Constant { expected_value } => {
            format!(
                "is {}, and has to be {expected_value}",
                shown(error.instance())
            )
        }
        Kind::Enum { options } => format!(
            "is {}, which is not known and which `reply.strict` has refused; known are {options}",
            shown(error.instance())
        ),
        Kind::AdditionalProperties { unexpected } => format!(
            "has a field that is not known there and that `reply.strict` has refused: {}",
            word(unexpected.first().map_or("", String::as_str))
        ),
        _ => format!("is not right: {}", error.masked()),
    }
}

/// A value for a person to read; of one that has others in it, its kind.
fn shown(value: &Value) -> Cow<'static, str> {
    match value {
        Value::Object(_) => "an object".into(),
        Value::Array(_) => "an array".into(),
        Value::String(text) => word(text).into(),
        plain => plain.to_string().into(),
    }
}

/// A bot's word, whole or not at all: in a part of it a secret would not be found and taken out.
fn word(text: &str) -> String {
    if one_line(text, WORD_CHARS) == text {
        format!("{text:?}")
    } else {
        format!("a text of {} characters", text.chars().count())
    }
}

//! What may not stand in a capsule, overwritten with other letters of the same number, so that the turn costs the same as it
//! did: values of secrets always, and what is personal by rules.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::{Capsule, Settings};
use crate::vault::forms;

/// Something personal that can be told by how it looks, or by where it stands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Addresses of e-mail.
    Email,
    /// Numbers of payment cards.
    Card,
    /// Telephone numbers, as far as they begin with `+` or `0` or are written in groups.
    Phone,
    /// What the platform says of the visitor.
    Visitor,
    /// The engagement attributes.
    EngagementAttributes,
    /// The platform's own event.
    PlatformEvent,
    /// What the consumer and the bot say, and what the bot logs, keeps, sends and receives.
    Text,
}

/// An expression for what is personal.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

/// Of the compiled form of one.
const PATTERN_BYTES: usize = 1 << 20;

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, regex::Error> {
        let compiled = RegexBuilder::new(&text).size_limit(PATTERN_BYTES).build();
        compiled.map(Self)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}

static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| built(r"[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}.-]+\.\p{L}{2,}"));
static CARD: LazyLock<Regex> = LazyLock::new(|| built(r"\b\d(?:[ -]?\d){12,18}\b"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    built(r"(?:\+|\b0)\d(?:[ ()/.-]{0,2}\d){5,14}\b|\b\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b")
});

fn built(expression: &str) -> Regex {
    Regex::new(expression).expect("the expression is ours")
}

impl Rule {
    /// Those of a host that says nothing else: not what is said, which a replay is for.
    pub const BY_DEFAULT: [Self; 6] = [
        Self::Email,
        Self::Card,
        Self::Phone,
        Self::Visitor,
        Self::EngagementAttributes,
        Self::PlatformEvent,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Card => "card",
            Self::Phone => "phone",
            Self::Visitor => "visitor",
            Self::EngagementAttributes => "engagement-attributes",
            Self::PlatformEvent => "platform-event",
            Self::Text => "text",
        }
    }

    fn looks_like(self) -> Option<&'static Regex> {
        match self {
            Self::Email => Some(&EMAIL),
            Self::Card => Some(&CARD),
            Self::Phone => Some(&PHONE),
            Self::Visitor | Self::EngagementAttributes | Self::PlatformEvent | Self::Text => None,
        }
    }
}

/// Why a turn cannot be kept without what may not stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotRedacted {
    /// A secret is where nothing can be overwritten.
    #[error("a secret's value is a part of what every capsule says")]
    Secret,
    /// What was left is none.
    #[error("it cannot be read any more once it is redacted")]
    Broken,
}

/// A capsule without these secrets, and without what the rules are for.
pub(super) fn redacted(
    capsule: &Capsule,
    secrets: &[String],
    settings: &Settings,
) -> Result<Capsule, NotRedacted> {
    let mut hidden: Vec<String> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    hidden.sort_by_key(|form| std::cmp::Reverse(form.len()));
    let mut redacting = Redacting {
        hidden: &hidden,
        settings,
        found: BTreeSet::new(),
    };
    let mut value = serde_json::to_value(capsule).map_err(|_| NotRedacted::Broken)?;
    redacting.capsule(&mut value);
    let found = redacting.found;
    let mut without: Capsule = serde_json::from_value(value).map_err(|_| NotRedacted::Broken)?;
    without.redacted.extend(found);
    let bytes = without.bytes();
    let is_there = |form: &String| memchr::memmem::find(&bytes, form.as_bytes()).is_some();
    match hidden.iter().any(is_there) {
        true => Err(NotRedacted::Secret),
        false => Ok(without),
    }
}

struct Redacting<'a> {
    /// What secrets are written as, the longest first.
    hidden: &'a [String],
    settings: &'a Settings,
    /// The rules that found something.
    found: BTreeSet<String>,
}

/// What of a capsule is said by others than the host.
const TEXTS: [&str; 11] = [
    "/asked/turn/turn/event",
    "/asked/turn/turn/platform_event",
    "/asked/turn/turn/conversation/visitor",
    "/asked/turn/turn/conversation/engagement_attributes",
    "/asked/invocation",
    "/told/http",
    "/told/state",
    "/ended/cause",
    "/ended/said",
    "/ended/log",
    "/config",
];

impl Redacting<'_> {
    fn capsule(&mut self, capsule: &mut Value) {
        for (rule, place) in [
            (Rule::Visitor, "/asked/turn/turn/conversation/visitor"),
            (
                Rule::EngagementAttributes,
                "/asked/turn/turn/conversation/engagement_attributes",
            ),
            (Rule::PlatformEvent, "/asked/turn/turn/platform_event"),
            (Rule::Text, "/asked/turn/turn/event"),
            (Rule::Text, "/asked/turn/turn/platform_event"),
            (Rule::Text, "/asked/invocation"),
            (Rule::Text, "/told/http"),
            (Rule::Text, "/told/state"),
            (Rule::Text, "/ended/said"),
            (Rule::Text, "/ended/log"),
        ] {
            if self.settings.redact.contains(&rule)
                && let Some(value) = capsule.pointer_mut(place)
                && each_text(value, &mut mask_all)
            {
                self.found.insert(rule.name().to_owned());
            }
        }
        for place in TEXTS {
            if let Some(value) = capsule.pointer_mut(place) {
                each_text(value, &mut |text| self.text(text));
            }
        }
    }

    /// A text without secrets and what looks personal; whether that made it another one.
    fn text(&mut self, text: &mut Vec<u8>) -> bool {
        let before = text.clone();
        for form in self.hidden {
            overwrite(text, form.as_bytes());
        }
        for rule in &self.settings.redact {
            let is_it = |matched: &[u8]| *rule != Rule::Card || has_check_digit(matched);
            if rule
                .looks_like()
                .is_some_and(|looks| mask(text, looks, is_it))
            {
                self.found.insert(rule.name().to_owned());
            }
        }
        for (place, Pattern(pattern)) in self.settings.redact_patterns.iter().enumerate() {
            if mask(text, pattern, |_| true) {
                self.found.insert(format!("pattern {}", place + 1));
            }
        }
        *text != before
    }
}

/// Has each text of a value looked at, and those of bytes that are none; whether any became another one. Names of fields are
/// not texts.
fn each_text(value: &mut Value, look: &mut impl FnMut(&mut Vec<u8>) -> bool) -> bool {
    match value {
        Value::String(text) => {
            let mut bytes = std::mem::take(text).into_bytes();
            let is_changed = look(&mut bytes);
            *text = String::from_utf8_lossy(&bytes).into_owned();
            is_changed
        }
        Value::Array(values) => any(values.iter_mut(), look),
        Value::Object(fields) => match fields.get_mut("base64").and_then(encoded) {
            Some((text, mut bytes)) => {
                let is_changed = look(&mut bytes);
                *text = STANDARD.encode(bytes);
                is_changed
            }
            None => any(fields.values_mut(), look),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn any<'a>(
    values: impl Iterator<Item = &'a mut Value>,
    look: &mut impl FnMut(&mut Vec<u8>) -> bool,
) -> bool {
    // Each of them, whatever became of those before.
    values.fold(false, |is_changed, value| {
        each_text(value, look) | is_changed
    })
}

fn encoded(value: &mut Value) -> Option<(&mut String, Vec<u8>)> {
    let Value::String(text) = value else {
        return None;
    };
    let bytes = STANDARD.decode(&*text).ok()?;
    Some((text, bytes))
}

/// All that a text says; of a JSON document, its values.
fn mask_all(text: &mut Vec<u8>) -> bool {
    let before = text.clone();
    match serde_json::from_slice(text) {
        Ok(mut json @ (Value::Object(_) | Value::Array(_))) => {
            mask_json(&mut json);
            *text = json.to_string().into_bytes();
        }
        _ => mask_bytes(text),
    }
    *text != before
}

fn mask_json(json: &mut Value) {
    match json {
        Value::String(text) => {
            let mut bytes = std::mem::take(text).into_bytes();
            mask_bytes(&mut bytes);
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        Value::Number(number) => *number = mask_number(number),
        Value::Array(values) => values.iter_mut().for_each(mask_json),
        Value::Object(fields) => fields.values_mut().for_each(mask_json),
        Value::Null | Value::Bool(_) => {}
    }
}

/// One of as many digits.
fn mask_number(number: &Number) -> Number {
    let mut digits = number.to_string().into_bytes();
    mask_bytes(&mut digits);
    // With an exponent it has a letter for that, and is none any more.
    serde_json::from_slice(&digits).unwrap_or_else(|_| 1.into())
}

/// What an expression finds and is meant; whether there was any.
fn mask(text: &mut [u8], expression: &Regex, is_meant: impl Fn(&[u8]) -> bool) -> bool {
    let found = expression
        .find_iter(text)
        .filter(|found| is_meant(found.as_bytes()));
    let places: Vec<_> = found.map(|found| found.range()).collect();
    for place in &places {
        if let Some(found) = text.get_mut(place.clone()) {
            mask_bytes(found);
        }
    }
    !places.is_empty()
}

/// Letters become `x` and digits `1`, so that what is around them stays what it is.
fn mask_bytes(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = match *byte {
            b'0'..=b'9' => b'1',
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => b'x',
            other => other,
        };
    }
}

fn overwrite(text: &mut [u8], form: &[u8]) {
    let places: Vec<usize> = memchr::memmem::find_iter(text, form).collect();
    for place in places {
        if let Some(found) = text.get_mut(place..place + form.len()) {
            found.fill(b'*');
        }
    }
}

/// Whether the last digit is what a card's number ends in (ISO/IEC 7812-1, annex B).
fn has_check_digit(number: &[u8]) -> bool {
    let digits = number.iter().rev().filter(|byte| byte.is_ascii_digit());
    let sum = digits.enumerate().map(|(place, byte)| {
        let digit = u32::from(byte - b'0');
        match place % 2 {
            0 => digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        }
    });
    sum.sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests;

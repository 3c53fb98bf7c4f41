//! What may not stand in a capsule, overwritten with other letters of the same number, so that the turn costs the same as it
//! did: values of secrets always, and what is personal by rules.

mod cards;
mod places;
mod plain;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Capsule, Settings};
use crate::vault::forms;
use plain::{Plain, mask_all};

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
/// As many digits in a row, or more, with what may stand between two of them.
static DIGITS: LazyLock<Regex> = LazyLock::new(|| built(r"\d(?:[\s\p{Zs}\p{Pd}./_+]{0,2}\d){12,}"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    built(r"(?:\+|\b0)\d(?:[ \p{Zs}()/.+-]{0,2}\d){5,14}\b|\b\(?\d{3}\)?[ .+-]\d{3}[ .+-]\d{4}\b")
});

fn built(expression: &str) -> Regex {
    Regex::new(expression).expect("the expression is ours")
}

/// All rules.
const ALL: [Rule; 7] = [
    Rule::Email,
    Rule::Card,
    Rule::Phone,
    Rule::Visitor,
    Rule::EngagementAttributes,
    Rule::PlatformEvent,
    Rule::Text,
];

fn all(expression: &Regex, text: &[u8]) -> Vec<Range<usize>> {
    expression
        .find_iter(text)
        .map(|found| found.range())
        .collect()
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

    /// Where something of it stands in a text.
    fn found_in(self, text: &[u8]) -> Vec<Range<usize>> {
        match self {
            Self::Email => all(&EMAIL, text),
            Self::Phone => all(&PHONE, text),
            Self::Card => {
                let digits = all(&DIGITS, text);
                let cards = digits.into_iter().map(|place| cards::found_in(text, place));
                cards.flatten().collect()
            }
            Self::Visitor | Self::EngagementAttributes | Self::PlatformEvent | Self::Text => {
                Vec::new()
            }
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

/// What came of running a capsule's turn again, as its host would have kept it: without these secrets, and without what its own
/// rules found.
pub(super) fn as_kept(capsule: &Capsule, secrets: &[String]) -> Capsule {
    let rules = ALL
        .into_iter()
        .filter(|rule| capsule.redacted.contains(rule.name()));
    let settings = Settings {
        redact: rules.collect(),
        redact_patterns: Vec::new(),
        ..Settings::default()
    };
    // What cannot be redacted is shown to nobody but who has it.
    redacted(capsule, secrets, &settings).unwrap_or_else(|_| capsule.clone())
}

/// A capsule without these secrets, and without what the rules are for.
pub(super) fn redacted(
    capsule: &Capsule,
    secrets: &[String],
    settings: &Settings,
) -> Result<Capsule, NotRedacted> {
    let hidden = secrets.iter().flat_map(|secret| forms(secret));
    let hidden = AhoCorasick::new(hidden).map_err(|_| NotRedacted::Secret)?;
    let mut value = serde_json::to_value(capsule).map_err(|_| NotRedacted::Broken)?;
    let mut redacting = Redacting {
        hidden: &hidden,
        personal: personal(&value, settings),
        settings,
        found: BTreeSet::new(),
    };
    redacting.capsule(&mut value);
    let found = redacting.found;
    let mut without: Capsule = serde_json::from_value(value).map_err(|_| NotRedacted::Broken)?;
    without.redacted.extend(found);
    without.digest_config();
    match hidden.is_match(&without.bytes()) {
        true => Err(NotRedacted::Secret),
        false => Ok(without),
    }
}

struct Redacting<'a> {
    /// What secrets are written as.
    hidden: &'a AhoCorasick,
    /// What the platform says of the consumer, which the bot may have said again, with the rule for it.
    personal: Vec<(Rule, Vec<u8>)>,
    settings: &'a Settings,
    /// The rules that found something.
    found: BTreeSet<String>,
}

/// What says that a secret was overwritten in what the bot was told, so that it is told something else when it is run again.
const SECRETS: &str = "secrets";

impl Redacting<'_> {
    fn capsule(&mut self, capsule: &mut Value) {
        for (rule, place) in [
            CONSUMER[0],
            CONSUMER[1],
            (Rule::PlatformEvent, places::PLATFORM_EVENT),
        ] {
            if let Some(value) = capsule.pointer_mut(place)
                && self.settings.redact.contains(&rule)
                && places::each_text(value, &mut mask_all)
            {
                self.found.insert(rule.name().to_owned());
            }
        }
        if self.settings.redact.contains(&Rule::Text)
            && places::each_said(capsule, &mut |_, text| mask_all(text))
        {
            self.found.insert(Rule::Text.name().to_owned());
        }
        places::each(capsule, &mut |is_told, text| self.text(is_told, text));
    }

    /// A text without secrets and what looks personal; whether that made it another one.
    fn text(&mut self, is_told: bool, text: &mut Vec<u8>) -> bool {
        let before = text.clone();
        let secrets: Vec<_> = self.hidden.find_overlapping_iter(&before).collect();
        for found in &secrets {
            if let Some(bytes) = text.get_mut(found.range()) {
                bytes.fill(b'*');
            }
        }
        if is_told && !secrets.is_empty() {
            self.found.insert(SECRETS.to_owned());
        }
        for (rule, value) in &self.personal {
            let plain = Plain::of(text);
            let places = memchr::memmem::find_iter(plain.bytes(), value);
            let places: Vec<_> = places.map(|place| place..place + value.len()).collect();
            if plain.mask(text, &places) {
                self.found.insert(rule.name().to_owned());
            }
        }
        for rule in &self.settings.redact {
            let plain = Plain::of(text);
            let places = rule.found_in(plain.bytes());
            if plain.mask(text, &places) {
                self.found.insert(rule.name().to_owned());
            }
        }
        for (place, Pattern(pattern)) in self.settings.redact_patterns.iter().enumerate() {
            let plain = Plain::of(text);
            let places = all(pattern, plain.bytes());
            if plain.mask(text, &places) {
                self.found.insert(format!("pattern {}", place + 1));
            }
        }
        *text != before
    }
}

/// Where the platform says who the consumer is.
const CONSUMER: [(Rule, &str); 2] = [
    (Rule::Visitor, places::VISITOR),
    (Rule::EngagementAttributes, places::ENGAGEMENT_ATTRIBUTES),
];

/// What has fewer letters and digits is found in other words.
const LEAST_PERSONAL: usize = 4;

/// The values of what the platform says of the consumer, the longest first.
fn personal(capsule: &Value, settings: &Settings) -> Vec<(Rule, Vec<u8>)> {
    let mut personal = Vec::new();
    for (rule, place) in CONSUMER {
        let text = capsule.pointer(place).and_then(Value::as_str);
        let Some(Ok(said)) = text.map(serde_json::from_str::<Value>) else {
            continue;
        };
        if settings.redact.contains(&rule) {
            each_value(&said, &mut |value| {
                personal.push((rule, value.into_bytes()))
            });
        }
    }
    let letters = |value: &[u8]| {
        value
            .iter()
            .filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
            .count()
    };
    personal.retain(|(_, value)| letters(value) >= LEAST_PERSONAL);
    personal.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    personal.dedup();
    personal
}

/// Texts and numbers of a document.
fn each_value(json: &Value, found: &mut impl FnMut(String)) {
    match json {
        Value::String(text) => found(text.clone()),
        Value::Number(number) => found(number.to_string()),
        Value::Array(values) => values.iter().for_each(|value| each_value(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| each_value(value, found)),
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests;

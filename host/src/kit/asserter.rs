//! What a line may claim of a message beside its text: botium's asserters by their names, and our own for what only
//! LivePerson's conversations have. Knows nothing of messages.

use super::matching;

/// A claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Asserter {
    /// Its name, as it is written.
    pub name: &'static str,
    /// What it looks at.
    pub(super) kind: Kind,
    /// What it compares that with.
    pub args: Vec<String>,
    /// It is not to hold.
    pub is_not: bool,
}

/// What a claim looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text { how: How, all: bool },
    Buttons,
    ButtonsCount,
    Cards,
    CardsCount,
    Media,
    MediaCount,
    Intent,
    IntentConfidence,
    Consumed,
    UnconsumedCount,
    ResponseLength,
    Action,
    Note,
    Delay,
}

/// How two texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Contains { ignore_case: bool },
    Wildcard { ignore_case: bool },
    WildcardExact { ignore_case: bool },
    Regexp { ignore_case: bool },
    Equals { ignore_case: bool },
}

/// Those that a line may name.
const KNOWN: [(&str, Kind); 37] = [
    ("BUTTONS", Kind::Buttons),
    ("BUTTONS_COUNT", Kind::ButtonsCount),
    ("BUTTONS_COUNT_REC", Kind::ButtonsCount),
    ("MEDIA", Kind::Media),
    ("MEDIA_COUNT", Kind::MediaCount),
    ("MEDIA_COUNT_REC", Kind::MediaCount),
    ("CARDS", Kind::Cards),
    ("CARDS_COUNT", Kind::CardsCount),
    ("CARDS_COUNT_REC", Kind::CardsCount),
    ("INTENT", Kind::Intent),
    ("INTENT_CONFIDENCE", Kind::IntentConfidence),
    ("BOT_CONSUMED", Kind::Consumed),
    ("BOT_UNCONSUMED_COUNT", Kind::UnconsumedCount),
    ("RESPONSE_LENGTH", Kind::ResponseLength),
    ("TEXT", text(How::Equals { ignore_case: false }, false)),
    ("TEXT_IC", text(How::Equals { ignore_case: true }, false)),
    (
        "TEXT_EQUALS",
        text(How::Equals { ignore_case: false }, false),
    ),
    (
        "TEXT_EQUALS_IC",
        text(How::Equals { ignore_case: true }, false),
    ),
    (
        "TEXT_CONTAINS_ANY",
        text(How::Contains { ignore_case: false }, false),
    ),
    (
        "TEXT_CONTAINS_ANY_IC",
        text(How::Contains { ignore_case: true }, false),
    ),
    (
        "TEXT_CONTAINS_ALL",
        text(How::Contains { ignore_case: false }, true),
    ),
    (
        "TEXT_CONTAINS_ALL_IC",
        text(How::Contains { ignore_case: true }, true),
    ),
    (
        "TEXT_WILDCARD_ANY",
        text(How::Wildcard { ignore_case: false }, false),
    ),
    (
        "TEXT_WILDCARD_ANY_IC",
        text(How::Wildcard { ignore_case: true }, false),
    ),
    (
        "TEXT_WILDCARD_ALL",
        text(How::Wildcard { ignore_case: false }, true),
    ),
    (
        "TEXT_WILDCARD_ALL_IC",
        text(How::Wildcard { ignore_case: true }, true),
    ),
    (
        "TEXT_WILDCARDEXACT_ANY",
        text(How::WildcardExact { ignore_case: false }, false),
    ),
    (
        "TEXT_WILDCARDEXACT_ANY_IC",
        text(How::WildcardExact { ignore_case: true }, false),
    ),
    (
        "TEXT_WILDCARDEXACT_ALL",
        text(How::WildcardExact { ignore_case: false }, true),
    ),
    (
        "TEXT_WILDCARDEXACT_ALL_IC",
        text(How::WildcardExact { ignore_case: true }, true),
    ),
    (
        "TEXT_REGEXP_ANY",
        text(How::Regexp { ignore_case: false }, false),
    ),
    (
        "TEXT_REGEXP_ANY_IC",
        text(How::Regexp { ignore_case: true }, false),
    ),
    (
        "TEXT_REGEXP_ALL",
        text(How::Regexp { ignore_case: false }, true),
    ),
    (
        "TEXT_REGEXP_ALL_IC",
        text(How::Regexp { ignore_case: true }, true),
    ),
    ("ACTION", Kind::Action),
    ("NOTE", Kind::Note),
    ("DELAY", Kind::Delay),
];

const fn text(how: How, all: bool) -> Kind {
    Kind::Text { how, all }
}

/// What botium has and we do not.
const NOT_HERE: [&str; 9] = [
    "PAUSE_ASSERTER",
    "JSON_PATH",
    "JSON_PATH_COUNT",
    "FORMS",
    "ENTITIES",
    "ENTITY_VALUES",
    "ENTITY_CONTENT",
    "INTENT_UNIQUE",
    "TEXT_WER",
];

/// What a line that begins like this was surely meant to be.
const FAMILIES: [&str; 5] = ["TEXT_", "BUTTONS_", "CARDS_", "MEDIA_", "INTENT_"];

/// What the word at the beginning of a line is.
pub(super) enum Named {
    Asserter(&'static str, Kind),
    NotHere,
    Text,
}

pub(super) fn named(word: &str) -> Named {
    if let Some((name, kind)) = KNOWN.iter().find(|(name, _)| *name == word) {
        return Named::Asserter(name, *kind);
    }
    let is_meant = FAMILIES.iter().any(|family| word.starts_with(family));
    if is_meant || NOT_HERE.contains(&word) {
        return Named::NotHere;
    }
    Named::Text
}

/// The names that are supported, for who wrote another one.
pub(super) fn supported() -> String {
    KNOWN.map(|(name, _)| name).join(", ")
}

impl Kind {
    /// Whether it looks at more than one message, and so makes sense where none is there.
    pub(super) fn is_of_conversation(self) -> bool {
        matches!(self, Self::Consumed | Self::UnconsumedCount)
    }

    /// Whether it looks at a reply as a whole.
    pub(super) fn is_of_reply(self) -> bool {
        matches!(self, Self::Action | Self::Note | Self::Delay)
    }

    /// Says what is wrong with its arguments.
    pub(super) fn check(self, args: &[String]) -> Result<(), String> {
        match (self, args) {
            (Self::Intent, [_]) => Ok(()),
            (Self::Intent, _) => Err("takes one name of an intent".to_owned()),
            (Self::IntentConfidence, [least])
                if least.parse::<u8>().is_ok_and(|least| least <= 100) =>
            {
                Ok(())
            }
            (Self::IntentConfidence, _) => {
                Err("takes a whole number of per cent, such as 80".to_owned())
            }
            (Self::Consumed, []) => Ok(()),
            (Self::Consumed, _) => Err("takes nothing".to_owned()),
            (Self::ResponseLength, [most]) if most.parse::<usize>().is_ok() => Ok(()),
            (Self::ResponseLength, _) => {
                Err("takes the most characters that a text may have".to_owned())
            }
            (
                Self::ButtonsCount
                | Self::CardsCount
                | Self::MediaCount
                | Self::UnconsumedCount
                | Self::Delay,
                args,
            ) => match args {
                [] => Ok(()),
                [count] if holds(0, count).is_some() || has_variable(count) => Ok(()),
                _ => Err("takes a number, or one behind <, <=, =, >= or >".to_owned()),
            },
            (Self::Text { how, .. }, []) if !matches!(how, How::Equals { .. }) => {
                Err("takes at least one text".to_owned())
            }
            (
                Self::Text {
                    how: How::Regexp { ignore_case },
                    ..
                },
                args,
            ) => {
                let wrong = args.iter().filter(|arg| !has_variable(arg));
                let mut wrong =
                    wrong.filter_map(|arg| matching::regexp("", arg, ignore_case).err());
                wrong.next().map_or(Ok(()), Err)
            }
            (
                Self::Text {
                    how: How::Wildcard { .. } | How::WildcardExact { .. },
                    ..
                },
                args,
            ) => args
                .iter()
                .try_for_each(|arg| matching::check_wildcards(arg)),
            (Self::Action, [kind, ..]) if !ACTIONS.contains(&kind.as_str()) => {
                Err(format!("takes one of {}", ACTIONS.join(", ")))
            }
            _ => Ok(()),
        }
    }
}

/// What a reply may do once all is said.
pub(super) const ACTIONS: [&str; 4] = ["transfer", "close", "time-to-response", "function"];

fn has_variable(text: &str) -> bool {
    super::memory::variables(text).next().is_some()
}

/// Whether a count is as it is claimed; none if the claim is none.
pub(super) fn holds(count: u64, claim: &str) -> Option<bool> {
    let claim = claim.trim();
    let signs = ["<=", "<", ">=", ">", "==", "="];
    let signed = signs
        .iter()
        .find_map(|sign| Some((*sign, claim.strip_prefix(sign)?)));
    let (sign, number) = signed.unwrap_or(("=", claim));
    let number: u64 = number.trim().parse().ok()?;
    Some(match sign {
        "<=" => count <= number,
        "<" => count < number,
        ">=" => count >= number,
        ">" => count > number,
        _ => count == number,
    })
}

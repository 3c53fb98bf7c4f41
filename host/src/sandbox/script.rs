//! Bots that are scripts: how one travels, as a component that has nothing but a script in it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use wasm_encoder::{Component, CustomSection};

use super::bot::Unloadable;
use super::world::World;
use crate::chat::one_line;

/// The custom section of a component that holds a script: a line of JSON that says what it is, and its source.
const SECTION: &str = "retort:javascript";

/// What a script is.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The name of its file, which is what its author is told lines of.
    pub file: String,
    /// The bot's name.
    pub name: String,
    /// The bot's own version.
    pub version: String,
    /// What it can be asked.
    pub world: World,
}

/// A script with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// What it is.
    pub head: Head,
    /// Its source, as its author wrote it.
    pub source: String,
}

/// What a script may be longer than by no means: a hundred thousand characters are what LivePerson takes.
const MOST_BYTES: usize = 1 << 20;
/// The name of a file stands in each of its lines.
pub(super) const FILE_CHARS: usize = 100;

impl Script {
    /// The component that it travels as.
    pub fn package(&self) -> Vec<u8> {
        let head = serde_json::to_string(&self.head).expect("it is texts only");
        let data = format!("{head}\n{}", self.source);
        let mut component = Component::new();
        component.section(&CustomSection {
            name: Cow::Borrowed(SECTION),
            data: Cow::Borrowed(data.as_bytes()),
        });
        component.finish()
    }

    /// Whether a component is one.
    pub fn is(component: &[u8]) -> bool {
        matches!(Self::of(component), Ok(Some(_)))
    }

    /// The script that a component is; none if it is another one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn of(component: &[u8]) -> Result<Option<Self>, Unloadable> {
        use wasmparser::Payload;
        let mut data = None;
        let mut is_more = false;
        for payload in wasmparser::Parser::new(0).parse_all(component) {
            match payload {
                Ok(Payload::CustomSection(section)) if section.name() == SECTION => {
                    is_more |= data.replace(section.data()).is_some();
                }
                Ok(Payload::CustomSection(_) | Payload::Version { .. } | Payload::End(_)) => {}
                // What is broken is told of where components are checked.
                _ => is_more = true,
            }
        }
        let Some(data) = data else { return Ok(None) };
        let bad = |problem: &str| Unloadable::Script(format!("its section `{SECTION}` {problem}"));
        if is_more {
            return Err(bad("has to be the only thing in it, beside its manifest"));
        }
        let text = std::str::from_utf8(data).map_err(|_| bad("is not UTF-8"))?;
        let (head, source) = text.split_once('\n').ok_or_else(|| bad("has no source"))?;
        let head: Head = serde_json::from_str(head)
            .map_err(|error| bad(&format!("does not say what it is: {error}")))?;
        if head.file != one_line(&head.file, FILE_CHARS) {
            return Err(bad(&format!(
                "names a file of more than {FILE_CHARS} characters, or of other than visible ones"
            )));
        }
        if source.len() > MOST_BYTES {
            return Err(Unloadable::Script(format!(
                "{} has {} bytes, and may have {MOST_BYTES}",
                one_line(&head.file, FILE_CHARS),
                source.len()
            )));
        }
        Ok(Some(Self {
            head,
            source: source.to_owned(),
        }))
    }
}

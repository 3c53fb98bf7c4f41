//! The bots that attack a host, and what is to come of each. Knows nothing of how they are run.

mod rows;

use std::net::SocketAddr;

use super::component::component;
use crate::registry::manifest;
use crate::sandbox::Limits;

pub use rows::CORPUS;

/// A bot that attacks the host.
#[derive(Clone, Copy, Debug)]
pub struct Attack {
    /// Its name, which is also that of its file.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// What its manifest has under `[wants]`; all of it is granted.
    pub wants: &'static str,
    /// What is to come of it.
    pub expected: Expected,
    /// Limits that bite before the deadline does, so that the outcome is the same on a slow machine.
    pub limits: fn(&mut Limits),
    /// What the engine cannot stop in the middle of; such a bot may be late by as long as that takes.
    pub uninterruptible: Option<Uninterruptible>,
}

/// What is to come of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It is not deployed, with one of these words among the reasons.
    Refused(&'static [&'static str]),
    /// It is deployed, and its turns end like this: a code, or `no-answer`.
    Ends(&'static str),
    /// It is deployed, and replies with this text and no other.
    Says(&'static str),
}

impl Expected {
    /// The word for it in a table.
    pub fn word(self) -> &'static str {
        match self {
            Expected::Refused(_) => REFUSED,
            Expected::Ends(code) => code,
            Expected::Says(_) => "replied",
        }
    }
}

/// What stands in a text for an address of this machine.
const NOBODY: &str = "127.0.0.1:00000";

/// In as many characters: a port may have zeros before it.
fn padded(address: SocketAddr) -> String {
    format!("{}:{:05}", address.ip(), address.port())
}

/// The word for a bot that was not deployed.
pub const REFUSED: &str = "refused";

/// Something that the engine does in one go.
#[derive(Clone, Copy, Debug)]
pub struct Uninterruptible {
    /// What it is.
    pub name: &'static str,
    /// Limits under which the same bot does it once and ends, so that it can be timed.
    pub once: fn(&mut Limits),
}

impl Attack {
    /// What the bot tempts: the first line of its text.
    pub fn tempts(&self) -> &'static str {
        let line = self.text.lines().next().unwrap_or_default();
        line.trim_start_matches([';', ' '])
    }

    /// The name that it is served under to be timed.
    pub fn once(&self) -> String {
        format!("{}-once", self.name)
    }

    /// The bot itself, with its manifest if it asks for something. `silent` takes the place of whoever takes requests and
    /// never answers them.
    ///
    /// # Errors
    /// What the text is instead, in the words of the crate that found it.
    pub fn component(&self, silent: SocketAddr) -> anyhow::Result<Vec<u8>> {
        let component = component(&self.text.replace(NOBODY, &padded(silent)))?;
        if self.wants.is_empty() {
            return Ok(component);
        }
        // A rule is written without the zeros that keep a text's length.
        let wants = self.wants.replace(NOBODY, &silent.to_string());
        let manifest = format!("name = \"evil\"\nversion = \"1.0.0\"\n[wants]\n{wants}\n");
        Ok(manifest::embed(&component, &manifest))
    }

    /// Whether it needs somebody who never answers.
    pub fn needs_silence(&self) -> bool {
        self.text.contains(NOBODY)
    }

    /// Whether it gets as far as a turn.
    pub fn is_deployed(&self) -> bool {
        !matches!(self.expected, Expected::Refused(_))
    }
}

/// A bot that behaves well, and says what it is told.
pub const NEIGHBOUR: &str = include_str!("../../../../tests/bots/neighbour.wat");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attack_is_a_component_that_says_what_it_tempts() {
        for attack in CORPUS {
            let silent = ([127, 0, 0, 1], 1).into();
            let encoded = attack.component(silent);
            assert!(encoded.is_ok(), "{}: {encoded:?}", attack.name);
            assert!(attack.tempts().len() > 10, "{}", attack.name);
        }
        assert!(component(NEIGHBOUR).is_ok());
    }
}

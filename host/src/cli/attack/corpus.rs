//! The bots that attack a host, and what is to come of each. Knows nothing of how they are run.

mod rows;

use crate::sandbox::Limits;

pub use rows::CORPUS;

/// A bot that attacks the host.
#[derive(Clone, Copy, Debug)]
pub struct Attack {
    /// Its name, which is also that of its file.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
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
    use crate::cli::attack::component::component;

    #[test]
    fn each_attack_is_a_component_that_says_what_it_tempts() {
        for attack in CORPUS {
            let encoded = component(attack.text);
            assert!(encoded.is_ok(), "{}: {encoded:?}", attack.name);
            assert!(attack.tempts().len() > 10, "{}", attack.name);
        }
        assert!(component(NEIGHBOUR).is_ok());
    }
}

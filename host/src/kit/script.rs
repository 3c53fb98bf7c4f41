//! What a script is made of, once it has been read. Knows nothing of files' notation and of bots.

use std::fmt;
use std::sync::Arc;

use super::asserter::Asserter;

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// The line, from 1 on.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A script that cannot be run as it stands: where, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Unreadable {
    /// Where.
    pub place: Place,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// One conversation, or a part of one that others include.
#[derive(Clone, Debug, PartialEq)]
pub struct Convo {
    /// What it is called: its first line, or else its file's name.
    pub name: String,
    /// The lines up to its first section.
    pub description: Option<String>,
    /// What is said, in order.
    pub steps: Vec<Step>,
    /// Where it begins.
    pub place: Place,
}

/// Phrases that stand for one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterances {
    /// The word that stands for them.
    pub name: String,
    /// None is empty.
    pub phrases: Vec<String>,
}

/// Whose section a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// What holds before anything is said.
    Begin,
    /// Nobody's: only others' steps.
    Include,
    /// The person.
    Me,
    /// The bot.
    Bot,
    /// What holds once all was said.
    End,
}

/// One section.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Whose.
    pub sender: Sender,
    /// Where its tag stands.
    pub place: Place,
    /// What is said, or is to be; empty if anything may be.
    pub text: String,
    /// The text is what a button says, and stands for nothing else.
    pub is_pressed: bool,
    /// The text is not to be said.
    pub is_not: bool,
    /// It need not come.
    pub is_optional: bool,
    /// What else is claimed of a message.
    pub asserters: Vec<Asserter>,
    /// The partial convos whose steps come after this one, or in its place if it has nothing of its own.
    pub includes: Vec<String>,
    /// What was said and not looked at is dropped here.
    pub skips_unread: bool,
}

impl Step {
    /// Whether it has anything beside what it includes.
    pub(super) fn has_interaction(&self) -> bool {
        self.includes.is_empty()
            || !self.text.is_empty()
            || !self.asserters.is_empty()
            || self.skips_unread
    }
}

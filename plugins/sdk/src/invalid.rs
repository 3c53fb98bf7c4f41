//! What is wrong with something that was to be sent: where, what, and what to do about it.

use std::fmt;

use crate::Fault;

/// A part of a reply that the platform would not take. It names the place, the limit and the remedy, and never
/// says what a text says: errors are logged.
///
/// With `?` it becomes a [`Fault`] with the code `reply-invalid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidReply {
    what: &'static str,
    /// A JSON pointer into a structured content, empty for the whole.
    pointer: String,
    problem: String,
}

impl InvalidReply {
    pub(crate) fn new(what: &'static str, problem: impl Into<String>) -> Self {
        Self {
            what,
            pointer: String::new(),
            problem: problem.into(),
        }
    }

    /// The same, seen from one level further out.
    pub(crate) fn below(mut self, field: &str, index: usize) -> Self {
        self.pointer = format!("/{field}/{index}{}", self.pointer);
        self
    }

    /// Where it is in the structured content, as a JSON pointer such as `/elements/2`; empty for the whole.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }
}

impl fmt::Display for InvalidReply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.what)?;
        if !self.pointer.is_empty() {
            write!(formatter, " at {}", self.pointer)?;
        }
        write!(formatter, " {}", self.problem)
    }
}

impl std::error::Error for InvalidReply {}

/// `reply-invalid`.
impl From<InvalidReply> for Fault {
    fn from(invalid: InvalidReply) -> Self {
        Self::new("reply-invalid", invalid.to_string())
    }
}

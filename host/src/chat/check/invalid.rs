//! What is wrong with a reply, and what was left out of one: where, and what to change.

use std::fmt::{self, Display};

use crate::limit::Exceeded;

/// Why a reply cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReply {
    /// It breaks a rule of the platform's.
    #[error("the reply cannot be sent: {at} {problem}{}", in_words(*id))]
    BreaksRule {
        /// Where, down to a JSON pointer into a structured content.
        at: String,
        /// How, and what would be right.
        problem: String,
        /// What the platform itself calls that, where it has a name for it.
        id: Option<&'static str>,
    },
    /// It is larger than its deployment allows.
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

fn in_words(id: Option<&'static str>) -> String {
    id.map_or_else(String::new, |id| format!(" (LivePerson: {id})"))
}

impl InvalidReply {
    /// The same, without what must not be told of it.
    pub fn told(self, redacted: impl Fn(&str) -> String) -> Self {
        match self {
            Self::BreaksRule { at, problem, id } => Self::BreaksRule {
                at: redacted(&at),
                problem: redacted(&problem),
                id,
            },
            Self::Exceeded(_) => self,
        }
    }

    /// The same, with the platform's own name for it.
    pub(super) fn named(mut self, name: impl Into<Option<&'static str>>) -> Self {
        if let Self::BreaksRule { id, .. } = &mut self {
            *id = name.into();
        }
        self
    }

    /// A stable name, for programs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            InvalidReply::BreaksRule { .. } => "reply-refused",
            InvalidReply::Exceeded(exceeded) => exceeded.limit.code(),
        }
    }
}

pub(in crate::chat) fn invalid(at: impl Display, problem: impl Into<String>) -> InvalidReply {
    InvalidReply::BreaksRule {
        at: at.to_string(),
        problem: problem.into(),
        id: None,
    }
}

/// A place in a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The reply itself.
    Reply,
    /// One of its parts, counted from 0.
    Part(usize),
    /// Its action.
    Action,
    /// One of its intents, counted from 0.
    Intent(usize),
}

impl Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Reply => write!(f, "it"),
            At::Part(index) => write!(f, "part {index}"),
            At::Action => write!(f, "the action"),
            At::Intent(index) => write!(f, "intent {index}"),
        }
    }
}

/// What was left out of a reply, since there is no place for it where the reply goes; where that was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// A text's own metadata.
    TextMetadata(At),
    /// A text's own encoded metadata.
    TextEncodedMetadata(At),
    /// Any encoded metadata in a live chat.
    ChatEncodedMetadata(At),
}

impl LeftOut {
    pub(super) fn what(&self) -> &'static str {
        match self {
            LeftOut::TextMetadata(_) => {
                "has metadata, for which the Custom Integration contract has no place on a text"
            }
            LeftOut::TextEncodedMetadata(_) => {
                "has encoded metadata, for which the Custom Integration contract has no place on a text; the reply's own \
                 goes with all of its parts"
            }
            LeftOut::ChatEncodedMetadata(_) => {
                "has encoded metadata, which only messaging takes, and this is a live chat"
            }
        }
    }

    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    fn at(&self) -> At {
        match self {
            LeftOut::TextMetadata(at)
            | LeftOut::TextEncodedMetadata(at)
            | LeftOut::ChatEncodedMetadata(at) => *at,
        }
    }
}

impl Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, what) = (self.at(), self.what());
        write!(f, "left out of the reply: {at} {what}")
    }
}

//! What a bot can be tried by.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A kind of test.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// What any bot has to bear, whatever it is for.
    Contract,
    /// What its author's conversations cost.
    Budget,
    /// The conversations that its author wrote.
    Conversations,
    /// Nothing goes from one turn, conversation or tenant to the next but by `state`.
    Isolation,
    /// A host without room, secrets or servers that work.
    HostileHost,
}

impl Level {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 5] = [
        Self::Contract,
        Self::Budget,
        Self::Conversations,
        Self::Isolation,
        Self::HostileHost,
    ];

    /// Whether it is nothing but its author's conversations.
    pub fn is_of_conversations(self) -> bool {
        matches!(self, Self::Budget | Self::Conversations)
    }

    /// As people and programs write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Budget => "budget",
            Self::Conversations => "conversations",
            Self::Isolation => "isolation",
            Self::HostileHost => "hostile-host",
        }
    }
}

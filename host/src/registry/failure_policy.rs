//! What the consumer gets when a bot fails. Knows nothing of how it failed: that is for its author.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::chat::Reply;

/// A deployment's choice.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "policy", rename_all = "kebab-case", deny_unknown_fields)]
pub enum FailurePolicy {
    /// The conversation goes to people.
    Escalate {
        /// To this skill, named exactly as the account spells it. Without one the caller is told of the
        /// failure, which makes the platform hand over to the skill of its own settings.
        #[serde(default)]
        skill: Option<String>,
    },
    /// The consumer gets a text, and the bot stays.
    Reply {
        /// What they read.
        text: String,
    },
    /// The consumer gets nothing, and the bot stays.
    Silent {},
}

impl Default for FailurePolicy {
    fn default() -> Self {
        FailurePolicy::Escalate { skill: None }
    }
}

impl FailurePolicy {
    /// What stands in for the bot's reply; none if the caller is to be told of the failure.
    pub fn reply(&self) -> Option<Reply> {
        match self {
            FailurePolicy::Escalate { skill: None } => None,
            FailurePolicy::Escalate { skill: Some(skill) } => Some(Reply::transfer_to(skill)),
            FailurePolicy::Reply { text } => Some(Reply::of_host(text)),
            FailurePolicy::Silent {} => Some(Reply::silence()),
        }
    }

    /// What is wrong with it, if something is.
    pub fn problem(&self) -> Option<&'static str> {
        match self {
            FailurePolicy::Escalate { skill: Some(skill) } if skill.trim().is_empty() => {
                Some("`skill` is empty: name a skill, or leave the key out")
            }
            FailurePolicy::Reply { text } if text.trim().is_empty() => {
                Some("`text` is empty: say something, or choose the policy `silent`")
            }
            _ => None,
        }
    }
}

//! What a bot asks for, and what it may be granted: each a text, the same in a manifest's section, on the command line and
//! in the store. Knows nothing of who grants what.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::capabilities::granted::Granted;
use crate::chat::one_line;
use crate::egress::Rule;
use crate::state::Scope;
use crate::tenant::SecretName;

/// Something that a bot may be granted.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Grant {
    /// The platform's own event, the visitor's data and the engagement attributes.
    PersonalData,
    /// A memory that it keeps.
    State(Scope),
    /// A secret that it reads.
    Secret(SecretName),
    /// Requests that it sends out.
    Http(Rule),
}

/// A text that is no grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is nothing that can be granted: {problem}")]
pub struct NoGrant {
    given: String,
    problem: String,
}

const PERSONAL_DATA: &str = "personal-data";
const SCOPES: [Scope; 2] = [Scope::Conversation, Scope::Bot];

impl Grant {
    /// What it lets a bot do, for who has to decide.
    pub fn in_words(&self) -> String {
        match self {
            Self::PersonalData => {
                "sees who writes: the visitor's data, the engagement attributes (SDEs), the platform's own event".to_owned()
            }
            Self::State(Scope::Conversation) => "remembers things of each conversation".to_owned(),
            Self::State(Scope::Bot) => "remembers things across all conversations".to_owned(),
            Self::Secret(name) => format!("reads the secret \"{name}\""),
            Self::Http(rule) => match rule.secret() {
                None => "sends requests there, with whatever it knows".to_owned(),
                Some(name) => format!(
                    "sends requests there, with whatever it knows, and with the secret \"{name}\" that it does not see"
                ),
            },
        }
    }
}

impl Grant {
    /// The secret that it has to do with, if it has.
    pub fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::Secret(name) => Some(name),
            Self::Http(rule) => rule.secret(),
            Self::PersonalData | Self::State(_) => None,
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PersonalData => f.write_str(PERSONAL_DATA),
            Self::State(scope) => write!(f, "state:{}", scope.as_str()),
            Self::Secret(name) => write!(f, "secret:{name}"),
            Self::Http(rule) => write!(f, "http:{rule}"),
        }
    }
}

impl FromStr for Grant {
    type Err = NoGrant;

    fn from_str(text: &str) -> Result<Self, NoGrant> {
        let none = |problem: &dyn fmt::Display| NoGrant {
            given: one_line(text, 100),
            problem: problem.to_string(),
        };
        match text.split_once(':') {
            None if text == PERSONAL_DATA => Ok(Self::PersonalData),
            Some(("state", scope)) => {
                let found = SCOPES.into_iter().find(|known| known.as_str() == scope);
                let found = found.ok_or_else(|| none(&"a scope is `conversation` or `bot`"))?;
                Ok(Self::State(found))
            }
            Some(("secret", name)) => Ok(Self::Secret(name.parse().map_err(|error| none(&error))?)),
            Some(("http", rule)) => Ok(Self::Http(rule.parse().map_err(|error| none(&error))?)),
            _ => Err(none(
                &"there are `personal-data`, `state:SCOPE`, `secret:NAME` and `http:METHODS ORIGIN`",
            )),
        }
    }
}

impl PartialSchema for Grant {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.examples(["state:conversation"]).into()
    }
}

impl ToSchema for Grant {}

impl TryFrom<String> for Grant {
    type Error = NoGrant;

    fn try_from(text: String) -> Result<Self, NoGrant> {
        text.parse()
    }
}

impl From<Grant> for String {
    fn from(grant: Grant) -> String {
        grant.to_string()
    }
}

/// Some grants.
pub type Grants = BTreeSet<Grant>;

/// What a bot that asks for some things may reach once it is granted some: what is both.
pub fn granted(wants: &Grants, grants: &Grants) -> Arc<Granted> {
    let mut granted = Granted::default();
    for grant in wants.intersection(grants) {
        match grant {
            Grant::PersonalData => granted.personal_data = true,
            Grant::State(scope) => drop(granted.state.insert(*scope)),
            Grant::Secret(name) => drop(granted.secrets.insert(name.clone())),
            Grant::Http(rule) => granted.http.push(rule.clone()),
        }
    }
    Arc::new(granted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_read_as_it_is_written_and_anything_else_is_told() {
        for text in [
            "personal-data",
            "state:conversation",
            "state:bot",
            "secret:orders-key",
            "http:GET,POST https://*.example.com:8443",
            "http:GET https://api.example.com authorization: Bearer {key}",
        ] {
            let grant: Grant = text.parse().expect("a grant");
            assert_eq!(grant.to_string(), text);
        }
        for (text, word) in [
            ("", "there are"),
            ("personal", "there are"),
            ("state", "there are"),
            ("state:user", "a scope is"),
            ("secret:a/b", "use 1 to 100 of"),
            ("http:https://api.example.com", "methods and an origin"),
            ("\u{1b}[31m:x", "\" [31m:x\""),
        ] {
            let error = text.parse::<Grant>().expect_err("no grant").to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}

//! The names that a message is addressed by. Knows nothing of what exists: that is `registry`'s.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// A name that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} \"{}\" is not valid: use 1 to {longest} of {alphabet}", .given.escape_default())]
pub struct InvalidName {
    what: &'static str,
    given: String,
    longest: usize,
    alphabet: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $longest:literal, $alphabet:literal, $also:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some(1))
                    .max_length(Some($longest))
                    .pattern(Some(concat!("^[A-Za-z0-9", $also, "]+$")));
                object.into()
            }
        }

        impl ToSchema for $type {}

        impl TryFrom<String> for $type {
            type Error = InvalidName;

            fn try_from(given: String) -> Result<Self, InvalidName> {
                let allowed = |c: char| c.is_ascii_alphanumeric() || $also.contains(c);
                if (1..=$longest).contains(&given.len()) && given.chars().all(allowed) {
                    return Ok(Self(given));
                }
                // A wrong name may be of any length; an error that repeats it must not be.
                let given = given.chars().take(64).collect();
                Err(InvalidName { what: $what, given, longest: $longest, alphabet: $alphabet })
            }
        }

        impl std::str::FromStr for $type {
            type Err = InvalidName;

            fn from_str(given: &str) -> Result<Self, InvalidName> {
                Self::try_from(given.to_owned())
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A customer that is isolated from all others: an account of the platform.
    TenantId, "tenant", 64, "A-Z a-z 0-9 - _", "_-"
);
name!(
    /// A bot inside a tenant. LivePerson's wizard takes at most 36 of these characters, and puts them into URLs.
    BotName, "bot", 36, "A-Z a-z 0-9 -", "-"
);
name!(
    /// A slot of a bot, such as `draft` or `production`.
    Environment, "environment", 36, "A-Z a-z 0-9 - _", "_-"
);

name!(
    /// A value that the operator keeps for a tenant's bots.
    SecretName, "secret", 100, "A-Z a-z 0-9 - _", "_-"
);

name!(
    /// What the platform calls a kind of event, such as `bot_connectors_pre_hook`.
    EventId, "event", 60, "A-Z a-z 0-9 _", "_"
);

impl EventId {
    /// The event of a consumer's message for a bot.
    pub fn custom_integration() -> Self {
        Self("bot_connectors_custom_integration".to_owned())
    }
}

/// What bots' UUIDs are made in, as RFC 9562 has it; it never changes, since callers have them written down.
const UUIDS: Uuid = Uuid::from_u128(0x23ac_ce9f_6074_4fc1_842e_c173_17e4_86e0);

impl BotName {
    /// What the platform's clients of functions call this bot of a tenant: the same for as long as it has its name.
    pub fn uuid(&self, of: &TenantId) -> Uuid {
        Uuid::new_v5(&UUIDS, format!("{of}/{self}").as_bytes())
    }
}

impl Environment {
    /// The slot that the platform's clients of functions invoke.
    pub fn production() -> Self {
        Self("production".to_owned())
    }

    /// The slot that every bot has; LivePerson requires one of this name.
    pub fn draft() -> Self {
        Self("draft".to_owned())
    }
}

/// Where a message goes: a bot of a tenant, in one of its environments.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Whose bot.
    pub tenant: TenantId,
    /// Which bot.
    pub bot: BotName,
    /// Which of its environments.
    pub environment: Environment,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.tenant, self.bot, self.environment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_to_its_alphabet_and_length() {
        for good in ["a", "Parcel-Bot-2", &"x".repeat(36)] {
            assert_eq!(
                good.parse::<BotName>().map(|name| name.to_string()),
                Ok(good.to_owned())
            );
        }
        for bad in ["", "a b", "a/b", "..", "bot_1", "é", "a\n", &"x".repeat(37)] {
            assert!(bad.parse::<BotName>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn the_uuid_of_a_bot_is_its_tenants_and_its_own_and_never_changes() {
        let uuid = |tenant: &str, bot: &str| {
            let tenant = tenant.parse().expect("a tenant");
            let bot: BotName = bot.parse().expect("a bot");
            bot.uuid(&tenant).to_string()
        };
        assert_eq!(uuid("acme", "echo"), "139f3591-4205-54d8-bbe3-85e68b8fcf24");
        assert_ne!(uuid("acme", "echo"), uuid("other", "echo"));
        assert_ne!(uuid("acme", "echo"), uuid("acme", "Echo"));
    }

    #[test]
    fn a_wrong_name_is_told_what_is_right() {
        let error = "my bot"
            .parse::<BotName>()
            .expect_err("a space is not allowed");
        assert_eq!(
            error.to_string(),
            "bot \"my bot\" is not valid: use 1 to 36 of A-Z a-z 0-9 -"
        );
    }
}

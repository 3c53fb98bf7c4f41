//! Why somebody may not do what they asked for, or make a token.

use super::Role;
use crate::registry::ledger::NotKept;
use crate::store::Failed;

/// Why somebody may not do what they asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No token was sent.
    #[error("this needs a token: send it as `authorization: Bearer TOKEN`")]
    Missing,
    /// There is no such token.
    #[error(
        "this token is not known here: it takes one of this host's own, which `retort tokens` makes"
    )]
    Unknown,
    /// It was valid.
    #[error("this token has expired; have a new one made")]
    Expired,
    /// It was valid.
    #[error("this token was revoked; have a new one made")]
    Revoked,
    /// It is valid, and not for this.
    #[error("this token may not do this: that takes the role {}", .0.as_str())]
    Role(Role),
    /// It is valid, and not for this tenant.
    #[error("this token is for other tenants")]
    Tenant,
    /// Nobody mistakes a token so often.
    #[error("too many calls came with a token that is not valid; try again in a minute")]
    TooMany,
}

impl Refused {
    /// A stable name, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "no-token",
            Self::Unknown => "unknown-token",
            Self::Expired => "expired-token",
            Self::Revoked => "revoked-token",
            Self::Role(_) => "not-your-role",
            Self::Tenant => "not-your-tenant",
            Self::TooMany => "too-many-attempts",
        }
    }

    /// Whether a token was tried that is not valid.
    pub fn is_attempt(self) -> bool {
        matches!(self, Self::Unknown | Self::Expired | Self::Revoked)
    }
}

/// A token that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// Nobody can give what they have not.
    #[error("a token can be made only for roles and tenants that one's own token has")]
    More,
    /// Its name is none.
    #[error(
        "the name of a token has 1 to 64 visible characters, none of them a space at its ends, and is not \"nobody\" or \"the host\""
    )]
    Name,
    /// It could do nothing.
    #[error("a token without a role, or for no tenant, can do nothing: give it some")]
    Nothing,
    /// There is none to be revoked.
    #[error("there is no token \"{0}\"")]
    NoSuch(String),
    /// It could not be kept.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

impl NotMade {
    /// A stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::More => "more-than-yours",
            Self::Name | Self::Nothing => "bad-token",
            Self::NoSuch(_) => "no-such-token",
            Self::NotKept(error) => error.code(),
        }
    }
}

impl From<Failed> for NotMade {
    fn from(failed: Failed) -> Self {
        Self::NotKept(failed.into())
    }
}

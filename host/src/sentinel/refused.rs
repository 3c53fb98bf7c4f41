//! Why a call is not taken for one of LivePerson's, or the keys to tell cannot be had.

use std::path::PathBuf;

use super::keys::Unusable;
use crate::fault::Fault;

/// Why a call is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody has said how to tell whose call it is.
    #[error(
        "this host answers no calls of LivePerson's: give it the keys that their tokens are signed with, in `liveperson`"
    )]
    Closed,
    /// No token was sent.
    #[error("this needs a token of LivePerson's: send it as `authorization: Bearer TOKEN`")]
    Missing,
    /// It is something else.
    #[error(
        "this is no token of LivePerson's: it is not three parts of base64url, or what they say is of another shape, \
         such as no number in `exp`"
    )]
    NotAToken,
    /// It is signed in another way, or not at all.
    #[error("this token is not signed by RS256")]
    Algorithm,
    /// There is no such key, as far as anybody knows.
    #[error("this token is signed with a key that this host does not know")]
    KeyNotKnown,
    /// There is such a key, and it has not signed this.
    #[error("this token is not signed with the key that it names")]
    Signature,
    /// Somebody else has made it.
    #[error("this token is of another issuer; `liveperson.issuers` says whose are taken")]
    Issuer,
    /// It was valid.
    #[error("this token has expired")]
    Expired,
    /// It will be valid.
    #[error("this token is not valid yet")]
    TooEarly,
    /// It is for nobody, for several, or for an account that has no bot here.
    #[error(
        "this token is for no account that this host serves: its `aud` has to be the account's number, as a text, and \
         the tenant's name here"
    )]
    Audience,
    /// It is for something else.
    #[error(
        "this token has none of the scopes that this takes; `liveperson.scopes` says which those are for bots, and \
         functions take `faas.lambda.invoke`"
    )]
    Scope,
    /// It names a key that is not known here, and those who publish keys do not answer. With the seconds until they are
    /// asked again.
    #[error("the keys that tokens are signed with cannot be fetched")]
    KeysNotThere(u64),
}

impl Refused {
    /// A stable name, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Closed => "no-custom-endpoint",
            Self::Missing => "no-token",
            Self::NotAToken => "not-a-token",
            Self::Algorithm => "wrong-algorithm",
            Self::KeyNotKnown => "unknown-key",
            Self::Signature => "wrong-signature",
            Self::Issuer => "wrong-issuer",
            Self::Expired => "expired-token",
            Self::TooEarly => "early-token",
            Self::Audience => "wrong-audience",
            Self::Scope => "wrong-scope",
            Self::KeysNotThere(_) => "keys-not-there",
        }
    }

    /// Whose fault it is.
    pub fn fault(self) -> Fault {
        match self {
            Self::KeysNotThere(_) => Fault::Host,
            _ => Fault::Caller,
        }
    }
}

/// Why calls cannot be told apart with these settings.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// Without a token, and only with one.
    #[error(
        "`liveperson.open_tenant` answers calls without a token, and `liveperson` has keys to tell tokens by as well; \
         take one of both away"
    )]
    Contradiction,
    /// Nobody's tokens would be taken.
    #[error("`liveperson.issuers` is empty, so no token would be valid; leave it out, or name one")]
    NoIssuer,
    /// A key in the text of the configuration is none.
    #[error("`liveperson.public_keys`: number {number} cannot be used: {source}")]
    Key {
        /// Which of them, counted from 1.
        number: usize,
        /// What is wrong with it.
        source: Unusable,
    },
    /// A file cannot be read.
    #[error("`liveperson.key_files`: \"{}\" cannot be read: {source}", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// What is in a file is no key.
    #[error("`liveperson.key_files`: \"{}\" cannot be used: {source}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: Unusable,
    },
    /// An address where no keys can be had safely.
    #[error(
        "`liveperson.jwks_urls`: \"{0}\" is no https:// URL; http:// is for this machine alone, since whoever is on the \
         way could answer with keys of their own"
    )]
    Url(String),
}

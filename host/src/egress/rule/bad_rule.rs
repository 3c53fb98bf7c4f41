//! What can be wrong with a rule's text, each with what would be right.

use crate::egress::shown::Shown;
use crate::tenant::InvalidName;

/// Why a text is no rule, and what would be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// Too long.
    #[error("a rule has at most 512 bytes, and this one {bytes}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Not both methods and an origin.
    #[error(
        "a rule is methods and an origin with one space between, such as `GET,POST https://api.example.com`"
    )]
    Incomplete,
    /// An unknown method.
    #[error(
        "{} is no method: use GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, with commas and no spaces between",
        Shown(.given)
    )]
    UnknownMethod {
        /// What stands for a method.
        given: String,
    },
    /// Neither `https` nor `http`.
    #[error("{} does not start with a scheme: write https:// or http:// before its host", Shown(.given))]
    NoScheme {
        /// The origin.
        given: String,
    },
    /// A user or a password.
    #[error("an origin has no user or password: leave out everything up to the @")]
    HasUser,
    /// A slash at the end, and nothing after it.
    #[error("leave out the / at the end of the origin: a rule is for all of its paths")]
    TrailingSlash,
    /// A path, a query or a fragment.
    #[error("leave out the `{from}` and all after it: a rule is for a whole origin")]
    MoreThanOrigin {
        /// Where it starts.
        from: char,
    },
    /// A port that is none.
    #[error("{} is no port: use 1 to 65535 without zeros before it, or leave it out with its colon", Shown(.given))]
    BadPort {
        /// What stands after the colon.
        given: String,
    },
    /// A host that is neither a name nor an address.
    #[error("{} is no host: use a DNS name or an IP address", Shown(.given))]
    BadHost {
        /// What stands for a host.
        given: String,
    },
    /// A host that is written differently from how it is compared.
    #[error("{} means \"{normal}\": write that", Shown(.given))]
    NotNormal {
        /// The host as it stands.
        given: String,
        /// How it has to be written.
        normal: String,
    },
    /// A wildcard in the wrong place, or for too much.
    #[error(
        "{} has a wildcard that is not `*.` before a name of two labels or more, as in `*.example.com`",
        Shown(.given)
    )]
    BadWildcard {
        /// The host.
        given: String,
    },
    /// What follows the origin is no header.
    #[error(
        "{} is no header with a value: write it as in `authorization: Bearer {{name-of-a-secret}}`, in one line",
        Shown(.given)
    )]
    NotAHeader {
        /// What follows the origin.
        given: String,
    },
    /// A header's name that is none, or not in lower case.
    #[error("{} is no header's name in lower case: use a-z 0-9 -, such as `x-api-key`", Shown(.given))]
    BadHeaderName {
        /// What stands for the name.
        given: String,
    },
    /// A header that is the transport's.
    #[error("the header \"{name}\" is set by the transport: use another, such as `authorization`")]
    TransportHeader {
        /// Its name.
        name: String,
    },
    /// Not exactly one secret.
    #[error("the value {} has to have exactly one secret in braces, as in `Bearer {{api-key}}`", Shown(.given))]
    NotOneSecret {
        /// The value.
        given: String,
    },
    /// A secret's name that cannot be one.
    #[error(transparent)]
    BadSecretName(#[from] InvalidName),
}

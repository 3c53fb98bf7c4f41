//! Why nothing came back, in words that a bot's author may read: never a secret, a header's value, or a query.

/// Why a request got no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// No rule allows it, or its address is one that bots may not reach.
    #[error("{0}")]
    Denied(String),
    /// It is malformed.
    #[error("{0}")]
    Invalid(String),
    /// It was not done at its deadline.
    #[error("the request was not done by its deadline")]
    Timeout,
    /// Too large, too many, or too often.
    #[error("{0}")]
    Limit(String),
    /// The other side could not be reached, or broke off.
    #[error("{0}")]
    Connection(String),
}

impl NotSent {
    /// The case of the contract's `http-error` that it is.
    pub fn case(&self) -> &'static str {
        match self {
            NotSent::Denied(_) => "denied",
            NotSent::Invalid(_) => "invalid",
            NotSent::Timeout => "timeout",
            NotSent::Limit(_) => "limit",
            NotSent::Connection(_) => "connection",
        }
    }

    pub(super) fn denied(why: impl Into<String>) -> Self {
        NotSent::Denied(why.into())
    }

    pub(super) fn invalid(why: impl Into<String>) -> Self {
        NotSent::Invalid(why.into())
    }

    pub(super) fn limit(why: impl Into<String>) -> Self {
        NotSent::Limit(why.into())
    }

    pub(super) fn connection(why: impl Into<String>) -> Self {
        NotSent::Connection(why.into())
    }
}

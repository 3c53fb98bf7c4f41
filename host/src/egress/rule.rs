//! What a bot may send: rules, as text that an operator can read and grant. Knows nothing of who grants it.
//!
//! A rule is `METHODS ORIGIN`, or `METHODS ORIGIN HEADER: VALUE` where the value has the name of a secret in braces:
//! `POST https://orders.example.com authorization: Bearer {orders-key}`. The host puts the secret in its place, on the
//! way out, so that no bot needs to have it.

mod bad_rule;
mod injection;
mod origin;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use hyper::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

use super::method::Method;
use super::not_sent::NotSent;
use super::secrets::Secrets;
use super::settings::Remedy;
use super::target;
use crate::tenant::SecretName;
pub use bad_rule::BadRule;
use injection::Injection;
use origin::Origin;

/// Longer is no rule that somebody reads.
const MOST_BYTES: usize = 512;

/// Methods that may be sent to an origin, and a secret that goes along.
///
/// Two rules are equal if they say the same; [`fmt::Display`] gives the one text for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    /// At least one, in the order of [`Method::ALL`].
    methods: Vec<Method>,
    origin: Origin,
    injection: Option<Injection>,
}

impl Rule {
    /// The name of the secret that goes along, if one does.
    pub fn secret(&self) -> Option<&SecretName> {
        self.injection.as_ref().map(Injection::secret)
    }

    /// Whether a request with this method may go to this URL.
    pub fn allows(&self, method: Method, url: &Url) -> bool {
        self.methods.contains(&method) && self.origin.matches(url)
    }
}

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        if text.len() > MOST_BYTES {
            return Err(BadRule::TooLong { bytes: text.len() });
        }
        let (methods, rest) = text.split_once(' ').ok_or(BadRule::Incomplete)?;
        let (origin, injection) = match rest.split_once(' ') {
            Some((origin, injection)) => (origin, Some(injection)),
            None => (rest, None),
        };
        Ok(Self {
            methods: parse_methods(methods)?,
            origin: origin.parse()?,
            injection: injection.map(str::parse).transpose()?,
        })
    }
}

fn parse_methods(text: &str) -> Result<Vec<Method>, BadRule> {
    let mut methods = Vec::new();
    for name in text.split(',') {
        let given = || BadRule::UnknownMethod {
            given: name.to_owned(),
        };
        methods.push(Method::named(name).ok_or_else(given)?);
    }
    methods.sort_unstable();
    methods.dedup();
    Ok(methods)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, method) in self.methods.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{method}")?;
        }
        write!(f, " {}", self.origin)?;
        match &self.injection {
            Some(injection) => write!(f, " {injection}"),
            None => Ok(()),
        }
    }
}

impl TryFrom<String> for Rule {
    type Error = BadRule;

    fn try_from(text: String) -> Result<Self, BadRule> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> String {
        rule.to_string()
    }
}

/// A rule that was granted, with the value of its secret.
#[derive(Clone)]
pub struct Allowed {
    /// What may be sent.
    pub rule: Rule,
    /// The value of the rule's secret; none if it has no secret, or that is not set.
    pub secret: Option<Arc<str>>,
}

impl fmt::Debug for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = self.secret.as_ref().map(|_| "...");
        f.debug_struct("Allowed")
            .field("rule", &self.rule.to_string())
            .field("secret", &secret)
            .finish()
    }
}

impl Allowed {
    /// The header that this rule adds, with its secret, which is noted among `secrets` to be hidden in answers.
    pub(super) fn injected(
        &self,
        secrets: &mut Secrets,
        remedy: Remedy,
    ) -> Result<Option<(HeaderName, HeaderValue)>, NotSent> {
        let Some(injection) = &self.rule.injection else {
            return Ok(None);
        };
        let name = injection.secret();
        let value = self.secret.as_ref().filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| {
            NotSent::denied(format!(
                "the secret \"{name}\", which its rule sends along, is not set: {}",
                remedy.gives_secrets()
            ))
        })?;
        let header = injection.header(value).ok_or_else(|| {
            NotSent::denied(format!(
                "the secret \"{name}\" has a line break or another character that no header can have"
            ))
        })?;
        secrets.note(value);
        Ok(Some(header))
    }
}

/// The rule that a request goes out by: the first of those that allow it.
pub(super) fn first_that_allows<'a>(
    allowed: &'a [Allowed],
    method: Method,
    url: &Url,
) -> Result<&'a Allowed, NotSent> {
    let first = allowed
        .iter()
        .find(|allowed| allowed.rule.allows(method, url));
    first.ok_or_else(|| {
        let origin = target::origin(url);
        NotSent::denied(format!(
            "no rule allows {method} {origin}: it takes one under `http` of `[wants]` in its manifest, and a grant of it"
        ))
    })
}

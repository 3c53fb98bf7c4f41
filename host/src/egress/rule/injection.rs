//! The header that a rule adds to a request, with a secret in it that the bot does not have.

use std::fmt;
use std::str::FromStr;

use hyper::header::{HeaderName, HeaderValue};

use super::bad_rule::BadRule;
use crate::egress::headers;
use crate::tenant::SecretName;

/// A header, and where in its value the secret goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Injection {
    header: String,
    before: String,
    secret: SecretName,
    after: String,
}

impl Injection {
    /// The name of the secret.
    pub(super) fn secret(&self) -> &SecretName {
        &self.secret
    }

    /// The header with the secret's value; none if no header can have that.
    pub(super) fn header(&self, value: &str) -> Option<(HeaderName, HeaderValue)> {
        let name = HeaderName::from_bytes(self.header.as_bytes()).ok()?;
        let value = format!("{}{value}{}", self.before, self.after);
        let mut value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    }
}

impl FromStr for Injection {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let not_a_header = || BadRule::NotAHeader {
            given: text.to_owned(),
        };
        let (header, value) = text.split_once(": ").ok_or_else(not_a_header)?;
        check_name(header)?;
        let printable = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !printable || value.trim() != value {
            return Err(not_a_header());
        }
        let [before, secret, after] = split_secret(value)?;
        Ok(Self {
            header: header.to_owned(),
            before: before.to_owned(),
            secret: secret.parse()?,
            after: after.to_owned(),
        })
    }
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            header,
            before,
            secret,
            after,
        } = self;
        write!(f, "{header}: {before}{{{secret}}}{after}")
    }
}

fn check_name(header: &str) -> Result<(), BadRule> {
    let parsed = HeaderName::from_lowercase(header.as_bytes());
    if parsed.is_err() {
        return Err(BadRule::BadHeaderName {
            given: header.to_owned(),
        });
    }
    if headers::is_transports(header) {
        return Err(BadRule::TransportHeader {
            name: header.to_owned(),
        });
    }
    Ok(())
}

fn split_secret(value: &str) -> Result<[&str; 3], BadRule> {
    let not_one = || BadRule::NotOneSecret {
        given: value.to_owned(),
    };
    let (before, rest) = value.split_once('{').ok_or_else(not_one)?;
    let (secret, after) = rest.split_once('}').ok_or_else(not_one)?;
    if before.contains('}') || secret.contains('{') || after.contains(['{', '}']) {
        return Err(not_one());
    }
    Ok([before, secret, after])
}

//! Where a rule lets requests go: a scheme, a host or those one label below it, and a port.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use super::bad_rule::BadRule;
use crate::egress::target;

/// The place that a rule is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Origin {
    scheme: Scheme,
    /// With the first label taken off, where that is a wildcard.
    host: String,
    wildcard: bool,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Scheme {
    Https,
    Http,
}

impl Scheme {
    fn as_str(self) -> &'static str {
        match self {
            Scheme::Https => "https",
            Scheme::Http => "http",
        }
    }

    fn port(self) -> u16 {
        match self {
            Scheme::Https => 443,
            Scheme::Http => 80,
        }
    }
}

impl Origin {
    /// Whether a URL leads here. Its host is compared as `url` has normalised it, as ours was.
    pub(super) fn matches(&self, url: &Url) -> bool {
        url.scheme() == self.scheme.as_str()
            && url.port_or_known_default() == Some(self.port)
            && url.host_str().is_some_and(|host| self.matches_host(host))
    }

    fn matches_host(&self, host: &str) -> bool {
        if !self.wildcard {
            return host == self.host;
        }
        let label = host
            .strip_suffix(self.host.as_str())
            .and_then(|rest| rest.strip_suffix('.'));
        label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
    }
}

impl FromStr for Origin {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let no_scheme = || BadRule::NoScheme {
            given: text.to_owned(),
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(no_scheme)?;
        let scheme = match scheme {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return Err(no_scheme()),
        };
        check_end(rest)?;
        let (given, port) = split_port(rest)?;
        let (wildcard, host) = split_wildcard(given)?;
        check_host(host)?;
        if wildcard && !is_wide_enough(host) {
            return Err(BadRule::BadWildcard {
                given: given.to_owned(),
            });
        }
        Ok(Self {
            scheme,
            host: host.to_owned(),
            wildcard,
            port: port.unwrap_or_else(|| scheme.port()),
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wildcard = if self.wildcard { "*." } else { "" };
        write!(f, "{}://{wildcard}{}", self.scheme.as_str(), self.host)?;
        if self.port == self.scheme.port() {
            return Ok(());
        }
        write!(f, ":{}", self.port)
    }
}

/// Nothing may stand round the host and the port.
fn check_end(rest: &str) -> Result<(), BadRule> {
    if let Some(at) = rest.find(['/', '?', '#', '\\']) {
        let (host, end) = rest.split_at(at);
        return Err(match end.chars().next() {
            _ if host.contains('@') => BadRule::HasUser,
            Some('/') if end.len() == 1 => BadRule::TrailingSlash,
            from => BadRule::MoreThanOrigin {
                from: from.unwrap_or('/'),
            },
        });
    }
    if rest.contains('@') {
        return Err(BadRule::HasUser);
    }
    Ok(())
}

/// Splits at the last colon that is not inside an IPv6 address.
fn split_port(rest: &str) -> Result<(&str, Option<u16>), BadRule> {
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => return Ok((rest, None)),
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
    match port.parse() {
        Ok(number) if digits => Ok((host, Some(number))),
        _ => Err(BadRule::BadPort {
            given: port.to_owned(),
        }),
    }
}

fn split_wildcard(given: &str) -> Result<(bool, &str), BadRule> {
    let (wildcard, host) = match given.strip_prefix("*.") {
        Some(host) => (true, host),
        None => (false, given),
    };
    if host.contains('*') {
        return Err(BadRule::BadWildcard {
            given: given.to_owned(),
        });
    }
    Ok((wildcard, host))
}

/// Takes only a host that comes out of the parser as it went in, so that comparing text is comparing hosts.
fn check_host(given: &str) -> Result<(), BadRule> {
    let bad = || BadRule::BadHost {
        given: given.to_owned(),
    };
    let url = Url::parse(&format!("https://{given}")).map_err(|_| bad())?;
    let normal = url.host_str().ok_or_else(bad)?;
    let normal = normal.strip_suffix('.').unwrap_or(normal);
    if matches!(url.host(), Some(Host::Domain(_))) && !target::is_dns_name(normal) {
        return Err(bad());
    }
    if normal != given {
        let normal = normal.to_owned();
        return Err(BadRule::NotNormal {
            given: given.to_owned(),
            normal,
        });
    }
    Ok(())
}

/// A wildcard for a whole top level, or for addresses, is none that anybody means.
fn is_wide_enough(host: &str) -> bool {
    let is_name = host.parse::<std::net::Ipv4Addr>().is_err() && !host.starts_with('[');
    is_name && host.contains('.')
}

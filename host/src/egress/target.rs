//! The URLs that bots and redirects name: only those that every reader takes for the same. Knows nothing of rules.
//!
//! Parsers differ in what they make of backslashes, control characters and userinfo, and tricks live in that gap. So
//! such text is refused, and from here on only the parsed URL is used: for rules, for the connection and for `host`.

use url::{Host, Url};

use super::not_sent::NotSent;
use super::shown::Shown;

/// What most servers take at most, and enough for any API.
const MOST_BYTES: usize = 8 * 1024;

const USER: &str = "has a user or a password: send a header instead";

/// Parses the URL of a request. A fragment may be there: it is not for the server, and is not sent.
pub(super) fn parse(text: &str) -> Result<Url, NotSent> {
    check_text(text)?;
    let url = Url::parse(text).map_err(|error| invalid(&format!("cannot be parsed: {error}")))?;
    checked(url, text)
}

/// Parses where a redirect leads, which may be relative to `base`.
pub(super) fn parse_relative(base: &Url, text: &str) -> Result<Url, NotSent> {
    check_text(text)?;
    let joined = base.join(text);
    let url = joined.map_err(|error| invalid(&format!("cannot be parsed: {error}")))?;
    checked(url, text)
}

/// The scheme, host and port of a checked URL: all that our messages tell of it.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The host of a checked URL as a name, or the address that it is.
pub(super) fn host(url: &Url) -> Result<Host<&str>, NotSent> {
    url.host().ok_or_else(|| invalid("has no host"))
}

/// Whether this is a name that DNS can hold, in lower case.
pub(super) fn is_dns_name(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    // Underscores are in no host's name by the book, and in those of some clouds.
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=63).contains(&label.len())
        && label.chars().all(allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn check_text(text: &str) -> Result<(), NotSent> {
    if text.len() > MOST_BYTES {
        return Err(invalid(&format!("is longer than {MOST_BYTES} bytes")));
    }
    let bad = |c: &char| c.is_control() || c.is_whitespace() || *c == '\\';
    match text.chars().find(bad) {
        Some(bad) => {
            let bad = bad.escape_default();
            let why = format!("has the character `{bad}`: percent-encode it, or leave it out");
            Err(invalid(&why))
        }
        None => Ok(()),
    }
}

fn checked(url: Url, text: &str) -> Result<Url, NotSent> {
    if !matches!(url.scheme(), "http" | "https") {
        let scheme = Shown(url.scheme());
        return Err(invalid(&format!(
            "has the scheme {scheme}: use https or http"
        )));
    }
    check_authority(text)?;
    // None is left by now, unless the parser finds one where we do not look.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(USER));
    }
    check_host(&url)?;
    if url.port() == Some(0) {
        return Err(invalid("has the port 0"));
    }
    // Percent-encoding makes it longer.
    if url.as_str().len() > MOST_BYTES {
        return Err(invalid(&format!("is longer than {MOST_BYTES} bytes")));
    }
    Ok(url)
}

/// What the parser forgives, and forgets, in what comes before the path.
fn check_authority(text: &str) -> Result<(), NotSent> {
    let rest = match after_scheme(text) {
        Some(rest) if rest.starts_with("//") => rest,
        Some(_) => return Err(invalid("has no // after its scheme")),
        None => text,
    };
    let Some(rest) = rest.strip_prefix("//") else {
        return Ok(()); // a path, of a redirect
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err(invalid("has no host"));
    }
    if authority.contains('@') {
        return Err(invalid(USER));
    }
    if authority.contains('%') {
        return Err(invalid("has a percent-encoded host: write it out"));
    }
    Ok(())
}

fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    scheme.chars().all(is_scheme).then_some(rest)
}

fn check_host(url: &Url) -> Result<(), NotSent> {
    let Host::Domain(name) = host(url)? else {
        return Ok(());
    };
    if name.ends_with('.') {
        return Err(invalid("has a dot at the end of its host: leave it out"));
    }
    if !is_dns_name(name) {
        let name = Shown(name);
        return Err(invalid(&format!("has a host that is no DNS name: {name}")));
    }
    Ok(())
}

fn invalid(why: &str) -> NotSent {
    NotSent::invalid(format!("the URL {why}"))
}

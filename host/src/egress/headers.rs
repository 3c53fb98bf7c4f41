//! The headers of both ways: which a bot may send, and which concern one connection only and are not passed on.

use hyper::HeaderMap;
use hyper::header::{CONNECTION, HeaderName, HeaderValue};

use super::not_sent::NotSent;
use super::shown::Shown;

/// What an upstream takes for sure.
const MOST_HEADERS: usize = 64;
/// Names and values together; servers refuse more than this, or twice this.
const MOST_BYTES: usize = 16 * 1024;

/// The headers of a bot's request, without those that are the transport's.
pub(super) fn checked(given: &[(String, String)]) -> Result<HeaderMap, NotSent> {
    if given.len() > MOST_HEADERS {
        let count = given.len();
        let why = format!("the request has {count} headers, over the limit of {MOST_HEADERS}");
        return Err(NotSent::limit(why));
    }
    let bytes: usize = given
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if bytes > MOST_BYTES {
        let why = format!("the headers have {bytes} bytes, over the limit of {MOST_BYTES}");
        return Err(NotSent::limit(why));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let (name, value) = parse(name, value)?;
        headers.append(name, value);
    }
    strip(&mut headers, is_transports);
    Ok(headers)
}

fn parse(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), NotSent> {
    let shown = Shown(name);
    let parsed = HeaderName::from_bytes(name.as_bytes());
    let parsed = parsed.map_err(|_| NotSent::invalid(format!("{shown} is no header's name")))?;
    let value = HeaderValue::from_str(value).or_else(|_| HeaderValue::from_bytes(value.as_bytes()));
    let value = value.map_err(|_| {
        NotSent::invalid(format!(
            "the header {shown} has a value with control characters"
        ))
    })?;
    Ok((parsed, value))
}

/// Takes out of a response what concerned its connection only.
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    strip(headers, is_hop_by_hop);
}

/// Takes out the headers that `unwanted` names, and those that `connection` does.
fn strip(headers: &mut HeaderMap, unwanted: fn(&str) -> bool) {
    let connection = headers.get_all(CONNECTION).iter();
    let listed = connection.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let listed: Vec<HeaderName> = listed
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    let kept = headers.iter();
    let kept = kept.filter(|(name, _)| !unwanted(name.as_str()) && !listed.contains(name));
    // Taking them out one by one would change the order of the others.
    *headers = kept
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
}

/// Whether neither a bot nor a rule may set this header: the host does, or nobody.
pub(super) fn is_transports(name: &str) -> bool {
    is_hop_by_hop(name) || matches!(name, "host" | "content-length" | "expect")
}

fn is_hop_by_hop(name: &str) -> bool {
    let listed = matches!(
        name,
        "connection" | "keep-alive" | "te" | "trailer" | "transfer-encoding" | "upgrade"
    );
    listed || name.starts_with("proxy-")
}

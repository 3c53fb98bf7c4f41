//! A revision, by as much of its digest as tells it from others.

use serde_json::Value;

use super::remote::Remote;
use super::table::{field, items, text};
use crate::cli::Ended;

/// Fewer digits might be those of several revisions.
pub(super) const LEAST_DIGITS: usize = 6;

/// The digits in what somebody gave, if it is some.
pub(super) fn digits(what: &str) -> Option<&str> {
    let digits = what.strip_prefix("sha256:").unwrap_or(what);
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (digits.len() >= LEAST_DIGITS && digits.bytes().all(is_digit)).then_some(digits)
}

/// The one revision of a bot, at this path of the admin API, that begins with these digits.
pub(super) async fn find(remote: &Remote, bot: &str, digits: &str) -> Result<Value, Ended> {
    let answer = remote
        .ask_all(&format!("{bot}/revisions"), "revisions")
        .await?;
    let all = items(&answer, "revisions").iter();
    let found: Vec<_> = all
        .filter(|revision| text(field(revision, "digest")).starts_with(digits))
        .collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Ended::Usage(format!(
            "the bot has no revision that begins with {digits}; `retort revisions` lists what it has"
        ))),
        _ => Err(Ended::Usage(format!(
            "{} revisions begin with {digits}: give more digits",
            found.len()
        ))),
    }
}

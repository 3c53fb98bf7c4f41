//! The secrets that a turn has to do with, taken out of whatever is said of it.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::Secret;
use crate::tenant::SecretName;

/// One turn's secrets. Cheap to clone: all that writes of the turn shares them.
#[derive(Clone, Debug, Default)]
pub struct Redactions(Arc<Mutex<Vec<Pattern>>>);

/// What not to say, and what to say for it.
#[derive(Debug)]
struct Pattern {
    hidden: Zeroizing<String>,
    shown: Arc<str>,
}

/// Lines of a secret that are long enough to be told from other words: a key in PEM is printed line by line.
const LINE_BYTES: usize = 16;

impl Redactions {
    /// One more.
    pub fn add(&self, name: &SecretName, secret: &Secret) {
        let shown: Arc<str> = format!("[secret {name}]").into();
        let mut patterns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if patterns
            .iter()
            .any(|known| known.hidden.as_str() == secret.expose())
        {
            return;
        }
        patterns.extend(forms(secret.expose()).into_iter().map(|hidden| Pattern {
            hidden: Zeroizing::new(hidden),
            shown: Arc::clone(&shown),
        }));
        // The longest first: what is a part of another one must not break that up.
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.hidden.len()));
    }

    /// A text without them.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let patterns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut redacted = Cow::Borrowed(text);
        for Pattern { hidden, shown } in patterns.iter() {
            if redacted.contains(hidden.as_str()) {
                redacted = Cow::Owned(redacted.replace(hidden.as_str(), shown));
            }
        }
        redacted
    }
}

/// The ways in which a program writes a value without meaning to hide it: as it is, line by line, quoted, and in base64.
/// Whoever means to hide it finds others.
fn forms(value: &str) -> Vec<String> {
    let trimmed = value.trim();
    let quoted = value.escape_debug().to_string();
    let base64 = [STANDARD_NO_PAD.encode(value), URL_SAFE_NO_PAD.encode(value)];
    let lines = value.lines().map(str::trim);
    let lines = lines
        .filter(|line| line.len() >= LINE_BYTES)
        .map(str::to_owned);
    let mut forms = vec![value.to_owned(), trimmed.to_owned(), quoted];
    forms.extend(base64.into_iter().chain(lines));
    forms.sort_unstable();
    forms.dedup();
    forms
}

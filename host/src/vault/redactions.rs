//! The secrets that a turn has to do with, taken out of whatever is said of it.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::Secret;
use super::forms::forms;
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

//! The secrets that went out with a request, and how they are kept out of its answer.
//!
//! A server that repeats what it was sent, as debugging pages do, would tell the bot what only the host is to know.

use std::sync::Arc;

use super::response::Answer;

/// The values that were sent so far, over all hops.
#[derive(Default)]
pub(super) struct Secrets {
    values: Vec<Arc<str>>,
}

impl Secrets {
    /// Remembers a value, which is not empty.
    pub(super) fn note(&mut self, value: &Arc<str>) {
        if !self.values.contains(value) {
            self.values.push(Arc::clone(value));
        }
    }

    /// Puts a `*` in the place of each byte of each value, wherever in the answer it stands.
    pub(super) fn hide_in(&self, answer: &mut Answer) {
        if self.values.is_empty() {
            return;
        }
        for (name, value) in &mut answer.headers {
            *name = self.hidden_in_name(name);
            *value = self.hidden(value, u8::eq);
        }
        answer.body = self.hidden(&answer.body, u8::eq);
    }

    /// Names come in lower case, whatever the server sent.
    fn hidden_in_name(&self, name: &str) -> String {
        let hidden = self.hidden(name.as_bytes(), u8::eq_ignore_ascii_case);
        String::from_utf8_lossy(&hidden).into_owned()
    }

    /// Values may overlap, so all are looked for in the text as it was.
    fn hidden(&self, text: &[u8], same: fn(&u8, &u8) -> bool) -> Vec<u8> {
        let mut hidden = Vec::with_capacity(text.len());
        let mut hide_until = 0;
        for (at, byte) in text.iter().enumerate() {
            let rest = text.get(at..).unwrap_or_default();
            if let Some(length) = self.longest_at_start_of(rest, same) {
                hide_until = hide_until.max(at + length);
            }
            hidden.push(if at < hide_until { b'*' } else { *byte });
        }
        hidden
    }

    fn longest_at_start_of(&self, text: &[u8], same: fn(&u8, &u8) -> bool) -> Option<usize> {
        let starts = |value: &&[u8]| {
            value.len() <= text.len() && value.iter().zip(text).all(|(a, b)| same(a, b))
        };
        let values = self.values.iter().map(|value| value.as_bytes());
        values.filter(starts).map(<[u8]>::len).max()
    }
}

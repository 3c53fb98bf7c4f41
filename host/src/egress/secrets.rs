//! The secrets that went out with a request, and how they are kept out of its answer.
//!
//! A server that repeats what it was sent, as debugging pages do, would tell the bot what only the host is to know.

use aho_corasick::AhoCorasick;

use super::response::Answer;
use crate::vault::forms;

/// The values that were sent so far, over all hops, in each form in which a server may repeat them.
#[derive(Default)]
pub(super) struct Secrets {
    values: Vec<String>,
}

impl Secrets {
    /// Remembers a value, which is not empty.
    pub(super) fn note(&mut self, value: &str) {
        for form in forms(value) {
            if !self.values.contains(&form) {
                self.values.push(form);
            }
        }
    }

    /// Whether any went out.
    pub(super) fn are_some(&self) -> bool {
        !self.values.is_empty()
    }

    /// Puts a `*` in the place of each byte of each value, wherever in the answer it stands.
    pub(super) fn hide_in(&self, answer: &mut Answer) {
        if self.values.is_empty() {
            return;
        }
        for (name, value) in &mut answer.headers {
            // Names come in lower case, whatever the server sent.
            let hidden = self.hidden(name.as_bytes(), true);
            *name = String::from_utf8_lossy(&hidden).into_owned();
            *value = self.hidden(value, false);
        }
        answer.body = self.hidden(&answer.body, false);
    }

    /// Values may overlap, so all are looked for in the text as it was.
    fn hidden(&self, text: &[u8], in_any_case: bool) -> Vec<u8> {
        let mut finder = AhoCorasick::builder();
        let finder = finder
            .ascii_case_insensitive(in_any_case)
            .build(&self.values);
        let finder = finder.expect("some short texts can be looked for");
        let mut hidden = text.to_vec();
        for found in finder.find_overlapping_iter(text) {
            if let Some(bytes) = hidden.get_mut(found.range()) {
                bytes.fill(b'*');
            }
        }
        hidden
    }
}

//! What a bot understood.

use super::invalid::{At, InvalidReply, invalid};
use super::{Check, platform_error};
use crate::bindings::types;
use crate::chat::{Contract, Intent};

/// LivePerson's limit for the id and the name of an intent, in characters.
const INTENT_CHARS: usize = 256;

impl Check<'_> {
    /// The first is the main one; Custom Integration has a place of their own for the others.
    pub(super) fn intent(&self, index: usize, raw: types::Intent) -> Result<Intent, InvalidReply> {
        let is_alternative = index > 0 && self.contract == Contract::CustomIntegration;
        match problem(&raw) {
            None => Ok(Intent {
                id: raw.id,
                name: raw.name,
                score: raw.score,
            }),
            Some(problem) => {
                let id = is_alternative.then_some(platform_error::ALTERNATIVE_INTENTS);
                Err(invalid(At::Intent(index), problem).named(id))
            }
        }
    }
}

fn problem(raw: &types::Intent) -> Option<String> {
    if raw.id.is_empty() || raw.id.contains(char::is_whitespace) {
        return Some("has an id that is empty or has white space in it".to_owned());
    }
    let too_long = |text: &String| text.chars().count() > INTENT_CHARS;
    if too_long(&raw.id) || raw.name.as_ref().is_some_and(too_long) {
        return Some(format!(
            "has an id or a name of more than {INTENT_CHARS} characters"
        ));
    }
    let is_score = (0.0..=1.0).contains(&raw.score);
    (!is_score).then(|| format!("has a score of {}; 0 to 1 are possible", raw.score))
}

//! What stands beside scripts: what a bot remembers when a conversation begins, and its secrets, which are nobody's. Knows
//! nothing of who gives them to it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::bundle::{Bundle, SECRETS, STATE};
use super::suite::Unread;
use crate::tenant::SecretName;

/// What a bot remembers when each conversation begins.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Remembered {
    /// Of the conversation itself.
    pub conversation: BTreeMap<String, String>,
    /// For all of its conversations.
    pub bot: BTreeMap<String, String>,
}

impl Remembered {
    pub(super) fn of(bundle: &Bundle) -> Result<Self, Unread> {
        read(bundle, STATE)
    }
}

/// The secrets of a bundle.
pub(super) fn secrets(bundle: &Bundle) -> Result<BTreeMap<SecretName, String>, Unread> {
    read(bundle, SECRETS)
}

/// Reads a file of a bundle, if it is there.
pub(super) fn read<T: Default + DeserializeOwned>(
    bundle: &Bundle,
    file: &'static str,
) -> Result<T, Unread> {
    let Some(text) = bundle.text(file) else {
        return Ok(T::default());
    };
    toml::from_str(text).map_err(|error| Unread::Beside {
        file,
        why: error.to_string(),
    })
}

//! Values by key, each with its revision: what is kept of one scope.

use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// All that one scope has.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// The last revision that was given to a value: it grows, also when values are removed.
    last: u64,
    entries: BTreeMap<String, Entry>,
    /// When it expires, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<SystemTime>,
}

/// A value.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// As it was set.
    #[serde(serialize_with = "to_text", deserialize_with = "from_text")]
    pub value: Vec<u8>,
    /// Grows with every change of the key.
    pub revision: u64,
}

/// A key is not at the revision that was expected; at which it is, if it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict(pub Option<u64>);

impl Memory {
    /// One with these values, whose last revision is that.
    pub fn of(last: u64, entries: BTreeMap<String, Entry>) -> Self {
        Self {
            last,
            entries,
            until: None,
        }
    }

    /// The last revision that was given to a value.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// All values.
    pub fn entries(&self) -> &BTreeMap<String, Entry> {
        &self.entries
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// Keys that begin like this, in order.
    pub fn keys(&self, prefix: &str) -> impl Iterator<Item = &String> {
        let keys = self.entries.range(prefix.to_owned()..);
        keys.map(|(key, _)| key)
            .take_while(move |key| key.starts_with(prefix))
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of all keys and values.
    pub fn bytes(&self) -> usize {
        let each = self.entries.iter();
        each.map(|(key, entry)| key.len() + entry.value.len()).sum()
    }

    /// What [`Memory::bytes`] would be with this value.
    pub fn bytes_with(&self, key: &str, value: &[u8]) -> usize {
        let replaced = self
            .get(key)
            .map_or(0, |entry| key.len() + entry.value.len());
        self.bytes() - replaced + key.len() + value.len()
    }

    /// Sets a key, and gives its new revision; only if it is at the `expected` one, if that is given, where 0 is that of
    /// a key that is not there.
    ///
    /// # Errors
    /// [`Conflict`] if it is at another one.
    pub fn set(
        &mut self,
        key: String,
        value: Vec<u8>,
        expected: Option<u64>,
    ) -> Result<u64, Conflict> {
        let found = self.get(&key).map(|entry| entry.revision);
        if expected.is_some_and(|expected| expected != found.unwrap_or_default()) {
            return Err(Conflict(found));
        }
        self.last += 1;
        let revision = self.last;
        self.entries.insert(key, Entry { value, revision });
        Ok(revision)
    }

    /// Removes a key; whether it was there.
    pub fn delete(&mut self, key: &str) -> bool {
        self.entries.remove(key).is_some()
    }
}

fn to_text<S: Serializer>(value: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&STANDARD.encode(value))
}

fn from_text<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}

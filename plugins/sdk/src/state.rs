//! What a bot keeps between turns: the contract's own functions, and the same for values that are JSON.
//!
//! A turn works on a snapshot of each scope, and sees its own writes. They are kept when the turn ends in a
//! reply that the host accepts, all of them or none. If another turn has changed the scope meanwhile, the
//! turn is run again from its beginning, in a fresh instance. So reading a value and writing a new one
//! needs no locks; turns that meet in the same scope cost time instead. Keep what belongs to one
//! conversation in [`Scope::Conversation`], and touch [`Scope::Bot`] only where it has to be.
//!
//! A [`Key`] is a place with a type, for a bot that knows its keys beforehand:
//!
//! ```
//! use retort_sdk::state::Key;
//! use retort_sdk::{Answer, Fault, Reply};
//!
//! const VISITS: Key<u64> = Key::bot("visits");
//!
//! fn count() -> Result<Reply, Fault> {
//!     let visits = VISITS.update(|visits| visits.unwrap_or(0) + 1)?;
//!     Ok(Answer::text(format!("You are number {visits}.")).into())
//! }
//! ```
//!
//! How large keys and values may be and how many there may be, the operator says (128 keys and 64 KiB for each scope
//! unless they said otherwise); [`StateError::Limit`] names what was reached. A bot that has not asked for a scope in
//! its `bot.toml`, or was not granted it, gets [`StateError::Denied`].

mod key;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use key::Key;

pub use crate::bindings::retort::bot::state::{Entry, Scope, StateError, delete, get, keys, set};

/// A stored value that is JSON, and the revision that it was read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonEntry<T> {
    /// The value.
    pub value: T,
    /// Grows with every write of the key.
    pub revision: u64,
}

/// What has to be there for a write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: the write makes the key.
    Absent,
    /// The value of this revision.
    At(u64),
}

impl Expected {
    /// What is there now, by what [`get_json_entry`] has answered: the write happens if it still is.
    pub fn still<T>(entry: Option<&JsonEntry<T>>) -> Self {
        entry.map_or(Self::Absent, |entry| Self::At(entry.revision))
    }

    /// As [`set`] has it.
    pub fn revision(self) -> u64 {
        match self {
            Self::Absent => 0,
            Self::At(revision) => revision,
        }
    }
}

/// The value of a key, or none.
///
/// # Errors
/// As [`get`], and [`StateError::Other`] if what is there cannot be read as a `T`.
pub fn get_json<T: DeserializeOwned>(scope: Scope, key: &str) -> Result<Option<T>, StateError> {
    Ok(get_json_entry(scope, key)?.map(|entry| entry.value))
}

/// The value of a key with its revision, or none.
///
/// # Errors
/// As [`get_json`].
pub fn get_json_entry<T: DeserializeOwned>(
    scope: Scope,
    key: &str,
) -> Result<Option<JsonEntry<T>>, StateError> {
    get(scope, key)?
        .map(|entry| decoded(key, &entry))
        .transpose()
}

/// Sets a key, whatever was there. Returns the new revision.
///
/// # Errors
/// As [`set`], and [`StateError::Other`] if the value cannot be written as JSON.
pub fn set_json<T: Serialize + ?Sized>(
    scope: Scope,
    key: &str,
    value: &T,
) -> Result<u64, StateError> {
    set(scope, key, &encoded(key, value)?, None)
}

/// Sets a key if what is expected is there. Returns the new revision.
///
/// # Errors
/// As [`set_json`], and [`StateError::Conflict`] with what is there instead.
pub fn set_json_if<T: Serialize + ?Sized>(
    scope: Scope,
    key: &str,
    value: &T,
    expected: Expected,
) -> Result<u64, StateError> {
    set(scope, key, &encoded(key, value)?, Some(expected.revision()))
}

/// Makes a new value of the one that is there, or of none, and sets it. Returns the new value.
///
/// # Errors
/// As [`get_json`] and [`set_json_if`].
pub fn update_json<T: DeserializeOwned + Serialize>(
    scope: Scope,
    key: &str,
    change: impl FnOnce(Option<T>) -> T,
) -> Result<T, StateError> {
    let entry = get_json_entry(scope, key)?;
    let expected = Expected::still(entry.as_ref());
    let value = change(entry.map(|entry| entry.value));
    set_json_if(scope, key, &value, expected)?;
    Ok(value)
}

/// The error says where and not what: values are often what a consumer wrote, and errors are logged.
fn decoded<T: DeserializeOwned>(key: &str, entry: &Entry) -> Result<JsonEntry<T>, StateError> {
    match serde_json::from_slice(&entry.value) {
        Ok(value) => Ok(JsonEntry {
            value,
            revision: entry.revision,
        }),
        Err(error) => Err(StateError::Other(format!(
            "the value of `{key}` is not the JSON that is expected, at line {}, column {}",
            error.line(),
            error.column()
        ))),
    }
}

fn encoded<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<Vec<u8>, StateError> {
    serde_json::to_vec(value)
        .map_err(|_| StateError::Other(format!("the value for `{key}` cannot be written as JSON")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn entry(value: &str) -> Entry {
        Entry {
            value: value.into(),
            revision: 7,
        }
    }

    #[test]
    fn what_is_written_as_json_is_read_with_its_revision() {
        let bytes = encoded("key", &vec![1u8, 2]).expect("a list of numbers is JSON");
        let text = String::from_utf8(bytes).expect("JSON is UTF-8");
        assert_eq!(text, "[1,2]");
        let read = decoded::<Vec<u8>>("key", &entry(&text)).expect("the same again");
        assert_eq!((read.value, read.revision), (vec![1, 2], 7));
    }

    #[test]
    fn a_value_that_cannot_be_read_is_not_in_the_error() {
        let Err(StateError::Other(words)) = decoded::<u8>("age", &entry("\"forty\"")) else {
            panic!("a text is no number");
        };
        assert_eq!(
            words,
            "the value of `age` is not the JSON that is expected, at line 1, column 7"
        );
    }

    #[test]
    fn a_value_that_json_has_no_form_for_is_an_error() {
        let keyed_by_lists = BTreeMap::from([(vec![1], 2)]);
        assert!(matches!(
            encoded("key", &keyed_by_lists),
            Err(StateError::Other(_))
        ));
    }

    #[test]
    fn what_is_expected_is_what_was_read() {
        let read = JsonEntry {
            value: (),
            revision: 7,
        };
        assert_eq!(Expected::still(Some(&read)).revision(), 7);
        assert_eq!(Expected::still::<()>(None).revision(), 0);
    }
}

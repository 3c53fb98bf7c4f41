//! A place in a bot's memory, and what type of value is there.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    Expected, JsonEntry, Scope, StateError, delete, get_json, get_json_entry, set_json,
    set_json_if, update_json,
};

/// A key of a scope, for values of one type, kept as JSON. One that is named in a `const` cannot be read as something
/// else by mistake.
///
/// ```
/// use retort_sdk::state::Key;
///
/// const NAME: Key<String> = Key::conversation("name");
/// const STOCK: Key<u32> = Key::bot("stock/");
///
/// assert_eq!(STOCK.with("apples").name(), "stock/apples");
/// ```
#[derive(Clone, Debug)]
pub struct Key<T> {
    scope: Scope,
    name: Cow<'static, str>,
    value: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// A key of the conversation's memory.
    pub const fn conversation(name: &'static str) -> Self {
        Self::new(Scope::Conversation, name)
    }

    /// A key of the bot's memory, across all conversations of its environment. Turns that change it at a time cost one
    /// another time.
    pub const fn bot(name: &'static str) -> Self {
        Self::new(Scope::Bot, name)
    }

    const fn new(scope: Scope, name: &'static str) -> Self {
        Self {
            scope,
            name: Cow::Borrowed(name),
            value: PhantomData,
        }
    }

    /// The key whose name goes on with this: one of many of a kind.
    pub fn with(&self, rest: &str) -> Self {
        Self {
            scope: self.scope,
            name: format!("{}{rest}", self.name).into(),
            value: PhantomData,
        }
    }

    /// Its name, for [`keys`](super::keys) and others that are not of one type.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Removes what is there. Removing what is not there is no error.
    ///
    /// # Errors
    /// As [`delete`].
    pub fn delete(&self) -> Result<(), StateError> {
        delete(self.scope, &self.name)
    }
}

impl<T: DeserializeOwned> Key<T> {
    /// The value, or none.
    ///
    /// # Errors
    /// As [`get_json`]: [`StateError::Denied`] if the scope was not granted, [`StateError::Other`] if what is there
    /// cannot be read as a `T`, as an earlier version of the bot may have left it.
    pub fn get(&self) -> Result<Option<T>, StateError> {
        get_json(self.scope, &self.name)
    }

    /// The value with its revision, or none.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_entry(&self) -> Result<Option<JsonEntry<T>>, StateError> {
        get_json_entry(self.scope, &self.name)
    }
}

impl<T: Serialize> Key<T> {
    /// Sets the value, whatever was there. Returns the new revision.
    ///
    /// # Errors
    /// As [`set_json`]: [`StateError::Denied`] if the scope was not granted, [`StateError::Limit`] if there is no room.
    pub fn set(&self, value: &T) -> Result<u64, StateError> {
        set_json(self.scope, &self.name, value)
    }

    /// Sets the value if what is expected is there. Returns the new revision.
    ///
    /// # Errors
    /// As [`set`](Self::set), and [`StateError::Conflict`] with what is there instead.
    pub fn set_if(&self, value: &T, expected: Expected) -> Result<u64, StateError> {
        set_json_if(self.scope, &self.name, value, expected)
    }
}

impl<T: DeserializeOwned + Serialize> Key<T> {
    /// Makes a new value of the one that is there, or of none, and sets it. Returns the new value.
    ///
    /// # Errors
    /// As [`get`](Self::get) and [`set_if`](Self::set_if).
    pub fn update(&self, change: impl FnOnce(Option<T>) -> T) -> Result<T, StateError> {
        update_json(self.scope, &self.name, change)
    }
}

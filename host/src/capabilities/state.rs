//! `state`: what a bot keeps between turns, within its limits. What a turn writes is staged here and kept, or not, once
//! the turn is over.

use std::sync::Arc;

use serde::Deserialize;
use tracing::instrument;
use wasmtime::Result;

use super::granted::Granted;
use super::moved::Moved;
use super::tally::Tally;
use super::tape::{Gap, Tape};
use crate::bindings::state::{Entry, Host, Scope, StateError};
use crate::state::{self, Conflict, Memory, Staged};
use crate::store::Failed;

/// How much one scope may hold.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub struct Limits {
    /// Values.
    pub keys: usize,
    /// Bytes of all keys and values together.
    pub bytes: usize,
}

/// A key is a name and not a text.
const KEY_BYTES: usize = 256;

/// One turn's state.
#[derive(Debug)]
pub struct State {
    /// What of it is granted.
    pub granted: Arc<Granted>,
    /// The memories, as the turn has them.
    pub turn: state::Turn,
    /// How much there may be.
    pub limits: Limits,
    /// Where what is read and written is counted.
    pub moved: Moved,
    /// Where the calls are.
    pub tally: Tally,
    /// Where it is noted what was found.
    pub tape: Tape,
}

impl State {
    /// What the turn has written.
    pub fn staged(&mut self) -> Staged {
        self.tape.remembers(self.turn.found());
        std::mem::take(&mut self.turn).staged()
    }

    /// Whose memory is meant, if the bot may have it.
    fn scope(&self, scope: Scope) -> Result<state::Scope, StateError> {
        let scope = match scope {
            Scope::Conversation => state::Scope::Conversation,
            Scope::Bot => state::Scope::Bot,
        };
        if self.granted.state.contains(&scope) {
            return Ok(scope);
        }
        let name = scope.as_str();
        Err(StateError::Denied(format!(
            "`state` of scope \"{name}\" is not granted: it takes `state = [\"{name}\"]` under `[wants]` in its manifest, and \
             a grant of `state:{name}`"
        )))
    }

    /// The memory of a scope, to look at.
    async fn memory(&mut self, scope: Scope) -> Result<&Memory, StateError> {
        let scope = self.scope(scope)?;
        let is_new = !self.turn.has_read(scope);
        let memory = self
            .turn
            .memory(scope)
            .await
            .map_err(|failed| unread(&self.tape, failed))?;
        if is_new {
            self.moved.add(memory.bytes());
        }
        Ok(memory)
    }

    /// The same, to change. All of it is written when the turn ends, and is paid for when it is first changed.
    async fn memory_mut(&mut self, scope: Scope) -> Result<&mut Memory, StateError> {
        let scope = self.scope(scope)?;
        let is_new = !self.turn.has_changed(scope);
        let memory = self
            .turn
            .memory_mut(scope)
            .await
            .map_err(|failed| unread(&self.tape, failed))?;
        if is_new {
            self.moved.add(memory.bytes());
        }
        Ok(memory)
    }

    fn counted<T>(&self, result: Result<T, StateError>) -> Result<Result<T, StateError>> {
        let outcome = result.as_ref().err().map_or("ok", case);
        self.tally.add("state", outcome);
        Ok(result)
    }

    async fn find(&mut self, scope: Scope, key: &str) -> Result<Option<Entry>, StateError> {
        let entry = self.memory(scope).await?.get(key).map(|entry| Entry {
            value: entry.value.clone(),
            revision: entry.revision,
        });
        let read = entry.as_ref().map_or(0, |entry| entry.value.len());
        self.moved.add(key.len() + read);
        Ok(entry)
    }

    async fn put(
        &mut self,
        scope: Scope,
        key: String,
        value: Vec<u8>,
        expected: Option<u64>,
    ) -> Result<u64, StateError> {
        let limits = self.limits;
        let memory = self.memory(scope).await?;
        let is_new = memory.get(&key).is_none();
        let (keys, bytes) = (memory.len(), memory.bytes_with(&key, &value));
        over("a key has", key.len(), KEY_BYTES, "bytes", "")?;
        let name = "limits.state_keys";
        over(
            "this scope has",
            keys + usize::from(is_new),
            limits.keys,
            "keys",
            name,
        )?;
        let name = "limits.state_bytes";
        over("keys and values have", bytes, limits.bytes, "bytes", name)?;
        self.moved.add(key.len() + value.len());
        let set = self.memory_mut(scope).await?.set(key, value, expected);
        set.map_err(|Conflict(found)| StateError::Conflict(found))
    }

    async fn remove(&mut self, scope: Scope, key: &str) -> Result<(), StateError> {
        self.moved.add(key.len());
        if self.memory(scope).await?.get(key).is_none() {
            return Ok(());
        }
        self.memory_mut(scope).await?.delete(key);
        Ok(())
    }

    async fn list(&mut self, scope: Scope, prefix: &str) -> Result<Vec<String>, StateError> {
        let keys: Vec<String> = self.memory(scope).await?.keys(prefix).cloned().collect();
        self.moved
            .add(prefix.len() + keys.iter().map(String::len).sum::<usize>());
        Ok(keys)
    }
}

// Not kept by any of these: dropping a turn in the middle of one leaves nothing behind.
impl Host for State {
    #[instrument(name = "state.get", level = "debug", skip_all)]
    async fn get(
        &mut self,
        scope: Scope,
        key: String,
    ) -> Result<Result<Option<Entry>, StateError>> {
        self.tape.begin()?;
        let found = self.find(scope, &key).await;
        self.tape.end();
        self.counted(found)
    }

    #[instrument(name = "state.set", level = "debug", skip_all)]
    async fn set(
        &mut self,
        scope: Scope,
        key: String,
        value: Vec<u8>,
        expected: Option<u64>,
    ) -> Result<Result<u64, StateError>> {
        self.tape.begin()?;
        let set = self.put(scope, key, value, expected).await;
        self.tape.end();
        self.counted(set)
    }

    #[instrument(name = "state.delete", level = "debug", skip_all)]
    async fn delete(&mut self, scope: Scope, key: String) -> Result<Result<(), StateError>> {
        self.tape.begin()?;
        let deleted = self.remove(scope, &key).await;
        self.tape.end();
        self.counted(deleted)
    }

    #[instrument(name = "state.keys", level = "debug", skip_all)]
    async fn keys(
        &mut self,
        scope: Scope,
        prefix: String,
    ) -> Result<Result<Vec<String>, StateError>> {
        self.tape.begin()?;
        let listed = self.list(scope, &prefix).await;
        self.tape.end();
        self.counted(listed)
    }
}

fn over(what: &str, used: usize, allowed: usize, unit: &str, key: &str) -> Result<(), StateError> {
    if used <= allowed {
        return Ok(());
    }
    let raise = if key.is_empty() {
        String::new()
    } else {
        format!("; if it needs more, raise `{key}`")
    };
    Err(StateError::Limit(format!(
        "{what} at most {allowed} {unit}, and this would be {used}{raise}"
    )))
}

/// The host's own trouble stays with the host.
fn unread(tape: &Tape, error: Failed) -> StateError {
    tracing::error!("a bot's state cannot be read: {error}");
    tape.gap(Gap::Store);
    StateError::Other("the host cannot read the state".to_owned())
}

fn case(error: &StateError) -> &'static str {
    match error {
        StateError::Denied(_) => "denied",
        StateError::Limit(_) => "limit",
        StateError::Conflict(_) => "conflict",
        StateError::Other(_) => "other",
    }
}

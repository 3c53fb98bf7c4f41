//! `state`: declared in the contract, and denied until the host keeps any.

use wasmtime::Result;

use super::NotOffered;
use crate::bindings::state::{Entry, Host, Scope, StateError};

fn denied<T>() -> Result<Result<T, StateError>> {
    Ok(Err(StateError::Denied(NotOffered::refusal("state"))))
}

impl Host for NotOffered {
    fn get(&mut self, _scope: Scope, _key: String) -> Result<Result<Option<Entry>, StateError>> {
        denied()
    }

    fn set(
        &mut self,
        _: Scope,
        _: String,
        _: Vec<u8>,
        _: Option<u64>,
    ) -> Result<Result<u64, StateError>> {
        denied()
    }

    fn delete(&mut self, _scope: Scope, _key: String) -> Result<Result<(), StateError>> {
        denied()
    }

    fn keys(&mut self, _scope: Scope, _prefix: String) -> Result<Result<Vec<String>, StateError>> {
        denied()
    }
}

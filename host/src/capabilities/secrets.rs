//! `secrets`: declared in the contract, and denied until the host keeps any.

use wasmtime::Result;

use super::NotOffered;
use crate::bindings::secrets::{Host, SecretError};

impl Host for NotOffered {
    fn get(&mut self, _name: String) -> Result<Result<String, SecretError>> {
        Ok(Err(SecretError::Denied(Self::refusal("secrets"))))
    }
}

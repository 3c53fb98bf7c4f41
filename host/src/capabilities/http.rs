//! `http`: declared in the contract, and denied until the host has an outbound client.

use wasmtime::Result;

use super::NotOffered;
use crate::bindings::http::{Host, HttpError, Request, Response};

impl Host for NotOffered {
    fn send(&mut self, _request: Request) -> Result<Result<Response, HttpError>> {
        Ok(Err(HttpError::Denied(Self::refusal("http"))))
    }
}

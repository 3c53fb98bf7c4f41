//! Metadata, plain and encoded, and where there is no place for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::invalid::{At, invalid};
use super::{Check, InvalidReply, LeftOut, json};
use crate::bindings::types::Channel;
use crate::chat::Contract;

/// LivePerson's limit for encoded metadata, in characters of base64. It drops a message with more.
const ENCODED_METADATA_CHARS: usize = 5_000;

/// The platform shows metadata as an object in some places and as an array in others, and takes an array.
pub(super) fn metadata(at: At, raw: Option<String>) -> Result<Option<Vec<Value>>, InvalidReply> {
    let Some(raw) = raw else { return Ok(None) };
    match json(at, "metadata", &raw)? {
        Value::Array(items) if items.iter().all(Value::is_object) => Ok(Some(items)),
        object @ Value::Object(_) => Ok(Some(vec![object])),
        _ => Err(invalid(at, "has metadata that is no JSON array of objects")),
    }
}

impl Check<'_> {
    /// The platform takes it in messaging only.
    pub(super) fn encoded_metadata(
        &mut self,
        at: At,
        raw: Option<String>,
    ) -> Result<Option<String>, InvalidReply> {
        let Some(raw) = raw else { return Ok(None) };
        if raw.len() > ENCODED_METADATA_CHARS {
            let problem = format!(
                "has {} characters of encoded metadata; the platform takes {ENCODED_METADATA_CHARS}",
                raw.len()
            );
            return Err(invalid(at, problem));
        }
        if STANDARD.decode(&raw).is_err() {
            return Err(invalid(at, "has encoded metadata that is no base64"));
        }
        if matches!(self.channel, Channel::Chat) {
            self.leave_out(at, LeftOut::ChatEncodedMetadata)?;
            return Ok(None);
        }
        Ok(Some(raw))
    }

    /// What a text has of its own, where the contract has a place for it.
    pub(super) fn of_text<T>(
        &mut self,
        at: At,
        own: Option<T>,
        what: fn(At) -> LeftOut,
    ) -> Result<Option<T>, InvalidReply> {
        if own.is_some() && self.contract == Contract::CustomIntegration {
            self.leave_out(at, what)?;
            return Ok(None);
        }
        Ok(own)
    }
}

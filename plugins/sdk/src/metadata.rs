//! What goes along with what is sent and pressed, and is not shown: metadata, plain and encoded.

use serde::Serialize;
use serde_json::Value;

use crate::{InvalidReply, json};

/// Metadata: JSON objects, each of which says its kind in `type`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Metadata(Vec<Value>);

/// How deep an object may be. The host reads 127 levels of JSON, of which a card takes some.
const DEPTH: usize = 32;
/// LivePerson's limit for encoded metadata, in characters of base64.
const ENCODED_CHARS: usize = 5_000;
const EXTERNAL_ID: &str = "ExternalId";

impl Metadata {
    /// An `ExternalId`: an id of the bot's own, which analytics shows and which comes back where it is pressed.
    pub fn external_id(id: impl Into<String>) -> Self {
        Self::default().and_external_id(id)
    }

    /// One JSON object in the platform's own format.
    pub fn object(object: Value) -> Self {
        Self::default().and(object)
    }

    /// Adds an `ExternalId`.
    pub fn and_external_id(self, id: impl Into<String>) -> Self {
        self.and(json!({ "type": EXTERNAL_ID, "id": id.into() }))
    }

    /// Adds a JSON object in the platform's own format.
    pub fn and(mut self, object: Value) -> Self {
        self.0.push(object);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn check(&self, what: &'static str) -> Result<(), InvalidReply> {
        for object in &self.0 {
            let problem = if !object.is_object() {
                "has metadata that is no JSON object: give it as `{\"type\": ...}`".to_owned()
            } else if is_deeper(object, DEPTH) {
                format!("has metadata of more than {DEPTH} levels: nest it less")
            } else if is_external_id(object) && id(object).is_none_or(str::is_empty) {
                "has an external id without an id: name what it stands for".to_owned()
            } else {
                continue;
            };
            return Err(InvalidReply::new(what, problem));
        }
        Ok(())
    }

    /// As it is sent.
    pub(crate) fn written(self, what: &'static str) -> Result<String, InvalidReply> {
        self.check(what)?;
        Ok(Value::Array(self.0).to_string())
    }
}

fn is_external_id(object: &Value) -> bool {
    object.get("type").and_then(Value::as_str) == Some(EXTERNAL_ID)
}

fn id(object: &Value) -> Option<&str> {
    object.get("id").and_then(Value::as_str)
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else {
        return true;
    };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, below)),
        Value::Object(fields) => fields.values().any(|field| is_deeper(field, below)),
        _ => false,
    }
}

/// Bytes as base64, if the platform takes that many.
pub(crate) fn encoded(bytes: &[u8]) -> Result<String, InvalidReply> {
    let most = ENCODED_CHARS / 4 * 3;
    if bytes.len() > most {
        let problem = format!(
            "has {} bytes; {most} are the most, {ENCODED_CHARS} characters of base64: send less, or an id for it",
            bytes.len()
        );
        return Err(InvalidReply::new("the encoded metadata", problem));
    }
    Ok(base64(bytes))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit > chunk.len() {
                text.push('=');
            } else {
                let at = bits >> (18 - 6 * digit) & 63;
                text.push(char::from(DIGITS[at as usize]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_base64_with_what_fills_it_up() {
        let texts = [
            "",
            "f",
            "fo",
            "foo",
            "foob",
            "fooba",
            "foobar",
            "\u{ff}\u{fe}",
        ];
        assert_eq!(
            texts.map(|text| base64(text.as_bytes())),
            [
                "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy", "w7/Dvg=="
            ]
        );
    }

    #[test]
    fn as_much_is_encoded_as_the_platform_takes() {
        assert_eq!(encoded(&[7; 3_750]).expect("the most").len(), ENCODED_CHARS);
        let refused = encoded(&[7; 3_751]).expect_err("one more");
        assert_eq!(
            refused.to_string(),
            "the encoded metadata has 3751 bytes; 3750 are the most, 5000 characters of base64: send less, or an id for it"
        );
    }

    #[test]
    fn metadata_is_objects_that_are_not_too_deep_and_ids_that_are_there() {
        let mut deep = json!({});
        for _ in 1..DEPTH {
            deep = json!({ "a": deep });
        }
        assert_eq!(Metadata::object(deep.clone()).check("it"), Ok(()));
        let refused = [
            Metadata::object(json!({ "a": deep })),
            Metadata::object(json!("text")),
            Metadata::external_id(""),
        ]
        .map(|metadata| metadata.check("it").expect_err("wrong").to_string());
        assert_eq!(
            refused,
            [
                "it has metadata of more than 32 levels: nest it less",
                "it has metadata that is no JSON object: give it as `{\"type\": ...}`",
                "it has an external id without an id: name what it stands for",
            ]
        );
    }
}

//! A text as it is meant, where it stands in a URL or in JSON, so that what is looked for is found there too.

use std::ops::Range;

use serde_json::{Number, Value};

/// A text without the escapes of URLs and of JSON, and where each of its bytes stands.
pub(super) struct Plain {
    bytes: Vec<u8>,
    /// None where all of them stand where they are.
    places: Option<Vec<Range<usize>>>,
}

impl Plain {
    pub(super) fn of(text: &[u8]) -> Self {
        if !text.contains(&b'%') && !text.contains(&b'\\') {
            return Self {
                bytes: text.to_vec(),
                places: None,
            };
        }
        let (mut bytes, mut places, mut at) = (Vec::new(), Vec::new(), 0);
        while let Some((first, _)) = text.get(at..).and_then(<[u8]>::split_first) {
            let rest = text.get(at..).unwrap_or_default();
            let (meant, length) = escaped(rest).unwrap_or((vec![*first], 1));
            places.extend(meant.iter().map(|_| at..at + length));
            bytes.extend(meant);
            at += length;
        }
        Self {
            bytes,
            places: Some(places),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Overwrites these places of what is meant in the text itself; whether there are any.
    pub(super) fn mask(&self, text: &mut [u8], found: &[Range<usize>]) -> bool {
        for place in found {
            let Some(places) = &self.places else {
                mask_bytes(text.get_mut(place.clone()).unwrap_or_default());
                continue;
            };
            let meant = self.bytes.get(place.clone()).unwrap_or_default();
            for (place, meant) in places
                .get(place.clone())
                .unwrap_or_default()
                .iter()
                .zip(meant)
            {
                mask_one(text.get_mut(place.clone()).unwrap_or_default(), *meant);
            }
        }
        !found.is_empty()
    }
}

/// What an escape at the beginning of a text means, and its length; none if there is none.
fn escaped(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let digits = |from: usize, to: usize| {
        let digits = std::str::from_utf8(text.get(from..to)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    match text {
        [b'%', ..] => Some((vec![u8::try_from(digits(1, 3)?).ok()?], 3)),
        [b'\\', b'u', ..] => {
            let meant = char::from_u32(digits(2, 6)?)?;
            Some((meant.to_string().into_bytes(), 6))
        }
        _ => None,
    }
}

/// One byte, or the escape for one.
fn mask_one(place: &mut [u8], meant: u8) {
    let stays = meant.is_ascii() && !meant.is_ascii_alphanumeric();
    match place {
        _ if stays => {}
        [b'%', high, low] => (*high, *low) = (b'7', b'8'),
        [b'\\', b'u', digits @ ..] => digits.copy_from_slice(b"0078"),
        other => mask_bytes(other),
    }
}

/// Letters become `x` and digits `1`, so that what is around them stays what it is.
fn mask_bytes(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = match *byte {
            b'0'..=b'9' => b'1',
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => b'x',
            other => other,
        };
    }
}

/// All that a text says; of a JSON document, its values.
pub(super) fn mask_all(text: &mut Vec<u8>) -> bool {
    let before = text.clone();
    match serde_json::from_slice(text) {
        Ok(mut json @ (Value::Object(_) | Value::Array(_))) => {
            mask_json(&mut json);
            *text = json.to_string().into_bytes();
        }
        _ => mask_bytes(text),
    }
    *text != before
}

fn mask_json(json: &mut Value) {
    match json {
        Value::String(text) => {
            let mut bytes = std::mem::take(text).into_bytes();
            mask_bytes(&mut bytes);
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        Value::Number(number) => *number = mask_number(number),
        Value::Array(values) => values.iter_mut().for_each(mask_json),
        Value::Object(fields) => fields.values_mut().for_each(mask_json),
        Value::Null | Value::Bool(_) => {}
    }
}

/// One of as many digits.
fn mask_number(number: &Number) -> Number {
    let mut digits = number.to_string().into_bytes();
    mask_bytes(&mut digits);
    // With an exponent it has a letter for that, and is none any more.
    serde_json::from_slice(&digits).unwrap_or_else(|_| 1.into())
}

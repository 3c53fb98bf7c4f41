//! Where in a capsule something stands that others than the host have said. The host's own words, by which the file is read
//! again, stand beside it and are left alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

pub(super) const VISITOR: &str = "/asked/turn/turn/conversation/visitor";
pub(super) const ENGAGEMENT_ATTRIBUTES: &str =
    "/asked/turn/turn/conversation/engagement_attributes";
pub(super) const PLATFORM_EVENT: &str = "/asked/turn/turn/platform_event";
const EVENT: &str = "/asked/turn/turn/event";
const INVOCATION: &str = "/asked/invocation";
const CAUSE: &str = "/ended/cause";
const SAID: &str = "/ended/said";

/// Looks at a text, and is told whether it is one that the bot was told; whether it made it another one.
pub(super) trait Look: FnMut(bool, &mut Vec<u8>) -> bool {}

impl<L: FnMut(bool, &mut Vec<u8>) -> bool> Look for L {}

/// Each text of a capsule; whether any became another one.
pub(super) fn each(capsule: &mut Value, look: &mut impl Look) -> bool {
    let mut is_changed = each_said(capsule, look);
    for place in [VISITOR, ENGAGEMENT_ATTRIBUTES, "/config"] {
        is_changed |= at(capsule, place, &mut |text| look(true, text));
    }
    if let Some(said) = capsule.pointer_mut(SAID) {
        is_changed |= each_name(said, &mut |text| look(false, text));
    }
    is_changed
}

/// Each that the consumer or the bot has said, or a server has answered.
pub(super) fn each_said(capsule: &mut Value, look: &mut impl Look) -> bool {
    let mut is_changed = false;
    for place in [PLATFORM_EVENT, INVOCATION] {
        is_changed |= at(capsule, place, &mut |text| look(true, text));
    }
    // One that says nothing but its name is a text here.
    if let Some(event @ Value::Object(_)) = capsule.pointer_mut(EVENT) {
        is_changed |= each_text(event, &mut |text| look(true, text));
    }
    for exchange in list(capsule, "/told/http") {
        for place in ["/url", "/headers"] {
            is_changed |= at(exchange, place, &mut |text| look(false, text));
        }
        is_changed |= at(exchange, "/answer/Ok/headers", &mut |text| look(true, text));
        is_changed |= bytes_at(exchange, "/body", &mut |text| look(false, text));
        is_changed |= bytes_at(exchange, "/answer/Ok/body", &mut |text| look(true, text));
        if let Some(error @ Value::Object(_)) = exchange.pointer_mut("/answer/Err") {
            is_changed |= each_text(error, &mut |text| look(true, text));
        }
    }
    for found in list(capsule, "/told/state") {
        for entry in list(found, "/entries") {
            is_changed |= at(entry, "/key", &mut |text| look(true, text));
            is_changed |= bytes_at(entry, "/value", &mut |text| look(true, text));
        }
    }
    for line in list(capsule, "/ended/log") {
        is_changed |= at(line, "/message", &mut |text| look(false, text));
    }
    is_changed |= at(capsule, CAUSE, &mut |text| look(false, text));
    is_changed | at(capsule, SAID, &mut |text| look(false, text))
}

fn at(value: &mut Value, place: &str, look: &mut impl FnMut(&mut Vec<u8>) -> bool) -> bool {
    let found = value.pointer_mut(place);
    found.is_some_and(|value| each_text(value, look))
}

fn list<'a>(capsule: &'a mut Value, place: &str) -> &'a mut [Value] {
    let list = capsule.pointer_mut(place).and_then(Value::as_array_mut);
    list.map(Vec::as_mut_slice).unwrap_or_default()
}

/// Has each text of a value looked at; whether any became another one. Names of fields are not texts.
pub(super) fn each_text(value: &mut Value, look: &mut impl FnMut(&mut Vec<u8>) -> bool) -> bool {
    match value {
        Value::String(text) => looked_at(text, look),
        Value::Array(values) => values.iter_mut().fold(false, |is_changed, value| {
            each_text(value, look) | is_changed
        }),
        Value::Object(fields) => fields.values_mut().fold(false, |is_changed, value| {
            each_text(value, look) | is_changed
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn looked_at(text: &mut String, look: &mut impl FnMut(&mut Vec<u8>) -> bool) -> bool {
    let mut bytes = std::mem::take(text).into_bytes();
    let is_changed = look(&mut bytes);
    *text = String::from_utf8_lossy(&bytes).into_owned();
    is_changed
}

/// Has bytes looked at, which are a text or in base64.
fn bytes_at(value: &mut Value, place: &str, look: &mut impl FnMut(&mut Vec<u8>) -> bool) -> bool {
    let Some(value) = value.pointer_mut(place) else {
        return false;
    };
    let Some(Value::String(text)) = value.get_mut("base64") else {
        return each_text(value, look);
    };
    let Ok(mut bytes) = STANDARD.decode(&*text) else {
        return false;
    };
    let is_changed = look(&mut bytes);
    *text = STANDARD.encode(bytes);
    is_changed
}

/// The names and numbers of a document that a bot made: they are its own words too.
fn each_name(value: &mut Value, look: &mut impl FnMut(&mut Vec<u8>) -> bool) -> bool {
    match value {
        Value::Object(fields) => {
            let mut is_changed = false;
            let each = std::mem::take(fields)
                .into_iter()
                .map(|(mut name, mut value)| {
                    is_changed |= looked_at(&mut name, look);
                    is_changed |= each_name(&mut value, look);
                    (name, value)
                });
            let renamed: Map<String, Value> = each.collect();
            *fields = renamed;
            is_changed
        }
        Value::Array(values) => values.iter_mut().fold(false, |is_changed, value| {
            each_name(value, look) | is_changed
        }),
        Value::Number(number) => {
            let mut digits = number.to_string();
            let is_changed = looked_at(&mut digits, look);
            if is_changed {
                *value = digits.parse().map_or(Value::from(1), Value::Number);
            }
            is_changed
        }
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

//! What a function is invoked with: what the platform's hooks are handed, and JSON that nobody means.

use serde_json::{Value, json};

use super::contract::{LARGE, texts};
use super::heard::Ask;

/// What functions are handed that do a hook's work, or answer a message.
pub(super) fn usual() -> Vec<(&'static str, Value)> {
    let event = json!({
        "dialogId": "d1", "sequence": 1, "originatorId": "c1",
        "event": { "type": "ContentEvent", "contentType": "text/plain", "message": "hello" },
    });
    let request = json!({
        "message": "hello", "convId": "c1",
        "context": { "lpEvent": event, "lpSdes": { "authenticatedSdes": {}, "unauthenticatedSdes": {} } },
    });
    let response = json!({
        "messages": [{ "text": "hello to you" }],
        "context": { "lpEvent": { "sequence": 1 } },
        "convId": "c1",
    });
    vec![
        ("a hook's request", request),
        ("a hook's response", response),
        ("an object", json!({ "name": "hello", "number": 17 })),
    ]
}

/// All that a function is invoked with.
pub(super) fn payloads() -> Vec<(String, Ask)> {
    let named = |(name, value): (&str, Value)| (name.to_owned(), Ask::invoke(&value));
    let mut payloads: Vec<_> = usual().into_iter().map(named).collect();
    payloads.extend(plain().into_iter().map(named));
    payloads.extend(raw().map(|(name, payload)| (name.to_owned(), Ask::Invoke(payload))));
    payloads.extend(texts().into_iter().map(|(name, text)| {
        let payload = json!({ "message": text, "convId": "c1", "context": { "lpEvent": {} } });
        (format!("{name} as its message"), Ask::invoke(&payload))
    }));
    payloads
}

fn plain() -> Vec<(&'static str, Value)> {
    let wrong =
        json!({ "message": { "text": 1 }, "convId": [], "context": "none", "messages": true });
    vec![
        ("null", Value::Null),
        ("true", json!(true)),
        ("a number", json!(17)),
        ("an empty text", json!("")),
        ("a text", json!("hello")),
        ("an empty list", json!([])),
        ("a list", json!([1, "two", null, [], {}])),
        ("an empty object", json!({})),
        ("an object whose values have other types", wrong),
        (
            "a request without a message",
            json!({ "convId": "c1", "context": {} }),
        ),
        (
            "64 KiB in one text",
            json!({ "message": "x".repeat(LARGE) }),
        ),
        (
            "64 KiB of list",
            json!({ "items": vec![json!({ "n": 1 }); LARGE / 8] }),
        ),
        (
            "keys that languages keep",
            json!({ "constructor": 1, "toString": null, "length": -1, "": {} }),
        ),
    ]
}

/// What no value of ours can hold.
fn raw() -> impl Iterator<Item = (&'static str, String)> {
    let deep = 5_000;
    [
        (
            "a number too large for a number",
            "{\"n\": 1e999, \"m\": -123456789012345678901234567890}".to_owned(),
        ),
        (
            "the same key twice",
            "{\"message\": \"a\", \"message\": \"b\", \"__proto__\": {\"a\": 1}}".to_owned(),
        ),
        ("lists nested deeply", "[".repeat(deep) + &"]".repeat(deep)),
        (
            "objects nested deeply",
            "{\"a\":".repeat(deep) + "1" + &"}".repeat(deep),
        ),
    ]
    .into_iter()
}

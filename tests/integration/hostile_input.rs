//! Bytes that nobody meant: whatever comes in, the host answers with a word of its own and lives on.

use harness::host::respond_path;
use harness::{bots, host};
use proptest::prelude::*;
use retort::bindings::types::Conversation;
use retort::liveperson::{custom_endpoint, custom_integration};
use retort::registry::Manifest;
use serde_json::{Map, Value, json};

/// JSON of any shape that uses the platform's own names, so that it gets far.
fn anything() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "message",
        "event",
        "name",
        "convId",
        "context",
        "lpEvent",
        "lpSdes",
        "type",
        "data",
        "content",
        "sequence",
        "sequenceId",
        "metadata",
        "conversationContext",
        "skillId",
        "visitor",
        "isWelcomeEvent",
        "lastConsumerMessage",
        "relativePath",
        "sdes",
    ]);
    let words = prop::sample::select(vec![
        "",
        "welcome",
        "TEXT",
        "START",
        "CONVERSATION",
        "hosted-file",
        "RICH_CONTENT",
        "CHAT",
        "MESSAGING",
        "closed",
        "com.liveperson.bot-connectors.consumer.send-rich-content",
        "com.liveperson.bot-connectors.consumer.send-file",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|fields| Value::Object(
                fields
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), v))
                    .collect::<Map<_, _>>()
            )),
        ]
    })
}

fn conversation() -> Conversation {
    Conversation {
        id: Some("c1".to_owned()),
        ..Conversation::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_json_makes_a_reader_panic(value in anything()) {
        let body = value.to_string();
        let _ = custom_integration::read_payload(body.as_bytes());
        let _ = custom_endpoint::read_conversation("c1", body.as_bytes());
        let _ = custom_endpoint::read_event(&conversation(), body.as_bytes());
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = custom_integration::read_payload(&bytes);
        let _ = custom_endpoint::read_event(&conversation(), &bytes);
        let _ = Manifest::of_component(&bytes);
        let component = [b"\0asm\x0d\0\x01\0".as_slice(), &bytes].concat();
        let _ = Manifest::of_component(&component);
    }
}

#[tokio::test]
async fn a_payload_that_is_nested_without_end_is_refused() {
    let host = host().with_bot("echo", &bots::plugin("echo")).await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!(
            "{{\"convId\":\"1\",\"event\":{}1{}}}",
            open.repeat(100_000),
            close.repeat(100_000)
        );
        let answer = host.send("POST", &respond_path("echo"), deep).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
    assert_eq!(host.says("echo", "hello").await, "hello");
}

#[tokio::test]
async fn odd_values_in_the_platforms_fields_reach_the_bot_or_are_left_out() {
    let host = host().with_bot("probe", &bots::misbehaving("probe")).await;
    let odd = json!({
        "convId": "1", "message": "turn",
        "context": { "lpEvent": { "sequence": -1, "metadata": {}, "conversationContext": [1], "event": "x" }, "lpSdes": "y" },
    });
    let answer = host.post("probe", &odd).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(
        answer.body.to_string().contains("sequence: None"),
        "{}",
        answer.body
    );
}

//! Bytes that nobody meant: whatever comes in, the host answers with a word of its own and lives on.

use harness::host::respond_path;
use harness::{bots, host};
use proptest::prelude::*;
use retort::bindings::types::{Answer, Conversation, Part, Reply as Raw, StructuredContent};
use retort::chat::{Channel, Contract, Reply, ReplyLimits};
use retort::liveperson::{custom_endpoint, custom_integration, functions};
use retort::registry::Manifest;
use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant};

/// JSON of any shape that uses the platform's own names, so that it gets far.
fn anything() -> impl Strategy<Value = Value> {
    let names = [
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
        "headers",
        "key",
        "value",
        "payload",
    ];
    let words = [
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
    ];
    anything_of(&names, &words)
}

/// The same, with the names of structured content.
fn any_content() -> impl Strategy<Value = Value> {
    let names = [
        "type",
        "type",
        "elements",
        "text",
        "title",
        "url",
        "uri",
        "la",
        "click",
        "actions",
        "metadata",
        "style",
        "quickReplies",
        "replies",
        "message",
        "slots",
    ];
    let words = [
        "",
        "vertical",
        "carousel",
        "text",
        "button",
        "image",
        "map",
        "quickReplies",
        "publishText",
        "link",
        "scheduleSlotList",
        "hologram",
    ];
    anything_of(&names, &words)
}

fn anything_of(
    names: &[&'static str],
    words: &[&'static str],
) -> impl Strategy<Value = Value> + use<> {
    let names = prop::sample::select(names.to_vec());
    let words = prop::sample::select(words.to_vec());
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

/// A check of a reply with this content, lenient and strict; how long it took.
fn check(content: &str) -> Duration {
    let begun = Instant::now();
    for strict in [false, true] {
        let part = Part::StructuredContent(StructuredContent {
            content: content.to_owned(),
            metadata: Some(content.to_owned()),
            encoded_metadata: None,
        });
        let reply = Raw::Answer(Answer {
            parts: vec![part],
            action: None,
            intents: Vec::new(),
            encoded_metadata: None,
        });
        let limits = ReplyLimits {
            strict,
            ..ReplyLimits::default()
        };
        let checked = Reply::check(
            reply,
            &Channel::Messaging,
            Contract::CustomEndpoint,
            &limits,
        );
        if let Err(error) = checked {
            let told = error.to_string();
            assert!(told.len() < 4_096 && !told.contains('\n'), "{told}");
        }
    }
    begun.elapsed()
}

/// Longer than any check takes on a machine that is busy; exponential time would be past it at once.
const IN_TIME: Duration = Duration::from_secs(5);

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_json_makes_a_reader_panic(value in anything()) {
        let body = value.to_string();
        let _ = custom_integration::read_payload(body.as_bytes());
        let _ = custom_endpoint::read_conversation("c1", body.as_bytes());
        let _ = custom_endpoint::read_event(&conversation(), body.as_bytes());
        let _ = functions::read_invocation(body.as_bytes());
    }

    #[test]
    fn no_content_makes_the_check_of_a_reply_panic_or_take_its_time(content in any_content()) {
        let in_a_card = json!({ "type": "vertical", "elements": [content] });
        prop_assert!(check(&content.to_string()) < IN_TIME);
        prop_assert!(check(&in_a_card.to_string()) < IN_TIME);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = custom_integration::read_payload(&bytes);
        let _ = custom_endpoint::read_event(&conversation(), &bytes);
        let _ = functions::read_invocation(&bytes);
        let _ = Manifest::of_component(&bytes);
        let component = [b"\0asm\x0d\0\x01\0".as_slice(), &bytes].concat();
        let _ = Manifest::of_component(&component);
    }
}

#[test]
fn the_worst_contents_of_their_size_are_checked_in_time() {
    let nested = |times: usize, open: &str, close: &str| {
        format!("{}{}", open.repeat(times), close.repeat(times))
    };
    let many = |element: &str| {
        let elements = vec![element; 14_900 / (element.len() + 1)].join(",");
        format!("{{\"type\":\"vertical\",\"elements\":[{elements}]}}")
    };
    let fields: Vec<String> = (0..1_500).map(|field| format!("\"f{field}\":0")).collect();
    for content in [
        nested(63, "{\"type\":\"vertical\",\"elements\":[", "]}"),
        nested(63, "{\"type\":\"hologram\",\"elements\":[", "]}"),
        nested(62, "{\"type\":\"vertical\",\"f\":0,\"elements\":[0,", "0]}"),
        many("0"),
        many("{}"),
        many("{\"type\":0}"),
        many("{\"type\":\"map\"}"),
        many("{\"type\":\"text\",\"f\":0}"),
        format!("{{\"type\":\"map\",{}}}", fields.join(",")),
        format!("{{\"{}\":0}}", "\u{202e}".repeat(4_900)),
    ] {
        let took = check(&content);
        assert!(took < IN_TIME, "{took:?} for {content:.60}");
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

//! The Custom Endpoint's own document.

use std::collections::BTreeSet;

use harness::host;
use retort::http::Platform;
use serde_json::{Value, json};

async fn document() -> Value {
    let host = host().answering(Platform::default());
    let answer = host.send("GET", "/v1/openapi.json", "").await;
    assert_eq!(answer.status, 200, "it takes no token, and no keys");
    answer.body
}

#[tokio::test]
async fn the_document_has_the_four_calls_and_each_takes_a_token() {
    let document = document().await;
    let bot = "/v1/bots/{bot}/environments";
    let conversation = format!("{bot}/{{environment}}/conversations/{{conversation}}");
    let expected = [
        ("get", bot.to_owned()),
        ("get", format!("{bot}/{{environment}}/state")),
        ("put", conversation.clone()),
        ("post", format!("{conversation}/events")),
    ];
    for (method, path) in &expected {
        let call = &document["paths"][path][method];
        for status in ["400", "401", "404", "500", "503"] {
            let body = &call["responses"][status]["content"]["application/problem+json"]["schema"];
            assert_eq!(body["$ref"], "#/components/schemas/Problem", "{path}");
        }
    }
    let paths = document["paths"].as_object().expect("paths").keys();
    let paths: BTreeSet<_> = paths.cloned().collect();
    assert_eq!(paths, expected.map(|(_, path)| path).into());
    assert_eq!(document["security"], json!([{ "token": [] }]));
}

#[tokio::test]
async fn the_document_says_what_is_sent_to_the_last_name() {
    let document = document().await;
    let schema = |name: &str| &document["components"]["schemas"][name];
    assert_eq!(
        schema("Answer")["required"],
        json!(["response", "analytics"])
    );
    for closed in [
        "Answer",
        "Text",
        "StructuredContent",
        "Delay",
        "Transfer",
        "Intent",
        "State",
    ] {
        assert_eq!(schema(closed)["additionalProperties"], false, "{closed}");
    }
    let text = document.to_string();
    for word in [
        "TEXT",
        "STRUCTURED_CONTENT",
        "DELAY",
        "ACTION",
        "TRANSFER",
        "CLOSE_CONVERSATION",
        "CHANGE_TTR",
        "INVOKE_FUNCTION",
    ] {
        assert!(
            text.contains(&format!("\"enum\":[\"{word}\"]")),
            "{word}: {text}"
        );
    }
    // Whatever it refers to is there.
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let place = reference.split('"').next().expect("a place");
        assert!(document.pointer(place).is_some(), "{place} is nowhere");
    }
}

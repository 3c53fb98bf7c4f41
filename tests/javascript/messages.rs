//! A lambda is handed what LivePerson hands it, and what it gives is what LivePerson is given.

use std::path::Path;

use harness::Served;
use harness::javascript::{self, script};
use retort::liveperson::custom_integration;
use retort::sandbox::World;
use serde_json::{Value, json};

/// The examples of the contract that end like this, by their names.
fn golden(folder: &str, end: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("integration/golden")
        .join(folder);
    let files =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for file in files {
        let path = file.expect("a file").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if let Some(name) = name.strip_suffix(end) {
            let text = std::fs::read_to_string(&path).expect("a file");
            found.push((name.to_owned(), serde_json::from_str(&text).expect("JSON")));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

async fn bot(source: &str, manifest: &str) -> Served {
    let host = javascript::host().await.granting(&["personal-data"]);
    host.with_bot("lambda", &script(source, manifest, World::Bot))
        .await
}

const ECHO: &str = "function lambda(input, callback) { callback(null, { messages: [JSON.stringify(input.payload)] }); }";
const PERSONAL: &str = "[wants]\npersonal-data = true\n";

async fn payload_of(host: &Served, payload: &Value) -> Value {
    let answered = host.ask("lambda", payload).await;
    let reply = answered.result.unwrap_or_else(|error| panic!("{error}"));
    let written = custom_integration::write_reply(&reply);
    let text = written["messages"][0].as_str().expect("a text");
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test]
async fn what_a_bot_may_have_of_a_payload_is_handed_over_as_it_came() {
    let host = bot(ECHO, PERSONAL).await;
    let examples = golden("custom_integration", ".in.json");
    assert!(examples.len() >= 7, "{}", examples.len());
    for (name, mut payload) in examples {
        let handed = payload_of(&host, &payload).await;
        // They are always there, as the platform's own account of it has it.
        let sdes = payload["context"].as_object_mut().expect("an object");
        sdes.entry("lpSdes").or_insert_with(|| json!({}));
        assert_eq!(handed, payload, "{name}");
    }
}

#[tokio::test]
async fn without_personal_data_there_is_what_a_turn_tells() {
    let host = bot(ECHO, "").await;
    let payload = json!({
        "message": "hi", "convId": "c1",
        "context": {
            "lpEvent": {
                "sequence": 4, "originatorId": "9b1c", "metadata": [{ "type": "ExternalId", "id": "x" }],
                "conversationContext": { "skillId": "34", "type": "MESSAGING", "visitor": { "language": "en-US" } }
            },
            "lpSdes": { "unauthenticatedSdes": {} }
        }
    });
    let handed = json!({
        "message": "hi", "convId": "c1",
        "context": {
            "lpEvent": {
                "sequence": 4, "event": { "type": "ContentEvent", "message": "hi", "contentType": "text/plain" },
                "metadata": [{ "type": "ExternalId", "id": "x" }],
                "conversationContext": { "skillId": "34", "type": "MESSAGING" }
            },
            "lpSdes": {}
        }
    });
    assert_eq!(payload_of(&host, &payload).await, handed);
}

#[tokio::test]
async fn each_example_of_an_answer_is_given_to_the_platform_as_the_lambda_gave_it() {
    let host = bot(
        "function lambda(input, callback) { callback(null, JSON.parse(input.payload.message)); }",
        "",
    );
    let host = host.await;
    let examples = golden("replies", ".custom_integration.json");
    assert!(examples.len() >= 10, "{}", examples.len());
    for (name, given) in examples {
        let payload = json!({ "convId": name, "message": given.to_string() });
        let answered = host.ask("lambda", &payload).await;
        let reply = answered
            .result
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(custom_integration::write_reply(&reply), given, "{name}");
    }
}

#[tokio::test]
async fn what_is_no_answer_says_what_and_where() {
    let host = bot(
        "function lambda(input, callback) { callback(null, JSON.parse(input.payload.message)); }",
        "",
    );
    let host = host.await;
    for (given, words) in [
        (
            json!("hello"),
            "it has to be an object with `messages` and `context`, and is a text",
        ),
        (
            json!({ "messages": "hello" }),
            "`messages` of it has to be an array, and is a text",
        ),
        (
            json!({ "messages": ["a", 7] }),
            "`messages[1]` has to be a text, or an object with `text`",
        ),
        (
            json!({ "messages": [{ "text": "psst" }] }),
            "without `\"messageAudience\": \"AGENTS_AND_MANAGERS\"`",
        ),
        (
            json!({ "messages": [{ "delay": 1.5 }] }),
            "`delay` of `messages[0]` has to be whole seconds",
        ),
        (
            json!({ "context": { "action": "transfer" } }),
            "`context.action` is \"transfer\"; there are TRANSFER",
        ),
        (
            json!({ "context": { "action": "CHANGE_TTR", "actionParameters": { "ttrType": "NOW" } } }),
            "is \"NOW\"; there are URGENT",
        ),
        (
            json!({ "messages": ["x"], "context": { "intentId": "a" } }),
            "an intent without a `confidenceScore`",
        ),
        (
            json!({ "messages": ["x"], "context": [] }),
            "`context` of it has to be an object",
        ),
    ] {
        let answered = host
            .ask(
                "lambda",
                &json!({ "convId": "c", "message": given.to_string() }),
            )
            .await;
        assert_eq!(answered.outcome(), "bot-fault", "{given}");
        let told = answered.result.expect_err("it fails").to_string();
        assert!(
            told.contains("`lambda-answer-not-valid`: ") && told.contains(words),
            "{given}: {told}"
        );
    }
    for (nothing, words) in [
        (
            "null",
            "the lambda gave nothing: give `{ messages: [...] }`, or, to say nothing on purpose,",
        ),
        ("{}", "gave an empty object"),
        ("{\"messages\":[]}", "gave no message and no action"),
        (
            "{\"message\":\"hi\"}",
            "an object without `messages`, but with `message`",
        ),
    ] {
        let payload = json!({ "convId": "c", "message": nothing });
        let answered = host.ask("lambda", &payload).await;
        let told = answered.result.expect_err("it fails").to_string();
        assert!(told.contains(words), "{nothing}: {told}");
    }
}

#[tokio::test]
async fn bound_to_another_event_it_is_a_function_with_headers_and_any_json() {
    let source = "async function lambda(input) { return { headers: input.headers, payload: input.payload, keys: Object.keys(input) }; }";
    let host = javascript::host().await;
    let host = host
        .with_bot("lambda", &script(source, "", World::Function))
        .await;
    let headers = vec![("Accept-Language".to_owned(), "en".to_owned())];
    let invoked = host.invoke("lambda", headers, json!([1, null])).await;
    let returned: Value =
        serde_json::from_str(invoked.result.expect("a result").json().get()).expect("JSON");
    assert_eq!(
        returned,
        json!({ "headers": [{ "key": "Accept-Language", "value": "en" }], "payload": [1, null], "keys": ["headers", "payload"] })
    );
}

//! LivePerson's four Custom Endpoint calls, as its connector makes them.

use std::sync::atomic::{AtomicU64, Ordering};

use harness::{Served, bots, host};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

const CONVERSATION: &str = "/v1/bots/concierge/environments/draft/conversations/c1";
const EVENTS: &str = "/v1/bots/concierge/environments/draft/conversations/c1/events";

async fn concierge() -> Served {
    host()
        .with_bot("concierge", &bots::plugin("concierge"))
        .await
}

fn beginning() -> Value {
    json!({
        "sdes": { "authenticatedSdes": {}, "unauthenticatedSdes": {} },
        "context": {
            "type": "MESSAGING", "skillId": "12", "campaignId": 34, "engagementId": 56, "contextType": 1,
            "visitor": { "language": "en-GB", "consumerId": "ab" }, "assignedAgentId": "7",
        },
    })
}

fn event(kind: &str, data: &Value) -> String {
    static SEQUENCE: AtomicU64 = AtomicU64::new(0);
    let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed);
    let lp_event = json!({ "sequence": sequence, "serverTimestamp": 1, "metadata": [], "messageAudience": "ALL" });
    json!({ "type": kind, "source": "CONSUMER", "data": data, "context": { "lpEvent": lp_event } })
        .to_string()
}

#[tokio::test]
async fn a_conversation_begins_and_its_texts_are_answered() {
    let concierge = concierge().await;
    assert_eq!(
        concierge
            .send("PUT", CONVERSATION, beginning().to_string())
            .await
            .status,
        204
    );
    let answer = concierge
        .send(
            "POST",
            EVENTS,
            event("TEXT", &json!({ "message": "I need help" })),
        )
        .await;
    assert_eq!((answer.status.as_u16(), answer.outcome()), (200, "replied"));
    assert_json_snapshot!("help", answer.body);
    let answer = concierge
        .send(
            "POST",
            EVENTS,
            event("TEXT", &json!({ "message": "my parcel" })),
        )
        .await;
    assert_json_snapshot!("parcel", answer.body);
}

#[tokio::test]
async fn a_texts_own_metadata_is_sent() {
    let parrot = host()
        .with_bot("parrot", &bots::misbehaving("parrot"))
        .await;
    let (conversation, events) = (
        CONVERSATION.replace("concierge", "parrot"),
        EVENTS.replace("concierge", "parrot"),
    );
    parrot
        .send("PUT", &conversation, beginning().to_string())
        .await;
    let says = json!({ "message": "{\"type\":\"hologram\"}" });
    let answer = parrot.send("POST", &events, event("TEXT", &says)).await;
    assert_eq!(
        answer.body["response"][0]["data"],
        json!({ "message": "you said", "metadata": [{ "type": "hologram" }] })
    );
}

#[tokio::test]
async fn every_kind_of_event_is_answered_however_it_is_spelled() {
    let concierge = concierge().await;
    concierge
        .send("PUT", CONVERSATION, beginning().to_string())
        .await;
    let map = json!({ "content": { "type": "vertical", "elements": [] } });
    let picture = json!({ "relativePath": "/a.JPG", "fileType": "JPG" });
    for (kind, data, first) in [
        ("text", json!({ "message": "hours" }), "TEXT"),
        ("RICH_CONTENT", map, "STRUCTURED_CONTENT"),
        ("hosted-file", picture.clone(), "TEXT"),
        ("HOSTED_FILE", picture, "TEXT"),
        ("START", json!({}), "STRUCTURED_CONTENT"),
        (
            "CONVERSATION",
            json!({ "name": "STARTED" }),
            "STRUCTURED_CONTENT",
        ),
        ("CONVERSATION", json!({ "name": "TRANSFERRED" }), "DELAY"),
        ("CLOSE_CONVERSATION", json!({}), "DELAY"),
        ("MOON_LANDING", json!({}), "DELAY"),
    ] {
        let answer = concierge.send("POST", EVENTS, event(kind, &data)).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.body);
        assert_eq!(answer.body["response"][0]["type"], first, "{kind}");
        assert!(answer.body["analytics"]["intents"].is_array(), "{kind}");
    }
}

#[tokio::test]
async fn a_conversation_that_has_not_begun_is_a_404_until_it_has() {
    let concierge = concierge().await;
    let hello = event("TEXT", &json!({ "message": "hours" }));
    let answer = concierge.send("POST", EVENTS, hello.clone()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (404, "no-such-conversation")
    );
    for _ in 0..2 {
        assert_eq!(
            concierge.send("PUT", CONVERSATION, "{}").await.status,
            204,
            "a repetition is no error"
        );
    }
    assert_eq!(
        concierge.send("POST", EVENTS, hello.clone()).await.status,
        200
    );
    let elsewhere = EVENTS.replace("draft", "production");
    assert_eq!(
        concierge.send("POST", &elsewhere, hello).await.status,
        404,
        "it began at another address"
    );
}

#[tokio::test]
async fn a_bot_is_online_with_its_version_and_lists_its_environments() {
    let concierge = concierge().await;
    let state = concierge
        .send("GET", "/v1/bots/concierge/environments/draft/state", "")
        .await;
    assert_eq!(
        (state.status.as_u16(), state.body),
        (200, json!({ "state": "online", "version": "1.0.0" }))
    );
    let environments = concierge
        .send("GET", "/v1/bots/concierge/environments", "")
        .await;
    assert_eq!(environments.body, json!(["draft"]));
    for (path, code) in [
        ("/v1/bots/nobody/environments", "no-such-bot"),
        ("/v1/bots/nobody/environments/draft/state", "no-such-bot"),
        (
            "/v1/bots/concierge/environments/production/state",
            "no-such-environment",
        ),
    ] {
        let answer = concierge.send("GET", path, "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, code),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_400_that_says_where() {
    let concierge = concierge().await;
    concierge.send("PUT", CONVERSATION, "{}").await;
    for (method, path, body, code) in [
        ("PUT", CONVERSATION, "no", "not-json"),
        ("PUT", CONVERSATION, "[]", "wrong-shape"),
        ("POST", EVENTS, "no", "not-json"),
        ("POST", EVENTS, "{}", "wrong-shape"),
        (
            "POST",
            EVENTS,
            "{\"type\":\"TEXT\",\"data\":{}}",
            "wrong-shape",
        ),
        (
            "POST",
            EVENTS,
            "{\"type\":\"TEXT\",\"data\":{\"message\":7}}",
            "wrong-shape",
        ),
    ] {
        let answer = concierge.send(method, path, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, code),
            "{method} {body}"
        );
    }
    let long = format!(
        "/v1/bots/concierge/environments/draft/conversations/{}",
        "x".repeat(300)
    );
    assert_eq!(
        concierge.send("PUT", &long, "{}").await.code(),
        "invalid-name"
    );
}

//! The bare route: each kind of payload gets the concierge's answer to it, and what is no payload a clear no.

use harness::host::{respond_path, text};
use harness::{Served, bots, host};
use insta::assert_json_snapshot;
use serde_json::json;

use crate::payloads;

async fn concierge() -> Served {
    host()
        .with_bot("concierge", &bots::plugin("concierge"))
        .await
}

#[tokio::test]
async fn a_text_over_messaging_is_answered_with_a_card_and_an_intent() {
    let answer = concierge()
        .await
        .post("concierge", &payloads::messaging_text("where is my parcel"))
        .await;
    assert_eq!((answer.status.as_u16(), answer.outcome()), (200, "replied"));
    assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn a_welcome_is_answered_with_quick_replies_where_there_are_any() {
    let concierge = concierge().await;
    assert_json_snapshot!(
        "messaging_welcome",
        concierge
            .post("concierge", &payloads::messaging_welcome(None))
            .await
            .body
    );
    assert_json_snapshot!(
        "chat_welcome",
        concierge
            .post("concierge", &payloads::chat_welcome())
            .await
            .body
    );
}

#[tokio::test]
async fn a_welcome_after_a_transfer_answers_what_was_said_last() {
    let answer = concierge()
        .await
        .post(
            "concierge",
            &payloads::messaging_welcome(Some("I want a refund")),
        )
        .await;
    assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn rich_content_and_files_are_answered() {
    let concierge = concierge().await;
    assert_json_snapshot!(
        "rich_content",
        concierge
            .post("concierge", &payloads::rich_content())
            .await
            .body
    );
    assert_json_snapshot!(
        "file",
        concierge.post("concierge", &payloads::file()).await.body
    );
}

#[tokio::test]
async fn an_event_that_a_bot_does_not_handle_is_answered_with_nothing_on_purpose() {
    let host = host().with_bot("echo", &bots::plugin("echo")).await;
    let silence = json!({ "messages": [{ "delay": 1, "typing": false }], "context": {} });
    assert_eq!(host.post("echo", &payloads::file()).await.body, silence);
    let unknown =
        json!({ "convId": "1", "message": "", "event": { "name": "MOON_LANDING", "at": 1 } });
    assert_eq!(host.post("echo", &unknown).await.body, silence);
}

/// What a bot is told that puts metadata on a text, which only the Custom Endpoint has a place for.
const LEFT_OUT: &str = "left out of the reply: part 0 has metadata, for which the Custom Integration contract has no place \
                        on a text";

#[tokio::test]
async fn what_the_contract_has_no_place_for_is_left_out_and_the_author_is_told() {
    let parrot = host()
        .with_bot("parrot", &bots::misbehaving("parrot"))
        .await;
    let hologram = "{\"type\":\"hologram\",\"sparkles\":3}";
    let payload = payloads::messaging_text(hologram);
    let sent = json!({
        "messages": ["you said", { "structuredContent": { "type": "hologram", "sparkles": 3 } }],
        "context": {},
    });
    assert_eq!(parrot.post("parrot", &payload).await.body, sent);
    let lines = parrot.ask("parrot", &text(hologram)).await.log.lines;
    let [line] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!((line.level, line.message.as_str()), ("warn", LEFT_OUT));
}

#[tokio::test]
async fn a_content_that_the_platform_would_refuse_is_not_sent_and_its_author_reads_where_it_is_wrong()
 {
    let parrot = host()
        .with_bot("parrot", &bots::misbehaving("parrot"))
        .await;
    let payload = payloads::messaging_text(
        "{\"type\":\"vertical\",\"elements\":[{\"type\":\"button\",\"title\":\"Go\",\"click\":{\"actions\":[{\"type\":\"link\"}]}}]}",
    );
    let answer = parrot.post("parrot", &payload).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (502, "reply-refused")
    );
    let cause = parrot
        .ask("parrot", &payload)
        .await
        .result
        .map_err(|error| error.to_string());
    assert_eq!(
        cause.expect_err("it is refused"),
        "the reply cannot be sent: part 1 at /elements/0/click/actions/0 lacks \"uri\" (LivePerson: \
         com.liveperson.bot-connectors-worker.error.connector.messaging.send-message)"
    );
}

#[tokio::test]
async fn a_payload_without_a_conversation_is_a_connection_test() {
    let concierge = concierge().await;
    let passed = json!({ "messages": [], "context": {} });
    for payload in [
        json!({}),
        json!({ "message": "ping" }),
        json!({ "convId": "", "context": null }),
    ] {
        let answer = concierge.post("concierge", &payload).await;
        assert_eq!((answer.status.as_u16(), answer.body), (200, passed.clone()));
    }
}

#[tokio::test]
async fn a_connection_test_tells_of_a_failing_bot_whatever_its_policy() {
    let silent = retort::registry::FailurePolicy::Silent {};
    let host = host()
        .failing_as(silent)
        .with_bot("bad", &bots::misbehaving("panic"))
        .await;
    let answer = host.post("bad", &json!({})).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (502, "bot-trapped")
    );
}

#[tokio::test]
async fn a_body_that_is_no_payload_is_told_where_it_is_wrong() {
    let concierge = concierge().await;
    let path = respond_path("concierge");
    for (body, code, detail) in [
        (
            "",
            "not-json",
            "the body is not JSON: EOF while parsing a value at line 1 column 0",
        ),
        (
            "hello",
            "not-json",
            "the body is not JSON: expected value at line 1 column 1",
        ),
        (
            "{} {}",
            "not-json",
            "the body is not JSON: trailing characters at line 1 column 4",
        ),
        (
            "\u{feff}{}",
            "not-json",
            "the body is not JSON: expected value at line 1 column 1",
        ),
        (
            "[]",
            "wrong-shape",
            "the body has the wrong shape: it must be an object",
        ),
        (
            "{\"convId\":\"1\",\"context\":{\"lpEvent\":3}}",
            "wrong-shape",
            "the body has the wrong shape at `context.lpEvent`: invalid type: integer `3`, expected a map at line 1 column 36",
        ),
    ] {
        let answer = concierge.send("POST", &path, body).await;
        let told = answer.body["detail"].as_str().unwrap_or_default();
        assert_eq!(
            (answer.status.as_u16(), answer.code(), told),
            (400, code, detail),
            "{body}"
        );
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.body["fault"], "caller");
    }
    let large = concierge.send("POST", &path, "x".repeat(2 << 20)).await;
    assert_eq!(
        (large.status.as_u16(), large.code()),
        (413, "body-too-large")
    );
    assert_eq!(
        concierge
            .post("concierge", &payloads::messaging_text("hours"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let concierge = concierge().await;
    for (method, path, status, code) in [
        (
            "POST",
            "/tenants/nobody/bots/concierge/environments/draft/respond",
            404,
            "no-such-tenant",
        ),
        (
            "POST",
            "/tenants/acme/bots/nobody/environments/draft/respond",
            404,
            "no-such-bot",
        ),
        (
            "POST",
            "/tenants/acme/bots/concierge/environments/production/respond",
            404,
            "no-such-environment",
        ),
        (
            "POST",
            "/tenants/acme/bots/a%20b/environments/draft/respond",
            400,
            "invalid-name",
        ),
        (
            "POST",
            "/tenants/acme/bots/%ff/environments/draft/respond",
            400,
            "invalid-name",
        ),
        (
            "POST",
            "/tenants/acme/bots/../environments/draft/respond",
            400,
            "invalid-name",
        ),
        (
            "GET",
            "/tenants/acme/bots/concierge/environments/draft/respond",
            405,
            "method-not-allowed",
        ),
        ("GET", "/", 404, "no-such-route"),
    ] {
        let answer = concierge.send(method, path, "{}").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (status, code),
            "{method} {path}"
        );
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
}

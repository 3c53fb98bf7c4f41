//! What nobody's client sends.

use axum::body::Body;
use harness::{bots, patient_host};
use retort::invocation::Settings;
use retort::registry::Wanted;
use serde_json::{Value, json};

use super::{
    QUERIES, by_event, by_uuid, envelope, error, serve, serve_function, serving, told, uuid, wanted,
};

#[tokio::test]
async fn a_body_of_another_shape_is_refused_in_the_words_of_its_version() {
    let host = serving().await;
    let header = |count: usize| json!({ "key": "k", "value": "v".repeat(count) });
    let many: Vec<Value> = (0..65).map(|_| header(1)).collect();
    let words = [
        "com.liveperson.faas.es.badinput",
        "com.liveperson.faas.evg.invalid",
    ];
    for body in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{".to_owned(),
        "{}".to_owned(),
        "{\"timestamp\":1}".to_owned(),
        "{\"payload\":}".to_owned(),
        "{\"payload\":1} x".to_owned(),
        "{\"payload\":1,\"payload\":2}".to_owned(),
        json!({ "payload": 1, "headers": {} }).to_string(),
        json!({ "payload": 1, "headers": ["a"] }).to_string(),
        json!({ "payload": 1, "headers": [{ "key": "a" }] }).to_string(),
        json!({ "payload": 1, "headers": [{ "key": "a", "value": 1 }] }).to_string(),
        json!({ "payload": 1, "headers": many }).to_string(),
        json!({ "payload": 1, "headers": [header(9_000)] }).to_string(),
    ] {
        for (query, word) in QUERIES.into_iter().zip(words) {
            let event = by_event(&host, "bot_connectors_pre_hook", query, body.clone());
            let event = event.await;
            let uuid = by_uuid(&host, &uuid("hook"), query, body.clone()).await;
            for answer in [event, uuid] {
                let (status, code, _) = error(&answer, query);
                assert_eq!((status, code.as_str()), (400, word), "{body:.60}");
            }
        }
    }
}

#[tokio::test]
async fn a_version_that_is_not_known_is_the_second_and_odd_values_are_let_pass() {
    let host = serving().await;
    for query in ["?v=2", "?v=", "?v=11", "?xv=1", "?v=0x1", "?v"] {
        let answer = by_uuid(&host, "none", query, envelope(1)).await;
        assert_eq!(
            error(&answer, "").1,
            "com.liveperson.faas.function.not-found"
        );
    }
    for body in [
        json!({ "timestamp": "yesterday", "payload": 1, "more": {} }),
        json!({ "timestamp": null, "headers": null, "payload": 1 }),
    ] {
        let answer = by_uuid(&host, &uuid("hook"), "", body.to_string()).await;
        assert_eq!(answer.body["payload"], 1, "{body}");
    }
}

#[tokio::test]
async fn large_and_deep_payloads_are_refused_or_handed_on_whole() {
    let host = serving().await;
    let large = "x".repeat(1 << 20);
    let answer = by_uuid(&host, &uuid("hook"), "?v=1", envelope(large)).await;
    assert_eq!(error(&answer, "?v=1").0, 413);
    // The function reads it, and says that it is too deep for itself.
    let deep = format!(
        "{{\"payload\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let answer = by_uuid(&host, &uuid("hook"), "", deep.clone()).await;
    let (status, _, message) = error(&answer, "");
    assert_eq!(status, 901);
    assert!(message.contains("is nested too deep"), "{message}");
    let answer = by_uuid(&host, &uuid("echo"), "", deep).await;
    assert_eq!(error(&answer, "").0, 400);
    let numbers = "{\"payload\":{\"do\":\"say\",\"with\":\"123456789012345678901234567890.10\"}}";
    let answer = by_uuid(&host, &uuid("hook"), "", numbers).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn names_and_methods_that_are_none_are_refused() {
    let host = serving().await;
    for (method, path, status) in [
        ("POST", "/api/account/a%20b/lambdas/x/invoke?v=1", 400),
        ("POST", "/api/account/acme/events/a-b/invoke?v=1", 400),
        ("GET", "/api/account/acme/events/%ff/isImplemented?v=1", 400),
        ("GET", "/api/account/acme/lambdas/x/invoke", 405),
        ("POST", "/api/account/acme/lambdas/", 405),
        ("POST", "/api/account/acme/lambdas", 405),
        ("POST", "/api/account//lambdas/x/invoke?v=1", 400),
    ] {
        let answer = host.send(method, path, envelope(1)).await;
        assert_eq!(answer.status, status, "{method} {path}");
        if status == 400 {
            error(&answer, path);
        }
    }
    let broken = Body::from(vec![0xff, 0xfe, b'{']);
    let answer = by_uuid(&host, &uuid("hook"), "?v=1", broken).await;
    assert_eq!(error(&answer, "?v=1").0, 400);
}

#[tokio::test]
async fn more_than_may_listen_to_one_event_are_not_all_invoked() {
    let host = patient_host();
    let function = bots::misbehaving("function");
    for number in 0..=30 {
        let wanted = Wanted {
            events: Some(["x".parse().expect("an event")].into()),
            ..wanted()
        };
        serve(&host, &format!("f{number}"), &function, wanted).await;
    }
    let answer = by_event(&host, "x", "", envelope(1)).await;
    let (status, _, message) = error(&answer, "");
    assert_eq!(status, 400);
    assert!(message.contains("31 listen to the event x"), "{message}");
    serve_function(&host, "f0", &[]).await;
    let answer = by_event(&host, "x", "", envelope(1)).await;
    assert_eq!(answer.body.as_array().map(Vec::len), Some(30));
}

#[tokio::test]
async fn where_there_is_no_room_callers_are_told_to_come_again() {
    let mut settings = Settings::default();
    settings.admission.concurrent_turns = 1;
    settings.admission.waiting_turns = 0;
    settings.sandbox.deadline_ceiling_ms = 30_000;
    let host = harness::Served::with(settings);
    serve_function(&host, "hook", &[]).await;
    let busy = host.clone();
    let spinning =
        tokio::spawn(
            async move { by_uuid(&busy, &uuid("hook"), "", envelope(told("spin", ""))).await },
        );
    host.has_instances(1).await;
    let words = [
        "com.liveperson.faas.es.unavailable",
        "com.liveperson.faas.evg.general",
    ];
    for (query, word) in QUERIES.into_iter().zip(words) {
        let answer = by_uuid(&host, &uuid("hook"), query, envelope(1)).await;
        let (status, code, _) = error(&answer, query);
        assert_eq!((status, code.as_str()), (429, word));
        assert!(answer.headers.contains_key("retry-after"));
    }
    spinning.abort();
}

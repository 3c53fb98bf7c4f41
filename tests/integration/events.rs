//! Events of a conversation: one at a time, in their order, each answered once, whatever the platform repeats.

use harness::host::{Answer, address, event};
use harness::operator::{Administered, opened};
use harness::{Served, bots};
use retort::invocation::Settings;
use retort::registry::FailurePolicy;
use retort::store::Store;
use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant};

const CONVERSATION: &str = "/v1/bots/reach/environments/draft/conversations/c1";
const ADD: &str = "add conversation n";

/// A host whose bot keeps what it is told to.
async fn counting(settings: Settings, store: Store) -> Served {
    let bot = bots::wanting("reach", "state = [\"conversation\"]");
    let host = Served::on(settings, store).granting(&["state:conversation"]);
    host.with_bot("reach", &bot).await
}

async fn patient(store: Store) -> Served {
    let mut settings = Settings::default();
    settings.sandbox.deadline_ceiling_ms = 30_000;
    let bot = bots::wanting("reach", "state = [\"conversation\"]");
    let host = Served::on(settings, store).granting(&["state:conversation"]);
    host.in_time(30_000).with_bot("reach", &bot).await
}

fn said(answer: &Answer) -> (&str, &str) {
    let text = answer.body.pointer("/messages/0");
    let text = text.or(answer.body.pointer("/response/0/data/message"));
    (
        answer.outcome(),
        text.and_then(Value::as_str).unwrap_or_default(),
    )
}

/// An event of the Custom Endpoint's.
async fn post_event(host: &Served, sequence: u64, message: &str) -> Answer {
    let event = json!({ "type": "TEXT", "data": { "message": message },
        "context": { "lpEvent": { "sequence": sequence, "dialogId": "d1" } } });
    let events = format!("{CONVERSATION}/events");
    host.send("POST", &events, event.to_string()).await
}

#[tokio::test]
async fn a_repeat_is_given_the_answer_of_the_first_time_on_both_ways_in() {
    let host = patient(Store::in_memory()).await;
    let first = host.post("reach", &event("c0", 1, ADD)).await;
    assert_eq!(said(&first), ("replied", "ok 1 @1"));
    let again = host.post("reach", &event("c0", 1, ADD)).await;
    assert_eq!(said(&again), ("replayed", "ok 1 @1"));
    assert_eq!(first.body, again.body);
    let next = host.post("reach", &event("c0", 2, ADD)).await;
    assert_eq!(said(&next), ("replied", "ok 2 @2"));

    assert_eq!(host.send("PUT", CONVERSATION, "{}").await.status, 204);
    let first = post_event(&host, 0, ADD).await;
    let again = post_event(&host, 0, ADD).await;
    assert_eq!(said(&first), ("replied", "ok 1 @1"));
    assert_eq!((again.outcome(), &again.body), ("replayed", &first.body));
    // The start of a conversation has the number of its first text.
    let start = json!({ "type": "START", "data": {},
        "context": { "lpEvent": { "sequence": 0, "dialogId": "d1" } } });
    let events = format!("{CONVERSATION}/events");
    let started = host.send("POST", &events, start.to_string()).await;
    assert_eq!(started.outcome(), "no-answer");
}

#[tokio::test]
async fn what_has_no_number_is_answered_each_time() {
    let host = patient(Store::in_memory()).await;
    for count in 1..=2 {
        let payload = json!({ "convId": "c1", "message": ADD });
        let answer = host.post("reach", &payload).await;
        assert_eq!(
            said(&answer),
            ("replied", format!("ok {count} @{count}").as_str())
        );
    }
}

#[tokio::test]
async fn how_a_conversation_began_and_what_it_was_answered_outlive_the_host() {
    let folder = tempdir().expect("a folder");
    let host = patient(opened(folder.path()).await).await;
    assert_eq!(post_event(&host, 1, ADD).await.status, 404);
    assert_eq!(host.send("PUT", CONVERSATION, "{}").await.status, 204);
    let first = post_event(&host, 1, ADD).await;
    assert_eq!(said(&first), ("replied", "ok 1 @1"));
    drop(host);
    let host = patient(opened(folder.path()).await).await;
    let again = post_event(&host, 1, ADD).await;
    assert_eq!((again.outcome(), &again.body), ("replayed", &first.body));
    assert_eq!(
        said(&post_event(&host, 2, ADD).await),
        ("replied", "ok 2 @2")
    );
}

#[tokio::test]
async fn answers_that_are_kept_in_memory_are_given_again_until_the_host_ends() {
    let folder = tempdir().expect("a folder");
    let mut settings = Settings::default();
    settings.conversations.answers_on_disk = false;
    let host = counting(settings.clone(), opened(folder.path()).await).await;
    for outcome in ["replied", "replayed"] {
        let answer = host.post("reach", &event("c1", 1, ADD)).await;
        assert_eq!(said(&answer), (outcome, "ok 1 @1"));
    }
    drop(host);
    let host = counting(settings, opened(folder.path()).await).await;
    let answer = host.post("reach", &event("c1", 1, ADD)).await;
    assert_eq!(said(&answer), ("replied", "ok 2 @2"));
}

#[tokio::test]
async fn an_old_event_that_was_not_seen_is_answered_and_what_it_writes_is_dropped() {
    let host = patient(Store::in_memory()).await;
    for (sequence, answered) in [
        (1, ("replied", "ok 1 @1")),
        (5, ("replied", "ok 2 @2")),
        // It sees what is there, and leaves it.
        (3, ("replied", "ok 3 @3")),
        (3, ("replayed", "ok 3 @3")),
        (6, ("replied", "ok 3 @3")),
    ] {
        let answer = host.post("reach", &event("c1", sequence, ADD)).await;
        assert_eq!(said(&answer), answered, "event {sequence}");
    }
    // Another dialogue counts for itself.
    let survey = json!({ "convId": "c1", "message": ADD,
        "context": { "lpEvent": { "sequence": 0, "dialogId": "survey" } } });
    assert_eq!(
        said(&host.post("reach", &survey).await),
        ("replied", "ok 4 @4")
    );
}

#[tokio::test]
async fn events_that_wait_together_have_their_turns_in_the_order_of_their_numbers() {
    let host = patient(Store::in_memory()).await;
    let tenant = &address("reach").tenant;
    let until = Instant::now() + Duration::from_secs(30);
    let alone = host.host.conversations().alone(tenant, "c1", until).await;
    let alone = alone.expect("nobody has it");
    let mut asking = JoinSet::new();
    for sequence in [5, 2, 9, 3] {
        let host = host.clone();
        asking.spawn(async move {
            let answer = host.post("reach", &event("c1", sequence, ADD)).await;
            (sequence, said(&answer).1.to_owned())
        });
    }
    // One thread runs them all: each stands in the line when it has had its turn here.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    drop(alone);
    let mut answered = asking.join_all().await;
    answered.sort_unstable();
    let expected = [
        (2, "ok 1 @1"),
        (3, "ok 2 @2"),
        (5, "ok 3 @3"),
        (9, "ok 4 @4"),
    ];
    assert_eq!(
        answered,
        expected.map(|(sequence, said)| (sequence, said.to_owned()))
    );
}

#[tokio::test]
async fn a_turn_whose_caller_hung_up_left_nothing_and_its_repeat_is_answered() {
    let host = patient(Store::in_memory()).await;
    let endless = event("c1", 1, "add conversation n\nspin");
    let soon = Duration::from_millis(100);
    let asked = tokio::time::timeout(soon, host.post("reach", &endless)).await;
    assert!(asked.is_err(), "it was answered");
    let answer = host.post("reach", &event("c1", 1, ADD)).await;
    assert_eq!(said(&answer), ("replied", "ok 1 @1"));
}

#[tokio::test]
async fn a_stand_in_is_given_to_a_repeat_as_well_and_an_error_is_not() {
    let sorry = FailurePolicy::Reply {
        text: "Sorry.".to_owned(),
    };
    for (policy, first, repeat) in [
        (sorry, ("bot-fault", "Sorry."), ("replayed", "Sorry.")),
        (
            FailurePolicy::default(),
            ("bot-fault", ""),
            ("replied", "again"),
        ),
    ] {
        let host = harness::patient_host().failing_as(policy);
        let host = host.with_bot("bot", &bots::misbehaving("fault")).await;
        let answer = host.post("bot", &event("c1", 1, "again")).await;
        assert_eq!(said(&answer), first);
        let host = host.with_bot("bot", &bots::plugin("echo")).await;
        let answer = host.post("bot", &event("c1", 1, "again")).await;
        assert_eq!(said(&answer), repeat);
        let answer = host.post("bot", &event("c1", 2, "next")).await;
        assert_eq!(said(&answer), ("replied", "next"));
    }
}

#[tokio::test]
async fn an_event_whose_conversation_is_not_free_in_time_is_answered_by_the_policy() {
    let text = "Sorry.".to_owned();
    let skill = Some("people".to_owned());
    for (policy, respond, custom_endpoint) in [
        (FailurePolicy::default(), 429, 400),
        (FailurePolicy::Escalate { skill }, 200, 200),
        (FailurePolicy::Reply { text }, 200, 200),
        (FailurePolicy::Silent {}, 200, 200),
    ] {
        let host = harness::host().in_time(50).failing_as(policy);
        let host = host.with_bot("reach", &bots::misbehaving("reach")).await;
        assert_eq!(host.send("PUT", CONVERSATION, "{}").await.status, 204);
        let (tenant, until) = (
            address("reach").tenant,
            Instant::now() + Duration::from_secs(30),
        );
        let alone = host.host.conversations().alone(&tenant, "c1", until).await;
        let alone = alone.expect("nobody has it");
        let answer = host.post("reach", &event("c1", 1, ADD)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.outcome()),
            (respond, "conversation-busy")
        );
        assert_eq!(answer.headers.contains_key("retry-after"), respond == 429);
        let answer = post_event(&host, 1, ADD).await;
        assert_eq!(
            (answer.status.as_u16(), answer.outcome()),
            (custom_endpoint, "conversation-busy")
        );
        drop(alone);
        // What the platform was told for an answer it is told again.
        let again = post_event(&host, 1, ADD).await;
        match custom_endpoint {
            200 => assert_eq!((again.outcome(), &again.body), ("replayed", &answer.body)),
            _ => assert_eq!(again.outcome(), "replied"),
        }
    }
}

#[tokio::test]
async fn an_answer_that_there_was_no_room_to_keep_outlives_a_turn_that_could_not_be_kept() {
    let mut settings = Settings::default();
    settings.state.tenant_bytes = 0;
    let host = counting(settings, Store::in_memory()).await;
    let first = host.post("reach", &event("c1", 2, "budget")).await;
    assert_eq!(first.outcome(), "replied");
    let full = host.post("reach", &event("c1", 3, ADD)).await;
    assert_eq!(full.outcome(), "state-full");
    let again = host.post("reach", &event("c1", 2, "budget")).await;
    assert_eq!((again.outcome(), &again.body), ("replayed", &first.body));
}

#[tokio::test]
async fn a_conversation_that_was_erased_has_to_begin_again() {
    let folder = tempdir().expect("a folder");
    let operator = Administered::open(folder.path()).await;
    let digest = operator
        .upload("acme", "reach", bots::misbehaving("reach"))
        .await;
    assert_eq!(
        operator.deploy("acme", "reach", &digest, 100).await.status,
        200
    );
    let put = || {
        operator.send(
            "PUT",
            "/v1/bots/reach/environments/draft/conversations/c1",
            "{}",
        )
    };
    let event = json!({ "type": "TEXT", "data": { "message": "budget" },
        "context": { "lpEvent": { "sequence": 1 } } });
    let post = || {
        let path = "/v1/bots/reach/environments/draft/conversations/c1/events";
        operator.send("POST", path, event.to_string())
    };
    let path = "/v1/bots/reach/environments/draft/state";
    assert_eq!(operator.send("GET", path, "").await.body["state"], "online");
    assert_eq!(put().await.status, 204);
    assert_eq!(post().await.outcome(), "replied");
    assert_eq!(post().await.outcome(), "replayed");
    let erased = operator.admin("DELETE", "tenants/acme/conversations/c1", &Value::Null);
    assert_eq!(erased.await.status, 200);
    assert_eq!(post().await.status, 404);
    assert_eq!(put().await.status, 204);
    assert_eq!(post().await.outcome(), "replied");
}

#[tokio::test]
async fn a_host_that_is_about_to_end_says_so_and_goes_on_answering() {
    let host = patient(Store::in_memory()).await;
    let state = "/v1/bots/reach/environments/draft/state";
    assert_eq!(host.send("GET", state, "").await.body["state"], "online");
    host.host.end();
    assert_eq!(
        host.send("GET", state, "").await.body["state"],
        "maintenance"
    );
    let health = host.send("GET", "/healthz", "").await;
    assert_eq!(
        (health.status.as_u16(), &health.body["status"]),
        (503, &json!("ending"))
    );
    assert_eq!(
        host.says("reach", "budget").await.split(' ').next(),
        Some("ok")
    );
}

//! LivePerson's API for invoking functions, in both versions: what its clients send, and what they are answered.

mod access;
mod hostile;
mod livepersons_tokens;

use axum::body::Body;
use harness::host::Answer;
use harness::{Served, bots, patient_host};
use retort::http;
use retort::registry::{FailurePolicy, Wanted};
use retort::sandbox::Limits;
use retort::tenant::{Address, BotName, Environment, TenantId};
use serde_json::{Value, json};

pub(crate) fn acme() -> TenantId {
    "acme".parse().expect("a tenant")
}

pub(crate) fn uuid(bot: &str) -> String {
    let bot: BotName = bot.parse().expect("a bot");
    bot.uuid(&acme()).to_string()
}

/// What a patient host gives.
fn wanted() -> Wanted {
    Wanted {
        limits: Limits {
            deadline_ms: 30_000,
            ..Limits::default()
        },
        ..Wanted::default()
    }
}

/// Has a bot of `acme` serve as `production`.
async fn serve(host: &Served, bot: &str, component: &[u8], wanted: Wanted) {
    let at = Address {
        tenant: acme(),
        bot: bot.parse().expect("a bot"),
        environment: Environment::production(),
    };
    let deployed = host.host.deploy(&at, component, wanted).await;
    deployed.expect("it is deployed");
}

/// The function that does what it is told, listening to some events.
async fn serve_function(host: &Served, name: &str, events: &[&str]) {
    let events = events.iter().map(|event| event.parse().expect("an event"));
    let wanted = Wanted {
        events: Some(events.collect()),
        ..wanted()
    };
    serve(host, name, &bots::misbehaving("function"), wanted).await;
}

/// A host with a function, and a bot that says what it is told.
pub(crate) async fn serving() -> Served {
    let host = patient_host();
    serve_function(&host, "hook", &["bot_connectors_pre_hook"]).await;
    serve(&host, "echo", &bots::plugin("echo"), wanted()).await;
    host
}

/// The body that the platform's clients send.
pub(crate) fn envelope(payload: impl Into<Value>) -> String {
    let payload: Value = payload.into();
    let headers = json!([{ "key": "Accept-Language", "value": "en-US" }]);
    json!({ "timestamp": 1_700_000_000_123_u64, "headers": headers, "payload": payload })
        .to_string()
}

fn told(what: &str, with: impl Into<Value>) -> Value {
    json!({ "do": what, "with": with.into() })
}

/// How each version names what it asks for.
const QUERIES: [&str; 2] = ["?v=1&skillId=&externalSystem=tests", "?skillId=12"];

async fn by_uuid(host: &Served, uuid: &str, query: &str, body: impl Into<Body>) -> Answer {
    let path = format!("/api/account/acme/lambdas/{uuid}/invoke{query}");
    host.send("POST", &path, body).await
}

async fn by_event(host: &Served, event: &str, query: &str, body: impl Into<Body>) -> Answer {
    let path = format!("/api/account/acme/events/{event}/invoke{query}");
    host.send("POST", &path, body).await
}

/// The status and the body of an error, which the versions write differently.
fn error(answer: &Answer, query: &str) -> (u16, String, String) {
    let (code, message) = match query.contains("v=1") {
        true => ("errorCode", "errorMsg"),
        false => ("code", "message"),
    };
    let fields: Vec<&String> = answer.body.as_object().expect("an object").keys().collect();
    assert_eq!(fields, [code, message], "{:?}", answer.body);
    let text = |key: &str| answer.body[key].as_str().expect("a text").to_owned();
    (answer.status.as_u16(), text(code), text(message))
}

#[tokio::test]
async fn a_function_is_invoked_by_its_uuid_and_what_it_returns_is_the_body() {
    let host = serving().await;
    for query in QUERIES {
        let answer = by_uuid(&host, &uuid("hook"), query, envelope(json!({ "n": [1] }))).await;
        assert_eq!((answer.status.as_u16(), answer.outcome()), (200, "replied"));
        assert_eq!(
            answer.body,
            json!({ "headers": [["Accept-Language", "en-US"]], "payload": { "n": [1] } })
        );
        for returned in [json!("text"), json!(3), json!(null), json!([1, 2])] {
            let asked = envelope(told("return", returned.clone()));
            let answer = by_uuid(&host, &uuid("hook"), query, asked).await;
            assert_eq!((answer.status.as_u16(), answer.body), (200, returned));
        }
        // As little as a client may send.
        let answer = by_uuid(&host, &uuid("hook"), query, "{\"payload\":null}").await;
        assert_eq!(answer.body, json!({ "headers": [], "payload": null }));
    }
}

#[tokio::test]
async fn a_bot_is_handed_the_payload_of_the_custom_integration_and_its_reply_is_the_body() {
    let host = serving().await;
    let payload = json!({ "convId": "c", "message": "hello", "context": { "lpEvent": {} } });
    for query in QUERIES {
        let answer = by_uuid(&host, &uuid("echo"), query, envelope(payload.clone())).await;
        assert_eq!(answer.body, json!({ "messages": ["hello"], "context": {} }));
        let test = by_uuid(&host, &uuid("echo"), query, envelope(json!({}))).await;
        assert_eq!((test.status.as_u16(), test.outcome()), (200, "tested"));
        assert_eq!(test.body, json!({ "messages": [], "context": {} }));
        let event = by_event(
            &host,
            "bot_connectors_custom_integration",
            query,
            envelope(payload.clone()),
        );
        let event = event.await;
        assert_eq!(event.body[0]["uuid"], uuid("echo"));
        assert_eq!(
            event.body[0]["result"],
            json!({ "messages": ["hello"], "context": {} })
        );
        let shape = envelope(json!({ "convId": 1 }));
        let shape = by_uuid(&host, &uuid("echo"), query, shape).await;
        assert_eq!(error(&shape, query).0, 400);
    }
}

#[tokio::test]
async fn an_event_invokes_all_that_listen_by_name_and_their_results_are_together() {
    let host = serving().await;
    for name in ["b", "a", "c"] {
        serve_function(&host, name, &["conversational_command", "x"]).await;
    }
    for query in QUERIES {
        let answer = by_event(
            &host,
            "conversational_command",
            query,
            envelope(told("return", 7)),
        );
        let answer = answer.await;
        let results = answer.body.as_array().expect("a list");
        for (result, name) in results.iter().zip(["a", "b", "c"]) {
            let keys: Vec<&String> = result.as_object().expect("an object").keys().collect();
            assert_eq!(keys, ["uuid", "timestamp", "result"]);
            assert_eq!(
                (&result["uuid"], &result["result"]),
                (&json!(uuid(name)), &json!(7))
            );
            let at = result["timestamp"].as_str().expect("a text");
            assert!(
                at.len() == "2024-01-01T00:00:00.000Z".len() && at.ends_with('Z'),
                "{at}"
            );
        }
        assert_eq!(results.len(), 3);
        let nobody = by_event(&host, "nobody_listens", query, envelope(1)).await;
        assert_eq!((nobody.status.as_u16(), nobody.body), (200, json!([])));
    }
}

#[tokio::test]
async fn one_that_fails_ends_the_chain() {
    let host = patient_host();
    let counts = bots::wanting("function", "state = [\"bot\"]");
    for (name, always) in [
        ("a", told("count", "")),
        ("b", told("fault", "enough")),
        ("c", told("count", "")),
    ] {
        let wanted = Wanted {
            events: Some(["x".parse().expect("an event")].into()),
            grants: ["state:bot".parse().expect("a grant")].into(),
            config: [("always".to_owned(), always.to_string())].into(),
            ..wanted()
        };
        serve(&host, name, &counts, wanted).await;
    }
    for query in QUERIES {
        let answer = by_event(&host, "x", query, envelope(1)).await;
        let (status, _, message) = error(&answer, query);
        assert_eq!((status, message.as_str()), (901, "enough"));
    }
    let count = async |name: &str| by_uuid(&host, &uuid(name), "", envelope(1)).await.body;
    assert_eq!((count("a").await, count("c").await), (json!(3), json!(1)));
}

#[tokio::test]
async fn the_time_of_a_chain_is_that_of_one() {
    let host = patient_host();
    for name in ["a", "b"] {
        let wanted = Wanted {
            limits: Limits {
                deadline_ms: 1_500,
                ..Limits::default()
            },
            events: Some(["x".parse().expect("an event")].into()),
            ..wanted()
        };
        serve(&host, name, &bots::misbehaving("function"), wanted).await;
    }
    let sleep = || envelope(told("sleep", "800"));
    let alone = by_uuid(&host, &uuid("b"), "", sleep()).await;
    assert_eq!(alone.status, 200, "{alone:?}");
    let second = by_event(&host, "x", "", sleep()).await;
    assert_eq!(second.outcome(), "deadline-exceeded");
}

#[tokio::test]
async fn whether_an_event_is_listened_to_follows_what_production_serves() {
    let host = serving().await;
    let implemented = async |event: &str, query: &str| {
        let path = format!("/api/account/acme/events/{event}/isImplemented{query}");
        let answer = host.send("GET", &path, "").await;
        assert_eq!(answer.status, 200);
        answer.body
    };
    let hook = Address {
        tenant: acme(),
        bot: "hook".parse().expect("a bot"),
        environment: Environment::production(),
    };
    for query in QUERIES {
        assert_eq!(
            implemented("bot_connectors_pre_hook", query).await,
            json!({ "implemented": true })
        );
        for event in ["bot_connectors_post_hook", "anything"] {
            assert_eq!(
                implemented(event, query).await,
                json!({ "implemented": false })
            );
        }
    }
    // In other environments nobody listens.
    serve_function(&host, "hook", &["bot_connectors_post_hook"]).await;
    let draft = host.clone().wanting(|wanted| {
        wanted.events = Some(["in_draft".parse().expect("an event")].into());
    });
    draft
        .deploy("hook", &bots::misbehaving("function"))
        .await
        .expect("it is deployed");
    assert_eq!(
        implemented("bot_connectors_pre_hook", "").await["implemented"],
        false
    );
    assert_eq!(
        implemented("bot_connectors_post_hook", "").await["implemented"],
        true
    );
    assert_eq!(implemented("in_draft", "").await["implemented"], false);
    host.host.registry().deactivate(&hook);
    assert_eq!(
        implemented("bot_connectors_post_hook", "").await["implemented"],
        false
    );
    let gone = by_uuid(&host, &uuid("hook"), "?v=1", envelope(1)).await;
    assert_eq!(error(&gone, "?v=1").1, "com.liveperson.faas.es.notdeployed");
}

/// Status, the words of both versions, and a part of the message, of what a function is told to do.
const FAILURES: [(&str, &str, u16, [&str; 2], &str); 4] = [
    (
        "fault",
        "the order service is down",
        901,
        [
            "com.liveperson.faas.handler.custom-failure",
            "com.customer.faas.function.threw-error",
        ],
        "the order service is down",
    ),
    (
        "panic",
        "a secret place in the code",
        901,
        [
            "com.liveperson.faas.handler.runtime-exception",
            "com.customer.faas.function.js-runtime-error",
        ],
        "the bot trapped",
    ),
    (
        "spin",
        "",
        901,
        [
            "com.liveperson.faas.handler.executiontime-exceeded",
            "com.customer.faas.function.execution-exceeded",
        ],
        "limits.deadline_ms",
    ),
    (
        "say",
        "{ no JSON",
        901,
        [
            "com.liveperson.faas.handler.runtime-exception",
            "com.customer.faas.function.js-runtime-error",
        ],
        "cannot be sent",
    ),
];

#[tokio::test]
async fn each_way_to_fail_has_its_word_in_both_versions() {
    let host = serving().await;
    let wanted = Wanted {
        limits: Limits {
            deadline_ms: 300,
            fuel: u64::MAX,
            ..Limits::default()
        },
        ..wanted()
    };
    serve(&host, "short", &bots::misbehaving("function"), wanted).await;
    for (what, with, status, words, told_as) in FAILURES {
        for (query, word) in QUERIES.into_iter().zip(words) {
            let answer = by_uuid(&host, &uuid("short"), query, envelope(told(what, with))).await;
            let (its, code, message) = error(&answer, query);
            assert_eq!((its, code.as_str()), (status, word), "{what}");
            assert!(message.contains(told_as), "{what}: {message}");
            assert!(answer.headers.contains_key("retort-invocation"), "{what}");
        }
    }
    let fuel = Wanted {
        limits: Limits {
            fuel: 1_000_000,
            ..Limits::default()
        },
        ..Wanted::default()
    };
    serve(&host, "weak", &bots::misbehaving("function"), fuel).await;
    let answer = by_uuid(&host, &uuid("weak"), "?v=1", envelope(told("spin", ""))).await;
    let (status, code, message) = error(&answer, "?v=1");
    assert_eq!(
        (status, code.as_str()),
        (901, "com.liveperson.faas.handler.runtime-exception")
    );
    assert!(message.contains("limits.fuel"), "{message}");
}

#[tokio::test]
async fn what_is_not_there_is_told_as_the_platform_tells_it() {
    let host = serving().await;
    let words = [
        "com.liveperson.faas.es.missinglambda",
        "com.liveperson.faas.function.not-found",
    ];
    for (query, word) in QUERIES.into_iter().zip(words) {
        for unknown in ["00000000-0000-0000-0000-000000000000", "hook", "%00%1b"] {
            let answer = by_uuid(&host, unknown, query, envelope(1)).await;
            let (status, code, message) = error(&answer, query);
            assert_eq!((status, code.as_str()), (404, word));
            assert!(message.starts_with("There is no "), "{message}");
            assert!(message.ends_with(" deployed on acme"), "{message}");
            assert!(!message.contains('\u{1b}'), "{message}");
        }
        // Another tenant's is not there either.
        let path = format!("/api/account/other/lambdas/{}/invoke{query}", uuid("hook"));
        let answer = host.send("POST", &path, envelope(1)).await;
        assert_eq!(error(&answer, query).0, 404);
    }
}

#[tokio::test]
async fn a_bot_that_fails_is_answered_by_its_policy_or_without_its_own_words() {
    let host = serving().await;
    let failing = bots::misbehaving("fault");
    serve(&host, "bare", &failing, wanted()).await;
    let policy = FailurePolicy::Reply {
        text: "Sorry.".to_owned(),
    };
    let kind = Wanted {
        failure: policy,
        ..wanted()
    };
    serve(&host, "kind", &failing, kind).await;
    let payload = json!({ "convId": "c", "message": "hello" });
    let kind = by_uuid(&host, &uuid("kind"), "", envelope(payload.clone())).await;
    assert_eq!((kind.status.as_u16(), kind.outcome()), (200, "bot-fault"));
    assert_eq!(kind.body, json!({ "messages": ["Sorry."], "context": {} }));
    let bare = by_uuid(&host, &uuid("bare"), "", envelope(payload)).await;
    assert_eq!(
        error(&bare, ""),
        (
            901,
            "com.customer.faas.function.threw-error".to_owned(),
            "the bot gave a fault".to_owned()
        )
    );
}

#[tokio::test]
async fn the_status_of_a_function_that_failed_can_be_one_that_proxies_know() {
    let host = serving().await;
    for status in [500, 422] {
        let platform = http::Platform {
            function_error_status: status.try_into().expect("it may be that"),
            ..http::Platform::default()
        };
        let host = host.clone().answering(platform);
        let path = format!("/api/account/acme/lambdas/{}/invoke", uuid("hook"));
        let answer = host
            .send("POST", &path, envelope(told("fault", "no")))
            .await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn what_serves_in_production_is_listed_by_name_event_and_state() {
    let host = serving().await;
    let listed = async |path: &str| {
        let answer = host
            .send("GET", &format!("/api/account/acme/{path}"), "")
            .await;
        assert_eq!(answer.status, 200);
        let names = answer.body.as_array().expect("a list").iter();
        let names: Vec<String> = names
            .map(|listed| listed["name"].as_str().expect("a name").to_owned())
            .collect();
        (names.join(" "), answer.body)
    };
    let (names, all) = listed("functions?eventId=&userId=&functionName=").await;
    assert_eq!(names, "echo hook");
    assert_eq!(
        all[1],
        json!({
            "uuid": uuid("hook"), "name": "hook", "description": "", "state": "Productive",
            "eventId": "bot_connectors_pre_hook", "skills": [],
        })
    );
    for (path, names) in [
        (
            "lambdas/?v=1&eventId=&state=&externalSystem=&userId=",
            "echo hook",
        ),
        ("lambdas/?v=1&eventId=bot_connectors_pre_hook", "hook"),
        ("lambdas/?v=1&state=Productive&state=Draft", "echo hook"),
        ("lambdas?v=%31", "echo hook"),
        ("functions?state=Draft", ""),
        ("functions?functionName=echo", "echo"),
        ("lambdas/?v=1&name=nobody", ""),
    ] {
        assert_eq!(listed(path).await.0, names, "{path}");
    }
}

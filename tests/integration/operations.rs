//! What an operator sees: metrics and deep health, and that nobody else does.

use harness::host::{Answer, text};
use harness::{Served, bots, host};
use openmetrics_parser::openmetrics::parse_openmetrics;
use retort::invocation::Settings;
use retort::registry::Wanted;
use serde_json::json;

const TOKEN: &str = "a-token-of-26-characters-x";

fn watched(host: Served) -> Served {
    host.watched(|operations| {
        operations.token = serde_json::from_value(json!(TOKEN)).expect("a token");
        // This machine may be busy with other tests.
        operations.canary_ms = 2_000;
    })
}

async fn as_operator(host: &Served, path: &str) -> Answer {
    host.get_as(path, &format!("Bearer {TOKEN}")).await
}

/// The metrics, as a parser of the format takes them to be in order.
async fn metrics(host: &Served) -> String {
    let answer = as_operator(host, "/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.headers["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let text = answer.body.as_str().expect("a text").to_owned();
    if let Err(error) = parse_openmetrics(&text) {
        panic!("{error}: {text}");
    }
    text
}

#[track_caller]
fn has(metrics: &str, line: &str) {
    let has = metrics.lines().any(|has| has == line);
    assert!(has, "no {line:?} in {metrics}");
}

#[tokio::test]
async fn a_turn_of_every_kind_is_counted_under_its_outcome_and_fault() {
    let mut host = watched(host());
    for (name, outcome, _) in TURNS {
        let is_cut = outcome == "deadline-exceeded";
        host = host.in_time(if is_cut { 50 } else { 1_000 });
        let component = bots::misbehaving(name);
        host = host.with_bot(&name.replace('_', "-"), &component).await;
    }
    for (name, _, _) in TURNS {
        host.post(&name.replace('_', "-"), &text("SECRET words"))
            .await;
    }
    host.post("count", &json!({})).await;
    host.post("nobody", &text("SECRET words")).await;

    let metrics = metrics(&host).await;
    for (_, outcome, fault) in TURNS
        .into_iter()
        .chain([("", "tested", "none"), ("", "no-such-bot", "caller")])
    {
        let labels = format!("tenant=\"acme\",outcome=\"{outcome}\",fault=\"{fault}\"");
        has(&metrics, &format!("retort_turns_total{{{labels}}} 1"));
    }
    let asked = TURNS.len() + 1;
    has(&metrics, &format!("retort_turn_seconds_count {asked}"));
    has(&metrics, &format!("retort_turn_fuel_count {asked}"));
    has(&metrics, "retort_turns_running 0");
    has(&metrics, "retort_pool_size{of=\"component-instances\"} 128");
    assert!(
        !metrics.contains("SECRET") && !metrics.contains("c1\""),
        "{metrics}"
    );
    for name in [
        "process_resident_memory_bytes ",
        "retort_build_info{version=",
    ] {
        assert!(metrics.contains(name), "no {name} in {metrics}");
    }
}

/// A bot, how its turn ends, and whose fault that is.
const TURNS: [(&str, &str, &str); 7] = [
    ("count", "replied", "none"),
    ("park", "deadline-exceeded", "bot"),
    ("grow_memory", "out-of-memory", "bot"),
    ("panic", "bot-trapped", "bot"),
    ("fault", "bot-fault", "bot"),
    ("invalid_reply", "reply-refused", "bot"),
    ("leak_handles", "too-many-handles", "bot"),
];

#[tokio::test]
async fn every_metric_says_what_it_is() {
    let metrics = metrics(&watched(host())).await;
    let of = |what: &str| {
        let lines = metrics.lines().filter_map(|line| line.strip_prefix(what));
        lines
            .filter_map(|line| line.split(' ').next())
            .collect::<Vec<_>>()
    };
    let (kinds, helps) = (of("# TYPE "), of("# HELP "));
    assert_eq!(kinds, helps);
    assert!(kinds.len() > 15, "{kinds:?}");
}

#[tokio::test]
async fn tenants_beyond_the_first_hundred_and_names_of_nobody_make_no_series_of_their_own() {
    let host = watched(host());
    let silent = bots::by_hand(bots::ByHand::default());
    for number in 0..150 {
        let mut at = harness::host::address("evil");
        at.tenant = format!("tenant-{number}").parse().expect("a tenant");
        let deployed = host.host.deploy(&at, &silent, Wanted::default()).await;
        deployed.expect("it is deployed");
    }
    for tenant in (0..150)
        .map(|n| format!("tenant-{n}"))
        .chain(["nobody".to_owned()])
    {
        let path = format!("/tenants/{tenant}/bots/evil/environments/draft/respond");
        host.send("POST", &path, text("hello").to_string()).await;
    }
    let metrics = metrics(&host).await;
    let series = metrics.matches("retort_turns_total{").count();
    assert_eq!(series, 102, "a hundred, `other`, and `other` who is nobody");
    let left_silent = "outcome=\"no-answer\",fault=\"none\"";
    for (tenant, count) in [("tenant-0", 1), ("tenant-99", 1), ("other", 50)] {
        let line = format!("retort_turns_total{{tenant=\"{tenant}\",{left_silent}}} {count}");
        has(&metrics, &line);
    }
    let nobody = "tenant=\"other\",outcome=\"no-such-tenant\",fault=\"caller\"";
    has(&metrics, &format!("retort_turns_total{{{nobody}}} 1"));
}

#[tokio::test]
async fn only_the_token_itself_is_the_token() {
    let host = watched(host());
    for path in [
        "/metrics",
        "/healthz?deep=1",
        "/healthz?x=y&deep=1",
        "/healthz?deep=true",
        "/healthz?de%65p=%31",
    ] {
        assert_eq!(as_operator(&host, path).await.status, 200);
        let lower = host.get_as(path, &format!("bearer {TOKEN}")).await;
        assert_eq!(lower.status, 200, "a scheme is the same in any case");
        for wrong in [
            format!("Bearer {}", &TOKEN[..TOKEN.len() - 1]),
            format!("Bearer {TOKEN}x"),
            format!("Bearer {}", TOKEN.to_uppercase()),
            format!("Basic {TOKEN}"),
            TOKEN.to_owned(),
            "Bearer ".to_owned(),
            String::new(),
        ] {
            denied(&host.get_as(path, &wrong).await);
        }
        denied(&host.send("GET", path, "").await);
    }
    assert_eq!(host.send("GET", "/healthz", "").await.status, 200);
}

#[track_caller]
fn denied(answer: &Answer) {
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (401, "wrong-token")
    );
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
    assert!(!answer.body.to_string().contains(TOKEN));
}

#[tokio::test]
async fn without_a_token_the_main_port_tells_operators_only_what_to_set() {
    let host = host();
    for path in ["/metrics", "/healthz?deep=1"] {
        for answer in [
            host.send("GET", path, "").await,
            host.get_as(path, &format!("Bearer {TOKEN}")).await,
        ] {
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (404, "no-operations")
            );
            let detail = answer.body["detail"].as_str().unwrap_or_default();
            assert!(detail.contains("`operations.token`"), "{detail}");
            assert!(detail.contains("`operations.listen`"), "{detail}");
        }
    }
}

#[tokio::test]
async fn deep_health_runs_a_bot_that_loops_and_sees_it_ended() {
    let host = watched(host());
    let deep = as_operator(&host, "/healthz?deep=1").await;
    assert_eq!(
        (deep.status.as_u16(), &deep.body["status"]),
        (200, &json!("ok"))
    );
    let checks = &deep.body["checks"];
    assert!(
        checks["canary"]["stopped_after_ms"].as_f64() >= Some(20.),
        "{checks}"
    );
    assert_eq!(checks["ticker"]["ok"], true);
    assert_eq!(checks["pool"]["size"], 128);
    host.is_empty_again().await;

    let shallow = host.send("GET", "/healthz", "").await;
    assert_eq!(shallow.body.get("checks"), None);
}

#[tokio::test]
async fn a_host_that_is_about_to_end_says_so_however_closely_it_is_looked_at() {
    let host = watched(host());
    host.host.end();
    for path in ["/healthz", "/healthz?deep=1"] {
        let answer = as_operator(&host, path).await;
        let told = (answer.status.as_u16(), &answer.body["status"]);
        assert_eq!(told, (503, &json!("ending")), "{path}");
    }
}

#[tokio::test]
async fn deep_health_fails_where_a_bot_that_loops_is_ended_too_late() {
    let mut settings = Settings::default();
    settings.sandbox.tick_ms = 100;
    let host = watched(Served::with(settings)).watched(|operations| operations.canary_ms = 1);
    let deep = as_operator(&host, "/healthz?deep=1").await;
    assert_eq!(
        (deep.status.as_u16(), &deep.body["status"]),
        (503, &json!("failing"))
    );
    assert_eq!(deep.body["checks"]["canary"]["ok"], false);
    assert_eq!(deep.body["checks"]["ticker"]["ok"], true);
}

#[tokio::test]
async fn a_turn_whose_caller_hangs_up_is_counted_as_that() {
    let host = watched(host().in_time(1_000))
        .with_bot("spin", &bots::misbehaving("spin"))
        .await;
    let soon = std::time::Duration::from_millis(50);
    let go = text("go");
    let asked = host.ask("spin", &go);
    assert!(tokio::time::timeout(soon, asked).await.is_err());
    let told = metrics(&host).await;
    has(
        &told,
        r#"retort_turns_total{tenant="acme",outcome="abandoned",fault="caller"} 1"#,
    );
}

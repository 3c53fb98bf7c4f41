//! What a bot can reach, and what answers it where it can reach nothing.

use harness::host::text;
use harness::{bots, host};
use retort::registry::{Grant, Wanted};
use serde_json::json;

async fn probe(what: &str) -> String {
    let host = host().with_bot("probe", &bots::misbehaving("probe")).await;
    host.says("probe", what).await
}

#[tokio::test]
async fn a_bot_that_asks_for_nothing_is_denied_everything_and_told_what_it_takes() {
    for (what, calls) in [
        ("secrets key", 1),
        ("http https://example.com/", 1),
        ("state key", 4),
    ] {
        let said = probe(what).await;
        let wants = "under `[wants]` in its manifest";
        assert_eq!(said.matches("Denied(").count(), calls, "{said}");
        assert_eq!(said.matches(wants).count(), calls, "{said}");
    }
}

#[tokio::test]
async fn files_and_sockets_can_be_imported_and_not_used() {
    assert!(probe("file /etc/passwd").await.starts_with("Err("));
    assert!(probe("file lib.rs").await.starts_with("Err("));
    assert_eq!(probe("connect 127.0.0.1:1").await, "Err(PermissionDenied)");
    assert!(probe("connect localhost:1").await.starts_with("Err("));
}

#[tokio::test]
async fn a_bot_sees_neither_the_hosts_environment_nor_its_input() {
    assert_eq!(probe("environment").await, "[] []");
    assert_eq!(probe("input").await, "Ok(\"\")");
}

#[tokio::test]
async fn a_bot_reads_its_own_configuration() {
    let configured = |wanted: &mut Wanted| {
        wanted
            .config
            .insert("skill".to_owned(), "people".to_owned());
    };
    let host = host()
        .wanting(configured)
        .with_bot("probe", &bots::misbehaving("probe"))
        .await;
    assert_eq!(
        host.says("probe", "config skill").await,
        "Some(\"people\") of [\"skill\"]"
    );
    assert_eq!(
        host.says("probe", "config other").await,
        "None of [\"skill\"]"
    );
}

#[tokio::test]
async fn a_bot_reads_what_is_left_of_its_turn() {
    let said = probe("budget").await;
    let (ms, fuel) = said.split_once(' ').expect("two numbers");
    let (ms, fuel): (u64, u64) = (ms.parse().expect("ms"), fuel.parse().expect("fuel"));
    assert!((1..800).contains(&ms), "{ms}");
    assert!((1..20_000_000_000).contains(&fuel), "{fuel}");
}

#[tokio::test]
async fn what_a_bot_logs_and_prints_is_kept_line_by_line() {
    let host = host().with_bot("probe", &bots::misbehaving("probe")).await;
    let log = host.ask("probe", &text("log hello")).await.log;
    let lines: Vec<_> = log
        .lines
        .iter()
        .map(|line| (line.level, line.message.as_str()))
        .collect();
    let expected = [
        ("warn", "hello"),
        ("info", "standard output: hello"),
        ("warn", "standard error: hello"),
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn random_bytes_are_given_up_to_the_limit() {
    let host = host().with_bot("probe", &bots::misbehaving("probe")).await;
    assert_eq!(host.says("probe", "random 65536").await, "65536");
    assert_eq!(
        host.ask("probe", &text("random 65537")).await.outcome(),
        "random-too-large"
    );
}

#[tokio::test]
async fn personal_data_reaches_a_bot_only_when_it_asks_and_is_granted() {
    let bare = bots::misbehaving("probe");
    let name = "name = \"misbehaving\"\nversion = \"1.0.0\"\n";
    let asking =
        retort::registry::manifest::embed(&bare, &format!("{name}[wants]\npersonal-data = true\n"));
    let payload = json!({
        "convId": "c1",
        "message": "turn",
        "context": {
            "lpEvent": {
                "sequence": 7,
                "originatorId": "who",
                "conversationContext": { "skillId": 42, "type": "MESSAGING", "visitor": { "ipAddress": "203.0.113.7" } },
            },
            "lpSdes": { "unauthenticatedSdes": { "customerInfo": { "customerId": "C-1" } } },
        },
    });
    for (component, granted, sees) in [
        (&bare, true, false),
        (&asking, false, false),
        (&asking, true, true),
    ] {
        let host = host()
            .wanting(|wanted| {
                wanted.grants = granted.then_some(Grant::PersonalData).into_iter().collect()
            })
            .with_bot("probe", component)
            .await;
        let answer = host.post("probe", &payload).await.body.to_string();
        assert!(
            answer.contains("Some(\\\"42\\\")"),
            "the skill is no personal data: {answer}"
        );
        for personal in ["203.0.113.7", "C-1", "who"] {
            assert_eq!(answer.contains(personal), sees, "{personal} in {answer}");
        }
    }
}

//! Secrets: who may read one does, and nobody else finds it anywhere.

use harness::bots;
use harness::host::{Served, host_with_secret, text};
use retort::invocation::Settings;
use retort::registry::Wanted;

const VALUE: &str = "open sesame, quickly";

/// A host with a bot that says and does with the secrets `word` and `other` what it is told; `word` is set.
async fn knowing(grants: &[&str], wanting: impl FnOnce(&mut Wanted)) -> Served {
    let bot = bots::wanting("reach", "secrets = [\"word\", \"other\"]");
    let host = host_with_secret(Settings::default(), "acme", "word", VALUE).await;
    let host = host.in_time(30_000).granting(grants).wanting(wanting);
    host.with_bot("reach", &bot).await
}

#[tokio::test]
async fn what_is_not_granted_is_denied_and_what_is_not_set_says_so() {
    let host = knowing(&["secret:other"], |_| {}).await;
    let said = host
        .says(
            "reach",
            "secret word\nsecret other\nsecret third\nsecret ../word",
        )
        .await;
    let lines: Vec<_> = said.lines().collect();
    assert!(
        lines[0].starts_with("denied: the secret \"word\" is not granted"),
        "{said}"
    );
    assert_eq!(lines[1], "not-set");
    assert!(lines[2].starts_with("denied: "), "{said}");
    assert!(
        lines[3].starts_with("denied: secret \"../word\" is not valid"),
        "{said}"
    );
    let host = knowing(&["secret:word"], |_| {}).await;
    assert_eq!(
        host.says("reach", "say-secret word").await,
        format!("ok {VALUE}")
    );
}

#[tokio::test]
async fn a_secret_is_of_its_tenant_alone() {
    let bot = bots::wanting("reach", "secrets = [\"word\"]");
    let host = host_with_secret(Settings::default(), "other", "word", VALUE)
        .await
        .in_time(30_000);
    let host = host
        .granting(&["secret:word"])
        .with_bot("reach", &bot)
        .await;
    assert_eq!(host.says("reach", "secret word").await, "not-set");
}

#[tokio::test]
async fn what_a_bot_says_of_a_secret_in_its_log_and_in_its_last_words_is_redacted() {
    let host = knowing(&["secret:word"], |_| {}).await;
    let logged = host.ask("reach", &text("log-secret word")).await.log;
    assert!(logged.lines.len() >= 2, "{logged:?}");
    for line in &logged.lines {
        assert!(line.message.contains("[secret word]"), "{line:?}");
    }
    for end in ["fault-secret word", "panic-secret word"] {
        let ended = host.ask("reach", &text(end)).await;
        let error = ended.result.as_ref().expect_err("it failed").to_string();
        let told = format!("{error} {:?}", ended.log);
        assert!(!told.contains("sesame"), "{told}");
        assert!(told.contains("[secret word]"), "{told}");
    }
}

#[tokio::test]
async fn what_a_bot_says_of_a_secret_when_it_is_deployed_is_redacted() {
    let config = |wanted: &mut Wanted| {
        for (key, value) in [("check-secret", "word"), ("refuse-with-secret", "yes")] {
            wanted.config.insert(key.to_owned(), value.to_owned());
        }
    };
    let bot = bots::wanting("reach", "secrets = [\"word\"]");
    let host = host_with_secret(Settings::default(), "acme", "word", VALUE)
        .await
        .in_time(30_000);
    let host = host.wanting(config);
    let refused = host.deploy("reach", &bot).await.expect_err("not granted");
    assert!(refused.to_string().contains("denied: "), "{refused}");
    let host = host.granting(&["secret:word"]);
    let refused = host
        .deploy("reach", &bot)
        .await
        .expect_err("refused")
        .to_string();
    assert!(
        refused.ends_with("the secret is [secret word]"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_secret_costs_fuel_by_its_bytes_and_is_counted() {
    let host = knowing(&["secret:word"], |wanted| {
        wanted.limits.host_byte_fuel = 100_000
    })
    .await;
    let ran = host.ask("reach", &text("secret word")).await;
    let other = host.ask("reach", &text("secret othr")).await;
    assert!(
        ran.usage.fuel > other.usage.fuel + 1_000_000,
        "{ran:?} {other:?}"
    );
    assert_eq!(ran.calls, [(("secrets", "ok"), 1)]);
    let metrics = host.host.metrics();
    for line in [
        "capability=\"secrets\",outcome=\"ok\"} 1",
        "capability=\"secrets\",outcome=\"denied\"} 1",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    assert!(!metrics.contains("word"), "{metrics}");
}

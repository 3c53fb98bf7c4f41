//! Secrets, from the command line to a bot: it reads them, and nobody else finds one anywhere. And what is erased is gone.

use std::path::Path;
use std::process::Command;

use harness::bots;
use harness::host::request_with;
use serde_json::json;

use crate::running::{Ended, Running, file, retort, run};
use crate::serve::{folder, serve, token};

const VALUE: &str = "open-sesame-quickly-7";
const TENANT: [&str; 2] = ["--tenant", "acme"];
const BOT: [&str; 4] = ["--tenant", "acme", "--bot", "bot"];

fn start(at: &Path, log: &str) -> Running {
    let key = at.join("secrets.key");
    let mut command = serve(at);
    command
        .arg("--secrets-key")
        .arg(key)
        .env("RETORT_LOG__FILTER", "trace");
    Running::logging_to(&at.join(log), &mut command)
}

fn to(serving: &Running, at: &Path, words: &[&str]) -> Command {
    let mut command = retort();
    command
        .args(words)
        .env("RETORT_URL", format!("http://{}", serving.address))
        .env("RETORT_TOKEN", token(at))
        .current_dir(at);
    command
}

fn told(serving: &Running, at: &Path, words: &[&str], input: &str) -> Ended {
    run(&mut to(serving, at, words), input)
}

async fn says(serving: &Running, at: &Path, message: &str) -> String {
    let path = "/tenants/acme/bots/bot/environments/draft/respond";
    let headers = format!("authorization: Bearer {}\r\n", token(at));
    let body = json!({ "convId": "conversation/1", "message": message }).to_string();
    request_with(serving.address, &headers, "POST", path, &body).await
}

/// Every file below a folder, but for those of these names.
fn files(folder: &Path, but: &[&str], found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            files(&path, but, found);
        } else if !but.contains(&name.as_str()) {
            found.push((name, std::fs::read(&path).expect("a file")));
        }
    }
}

#[tokio::test]
async fn a_secret_is_found_nowhere_but_with_the_bot_that_may_read_it() {
    let folder = folder("");
    let at = folder.path();
    let mut serving = start(at, "first.log");
    let mut said = Vec::new();
    let set = told(
        &serving,
        at,
        &["secrets", "set", "word", TENANT[0], TENANT[1]],
        &format!("{VALUE}\n"),
    );
    assert_eq!(set.code, 0, "{set:?}");
    file(
        at,
        "reach.wasm",
        bots::wanting("reach", "secrets = [\"word\"]"),
    );
    let deploy = [&["deploy", "reach.wasm"][..], &BOT].concat();
    let refused = told(&serving, at, &deploy, "");
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused
            .stderr
            .contains("secret:word: it reads the secret \"word\""),
        "{refused:?}"
    );
    assert!(
        refused.stderr.contains("add --grant 'secret:word'"),
        "{refused:?}"
    );
    let granted = [&deploy[..], &["--grant", "secret:word"]].concat();
    assert_eq!(told(&serving, at, &granted, "").code, 0);
    // A configuration that the bot refuses with the secret in its words.
    file(
        at,
        "refused.toml",
        "[config]\ncheck-secret = \"word\"\nrefuse-with-secret = \"yes\"\n",
    );
    let refused = told(
        &serving,
        at,
        &[&deploy[..], &["--settings", "refused.toml"]].concat(),
        "",
    );
    assert!(
        refused.stderr.contains("the secret is [secret word]"),
        "{refused:?}"
    );
    said.push(format!("{refused:?}"));

    let answer = says(&serving, at, "say-secret word").await;
    assert!(answer.contains(VALUE), "who may read it does: {answer}");
    for message in [
        "log-secret word",
        "fault-secret word",
        "panic-secret word",
        "secret other",
    ] {
        said.push(says(&serving, at, message).await);
    }
    serving = {
        let (code, _) = serving.stop();
        assert_eq!(code, 0);
        start(at, "second.log")
    };
    assert!(
        says(&serving, at, "say-secret word").await.contains(VALUE),
        "it outlives the host"
    );
    for words in [
        &["secrets", "list", "--json", TENANT[0], TENANT[1]][..],
        &[&["logs", "--json"], &BOT[..]].concat(),
        &[&["grants", "--json"], &BOT[..]].concat(),
        &[&["history", "--json"], &BOT[..]].concat(),
        &["audit", "--after", "0", "--json"],
    ] {
        let told = told(&serving, at, words, "");
        assert_eq!(told.code, 0, "{told:?}");
        said.push(format!("{told:?}"));
    }
    let headers = format!("authorization: Bearer {}\r\n", token(at));
    for path in [
        "/metrics",
        "/healthz",
        "/admin/v1/openapi.json",
        "/admin/v1/tenants/acme/secrets/word",
    ] {
        said.push(request_with(serving.address, &headers, "GET", path, "").await);
    }
    let wrong = "{\"value\": [\"open-sesame-quickly-7\"]}";
    let path = "/admin/v1/tenants/acme/secrets/word";
    said.push(request_with(serving.address, &headers, "PUT", path, wrong).await);
    serving.stop();
    let logs = std::fs::read_to_string(at.join("first.log")).expect("a log");
    assert!(
        logs.contains("[secret word]"),
        "what the bot logged is in the log: {logs}"
    );
    let mut found: Vec<_> = said
        .into_iter()
        .map(|said| ("an answer".to_owned(), said.into_bytes()))
        .collect();
    files(at, &[], &mut found);
    assert!(found.len() > 15, "{}", found.len());
    for (name, bytes) in found {
        let has = |hidden: &str| {
            bytes
                .windows(hidden.len())
                .any(|window| window == hidden.as_bytes())
        };
        assert!(!has(VALUE), "{name}: {}", String::from_utf8_lossy(&bytes));
    }
}

#[tokio::test]
async fn a_key_to_the_secrets_is_kept_apart_from_them_and_is_always_the_same() {
    let folder = folder("");
    let at = folder.path();
    let serving = Running::start(&mut serve(at));
    let set = ["secrets", "set", "word", TENANT[0], TENANT[1]];
    let refused = told(&serving, at, &set, VALUE);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.stderr.contains("start it with --secrets-key FILE"),
        "{refused:?}"
    );
    serving.stop();

    let refused = run(serve(at).arg("--secrets-key").arg(at.join("data/key")), "");
    assert!(
        refused.code == 2 && refused.stderr.contains("keep it elsewhere"),
        "{refused:?}"
    );
    assert!(!at.join("data/key").exists());
    let serving = start(at, "log");
    assert_eq!(told(&serving, at, &set, "short").code, 2);
    assert_eq!(told(&serving, at, &set, VALUE).code, 0);
    serving.stop();
    let refused = run(&mut serve(at), "");
    assert!(
        refused.code == 2 && refused.stderr.contains("has no key to them"),
        "{refused:?}"
    );
    let refused = run(
        serve(at).arg("--secrets-key").arg(at.join("another.key")),
        "",
    );
    assert!(
        refused.code == 2 && refused.stderr.contains("No such file"),
        "{refused:?}"
    );

    assert!(
        !at.join("another.key").exists(),
        "a key that opens nothing is not made"
    );
    let serving = start(at, "log");
    let list = ["secrets", "list", TENANT[0], TENANT[1]];
    assert!(told(&serving, at, &list, "").stdout.contains("word"));
    let rm = ["secrets", "rm", "word", TENANT[0], TENANT[1]];
    assert_eq!(told(&serving, at, &rm, "").code, 0);
    // With none left any key will do; and one that is lost is no reason never to serve again.
    serving.stop();
    let other = at.join("other.key");
    let serving = Running::start(serve(at).arg("--secrets-key").arg(&other));
    assert_eq!(told(&serving, at, &set, VALUE).code, 0);
    serving.stop();
    let mut forgets = serve(at);
    forgets
        .arg("--secrets-key")
        .arg(at.join("third.key"))
        .arg("--forget-secrets");
    let serving = Running::start(&mut forgets);
    let audit = told(&serving, at, &["audit", "--after", "0", "--json"], "").stdout;
    assert!(audit.contains("1 secrets of all tenants"), "{audit}");
    let again = told(&serving, at, &rm, "");
    assert!(
        again.code == 2 && again.stderr.contains("no-such-secret"),
        "{again:?}"
    );
}

#[tokio::test]
async fn what_is_erased_is_gone_and_the_audit_log_says_so() {
    let folder = folder("");
    let at = folder.path();
    let serving = Running::start(&mut serve(at));
    file(
        at,
        "reach.wasm",
        bots::wanting("reach", "state = [\"conversation\"]"),
    );
    let grant = ["--grant", "state:conversation"];
    let deploy = [&["deploy", "reach.wasm"][..], &BOT, &grant].concat();
    assert_eq!(told(&serving, at, &deploy, "").code, 0);
    says(&serving, at, "set conversation name Somebody").await;
    let erase = ["erase", "conversation/1", TENANT[0], TENANT[1]];
    let erased = told(&serving, at, &erase, "");
    assert_eq!(
        (erased.code, erased.stdout.trim()),
        (0, "1 records of the conversation are gone")
    );
    assert!(
        says(&serving, at, "get conversation name")
            .await
            .contains("[\"none\"]")
    );
    assert_eq!(
        told(&serving, at, &erase, "").stdout.trim(),
        "0 records of the conversation are gone"
    );
    let audit = told(&serving, at, &["audit", "--after", "0", "--json"], "").stdout;
    assert!(
        audit.contains("\"erased\"") && audit.contains("conversation/1"),
        "{audit}"
    );
}

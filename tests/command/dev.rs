//! `dev`: a bot that is built again when it is saved.

use std::time::Duration;

use harness::bots::plugin_dir;
use harness::host::{request, text};
use tempfile::{TempDir, tempdir};

use crate::running::{Running, file, retort};

const SOURCE: &str = include_str!("../../plugins/echo/src/lib.rs");

/// A crate of an author's own, outside of this repository, that uses the SDK.
fn authors_crate() -> TempDir {
    let folder = tempdir().expect("a folder");
    let at = folder.path();
    let sdk = plugin_dir("sdk").canonicalize().expect("the SDK");
    let manifest = format!(
        "[package]\nname = \"echo\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[workspace]\n\
         [lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\nretort-sdk = {{ path = {sdk:?} }}\n"
    );
    file(at, "Cargo.toml", manifest);
    // The versions that the repository is tested with.
    std::fs::copy(plugin_dir("..").join("Cargo.lock"), at.join("Cargo.lock")).expect("copied");
    file(at, "bot.toml", "name = \"echo\"\nversion = \"1.0.0\"\n");
    file(at, "src/lib.rs", SOURCE);
    folder
}

#[tokio::test]
async fn a_save_is_built_and_served_and_one_that_does_not_build_changes_nothing() {
    let folder = authors_crate();
    let logs = tempdir().expect("a folder");
    let log = logs.path().join("log");
    let mut dev = retort();
    dev.arg("dev")
        .arg(folder.path())
        .args(["--listen", "127.0.0.1:0"]);
    let serving = Running::logging_to(&log, &mut dev);
    let path = "/tenants/dev/bots/echo/environments/draft/respond";
    let says = async |answer: &str| {
        let body = text("Hello").to_string();
        let got = request(serving.address, "POST", path, &body).await;
        got.ends_with(&format!("[\"{answer}\"],\"context\":{{}}}}"))
    };
    assert!(says("Hello").await);

    let save = |source: String| file(folder.path(), "src/lib.rs", source);
    save(SOURCE.replace("message.text", "message.text.to_uppercase()"));
    until("HELLO is said", async || says("HELLO").await).await;

    save("fn broken( {}".to_owned());
    let words = "still serving the last one that was well";
    let told = || {
        std::fs::read_to_string(&log)
            .expect("text")
            .matches(words)
            .count()
    };
    until("the broken one is told", async || told() > 0).await;
    assert!(says("HELLO").await);

    save(SOURCE.replace("message.text", "message.text.to_lowercase()"));
    until("hello is said", async || says("hello").await).await;
    assert_eq!(told(), 1, "what is not saved is not built");

    let state = "/v1/bots/echo/environments/draft/state";
    let online = request(serving.address, "GET", state, "").await;
    assert!(
        online.contains("{\"state\":\"online\",\"version\":\"1.0.0\"}"),
        "{online}"
    );
}

#[tokio::test]
async fn a_saved_script_answers_the_next_message() {
    let folder = tempdir().expect("a folder");
    let logs = tempdir().expect("a folder");
    let log = logs.path().join("log");
    let save = |words: &str| {
        let source =
            format!("async function lambda(input) {{ return {{ messages: ['{words}'] }}; }}");
        // As an editor does: another file in its place.
        let new = file(folder.path(), ".lambda.js.new", source);
        std::fs::rename(new, folder.path().join("lambda.js")).expect("renamed");
    };
    save("first");
    let mut dev = retort();
    dev.arg("dev")
        .arg(folder.path().join("lambda.js"))
        .args(["--listen", "127.0.0.1:0"]);
    let serving = Running::logging_to(&log, &mut dev);
    let path = "/tenants/dev/bots/lambda/environments/draft/respond";
    let says = async |answer: &str| {
        let body = text("Hello").to_string();
        let got = request(serving.address, "POST", path, &body).await;
        got.contains(&format!("[\"{answer}\"]"))
    };
    assert!(says("first").await);
    for words in ["second", "third"] {
        save(words);
        until("it is said", async || says(words).await).await;
    }
    let told = || std::fs::read_to_string(&log).expect("text");
    save("broken'");
    until("the broken one is told", async || {
        told().contains("SyntaxError")
    })
    .await;
    assert!(told().contains("(lambda.js:1:"), "{}", told());
    assert!(says("third").await);
    // Its manifest is saved beside it.
    file(
        folder.path(),
        "lambda.toml",
        "name = \"lambda\"\nversion = \"2.0.0\"\n",
    );
    save("fourth");
    until("it is said", async || says("fourth").await).await;
}

#[tokio::test]
async fn what_is_saved_where_a_link_leads_to_is_served() {
    let elsewhere = tempdir().expect("a folder");
    let folder = tempdir().expect("a folder");
    let save = |words: &str| {
        let source = format!("module.exports.lambda = async () => ({{ messages: ['{words}'] }});");
        file(elsewhere.path(), "shared.js", source)
    };
    let target = save("first");
    let link = folder.path().join("lambda.js");
    std::os::unix::fs::symlink(target, &link).expect("a link");
    for (dev_of, words) in [(link.as_path(), "second"), (folder.path(), "third")] {
        let mut dev = retort();
        dev.arg("dev").arg(dev_of).args(["--listen", "127.0.0.1:0"]);
        let serving = Running::start(&mut dev);
        save(words);
        let path = "/tenants/dev/bots/lambda/environments/draft/respond";
        until("what was saved is said", async || {
            let body = text("Hello").to_string();
            let got = request(serving.address, "POST", path, &body).await;
            got.contains(&format!("[\"{words}\"]"))
        })
        .await;
    }
}

/// Waits for what another process will do.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    // A build takes seconds on a machine of one's own, and minutes on one that many share.
    for _ in 0..3_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("five minutes later it is still not so that {what}");
}

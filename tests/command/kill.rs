//! A host that is killed at any moment of a deployment: what was answered is there, and the old or the new revision
//! serves. `RETORT_TEST_KILLS` says how often.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use harness::operator::saying;

use crate::running::{Running, file, retort, run};
use crate::serve::{folder, respond, serve, token};

const BOT: [&str; 4] = ["--tenant", "acme", "--bot", "bot"];

fn to(serving: &Running, folder: &Path, words: &[&str]) -> Command {
    let mut command = retort();
    command
        .args(words)
        .env("RETORT_URL", format!("http://{}", serving.address))
        .env("RETORT_TOKEN", token(folder))
        .current_dir(folder);
    command
}

#[tokio::test]
async fn a_host_that_is_killed_serves_the_old_revision_or_the_new_one() {
    let kills = std::env::var("RETORT_TEST_KILLS")
        .ok()
        .and_then(|n| n.parse().ok());
    let kills: u64 = kills.unwrap_or(8);
    let folder = folder("");
    let at = folder.path();
    file(at, "bot.wasm", saying("0"));
    let serving = Running::start(&mut serve(at));
    let deploy = ["deploy", "bot.wasm", BOT[0], BOT[1], BOT[2], BOT[3]];
    assert_eq!(run(&mut to(&serving, at, &deploy), "").code, 0);
    drop(serving);

    let mut serves = 0;
    for kill in 1..=kills {
        let serving = Running::start(serve(at).env("RETORT_LOG__FILTER", "error"));
        file(at, "bot.wasm", saying(&kill.to_string()));
        let mut deploying = to(&serving, at, &deploy)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        // From before the upload is there to after the answer.
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..250))).await;
        drop(serving);
        let was_answered = deploying.wait().expect("it ends").success();

        let serving = Running::start(serve(at).env("RETORT_LOG__FILTER", "error"));
        let said = respond(&serving, at, "bot", "x").await;
        let says = |word: u64| said.ends_with(&format!("[\"{word}\"],\"context\":{{}}}}"));
        assert!(
            says(kill) || !was_answered && says(serves),
            "kill {kill} of {serves}: {said}"
        );
        serves = if says(kill) { kill } else { serves };
        let audit = run(
            &mut to(&serving, at, &["audit", "--after", "0", "--json"]),
            "",
        );
        let audit: serde_json::Value = serde_json::from_str(&audit.stdout).expect("JSON");
        let entries = audit["entries"].as_array().expect("a list");
        let numbers = entries
            .iter()
            .map(|entry| entry["number"].as_u64().expect("a number"));
        assert!(
            numbers.eq(1..=entries.len() as u64),
            "the audit log has a gap: {audit}"
        );
        drop(serving);
    }
}

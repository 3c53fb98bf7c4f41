//! `retort capsules`: what a person sees of turns that are kept, and where their files are written.

use std::path::Path;

use harness::operator::saying;
use retort::capsules::Capsule;
use serde_json::Value;
use tempfile::TempDir;

use crate::operate::{does, to};
use crate::running::{Running, file, run};
use crate::serve::{folder, respond, serve};

const OF: &str = "--tenant acme --bot bot";

/// A host that keeps every turn, and has had two.
async fn served() -> (TempDir, Running) {
    let folder = folder("");
    let at = folder.path();
    file(at, "one.wasm", saying("one"));
    let mut serve = serve(at);
    serve.env("RETORT_CAPSULES__SAMPLE_PERMILLE", "1000");
    serve.env("RETORT_CAPSULES__REDACT", "[\"email\"]");
    let serving = Running::start(&mut serve);
    does(&serving, at, &format!("deploy one.wasm {OF}"));
    for text in ["hello", "I am jo@example.com"] {
        respond(&serving, at, "bot", text).await;
    }
    // Nobody waits for them to be kept.
    for _ in 0..200 {
        if listed(&serving, at).len() == 2 {
            return (folder, serving);
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("they are never kept")
}

/// What is listed, for programs.
fn listed(serving: &Running, at: &Path) -> Vec<Value> {
    let listed = does(serving, at, &format!("capsules {OF} --json"));
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let capsules = listed.get("capsules").and_then(Value::as_array);
    capsules.expect("a list").clone()
}

#[tokio::test]
async fn turns_are_listed_and_fetched_with_what_they_were_run_with() {
    let (folder, serving) = served().await;
    let at = folder.path();
    let table = does(&serving, at, &format!("capsules {OF}"));
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    for word in [
        "id", "ended", "revision", "outcome", "fuel", "replay", "cause",
    ] {
        assert!(lines[0].contains(word), "{table}");
    }
    assert!(
        lines[1].contains("replied") && lines[1].contains("exact"),
        "{table}"
    );
    assert!(lines[2].contains("redacted"), "{table}");
    for nothing in [
        "--failed",
        "--outcome out-of-fuel",
        "--conversation none",
        "--environment production",
    ] {
        assert_eq!(
            does(&serving, at, &format!("capsules {OF} {nothing}")),
            "",
            "{nothing}"
        );
    }

    let listed = listed(&serving, at);
    let id = listed[0]["id"].as_str().expect("an id");
    let name = format!("{id}.capsule.json");
    does(
        &serving,
        at,
        &format!("capsules {OF} --fetch {id} --component"),
    );
    let fetched = std::fs::read(at.join(&name)).expect("its file");
    let capsule = Capsule::read(&fetched).expect("a capsule");
    assert_eq!(capsule.id.to_string(), id);
    let digest = capsule.revision.trim_start_matches("sha256:");
    let component = std::fs::read(at.join(format!("{digest}.wasm"))).expect("its component");
    assert_eq!(component, saying("one"));

    let all = does(
        &serving,
        at,
        &format!("capsules {OF} --fetch-all turns --component"),
    );
    assert_eq!(all.lines().count(), 3, "{all}");
    assert_eq!(
        std::fs::read(at.join("turns").join(&name)).expect("it is there"),
        fetched
    );
    // The same once more is the same.
    let again = does(
        &serving,
        at,
        &format!("capsules {OF} --fetch-all turns --component"),
    );
    assert_eq!(again.lines().count(), 2, "{again}");
    assert_eq!(
        std::fs::read_dir(at.join("turns"))
            .expect("a folder")
            .count(),
        3
    );
}

#[tokio::test]
async fn no_other_file_is_written_over_and_none_is_left_half() {
    let (folder, serving) = served().await;
    let at = folder.path();
    let listed = listed(&serving, at);
    let ids: Vec<&str> = listed
        .iter()
        .map(|told| told["id"].as_str().expect("an id"))
        .collect();
    let fetch = |words: &str| run(&mut to(&serving, at, &format!("capsules {OF} {words}")), "");
    file(at, "notes", "mine");
    let refused = fetch(&format!("--fetch {} --out notes", ids[0]));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("is there already"),
        "{}",
        refused.stderr
    );
    assert_eq!(
        std::fs::read_to_string(at.join("notes")).expect("it is there"),
        "mine"
    );
    // Nor that of another turn.
    assert_eq!(fetch(&format!("--fetch {} --out turn", ids[0])).code, 0);
    assert_eq!(fetch(&format!("--fetch {} --out turn", ids[0])).code, 0);
    assert_eq!(fetch(&format!("--fetch {} --out turn", ids[1])).code, 2);

    let before = std::fs::read_dir(at).expect("a folder").count();
    let unknown = fetch("--fetch 67e55044-10b1-426f-9247-bb680e5fe0c8");
    assert_eq!(unknown.code, 2, "{}", unknown.stderr);
    assert!(
        unknown.stderr.contains("no-such-capsule"),
        "{}",
        unknown.stderr
    );
    assert_eq!(std::fs::read_dir(at).expect("a folder").count(), before);
    let capsule = Capsule::read(&std::fs::read(at.join("turn")).expect("it is there"));
    let digest = capsule.expect("a capsule").revision;
    file(
        at,
        &format!("{}.wasm", digest.trim_start_matches("sha256:")),
        "mine",
    );
    let refused = fetch(&format!("--fetch {} --out turn --component", ids[0]));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert_eq!(fetch("--component").code, 2);
    assert_eq!(fetch("--out x").code, 2);
}

#[test]
fn a_rule_that_there_is_not_is_told_with_those_that_there_are() {
    let folder = folder("");
    let at = folder.path();
    for (key, value, told) in [
        ("RETORT_CAPSULES__REDACT", "[\"emails\"]", "platform-event"),
        (
            "RETORT_CAPSULES__REDACT_PATTERNS",
            "[\"(\"]",
            "unclosed group",
        ),
        ("RETORT_CAPSULES__SAMPLE_PERMILLE", "1001", "0 to 1000"),
    ] {
        let refused = run(serve(at).env(key, value), "");
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
        assert!(refused.stderr.contains("capsules"), "{}", refused.stderr);
    }
}

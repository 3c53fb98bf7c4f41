//! What failing looks like is what the document says.

use std::path::Path;

use harness::javascript::{self, script};
use retort::sandbox::World;
use serde_json::json;

/// Each script of the document with what it says comes of it.
fn examples(document: &str) -> Vec<(String, String)> {
    let mut examples = Vec::new();
    let (_, failures) = document
        .split_once("## What failing looks like")
        .expect("its chapter");
    for part in failures.split("```js\n").skip(1) {
        let (source, rest) = part.split_once("```").expect("an end");
        let (_, told) = rest.split_once("```text\n").expect("what comes of it");
        let (told, _) = told.split_once("```").expect("an end");
        examples.push((source.to_owned(), told.to_owned()));
    }
    examples
}

/// What `retort invoke --verbose` says of it, the error first.
async fn told(source: &str) -> String {
    let host = javascript::host().await.in_time(2_000);
    let deployed = host.deploy("lambda", &script(source, "", World::Bot)).await;
    if let Err(error) = deployed {
        return format!("error: {error}\n");
    }
    let invoked = host
        .ask("lambda", &json!({ "message": "hello", "convId": "c1" }))
        .await;
    let log = invoked.log.lines.iter();
    let log = log.map(|line| format!("log {:<8} {}\n", line.level, line.message));
    let log: String = log.collect();
    format!("error: {}\n{log}", invoked.result.expect_err("it fails"))
}

/// Whether a text has these lines, each but for what stands where the document has `…`.
fn has(told: &str, expected: &str) -> bool {
    let mut lines = told.lines();
    expected.lines().all(|expected| {
        lines.by_ref().any(|line| {
            let mut rest = line;
            expected.split('…').all(|piece| match rest.find(piece) {
                Some(at) => {
                    rest = &rest[at + piece.len()..];
                    true
                }
                None => false,
            })
        })
    })
}

#[tokio::test]
async fn each_failure_of_the_document_is_told_as_it_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/javascript.md");
    let document = std::fs::read_to_string(path).expect("the document");
    let examples = examples(&document);
    assert!(examples.len() >= 12, "{}", examples.len());
    for (source, expected) in examples {
        let told = told(&source).await;
        assert!(
            has(&told, &expected),
            "{source}\nexpected\n{expected}\ntold\n{told}"
        );
    }
}

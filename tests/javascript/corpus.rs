//! Lambdas of many kinds give what they give in Node, to the byte once JSON is put into one form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::javascript;
use retort::sandbox::World;
use serde_json::{Value, json};

/// What differs, and why: the words of the engine itself.
const OWN_WORDS: [(&str, &str); 0] = [];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("javascript")
}

fn payload() -> Value {
    json!({
        "name": "Ada", "message": "Hello wörld 日本", "n": 7, "list": [3, 1, 2],
        "order": { "id": 42, "price": 9.99, "note": null },
    })
}

/// The packages that the engine was built with.
fn libraries() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    target
        .expect("a folder")
        .join("javascript-engine/libraries")
}

/// What each lambda gives in Node: `{ result }` or `{ error }`.
fn in_node(corpus: &Path) -> BTreeMap<String, Value> {
    let mut node = Command::new("node");
    node.args(["--experimental-vm-modules", "--no-warnings"]);
    let node = node
        .arg(folder().join("node.mjs"))
        .arg(corpus)
        .arg(libraries())
        .arg(payload().to_string());
    let output = node.env("TZ", "UTC").output().expect("Node is there");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test]
async fn each_lambda_gives_what_it_gives_in_node() {
    let corpus = folder().join("corpus");
    let expected = in_node(&corpus);
    assert!(expected.len() >= 40, "{}", expected.len());
    let host = javascript::host().await.wanting(|wanted| {
        wanted
            .config
            .insert("GREETING".to_owned(), "Grüß Gott".to_owned());
    });
    let mut different = Vec::new();
    for (file, expected) in expected {
        let source = std::fs::read_to_string(corpus.join(&file)).expect("a lambda");
        let lambda = javascript::named(&file, &source, "", World::Function);
        let bot = file.trim_end_matches(".js");
        let deployed = host.deploy(bot, &lambda).await;
        deployed.unwrap_or_else(|error| panic!("{file}: {error}"));
        let given = match host.invoke(bot, Vec::new(), payload()).await.result {
            Ok(returned) => {
                let result: Value = serde_json::from_str(returned.json().get()).expect("JSON");
                json!({ "result": result })
            }
            Err(error) => json!({ "error": first_line(&error.to_string()) }),
        };
        let is_known = OWN_WORDS.iter().any(|(known, _)| *known == file);
        if (given != expected) != is_known {
            different.push(format!("{file}\n  here {given}\n  node {expected}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Without what the host says of it before, and where it was after that.
fn first_line(words: &str) -> String {
    let said = words.split_once("`: ").map_or(words, |(_, said)| said);
    let place = said.rfind(" (").filter(|_| said.ends_with(')'));
    said[..place.unwrap_or(said.len())].to_owned()
}

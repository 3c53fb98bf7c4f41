//! Makes what is kept of a contract once it is released: the contract, components that were built for it, what each is sent
//! and answers, and the digests of all that. What is there already is never made again.

use std::fs;
use std::path::Path;

use harness::golden::{self, DIGESTS, Golden, TURNS};
use harness::{bots, javascript};
use retort::sandbox::World;
use serde_json::{Value, json};

/// What the one that does as it is told asks for: everything.
const EVERYTHING: &str = "state = [\"conversation\", \"bot\"]\nsecrets = [\"ORDERS_KEY\"]\n\
                          http = [\"GET,POST https://orders.example.com\"]";

#[tokio::main]
async fn main() {
    let line = bots::CONTRACT
        .lines()
        .find(|line| line.starts_with("package "));
    let version = line.and_then(|line| line.trim_end_matches(';').split('@').nth(1));
    let version = version.expect("a contract has a version");
    let contract = golden::root().join(format!("contract-{version}"));
    assert!(
        !contract.exists(),
        "{version} is released: it is never made again"
    );
    fs::create_dir_all(&contract).expect("a folder");
    fs::write(contract.join("bot.wit"), bots::CONTRACT).expect("written");
    for name in ["echo", "concierge", "survey", "pre-hook"] {
        keep(&contract, name, &bots::plugin(name)).await;
    }
    for name in ["opening-hours", "order-status"] {
        keep(&contract, name, &lambda(name)).await;
    }
    keep(&contract, "reach", &bots::wanting("reach", EVERYTHING)).await;
    fs::write(contract.join(DIGESTS), golden::digests(&contract)).expect("written");
}

fn lambda(name: &str) -> Vec<u8> {
    let text = |file: &str| {
        fs::read_to_string(bots::plugin_dir(name).join(file)).expect("it is in the folder")
    };
    javascript::script(&text("lambda.js"), &text("lambda.toml"), World::Bot)
}

async fn keep(contract: &Path, name: &str, component: &[u8]) {
    let golden = Golden {
        name: name.to_owned(),
        folder: contract.join(name),
    };
    fs::create_dir(&golden.folder).expect("a folder");
    fs::write(golden.path(), component).expect("written");
    let convos = golden.folder.join("convos");
    // What answers a bot that has no conversations is what answers one that does the same.
    let of = if name == "reach" {
        "order-status"
    } else {
        name
    };
    copied(&bots::plugin_dir(of).join("convos"), &convos, name == of);
    let sent = sent(name);
    let answered = golden.answers(&sent).await;
    let turns = sent.iter().zip(answered);
    let turns: Vec<_> = turns
        .map(|(sent, answered)| json!({ "sent": sent, "answered": answered }))
        .collect();
    let text = format!("{:#}\n", Value::from(turns));
    fs::write(golden.folder.join(TURNS), text).expect("written");
}

/// A plugin's conversations, or only what answers its requests.
fn copied(from: &Path, to: &Path, whole: bool) {
    if !from.is_dir() {
        return;
    }
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        if whole || name == "fakes.toml" {
            fs::copy(&path, to.join(name)).expect("copied");
        }
    }
}

fn sent(name: &str) -> Vec<Value> {
    let texts: &[&str] = match name {
        "pre-hook" => return hooked(),
        "echo" => &["hello", "Grüße, 世界 👋"],
        "concierge" => &[
            "Where is my parcel?",
            "Opening hours",
            "What else?",
            "a refund",
        ],
        "survey" => &["5", "nothing at all", "Yes"],
        "opening-hours" => &["When are you open?", "What else?", "a person"],
        "order-status" => &["Where is A-1234?", "Z-9", "hm", "B-500"],
        "reach" => &[
            "set conversation k v\nget conversation k\ncas conversation k none w\nkeys conversation",
            "get conversation k\ndel conversation k\nget conversation k\nkeys conversation",
            "add bot n\nadd bot n\nset-bytes bot large 300\nget bot large\nkeys bot l",
            "secret ORDERS_KEY\nlog-secret ORDERS_KEY",
            "http GET https://orders.example.com/orders/A-1234\nhttp GET https://orders.example.com/orders/Z-9",
        ],
        _ => panic!("nobody knows what to say to {name}"),
    };
    let event = |sequence: usize, mut event: Value, message: Value| {
        event["sequence"] = json!(sequence);
        event["conversationContext"] = json!({ "type": "MESSAGING" });
        json!({ "convId": format!("golden-{name}"), "message": message, "context": { "lpEvent": event } })
    };
    let welcome = json!({ "type": "ContentEvent", "content": "welcome" });
    let file = json!({ "event": { "type": "ContentEvent", "contentType": "hosted/file", "message": {
        "caption": "the key", "relativePath": "/v1/AUTH_async-images/55/key.PNG", "fileType": "PNG",
    } } });
    let mut sent = vec![event(1, welcome, Value::Null)];
    for text in texts {
        let said = json!({ "event": { "type": "ContentEvent", "contentType": "text/plain", "message": text } });
        sent.push(event(sent.len() + 1, said, json!(text)));
    }
    let message = json!("com.liveperson.bot-connectors.consumer.send-file");
    // It ends where it does not know a word.
    if name != "reach" {
        sent.push(event(sent.len() + 1, file, message));
    }
    sent
}

/// What a hook before a bot is handed.
fn hooked() -> Vec<Value> {
    vec![
        json!({ "message": "it is 4111 1111 1111 1111", "convId": "1", "context": {} }),
        json!({ "message": "order 17", "convId": "1", "context": { "lpEvent": { "sequence": 2 } } }),
        json!({ "convId": "1", "context": {} }),
    ]
}

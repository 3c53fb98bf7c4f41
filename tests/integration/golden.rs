//! What each contract makes of bytes, as files: a body and the turn that a bot is handed for it, a bot's reply and the
//! body that is sent for it. `INSTA_UPDATE=always` writes what comes out anew, as it does for snapshots.

mod wit;

use std::fs;
use std::path::{Path, PathBuf};

use retort::chat::{Contract, Reply, ReplyLimits};
use retort::liveperson::custom_integration::Payload;
use retort::liveperson::{custom_endpoint, custom_integration};
use serde_json::{Value, json};

const IN: &str = ".in.json";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("integration/golden")
        .join(name)
}

fn read(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares what comes of each file that goes in with the file beside it, byte for byte once keys are in order.
fn golden(name: &str, out: &str, made: impl Fn(&Value) -> Value) {
    let mut files = 0;
    for entry in fs::read_dir(folder(name)).expect("the folder") {
        let path = entry.expect("an entry").path();
        let file = path.file_name().expect("a name").to_string_lossy();
        let Some(stem) = file.strip_suffix(IN) else {
            continue;
        };
        let beside = path.with_file_name(format!("{stem}{out}"));
        let mut made = made(&read(&path));
        made.sort_all_objects();
        let made = format!("{made:#}\n");
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            fs::write(&beside, &made).expect("written");
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(made, expected, "{}", beside.display());
        files += 1;
    }
    assert!(files > 0, "{name} is empty");
}

#[test]
fn each_custom_integration_payload_is_handed_to_a_bot_as_it_is_written_here() {
    golden("custom_integration", ".out.json", |payload| {
        let read = custom_integration::read_payload(payload.to_string().as_bytes());
        let Ok(Payload::Event(incoming)) = read else {
            panic!("{read:?}")
        };
        wit::turn(&incoming.turn)
    });
}

#[test]
fn each_custom_endpoint_event_is_handed_to_a_bot_as_it_is_written_here() {
    let beginning = read(&folder("custom_endpoint").join("beginning.json")).to_string();
    let conversation = custom_endpoint::read_conversation("c1", beginning.as_bytes());
    let conversation = conversation.expect("it begins");
    golden("custom_endpoint", ".out.json", |event| {
        let read = custom_endpoint::read_event(&conversation, event.to_string().as_bytes());
        wit::turn(&read.expect("an event").turn)
    });
}

/// A reply as it is sent, or why it is not.
fn sent(given: &Value, contract: Contract) -> Result<Value, String> {
    let channel = wit::channel(given.get("channel"));
    let reply = wit::reply(&given["reply"]);
    let checked = Reply::check(reply, &channel, contract, &ReplyLimits::default());
    let reply = checked.map_err(|error| error.to_string())?.reply;
    Ok(match contract {
        Contract::CustomIntegration => custom_integration::write_reply(&reply),
        Contract::CustomEndpoint => custom_endpoint::write_reply(&reply),
    })
}

#[test]
fn each_reply_is_sent_by_both_contracts_as_it_is_written_here() {
    for (contract, out) in [
        (Contract::CustomIntegration, ".custom_integration.json"),
        (Contract::CustomEndpoint, ".custom_endpoint.json"),
    ] {
        golden("replies", out, |given| {
            sent(given, contract).unwrap_or_else(|error| panic!("{given}: {error}"))
        });
    }
}

#[test]
fn each_reply_that_cannot_be_sent_is_told_why_as_it_is_written_here() {
    golden("refused", ".out.json", |given| {
        let why = |contract| sent(given, contract).expect_err("it cannot be sent");
        json!({
            "custom_integration": why(Contract::CustomIntegration),
            "custom_endpoint": why(Contract::CustomEndpoint),
        })
    });
}

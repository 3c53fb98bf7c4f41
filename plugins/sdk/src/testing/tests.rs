//! What is asserted of a turn holds if and only if it is so, and a host that is not there is told of with a remedy.

use serde_json::{Value, json};

use super::*;

fn replied(result: Value) -> Reply {
    Reply::new(json!({
        "outcome": "replied", "result": result, "fuel": 100, "memoryBytes": 65_536,
        "log": [{ "level": "info", "message": "one thing" }],
    }))
}

fn whole() -> Reply {
    let button = json!({ "type": "button", "title": "Yes", "click": { "actions": [{ "type": "publishText", "text": "unsaid" }] } });
    replied(json!({
        "messages": [
            "Hello!",
            { "delay": 2, "typing": true },
            { "text": "a note", "messageAudience": "AGENTS_AND_MANAGERS" },
            { "structuredContent": { "type": "vertical", "elements": [{ "type": "text", "text": "on a card" }, button] } },
        ],
        "context": {
            "intentId": "main", "confidenceScore": 0.5, "alternativeIntents": [{ "intentId": "other" }],
            "action": "TRANSFER", "actionParameters": { "skill": "people" },
        },
    }))
}

/// Whether an assertion fails.
fn fails(assert: fn(&Reply) -> &Reply, reply: Reply) -> bool {
    std::panic::catch_unwind(move || drop(assert(&reply).clone())).is_err()
}

#[test]
fn a_reply_is_read_part_by_part() {
    let reply = whole();
    let parts = reply.parts();
    assert!(
        matches!(
            parts.as_slice(),
            [
                Part::Text("Hello!"),
                Part::Delay(2),
                Part::PrivateText("a note"),
                Part::StructuredContent(_)
            ]
        ),
        "{parts:?}"
    );
    assert_eq!(reply.intents(), ["main", "other"]);
    assert_eq!(
        reply.action(),
        Some(("TRANSFER", &json!({ "skill": "people" })))
    );
    assert_eq!((reply.fuel(), reply.memory_bytes()), (100, 65_536));
    let line = LogLine {
        level: "info",
        message: "one thing",
    };
    assert_eq!(reply.log(), [line]);
}

#[test]
fn what_is_so_can_be_asserted_in_one_go() {
    whole()
        .answers("Hello!")
        .says("Hell")
        .says("on a card")
        .offers("Yes")
        .notes("note")
        .understands("main")
        .transfers_to("people")
        .logs("one")
        .ends_in("replied")
        .takes_at_most_fuel(100);
    let closing = replied(json!({ "messages": [], "context": { "action": "CLOSE_CONVERSATION" } }));
    closing.closes();
    let silent = json!({ "outcome": "no-answer", "result": { "messages": [{ "delay": 1 }] } });
    assert!(Reply::new(silent.clone()).is_silent().parts().is_empty());
}

#[test]
fn what_is_not_so_fails() {
    assert!(fails(|reply| reply.answers("Hello"), whole()));
    assert!(fails(|reply| reply.says("a note"), whole()));
    assert!(fails(|reply| reply.says("unsaid"), whole()));
    assert!(fails(|reply| reply.offers("No"), whole()));
    assert!(fails(|reply| reply.notes("Hello"), whole()));
    assert!(fails(|reply| reply.understands("other"), whole()));
    assert!(fails(|reply| reply.transfers_to("others"), whole()));
    assert!(fails(|reply| reply.closes(), whole()));
    assert!(fails(|reply| reply.is_silent(), whole()));
    assert!(fails(|reply| reply.faults("any"), whole()));
    assert!(fails(|reply| reply.logs("another"), whole()));
    assert!(fails(|reply| reply.takes_at_most_fuel(99), whole()));
}

#[test]
fn a_fault_is_told_by_its_code() {
    let told = json!({
        "outcome": "bot-fault", "fault": { "code": "no-order", "message": "there is none" },
        "explanation": "the bot gave a fault",
    });
    let reply = Reply::new(told);
    assert_eq!(
        reply.faults("no-order").fault(),
        Some(("no-order", "there is none"))
    );
    assert_eq!(reply.explanation(), Some("the bot gave a fault"));
    assert!(fails(|reply| reply.faults("other"), reply));
}

#[test]
fn what_comes_too_late_is_asked_for_again_and_not_for_ever() {
    let asked = |outcomes: &[&str]| {
        let mut times = 0;
        let told = host::until_in_time(|| {
            times += 1;
            Ok(json!({ "outcome": outcomes[times - 1] }))
        });
        (told.expect("an answer")["outcome"].clone(), times)
    };
    let late = "deadline-exceeded";
    assert_eq!(asked(&["replied"]), (json!("replied"), 1));
    assert_eq!(
        asked(&[late, "store-slow", "replied"]),
        (json!("replied"), 3)
    );
    assert_eq!(asked(&[late; 3]), (json!(late), 3));
    assert_eq!(asked(&["bot-trapped"]), (json!("bot-trapped"), 1));
}

#[test]
fn a_program_that_is_not_there_is_told_of_with_what_to_do() {
    let mut nowhere = std::process::Command::new("/nowhere/retort");
    let error = nowhere.spawn().expect_err("there is none");
    let told = built::not_run(&nowhere, &error).to_string();
    assert!(
        told.starts_with("\"/nowhere/retort\" cannot be run: ")
            && told.ends_with("RETORT=/path/to/retort cargo test"),
        "{told}"
    );
}

//! `invoke --lines`: what programs try a bot with.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use harness::bots::{misbehaving, plugin_dir};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::running::{Ended, file, retort, run};

fn told(ended: &Ended) -> Vec<Value> {
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let lines = ended.stdout.lines();
    let json = |line| serde_json::from_str(line).expect("JSON");
    lines.map(json).collect()
}

#[test]
fn each_line_is_told_what_became_of_it_and_a_bad_one_ends_nothing() {
    let mut invoke = retort();
    invoke.arg("invoke").arg(plugin_dir("concierge"));
    let payloads = "{\"convId\":\"1\",\"message\":\"what?\"}\n\
                    no payload\n\
                    \n\
                    [1]\r\n\
                    {}\n\
                    {\"convId\":\"1\",\"message\":\"hours\"}";
    let told = told(&run(invoke.arg("--lines"), payloads));
    let outcomes: Vec<_> = told.iter().map(|told| &told["outcome"]).collect();
    let expected = [
        "replied", "invalid", "invalid", "invalid", "tested", "replied",
    ];
    assert_eq!(outcomes, expected);

    let first = &told[0];
    assert_eq!(
        first["log"],
        json!([{ "level": "info", "message": "no keyword matched" }])
    );
    assert!(first["result"]["messages"].is_array(), "{first}");
    assert!(first["fuel"].as_u64() > Some(1_000), "{first}");
    assert!(first["memoryBytes"].as_u64() > Some(65_536), "{first}");
    assert!(first["milliseconds"].as_f64() > Some(0.0), "{first}");
    assert!(first.get("fault").is_none() && first.get("explanation").is_none());

    let invalid = json!({ "outcome": "invalid", "explanation": "the body has the wrong shape: it must be an object" });
    assert_eq!(told[3], invalid);
    assert_eq!(told[4]["result"], json!({ "messages": [], "context": {} }));
}

#[test]
fn a_bot_that_fails_is_told_why_and_asked_again() {
    let folder = tempdir().expect("a folder");
    let payload = "{\"convId\":\"1\",\"message\":\"go\"}\n".repeat(2);
    for (bot, outcome, fault, explanation) in [
        ("panic", "bot-trapped", None, "the bot trapped"),
        (
            "fault",
            "bot-fault",
            Some("order-service-down"),
            "the bot gave a fault, `order-service-down`: ",
        ),
    ] {
        let bot = file(folder.path(), "bot.wasm", misbehaving(bot));
        let mut invoke = retort();
        invoke.arg("invoke").arg(bot).arg("--lines");
        let told = told(&run(&mut invoke, &payload));
        assert_eq!(told.len(), 2);
        for told in told {
            assert_eq!(told["outcome"], outcome);
            assert_eq!(told["fault"]["code"].as_str(), fault, "{told}");
            let why = told["explanation"].as_str().expect("a reason");
            assert!(why.starts_with(explanation), "{why}");
            assert!(told.get("result").is_none(), "{told}");
        }
    }
}

#[test]
fn what_a_bot_keeps_lasts_from_line_to_line_and_each_is_answered_before_the_next() {
    let mut invoke = retort();
    invoke
        .arg("invoke")
        .arg(plugin_dir("survey"))
        .arg("--lines");
    let invoke = invoke.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut invoke = invoke.spawn().expect("it runs");
    let mut input = invoke.stdin.take().expect("an input");
    let mut output = BufReader::new(invoke.stdout.take().expect("an output")).lines();
    let mut say = |conversation: &str, message: &str| {
        let payload = json!({ "convId": conversation, "message": message });
        writeln!(input, "{payload}").expect("it reads");
        output.next().expect("an answer").expect("text")
    };
    assert!(say("1", "").contains("from 1 to 5?"));
    assert!(say("1", "4").contains("What should we improve?"));
    let another = say("2", "hello");
    assert!(another.contains("from 1 to 5?"), "{another}");
    assert!(say("1", "the parking").contains("May we contact you"));
    drop(input);
    assert!(invoke.wait().expect("it ends").success());
}

#[test]
fn a_function_takes_any_json_on_a_line() {
    let mut invoke = retort();
    invoke.arg("invoke").arg(plugin_dir("pre-hook"));
    let payloads = "{\"message\":\"it is 4111 1111 1111 1111\"}\n[1]\n{\n";
    let told = told(&run(invoke.arg("--lines"), payloads));
    assert_eq!(
        told[0]["result"],
        json!({ "message": "it is •••• •••• •••• 1111" })
    );
    assert_eq!(told[1]["fault"]["code"], "no-request");
    assert_eq!(told[2]["outcome"], "invalid");
}

#[test]
fn a_line_that_is_too_long_is_no_payload_and_one_way_to_give_them_is_enough() {
    let mut invoke = retort();
    invoke.arg("invoke").arg(plugin_dir("echo")).arg("--lines");
    let long = " ".repeat(65 << 20);
    let told = told(&run(
        &mut invoke,
        &format!("{long}\n{{\"convId\":\"1\",\"message\":\"hello\"}}\n"),
    ));
    let outcomes: Vec<_> = told.iter().map(|told| &told["outcome"]).collect();
    assert_eq!(outcomes, ["invalid", "replied"]);

    for more in [&["--lines", "--payload", "-"][..], &[]] {
        let mut invoke = retort();
        invoke.arg("invoke").arg("echo.wasm").args(more);
        let refused = run(&mut invoke, "");
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains("--payload"), "{}", refused.stderr);
    }
}

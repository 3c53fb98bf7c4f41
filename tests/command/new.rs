//! `new`: a project that builds and answers, in each language.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use harness::bots::plugin_dir;
use harness::host::{Served, text};
use harness::replays::{does_the_same, recording};
use retort::invocation::Settings;
use tempfile::tempdir;

use crate::contract::holds;
use crate::running::{Ended, retort, run, run_within};

/// Building takes a toolchain, and a machine may be busy with more.
const PATIENCE: Duration = Duration::from_secs(900);

fn begun(folder: &Path, language: &str) -> PathBuf {
    begun_as(folder, language, "bot")
}

fn begun_as(folder: &Path, language: &str, template: &str) -> PathBuf {
    let mut new = retort();
    new.args(["new", "my-bot", "--lang", language, "--template", template])
        .current_dir(folder);
    let ended = run(&mut new, "");
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "my-bot\n"),
        "{}",
        ended.stderr
    );
    folder.join("my-bot")
}

fn ran(project: &Path, args: &[&str]) -> Ended {
    let ended = run_within(retort().args(args).current_dir(project), "", PATIENCE);
    assert_eq!(ended.code, 0, "{args:?}: {}{}", ended.stdout, ended.stderr);
    ended
}

/// That a project's bot answers as its conversations have it, and every payload.
fn answers(project: &Path, bot: &str) {
    let says = [
        "--say",
        "When are you open?",
        "--say",
        "Thank you!",
        "--say",
        "a person",
    ];
    let said = ran(project, &[&["chat", bot], &says[..]].concat()).stdout;
    let mut rest = said.as_str();
    for line in [
        "bot: Hello!",
        "[1: Opening hours]  [2: A person]",
        "bot: We are open from 9 to 17.",
        "bot: You are welcome.",
        "bot: I will find somebody.",
        "note (agents only): The consumer asked for a person",
        "=>   transfers to skill \"human_skill\"",
    ] {
        let at = rest.find(line).unwrap_or_else(|| panic!("{line}: {said}"));
        rest = &rest[at..];
    }
    let payloads = std::fs::read_dir(project.join("payloads")).expect("payloads");
    let mut count = 0;
    for payload in payloads {
        let payload = payload.expect("a file").path();
        let payload = payload.to_str().expect("text");
        let answer = ran(project, &["invoke", bot, "--payload", payload]).stdout;
        assert!(answer.contains("\"messages\": ["), "{payload}: {answer}");
        count += 1;
    }
    assert_eq!(count, 7);
    let tested = ran(project, &["test", bot, "--level", "all"]).stdout;
    assert!(tested.contains("\nok    opening hours "), "{tested}");
    assert!(tested.ends_with(" passed, 0 failed\n"), "{tested}");
    let readme = std::fs::read_to_string(project.join("README.md")).expect("text");
    for word in ["NAME", "LANGUAGE", "SOURCE", "MANIFEST"] {
        assert!(!readme.contains(word), "{readme}");
    }
}

#[test]
fn a_project_in_javascript_answers_at_once() {
    let folder = tempdir().expect("a folder");
    answers(&begun(folder.path(), "js"), ".");
}

/// That a project's function returns what it should of its sample event, and tells what is wrong with another one.
fn sums_up(project: &Path, function: &str, wrong: &str) {
    let sample = [
        "invoke",
        function,
        "--payload",
        "payloads/event.json",
        "--verbose",
    ];
    let ended = ran(project, &sample);
    let returned: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let expected = serde_json::json!({ "message": "Thank you, Ada!", "total": 599 });
    assert_eq!(returned, expected);
    assert!(ended.stderr.contains("summed up"), "{}", ended.stderr);
    let mut invoke = retort();
    invoke.args(["invoke", function, "--payload", "-"]);
    let refused = run_within(invoke.current_dir(project), "{\"name\": \"Ada\"}", PATIENCE);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains(wrong), "{}", refused.stderr);
}

#[test]
fn a_function_in_javascript_returns_at_once() {
    let folder = tempdir().expect("a folder");
    let project = begun_as(folder.path(), "js", "function");
    sums_up(
        &project,
        ".",
        "the payload has no list of `items` (lambda.js:4:",
    );
}

#[test]
fn a_function_in_rust_builds_and_passes_its_own_tests() {
    let folder = tempdir().expect("a folder");
    let project = begun_as(folder.path(), "rust", "function");
    ran(&project, &["build", ".", "-o", "bot.wasm"]);
    sums_up(&project, "bot.wasm", "missing field `items`");
    passes_its_own_tests(&project, "function");
}

#[test]
fn a_function_in_python_builds_and_tells_where_it_fails() {
    let folder = tempdir().expect("a folder");
    let project = begun_as(folder.path(), "python", "function");
    ran(&project, &["build", ".", "-o", "bot.wasm"]);
    sums_up(&project, "bot.wasm", "KeyError: 'items' (app.py:8)");
}

#[test]
fn a_name_may_be_any_word() {
    for name in ["MANIFEST", "SOURCE1", "LANGUAGE-bot", "NAME"] {
        let folder = tempdir().expect("a folder");
        let mut new = retort();
        assert_eq!(
            run(new.args(["new", name]).current_dir(folder.path()), "").code,
            0
        );
        let manifest = std::fs::read_to_string(folder.path().join(name).join("lambda.toml"));
        let manifest = manifest.expect("text");
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "{manifest}"
        );
    }
}

#[test]
fn a_name_that_cargo_refuses_is_none_for_a_bot_in_rust() {
    for name in ["3d", "retort-sdk", "test"] {
        let folder = tempdir().expect("a folder");
        let mut new = retort();
        new.args(["new", name, "--lang", "rust"]);
        let refused = run(new.current_dir(folder.path()), "");
        assert_eq!(refused.code, 2, "{name}: {}", refused.stderr);
        assert!(
            refused.stderr.contains("cannot be one's name"),
            "{}",
            refused.stderr
        );
        assert!(!folder.path().join(name).exists(), "{name}");
    }
}

#[test]
fn a_project_in_rust_builds_and_answers() {
    let folder = tempdir().expect("a folder");
    let project = begun(folder.path(), "rust");
    ran(&project, &["build", ".", "-o", "bot.wasm"]);
    answers(&project, "bot.wasm");
    passes_its_own_tests(&project, "conversation");
}

/// Those of the bot in its component, which `retort` builds and runs.
fn passes_its_own_tests(project: &Path, suite: &str) {
    let retort = retort();
    let mut cargo = Command::new("cargo");
    cargo
        .args(["test", "--test", suite])
        .env("RETORT", retort.get_program())
        .current_dir(project);
    // What the cargo around this says is not meant for that one.
    for variable in ["CARGO_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        cargo.env_remove(variable);
    }
    let ended = run_within(&mut cargo, "", PATIENCE);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("2 passed"), "{}", ended.stdout);

    let nowhere = run_within(cargo.env("RETORT", "/nowhere/retort"), "", PATIENCE);
    assert_ne!(nowhere.code, 0);
    let remedy = "put `retort` on the PATH, or name it: RETORT=/path/to/retort cargo test";
    let told = format!("{}{}", nowhere.stdout, nowhere.stderr);
    assert!(told.contains(remedy), "{told}");
}

#[test]
fn a_project_in_python_builds_and_answers_and_tells_where_it_fails() {
    let folder = tempdir().expect("a folder");
    let project = begun(folder.path(), "python");
    // One build for both: a text that nobody says raises.
    let source = std::fs::read_to_string(project.join("app.py")).expect("text");
    let raising = source.replace(
        "    if \"person\" in said:",
        "    if said == \"raise\":\n        raise LookupError(\"no such order\")\n    if \"person\" in said:",
    );
    assert_ne!(source, raising);
    // And some that end otherwise.
    let raising = raising.replace(
        "    if \"person\" in said:",
        "    if said == \"loop\":\n        while True:\n            pass\n    if said == \"abort\":\n        \
         __import__(\"os\").abort()\n    if said == \"chance\":\n        return answer(f\"{__import__('random').random()} \
         {__import__('time').time()}\")\n    if said.startswith(\"http\"):\n        from wit_world.imports import \
         http\n        http.send(http.Request(\"GET\", said, [], None))\n    if \"person\" in said:",
    );
    let manifest = std::fs::read_to_string(project.join("bot.toml")).expect("text");
    let wants = format!("{manifest}\n[wants]\nhttp = [\"GET {NOBODY}\"]\n");
    std::fs::write(project.join("bot.toml"), wants).expect("written");
    std::fs::write(project.join("app.py"), &raising).expect("written");
    ran(&project, &["build", ".", "-o", "bot.wasm"]);
    answers(&project, "bot.wasm");
    let ended = run_within(
        retort()
            .args(["chat", "bot.wasm", "--say", "raise"])
            .current_dir(&project),
        "",
        PATIENCE,
    );
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    let line = raising
        .lines()
        .position(|line| line.contains("raise LookupError"));
    let line = line.expect("the line") + 1;
    for words in [
        format!("`python-raised`: LookupError: no such order (app.py:{line})"),
        format!("    at reply (app.py:{line})"),
        "    at respond (app.py:".to_owned(),
    ] {
        assert!(ended.stdout.contains(&words), "{words}: {}", ended.stdout);
    }
    let component = std::fs::read(project.join("bot.wasm")).expect("a component");
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(its_turns_are_run_again(&component));
    makes_small_talk(&project);
}

/// Where nobody listens: the port is reserved (RFC 6335).
const NOBODY: &str = "http://127.0.0.1:1";

/// Turns of a bot in Python do the same on another host, however they ended.
async fn its_turns_are_run_again(component: &[u8]) {
    let mut settings = Settings::default();
    settings.egress.open_addresses = vec!["127.0.0.0/8".parse().expect("a range")];
    let grant = format!("http:GET {NOBODY}");
    let host = Served::with(recording(settings)).granting(&[&grant]);
    let mut host = host.in_time(30_000).with_bot("python", component).await;
    for (said, outcome) in [
        ("hours", "replied"),
        ("chance", "replied"),
        ("raise", "bot-fault"),
        ("abort", "bot-trapped"),
        (NOBODY, "bot-fault"),
    ] {
        host.ask("python", &text(said)).await;
        let capsule = does_the_same(component, &host).await;
        assert_eq!(capsule.ended.outcome, outcome, "{said}");
        assert_eq!(capsule.told.http.len(), usize::from(said == NOBODY));
    }
    for (fuel, deadline_ms, outcome) in [
        (300_000_000, 30_000, "out-of-fuel"),
        (100_000_000_000, 900, "deadline-exceeded"),
    ] {
        host = host.wanting(|wanted| {
            wanted.limits.fuel = fuel;
            wanted.limits.deadline_ms = deadline_ms;
            wanted.smoke_turn = false;
        });
        host = host.with_bot("python", component).await;
        host.ask("python", &text("loop")).await;
        assert_eq!(does_the_same(component, &host).await.ended.outcome, outcome);
    }
}

/// The example bot in Python, on what was installed for a project.
fn makes_small_talk(project: &Path) {
    for name in ["app.py", "bot.toml", "retort_bot.py", "requirements.txt"] {
        let from = plugin_dir("small-talk").join(name);
        std::fs::copy(from, project.join(name)).expect("copied");
    }
    ran(project, &["build", ".", "-o", "small-talk.wasm"]);
    let says = [
        "chat",
        "small-talk.wasm",
        "--say",
        "hello",
        "--say",
        "how many",
        "--say",
        "a person",
    ];
    let said = ran(project, &says).stdout;
    for line in [
        "bot: Hello to you!",
        "bot: You have said 2 things.",
        "note (agents only): They said 3 things to me",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    holds(&project.join("small-talk.wasm"), &plugin_dir("small-talk"));
}

#[test]
fn what_is_there_already_is_left_alone() {
    let folder = tempdir().expect("a folder");
    std::fs::write(folder.path().join("my-bot"), "mine").expect("written");
    let mut new = retort();
    new.args(["new", "my-bot"]).current_dir(folder.path());
    let ended = run(&mut new, "");
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("is there already"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        std::fs::read_to_string(folder.path().join("my-bot")).expect("text"),
        "mine"
    );
}

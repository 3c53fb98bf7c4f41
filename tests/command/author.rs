//! `build`, `invoke` and `chat`: what a bot's author runs.

use harness::bots::{misbehaving, plugin_dir, wanting};
use tempfile::tempdir;

use crate::running::{file, retort, run, stranger};

#[test]
fn build_writes_a_component_that_invoke_can_run() {
    let folder = tempdir().expect("a folder");
    let component = folder.path().join("it.wasm");
    let built = run(
        retort()
            .arg("build")
            .arg(plugin_dir("echo"))
            .arg("-o")
            .arg(&component),
        "",
    );
    assert_eq!(
        (built.code, built.stdout),
        (0, format!("{}\n", component.display()))
    );
    assert!(
        built.stderr.contains("built echo 1.0.0"),
        "{}",
        built.stderr
    );

    let payload = file(
        folder.path(),
        "payload.json",
        "{\"convId\":\"1\",\"message\":\"hello\"}",
    );
    let invoked = run(
        retort()
            .arg("invoke")
            .arg(&component)
            .arg("--payload")
            .arg(payload),
        "",
    );
    let reply = "{\n  \"messages\": [\n    \"hello\"\n  ],\n  \"context\": {}\n}\n";
    assert_eq!(
        (
            invoked.code,
            invoked.stdout.as_str(),
            invoked.stderr.as_str()
        ),
        (0, reply, "")
    );
}

#[test]
fn build_without_an_output_writes_where_it_stands() {
    let folder = tempdir().expect("a folder");
    let built = run(
        retort()
            .arg("build")
            .arg(plugin_dir("echo"))
            .current_dir(folder.path()),
        "",
    );
    assert_eq!((built.code, built.stdout.as_str()), (0, "echo.wasm\n"));
    assert!(folder.path().join("echo.wasm").is_file());
}

#[test]
fn build_says_what_is_missing_or_wrong_in_a_folder() {
    let folder = tempdir().expect("a folder");
    let at = folder.path();
    let build = || run(retort().arg("build").arg(at), "");
    let none = build();
    assert_eq!(none.code, 4);
    assert!(
        none.stderr.contains("bot.toml") && none.stderr.contains("name, version"),
        "{}",
        none.stderr
    );

    file(at, "bot.toml", "name = \"a b\"\nversion = \"1.0.0\"\n");
    let invalid = build();
    assert!(
        invalid.stderr.contains("bot \"a b\" is not valid"),
        "{}",
        invalid.stderr
    );

    file(at, "bot.toml", "name = \"it\"\nversion = \"1.0.0\"\n");
    let no_crate = build();
    assert_eq!(no_crate.code, 4);
    assert!(
        no_crate
            .stderr
            .contains("bots in Rust and, with an app.py, in Python are built here"),
        "{}",
        no_crate.stderr
    );

    file(
        at,
        "Cargo.toml",
        "[package]\nname = \"it\"\nedition = \"2024\"\n[workspace]\n",
    );
    file(at, "src/lib.rs", "fn broken( {}");
    let broken = build();
    assert_eq!(broken.code, 4);
    assert!(
        broken
            .stderr
            .contains("does not build; the reason stands above"),
        "{}",
        broken.stderr
    );

    file(at, "src/lib.rs", "");
    let no_component = build();
    assert_eq!(no_component.code, 4);
    assert!(
        no_component.stderr.contains("crate-type = [\"cdylib\"]"),
        "{}",
        no_component.stderr
    );
}

#[test]
fn invoke_reads_its_payload_from_standard_input_and_tells_what_the_turn_used() {
    let payload = "{\"convId\":\"1\",\"message\":\"what?\"}";
    let told = run(
        retort()
            .arg("invoke")
            .arg(plugin_dir("concierge"))
            .args(["--payload", "-", "--verbose"]),
        payload,
    );
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stdout.contains("quickReplies"), "{}", told.stdout);
    for what in [
        "outcome      replied",
        "wall time",
        "fuel",
        "peak memory",
        "host calls",
        "log info     no keyword matched",
    ] {
        assert!(told.stderr.contains(what), "{what} in {}", told.stderr);
    }
}

#[test]
fn invoke_gives_a_bot_its_configuration() {
    let payload = "{\"convId\":\"1\",\"message\":\"help\"}";
    let bot = plugin_dir("concierge");
    let told = run(
        retort()
            .arg("invoke")
            .arg(&bot)
            .args(["--payload", "-", "--set", "skill=night shift"]),
        payload,
    );
    assert!(
        told.stdout.contains("\"skill\": \"night shift\""),
        "{}",
        told.stdout
    );
    let refused = run(
        retort()
            .arg("invoke")
            .arg(&bot)
            .args(["--payload", "-", "--set", "skill= "]),
        payload,
    );
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .stderr
            .contains("the bot refuses its configuration: `skill` is empty"),
        "{}",
        refused.stderr
    );
}

#[test]
fn invoke_tells_by_its_exit_code_who_has_to_mend_what() {
    let folder = tempdir().expect("a folder");
    let bad = file(folder.path(), "bad.wasm", misbehaving("panic"));
    let text = file(folder.path(), "text.wasm", "hello");
    let missing = folder.path().join("missing.wasm");
    let turn = "{\"convId\":\"1\",\"message\":\"go\"}";
    for (bot, payload, code, words) in [
        (&bad, turn, 3, "the bot trapped: it panicked or aborted"),
        (&bad, "no", 2, "the body is not JSON"),
        (&text, turn, 4, "this is not a WebAssembly component"),
        (&missing, turn, 2, "cannot be read"),
    ] {
        let ended = run(
            retort().arg("invoke").arg(bot).args(["--payload", "-"]),
            payload,
        );
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (code, ""),
            "{}",
            ended.stderr
        );
        assert!(
            ended.stderr.starts_with("error: ") && ended.stderr.contains(words),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(run(retort().arg("invoke"), "").code, 2);
}

#[test]
fn chat_shows_a_line_for_each_part_and_takes_choices_by_number() {
    let chat = run(
        retort().arg("chat").arg(plugin_dir("concierge")),
        "1\n2\nperson\nnever read\n",
    );
    assert_eq!(chat.code, 0, "{}", chat.stderr);
    let spoken: Vec<_> = chat
        .stdout
        .lines()
        .filter(|line| !line.contains(" fuel") && !line.starts_with("you: "))
        .collect();
    let expected = [
        "bot: Hello, I am the concierge. What can I do for you?  [1: Track a parcel]  [2: Opening hours]  [3: Talk to a person]",
        "bot: Let me look.",
        "     (waits 1 s)",
        "bot: Your parcel is on its way  It arrives tomorrow before noon  [1: Talk to a person]",
        "     (understood: track-parcel 0.90)",
        "bot: I did not get that. I can help with these:  [1: Track a parcel]  [2: Opening hours]  [3: Talk to a person]",
        "log  info: no keyword matched",
        "bot: I will connect you to a colleague.",
        "note (agents only): The consumer asked for a person; the concierge could not help any further.",
        "     (understood: talk-to-a-person 0.95, refund 0.20)",
        "=>   transfers to skill \"human\"",
    ];
    assert_eq!(spoken, expected);
    assert_eq!(
        chat.stdout
            .lines()
            .filter(|line| line.contains(" ms, "))
            .count(),
        4,
        "one for each turn"
    );
}

#[test]
fn chat_says_what_it_is_given_and_lives_on_when_the_bot_fails() {
    let folder = tempdir().expect("a folder");
    let bad = file(folder.path(), "bad.wasm", misbehaving("panic"));
    let chat = run(
        retort()
            .arg("chat")
            .arg(bad)
            .args(["--say", "one", "--say", "two", "--channel", "chat"]),
        "",
    );
    assert_eq!(chat.code, 3, "a script can tell");
    assert_eq!(
        chat.stdout.matches("!    the bot trapped").count(),
        3,
        "{}",
        chat.stdout
    );
    assert!(
        chat.stdout.contains("log  warn:") && chat.stdout.contains("4711"),
        "its author is told: {}",
        chat.stdout
    );
}

#[test]
fn output_that_nobody_takes_is_no_crash() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("a device");
    let mut chat = retort();
    chat.arg("chat")
        .arg(plugin_dir("echo"))
        .args(["--say", "hello"])
        .stdout(full);
    let output = chat
        .stderr(std::process::Stdio::piped())
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(!told.contains("panicked"), "{told}");
}

#[test]
fn a_survey_is_held_over_several_turns_and_keeps_its_place_between_them() {
    let survey = plugin_dir("survey");
    let mut chat = retort();
    chat.arg("chat").arg(&survey);
    for text in ["4", "the parking", "no"] {
        chat.args(["--say", text]);
    }
    let held = run(&mut chat, "");
    assert_eq!(held.code, 0, "{held:?}");
    for part in [
        "from 1 to 5?",
        "What should we improve?",
        "May we contact you",
        "Satisfied: 4 of 5. May not be contacted. To improve: the parking",
        "closes the conversation",
    ] {
        assert!(held.stdout.contains(part), "no {part:?} in {}", held.stdout);
    }
}

#[test]
fn a_bot_on_its_authors_machine_has_the_secrets_and_reaches_the_addresses_that_it_is_given() {
    let folder = tempdir().expect("a folder");
    let at = stranger("200 OK");
    let wants =
        format!("secrets = [\"word\", \"other\"]\nhttp = [\"GET http://{at} x-key: {{word}}\"]");
    let bot = file(folder.path(), "bot.wasm", wanting("reach", &wants));
    let secrets = file(folder.path(), "secrets.toml", "word = \"open sesame\"\n");
    let text = format!("http GET http://{at}/");
    let chat = |more: &[&str]| {
        let mut chat = retort();
        chat.arg("chat")
            .arg(&bot)
            .args(["--say", "say-secret word", "--say", &text]);
        run(chat.args(more), "")
    };
    let alone = chat(&[]).stdout;
    assert!(
        alone.contains("not-set") && alone.contains("which its rule sends along, is not set"),
        "{alone}"
    );
    let secrets = secrets.to_str().expect("a path");
    let closed = chat(&["--secrets", secrets]).stdout;
    assert!(closed.contains("loopback"), "{closed}");
    let given = chat(&["--secrets", secrets, "--open", "127.0.0.1"]).stdout;
    assert!(
        given.contains("ok open sesame") && given.contains("200 5 bytes: hello"),
        "{given}"
    );
    let wrong = chat(&["--open", "localhost"]);
    assert!(
        wrong.code == 2 && wrong.stderr.contains("use an address"),
        "{wrong:?}"
    );
    std::fs::write(secrets, "word = \"open sesame\"\nother = open\n").expect("written");
    let wrong = chat(&["--secrets", secrets]);
    assert!(
        wrong.code == 2 && wrong.stderr.contains("near line 2"),
        "{wrong:?}"
    );
    assert!(!wrong.stderr.contains("open"), "{wrong:?}");
}

#[test]
fn a_function_is_built_and_invoked_with_any_json_and_holds_no_conversation() {
    let folder = tempdir().expect("a folder");
    let component = folder.path().join("hook.wasm");
    let built = run(
        retort()
            .arg("build")
            .arg(plugin_dir("pre-hook"))
            .arg("-o")
            .arg(&component),
        "",
    );
    assert_eq!(built.code, 0, "{}", built.stderr);

    let invoke = |payload: &str| {
        let mut command = retort();
        command.arg("invoke").arg(&component);
        run(command.args(["--payload", "-", "--verbose"]), payload)
    };
    let invoked = invoke("{\"message\":\"it is 4111 1111 1111 1111\",\"convId\":\"1\"}");
    let returned = "{\n  \"message\": \"it is •••• •••• •••• 1111\",\n  \"convId\": \"1\"\n}\n";
    assert_eq!((invoked.code, invoked.stdout.as_str()), (0, returned));
    for told in ["outcome      replied", "log info     masked 1 card numbers"] {
        assert!(invoked.stderr.contains(told), "{}", invoked.stderr);
    }
    for (payload, code, told) in [
        ("[1]", 3, "`no-request`: a hook is handed an object"),
        ("{", 2, "the payload is not JSON"),
    ] {
        let failed = invoke(payload);
        assert_eq!(failed.code, code);
        assert!(failed.stderr.contains(told), "{}", failed.stderr);
    }

    let chat = run(
        retort()
            .arg("chat")
            .arg(&component)
            .args(["--say", "hello"]),
        "",
    );
    assert_eq!((chat.code, chat.stdout.as_str()), (2, ""));
    assert!(
        chat.stderr.contains("this is a function") && chat.stderr.contains("retort invoke"),
        "{}",
        chat.stderr
    );
}

#[test]
fn code_is_kept_in_a_folder_that_is_ones_own_and_in_no_other() {
    use std::os::unix::fs::PermissionsExt;
    let bot = tempdir().expect("a folder");
    let bot = file(bot.path(), "fault.wasm", misbehaving("fault"));
    for (mode, is_used) in [(0o700, true), (0o777, false), (0o720, false)] {
        let caches = tempdir().expect("a folder");
        let cache = caches.path().join("retort");
        std::fs::create_dir(&cache).expect("made");
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&cache, permissions).expect("set");
        let mut chat = retort();
        chat.arg("chat").arg(&bot).args(["--say", "go"]);
        let ended = run(chat.env("XDG_CACHE_HOME", caches.path()), "");
        assert_eq!(ended.code, 3, "{}", ended.stderr);
        let entries = std::fs::read_dir(&cache).expect("it is there").count();
        assert_eq!(entries > 0, is_used, "{mode:o}");
    }
}

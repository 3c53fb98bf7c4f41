//! `chat`: what it says beside what the bot says, and what its exit code tells a script.

use harness::bots::{misbehaving, plugin_dir, wanting};
use tempfile::tempdir;

use crate::running::{file, retort, run, stranger};

#[test]
fn a_turn_ends_with_its_time_its_fuel_and_its_memory() {
    let mut chat = retort();
    chat.arg("chat").arg(plugin_dir("echo"));
    let told = run(chat.args(["--say", "hello"]), "").stdout;
    let ends = |line: &&str| line.contains(" ms, ") && line.ends_with(" KiB");
    assert_eq!(told.lines().filter(ends).count(), 2, "{told}");
}

#[test]
fn texts_that_are_left_when_the_conversation_has_ended_are_a_failure() {
    let mut chat = retort();
    chat.arg("chat").arg(plugin_dir("concierge"));
    let ended = run(
        chat.args(["--say", "person", "--say", "one", "--say", "two"]),
        "",
    );
    assert_eq!(ended.code, 3);
    for told in [
        "\"one\" is not said",
        "\"two\" is not said",
        "2 of 3 texts are left",
    ] {
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}

#[test]
fn a_script_that_knows_no_welcome_is_told_how_to_be_asked_without_one() {
    let folder = tempdir().expect("a folder");
    let source = "async function lambda(input) { \
                  const { text } = { hello: { text: 'hi' } }[input.payload.message]; \
                  return { messages: [text] }; }";
    let script = file(folder.path(), "lambda.js", source);
    let chat = |bot: &std::path::Path, more: &[&str]| {
        let mut chat = retort();
        chat.arg("chat").arg(bot).args(["--say", "hello"]);
        run(chat.args(more), "")
    };
    let welcomed = chat(&script, &[]);
    assert_eq!(welcomed.code, 3, "{welcomed:?}");
    assert!(
        welcomed.stdout.contains("bot: hi") && welcomed.stderr.contains("try --no-welcome"),
        "{welcomed:?}"
    );
    let not = chat(&script, &["--no-welcome"]);
    assert_eq!((not.code, &*not.stderr), (0, ""), "{}", not.stdout);
    assert!(not.stdout.starts_with("you: hello\nbot: hi\n"), "{not:?}");

    let bad = file(folder.path(), "bad.wasm", misbehaving("fault"));
    let failed = chat(&bad, &[]).stderr;
    assert!(!failed.contains("--no-welcome"), "{failed}");
}

#[test]
fn what_would_let_a_bot_reach_more_is_an_option_of_the_command() {
    let folder = tempdir().expect("a folder");
    let at = stranger("200 OK");
    let wants = format!("http = [\"GET http://{at} x-key: {{word}}\"]");
    let bot = file(folder.path(), "bot.wasm", wanting("reach", &wants));
    let secrets = file(folder.path(), "secrets.toml", "word = \"open sesame\"\n");
    let text = format!("http GET http://{at}/");
    let chat = |more: &[&str]| {
        let mut chat = retort();
        chat.arg("chat").arg(&bot).args(["--say", &text]);
        run(chat.args(more), "").stdout
    };
    let alone = chat(&[]);
    assert!(
        alone.contains("is not set: give it one with `--secrets FILE`"),
        "{alone}"
    );
    let closed = chat(&["--secrets", secrets.to_str().expect("a path")]);
    assert!(
        closed.contains("unless `--open 127.0.0.1` lets them"),
        "{closed}"
    );
}

#[test]
fn an_option_that_could_only_be_refused_is_not_there() {
    for command in ["chat", "dev"] {
        let refused = run(retort().args([command, "lambda.js", "--function"]), "");
        assert_eq!(refused.code, 2);
        assert!(
            refused.stderr.contains("unexpected argument '--function'"),
            "{}",
            refused.stderr
        );
    }
}

#[test]
fn code_that_cannot_be_kept_is_told_once_and_the_bot_answers_all_the_same() {
    let caches = tempdir().expect("a folder");
    let chat = || {
        let mut chat = retort();
        chat.arg("chat").arg(plugin_dir("echo"));
        run(
            chat.args(["--say", "hello"])
                .env("XDG_CACHE_HOME", caches.path()),
            "",
        )
    };
    let told = "compiled code is not kept, so it takes longer: ";
    let kept = chat();
    assert!(kept.code == 0 && !kept.stderr.contains(told), "{kept:?}");

    // A folder in the place of each entry.
    let engines = std::fs::read_dir(caches.path().join("retort")).expect("it is there");
    for engine in engines {
        for entry in std::fs::read_dir(engine.expect("one").path()).expect("it is there") {
            let path = entry.expect("one").path();
            std::fs::remove_file(&path).expect("removed");
            file(&path, "in-the-way", "");
        }
    }
    let unkept = chat();
    assert_eq!(unkept.code, 0, "{}", unkept.stderr);
    assert!(unkept.stdout.contains("bot: hello"), "{}", unkept.stdout);
    assert_eq!(unkept.stderr.matches(told).count(), 1, "{}", unkept.stderr);

    // And one in the place of all of them.
    std::fs::remove_dir_all(caches.path().join("retort")).expect("removed");
    file(caches.path(), "retort", "");
    assert_eq!(chat().code, 0);
}

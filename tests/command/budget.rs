//! `test`: what a bot's conversations cost, and what it is given to begin with.

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::bots::wanting;
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::running::{Ended, file, retort, run};

/// A lambda that does `rounds` of its work for a text, in a folder with a conversation.
fn lambda(rounds: u32) -> TempDir {
    let folder = tempdir().expect("a folder");
    write_lambda(folder.path(), rounds);
    let convos = folder.path().join("convos");
    std::fs::create_dir(&convos).expect("a folder");
    file(
        &convos,
        "pizza.convo.txt",
        "order a pizza\n\n#me\na pizza\n\n#bot\nIt is on its way.\n",
    );
    file(&convos, "bye.convo.txt", "bye\n\n#me\nbye\n\n#bot\nIt is\n");
    folder
}

fn write_lambda(folder: &Path, rounds: u32) -> PathBuf {
    let source = format!(
        "async function lambda(input) {{
          let sum = 0;
          const rounds = input.payload.message === 'bye' ? 1 : {rounds};
          for (let at = 0; at < rounds; at++) sum += at;
          return {{ messages: [sum < 0 ? 'never' : 'It is on its way.'] }};
        }}"
    );
    file(folder, "lambda.js", source)
}

fn test(bot: &Path, args: &[&str]) -> Ended {
    let mut test: Command = retort();
    run(test.arg("test").arg(bot).args(args), "")
}

fn report(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("report.json")).expect("a report");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn what_costs_more_than_its_baseline_fails_with_the_figures_until_they_are_taken() {
    let folder = lambda(10_000);
    let path = folder.path();
    let baseline = path.join("convos/baseline.toml");
    let kept = test(path, &["--keep-baseline"]);
    assert_eq!(kept.code, 0, "{}{}", kept.stdout, kept.stderr);
    let text = std::fs::read_to_string(&baseline).expect("it was written");
    assert!(text.contains("allowed_percent = 10"), "{text}");
    assert!(
        text.contains("[fuel.\"pizza.convo.txt\"]\n\"order a pizza\" = "),
        "{text}"
    );

    // As it is, without asking for it: there is a baseline.
    let same = test(
        path,
        &[
            "--report",
            path.join("report.json").to_str().expect("a path"),
        ],
    );
    assert_eq!(same.code, 0, "{}{}", same.stdout, same.stderr);
    let first = report(path);
    let levels = first["cases"].as_array().expect("cases").iter();
    let levels: Vec<_> = levels
        .map(|case| case["level"].as_str().expect("a level"))
        .collect();
    assert_eq!(
        levels,
        ["budget", "budget", "conversations", "conversations"]
    );
    let budget = &first["budget"];
    assert_eq!(budget["turns"], 2);
    assert!(
        budget["fuelP50"].as_u64() < budget["fuelMax"].as_u64(),
        "{budget}"
    );
    assert!(
        budget["memoryPeakBytes"].as_u64() > Some(1 << 19),
        "{budget}"
    );

    write_lambda(path, 20_000);
    let dearer = test(
        path,
        &[
            "--report",
            path.join("report.json").to_str().expect("a path"),
        ],
    );
    assert_eq!(dearer.code, 6, "{}", dearer.stdout);
    let second = report(path);
    let failed = second["cases"].as_array().expect("cases").iter();
    let failed: Vec<_> = failed.filter(|case| case["outcome"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["name"], "order a pizza");
    assert_eq!(failed[0]["level"], "budget");
    let what = failed[0]["failure"]["what"].as_str().expect("words");
    let fuel = failed[0]["fuel"].as_u64().expect("a figure");
    assert!(
        what.starts_with(&format!("it takes {fuel} fuel, and took ")),
        "{what}"
    );
    assert!(what.contains("% more, and 10 % more are allowed"), "{what}");
    assert!(what.contains("--keep-baseline"), "{what}");

    // More is allowed by hand.
    let text = std::fs::read_to_string(&baseline).expect("it is there");
    let lax = text.replace("allowed_percent = 10", "allowed_percent = 300");
    std::fs::write(&baseline, lax).expect("a file");
    assert_eq!(test(path, &["--level", "budget"]).code, 0);
    std::fs::write(&baseline, text).expect("a file");
    // Or the figures are taken, those of one case alone.
    let kept = test(
        path,
        &["--level", "budget", "--keep-baseline", "--filter", "pizza"],
    );
    assert_eq!(kept.code, 6, "{}", kept.stdout);
    assert_eq!(test(path, &[]).code, 0);
    let text = std::fs::read_to_string(&baseline).expect("it is there");
    assert!(text.contains("[fuel.\"bye.convo.txt\"]"), "{text}");
}

#[test]
fn what_a_bot_costs_is_the_same_in_two_runs_and_a_wall_is_only_asked_for() {
    let folder = lambda(1_000);
    let path = folder.path();
    let file = path.join("report.json");
    let args = [
        "--level",
        "budget",
        "--report",
        file.to_str().expect("a path"),
    ];
    let fuel = || {
        let ended = test(path, &args);
        assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
        let cases = report(path)["cases"].as_array().expect("cases").clone();
        let fuel = cases
            .iter()
            .map(|case| case["fuel"].as_u64().expect("a figure"));
        fuel.collect::<Vec<_>>()
    };
    assert_eq!(fuel(), fuel());
    let slow = test(path, &["--level", "budget", "--wall", "0"]);
    assert_eq!(slow.code, 6, "{}", slow.stdout);
    assert!(
        slow.stdout.contains("FAIL  the time of 99 in 100 turns"),
        "{}",
        slow.stdout
    );
    assert!(slow.stdout.contains("`--wall` allows 0"), "{}", slow.stdout);
    assert_eq!(test(path, &["--wall", "60000"]).code, 0);
    let not_asked = test(path, &["--level", "conversations", "--wall", "1"]);
    assert_eq!(not_asked.code, 2, "{}", not_asked.stderr);
    assert!(
        not_asked.stderr.contains("add `budget` to `--level`"),
        "{}",
        not_asked.stderr
    );
}

#[test]
fn a_bot_begins_with_what_stands_beside_its_conversations() {
    let folder = tempdir().expect("a folder");
    let path = folder.path();
    let wants = "state = [\"conversation\", \"bot\"]\nsecrets = [\"word\"]";
    let bot = file(path, "bot.wasm", wanting("reach", wants));
    for at in ["a", "b"] {
        let text = "remembers\n#me\nget conversation name\n#bot\nok Ada @*\n#me\nadd bot n\n#bot\nok 42 @*\n#me\nsecret word\n#bot\nok 11 bytes\n";
        file(path, &format!("{at}.convo.txt"), text);
    }
    file(
        path,
        "state.toml",
        "[conversation]\nname = \"Ada\"\n[bot]\nn = \"41\"\n",
    );
    file(path, "secrets.toml", "word = \"open sesame\"\n");
    let ended = test(&bot, &["--level", "budget,conversations"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    // What is given by hand counts before that.
    let own = file(path, "own.secrets", "word = \"simsalabim\"\n");
    let ended = test(&bot, &["--secrets", own.to_str().expect("a path")]);
    assert!(ended.stdout.contains("+ ok 10 bytes"), "{}", ended.stdout);
}

#[test]
fn what_stands_beside_conversations_is_told_where_it_is_wrong() {
    let folder = tempdir().expect("a folder");
    let path = folder.path();
    let bot = file(
        path,
        "bot.wasm",
        wanting("reach", "state = [\"conversation\"]"),
    );
    file(
        path,
        "a.convo.txt",
        "a\n#me\nget conversation name\n#bot\n*\n",
    );
    let many = (0..200)
        .map(|at| format!("k{at} = \"\"\n"))
        .collect::<String>();
    for (name, text, told) in [
        (
            "state.toml",
            "[conversations]\n",
            "unknown field `conversations`",
        ),
        ("state.toml", "[conversation]\na = 1\n", "line 2"),
        (
            "state.toml",
            "[bot]\na = \"1\"\n",
            "the bot does not ask for state of the scope `bot`",
        ),
        ("state.toml", &format!("[conversation]\n{many}"), "128 keys"),
        ("secrets.toml", "a = \n", "line 1"),
        ("secrets.toml", "\"no name\" = \"x\"\n", "line 1"),
        ("baseline.toml", "allowed = 1\n", "unknown field `allowed`"),
        ("baseline.toml", "[fuel]\na = 1\n", "line 2"),
        ("baseline.toml", "allowed_percent = -1\n", "line 1"),
    ] {
        let beside = file(path, name, text);
        let ended = test(&bot, &[]);
        assert_eq!(
            ended.code, 2,
            "{name} {text}: {}{}",
            ended.stdout, ended.stderr
        );
        assert!(
            ended.stderr.contains(told) && ended.stderr.contains(name),
            "{text}: {}",
            ended.stderr
        );
        std::fs::remove_file(beside).expect("it is there");
    }
    assert_eq!(test(&bot, &[]).code, 0);
}

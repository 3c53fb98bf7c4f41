//! `replay`: a turn that was kept, run again from its file.

use std::fs;
use std::path::{Path, PathBuf};

use harness::bots;
use harness::host::{Served, host_with_secret, text};
use harness::javascript::{self, script};
use harness::replays::{recording, written};
use retort::invocation::Settings;
use retort::sandbox::World;
use retort::store::Digest;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::running::{Ended, retort, run};

/// What a bot was asked that does what it is told, in a folder with its component: a file for each.
async fn kept(said: &[&str]) -> (TempDir, Vec<PathBuf>) {
    let bot = bots::wanting("reach", "secrets = [\"key\"]");
    let settings = recording(Settings::default());
    let host = host_with_secret(settings, "acme", "key", "open-sesame-7").await;
    let host = host.in_time(30_000).granting(&["secret:key"]);
    let host = host.with_bot("reach", &bot).await;
    for said in said {
        host.ask("reach", &text(said)).await;
    }
    let folder = tempdir().expect("a folder");
    fs::write(beside(folder.path(), &bot), &bot).expect("written");
    let files = written(&host, folder.path()).await;
    (folder, files)
}

fn beside(folder: &Path, component: &[u8]) -> PathBuf {
    folder.join(format!("{}.wasm", Digest::of(component).as_str()))
}

fn replay(args: &[&str]) -> Ended {
    run(retort().arg("replay").args(args), "")
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("a path")
}

#[tokio::test]
async fn a_turn_is_run_again_with_the_component_beside_its_file() {
    let (_folder, files) = kept(&["budget", "panic-secret key", "nonsense"]).await;
    for (file, words) in files.iter().zip([
        &["outcome     replied", "said        {\"response\":[{"][..],
        &[
            "outcome     bot-trapped",
            "cause       the bot trapped: it panicked or aborted (in ",
            "log warn",
        ],
        &["outcome     bot-fault", "bad-command"],
    ]) {
        let ended = replay(&[shown(file)]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        for words in words
            .iter()
            .chain(&["\nthe same: outcome, reply, fuel and host calls\n"])
        {
            assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
        }
    }
    let lines = replay(&[shown(&files[0]), "--json"]);
    let told: Value = serde_json::from_str(&lines.stdout).expect("a line of JSON");
    assert_eq!(told["same"], true);
    assert_eq!(
        told["compared"]["fuel"]["before"],
        told["compared"]["fuel"]["after"]
    );
}

#[tokio::test]
async fn a_filler_for_a_secret_is_told_where_it_makes_a_difference() {
    let (_folder, files) = kept(&["say-secret key"]).await;
    let filler = replay(&[shown(&files[0])]);
    assert_eq!(filler.code, 0, "{}{}", filler.stdout, filler.stderr);
    let given = replay(&[shown(&files[0]), "--secret", "key=open-sesame-7"]);
    assert_eq!(given.code, 0, "{}{}", given.stdout, given.stderr);
    for ended in [&filler, &given] {
        assert!(!ended.stdout.contains("open-sesame"), "{}", ended.stdout);
        let same = "\nthe same: outcome, reply, fuel and host calls\n";
        assert!(ended.stdout.contains(same), "{}", ended.stdout);
    }
    // One of another length is another turn.
    let other = replay(&[shown(&files[0]), "--secret", "key=open-sesame-seven"]);
    assert_eq!(other.code, 6, "{}", other.stdout);
}

#[tokio::test]
async fn a_turn_that_does_something_else_is_told_with_what_differs() {
    let (folder, files) = kept(&["budget"]).await;
    let mut capsule: Value =
        serde_json::from_slice(&fs::read(&files[0]).expect("read")).expect("JSON");
    let fuel = capsule["ended"]["fuel"].as_u64().expect("fuel");
    capsule["ended"]["fuel"] = json!(fuel - 1);
    let forged = folder.path().join("forged.capsule.json");
    fs::write(&forged, capsule.to_string()).expect("written");
    let ended = replay(&[shown(&forged)]);
    assert_eq!(ended.code, 6, "{}", ended.stdout);
    let words = format!("fuel        {} -> {fuel} (+0.0 %)", fuel - 1);
    assert!(ended.stdout.contains(&words), "{}", ended.stdout);
    assert!(
        ended
            .stderr
            .contains("1 of 1 turns did not do what their capsules promise"),
        "{}",
        ended.stderr
    );
    // Of one with a gap nothing is promised, and of one that is redacted the outcome alone.
    for (field, value) in [
        ("gap", json!("the store failed")),
        ("redacted", json!(["email"])),
    ] {
        let mut other = capsule.clone();
        other[field] = value;
        fs::write(&forged, other.to_string()).expect("written");
        let ended = replay(&[shown(&forged)]);
        assert_eq!(ended.code, 0, "{}", ended.stdout);
        assert!(ended.stdout.contains("promised"), "{}", ended.stdout);
    }
}

#[tokio::test]
async fn what_cannot_be_run_again_says_why_and_what_to_do() {
    let (folder, files) = kept(&["budget"]).await;
    let file = shown(&files[0]);
    let function = folder.path().join("function.js");
    fs::write(
        &function,
        "module.exports.world = 'function'; exports.lambda = () => ({});",
    )
    .expect("written");
    let whole = fs::read_to_string(&files[0]).expect("text");
    let broken = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        path
    };
    let half = broken("half.json", &whole[..whole.len() / 2]);
    let other = broken(
        "other.json",
        &whole.replace("retort-capsule/1", "retort-capsule/9"),
    );
    let deep = broken("deep.json", &"[".repeat(100_000));
    let empty = tempdir().expect("a folder");
    for (args, words) in [
        (&["nowhere.json"][..], "cannot be read"),
        (&[shown(&half)], "is not a capsule"),
        (&[shown(&deep)], "is not a capsule"),
        (
            &[shown(&other)],
            "its format is \"retort-capsule/9\", and this reads \"retort-capsule/1\"",
        ),
        (&[file, "--bot", "nothing.wasm"], "nothing.wasm"),
        (&[file, "--secret", "no value"], "KEY=VALUE"),
        (
            &["--all", shown(empty.path())],
            "their names end in .capsule.json",
        ),
        (&["--all", "nowhere"], "cannot be read"),
        (&[], "CAPSULE"),
    ] {
        let ended = replay(args);
        assert_eq!(ended.code, 2, "{args:?}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains(words), "{args:?}: {}", ended.stderr);
    }
    // A component that is not the one that it is named after, and none.
    for (component, words) in [
        (Some(b"other"), "is another component than its name says"),
        (None, "name it with --bot"),
    ] {
        let path = beside(
            folder.path(),
            &bots::wanting("reach", "secrets = [\"key\"]"),
        );
        match component {
            Some(bytes) => fs::write(path, bytes).expect("written"),
            None => fs::remove_file(path).expect("removed"),
        }
        let ended = replay(&[file]);
        assert_eq!(ended.code, 2, "{}", ended.stdout);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

/// How many turns a revision is compared on: `RETORT_TEST_TURNS`, or some.
fn turns() -> usize {
    let given = std::env::var("RETORT_TEST_TURNS").ok();
    given.and_then(|turns| turns.parse().ok()).unwrap_or(60)
}

const REVISION: &str = "exports.lambda = async (input) => {
    const said = input.payload.message ?? '';
    return { messages: [`${said}, ${new Date().getUTCFullYear() > 2000}, ${Math.random()}`] };
};";

#[tokio::test]
async fn the_next_revision_is_compared_on_turns_that_were() {
    let before = script(REVISION, "", World::Bot);
    // It says something else to every seventh, fails at another one, and costs more at a third.
    let next = REVISION.replace(
        "    return",
        "    const turn = Number(said.split(' ')[1]);
        if (turn % 7 === 0) return { messages: ['seven'] };
        if (turn % 7 === 1) throw new Error('one');
        if (turn % 7 === 2) for (let i = 0; i < 1000; i++) {}
        return",
    );
    let mut settings = recording(javascript::settings().await);
    settings.capsules.number = 10_000;
    settings.capsules.minute = 100_000;
    let host = Served::with(settings).in_time(30_000);
    let host = host.with_bot("lambda", &before).await;
    let turns = turns();
    for turn in 0..turns {
        host.ask("lambda", &text(&format!("turn {turn}"))).await;
        // Else they would come faster than they are written.
        host.host.capsules().settled().await;
    }
    let folder = tempdir().expect("a folder");
    assert_eq!(written(&host, folder.path()).await.len(), turns);
    let revision = folder.path().join("lambda.js");
    fs::write(&revision, next).expect("written");
    let all = ["--all", shown(folder.path()), "--bot", shown(&revision)];
    let ended = replay(&all);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let of_seven = |rest: usize| (0..turns).filter(|turn| turn % 7 == rest).count();
    let (seven, one, two) = (of_seven(0), of_seven(1), of_seven(2));
    for line in [
        format!("{one:>7}  replied -> bot-fault"),
        format!("{:>7}  replied", turns - one),
        format!("{:>7}  another reply", seven + one),
        format!("{:>7}  other requests", 0),
        format!(
            "{turns} turns: {} end, say and send what they did, 0 of them for the same fuel; {} do not",
            turns - seven - one,
            seven + one
        ),
    ] {
        assert!(
            ended.stdout.lines().any(|told| told == line),
            "{line}: {}",
            ended.stdout
        );
    }
    let rows = |words: &str| {
        ended
            .stdout
            .lines()
            .filter(|line| line.contains(words))
            .count()
    };
    assert_eq!(
        (rows(" -> seven"), rows(" -> the bot gave a fault")),
        (seven, one),
        "{}",
        ended.stdout
    );
    // The same for a program.
    let ended = replay(&[&all[..], &["--json"]].concat());
    let lines = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let lines: Vec<Value> = lines.collect();
    let dear = |line: &&Value| {
        let fuel = &line["compared"]["fuel"];
        let [before, after] =
            ["before", "after"].map(|when| fuel[when].as_u64().unwrap_or_default());
        line["compared"]["outcome"]["after"] == "replied" && after > 2 * before
    };
    assert_eq!(
        (lines.len(), lines.iter().filter(dear).count()),
        (turns, two)
    );
    // With the revision that it was, all of them are as they were.
    let same = folder.path().join("before.wasm");
    fs::write(&same, &before).expect("written");
    let ended = replay(&["--all", shown(folder.path()), "--bot", shown(&same)]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let all = format!(
        "{turns} turns: {turns} end, say and send what they did, {turns} of them for the same fuel; 0 do not"
    );
    assert!(
        ended.stdout.ends_with(&format!("{all}\n")),
        "{}",
        ended.stdout
    );
}

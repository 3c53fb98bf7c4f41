//! `retort attack --url`: a host that somebody else serves is attacked over HTTP alone, and left as it was found.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use retort::cli::attack::corpus::CORPUS;
use serde_json::Value;
use tempfile::TempDir;

use crate::running::{Ended, Running, retort, run, stranger};
use crate::serve::{folder, serve, token};

const TENANTS: [&str; 2] = ["retort-attack-neighbours", "retort-attack-attackers"];

fn served(config: &str) -> (TempDir, Running) {
    let folder = folder(config);
    let mut serve = serve(folder.path());
    // A line for each turn would be many.
    let serving = Running::start(serve.env("RETORT_LOG__FILTER", "warn"));
    (folder, serving)
}

/// A command with the first token of the host.
fn with_token(folder: &Path, words: &str) -> Command {
    let mut command = retort();
    command.args(words.split_whitespace());
    command.env("RETORT_TOKEN", token(folder));
    command
}

fn attack(serving: &Running, words: &str) -> String {
    let address = serving.address;
    format!("attack --url http://{address} --outcomes-only {words}")
}

/// How many bots of an attack the host still serves.
fn left(serving: &Running, folder: &Path) -> usize {
    let listed = |tenant| {
        let address = serving.address;
        let words = format!("bots --tenant {tenant} --url http://{address}");
        run(&mut with_token(folder, &words), "").stdout
    };
    let lists = TENANTS.map(listed).join("\n");
    let bots = lists.lines().filter(|line| line.contains(" draft "));
    bots.filter(|line| !line.contains(" nothing ")).count()
}

#[test]
fn every_attack_on_a_host_that_serves_ends_as_it_should_and_is_undeployed() {
    let (folder, serving) = served("");
    let words = attack(&serving, "--runs 2 --deadline-ms 500 --json");
    let ended = run(&mut with_token(folder.path(), &words), "");
    let document: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    for promise in document["promises"].as_array().expect("a list") {
        assert_eq!(promise["broken_by"], Value::Array(Vec::new()), "{promise}");
    }
    let rows = document["attacks"].as_array().expect("a list");
    for (row, attack) in rows.iter().zip(CORPUS) {
        if attack.needs_silence() {
            assert!(row["untried"].is_string(), "{row}");
            continue;
        }
        let turns = if attack.is_deployed() { 2 } else { 1 };
        assert_eq!(row["outcomes"][attack.expected.word()], turns, "{row}");
        assert!(row["neighbours"]["count"].as_u64() > Some(0), "{row}");
    }
    assert_eq!((rows.len(), ended.code), (CORPUS.len(), 0));
    let unseen = document["unseen"].to_string();
    assert!(unseen.contains("nothing of a turn stays"), "{unseen}");
    assert!(
        ended
            .stderr
            .contains("serves nothing of the attack any more"),
        "{ended:?}"
    );
    assert_eq!(left(&serving, folder.path()), 0);
}

#[test]
fn a_bot_that_the_host_has_put_into_quarantine_is_kept_out_and_no_promise_is_broken() {
    let (folder, serving) = served("");
    let words = attack(&serving, "--only spin --runs 60 --deadline-ms 50");
    let ended = run(&mut with_token(folder.path(), &words), "");
    assert!(
        ended.stdout.contains("of them were kept out: quarantined"),
        "{ended:?}"
    );
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn settings_above_the_hosts_ceiling_are_told_and_the_rest_is_tried() {
    let config = "[limits]\ndeadline_ms = 150\n[sandbox]\ndeadline_ceiling_ms = 150\n";
    let (folder, serving) = served(config);
    let both = attack(
        &serving,
        "--deadline-ms 200 --only spin --only instance-bomb",
    );
    let ended = run(&mut with_token(folder.path(), &both), "");
    let untried = "unseen  every turn of spin: `limits.deadline_ms` is 200; 1 to 150 are possible";
    assert!(ended.stdout.contains(untried), "{ended:?}");
    assert!(
        ended
            .stdout
            .contains("holds   no turn of a neighbour fails"),
        "{ended:?}"
    );
    assert_eq!(ended.code, 0, "{ended:?}");

    let one = attack(&serving, "--deadline-ms 200 --only spin");
    let ended = run(&mut with_token(folder.path(), &one), "");
    assert!(ended.stderr.contains("nothing was tried"), "{ended:?}");
    assert_eq!(ended.code, 2);
}

/// An attack that goes on for long, as soon as all is deployed.
fn begun(serving: &Running, folder: &Path) -> Child {
    let words = attack(serving, "--only park --runs 100000 --deadline-ms 200");
    let mut child = with_token(folder, &words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let stdout = BufReader::new(child.stdout.take().expect("an output"));
    let mut lines = stdout.lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.starts_with("attack ")), "no table");
    assert_eq!(left(serving, folder), 2);
    child
}

fn end(child: Child, signal: &str) -> Output {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([signal, &pid]).status();
    assert!(sent.expect("kill").success());
    child.wait_with_output().expect("it ends")
}

#[test]
fn an_attack_that_is_interrupted_undeploys_what_it_deployed() {
    let (folder, serving) = served("");
    let output = end(begun(&serving, folder.path()), "-INT");
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert!(stderr.contains("2 bots of"), "{stderr}");
    assert!(stderr.contains("error: it was interrupted"), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(left(&serving, folder.path()), 0);
}

#[test]
fn what_an_attack_that_was_killed_has_left_the_next_one_undeploys() {
    let (folder, serving) = served("");
    end(begun(&serving, folder.path()), "-KILL");
    assert_eq!(left(&serving, folder.path()), 2);
    let next = attack(&serving, "--only instance-bomb");
    let ended = run(&mut with_token(folder.path(), &next), "");
    assert!(ended.stderr.contains("had left 2 bots"), "{ended:?}");
    assert_eq!(ended.code, 0);
    assert_eq!(left(&serving, folder.path()), 0);
}

#[test]
fn who_may_not_attack_or_attacks_no_host_is_told_why() {
    let (folder, serving) = served("");
    let (at, address) = (folder.path(), serving.address);
    let make = format!("tokens make ci --role invoker --url http://{address}");
    let invoker = run(&mut with_token(at, &make), "").stdout;
    let invoker = invoker.trim();
    for (words, code, told) in [
        (
            attack(&serving, "--token retort_x_y"),
            2,
            "this token is not known here",
        ),
        (
            attack(&serving, &format!("--token {invoker}")),
            2,
            "takes one with the roles developer and admin",
        ),
        (
            "attack --url http://127.0.0.1:1".to_owned(),
            1,
            "http://127.0.0.1:1 does not answer",
        ),
        (
            format!("attack --url http://{}", stranger("200 OK")),
            1,
            "is no host of Retort's",
        ),
        (format!("attack --url https://{address}"), 2, "is https"),
        (attack(&serving, "--soak 10"), 2, "cannot be used with"),
        ("attack --token x".to_owned(), 2, "--url <URL>"),
    ] {
        let ended = run(&mut with_token(at, &words), "");
        assert_eq!(ended.code, code, "{words}: {}", ended.stderr);
        assert!(ended.stderr.contains(told), "{words}: {}", ended.stderr);
    }
    let words = attack(&serving, "");
    let without = run(retort().args(words.split_whitespace()), "");
    assert!(
        without.stderr.contains("--url needs a token"),
        "{without:?}"
    );
}

#[test]
fn a_host_that_the_environment_names_is_not_attacked() {
    let words = "attack --only recurse --runs 1 --deadline-ms 800 --outcomes-only";
    let mut command = retort();
    command.args(words.split_whitespace());
    command
        .env("RETORT_URL", "http://127.0.0.1:1")
        .env("RETORT_TOKEN", "x");
    let Ended { code, stderr, .. } = run(&mut command, "");
    assert_eq!((code, stderr.as_str()), (0, ""));
}

//! What an operator does to a host that serves, from the command line.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use harness::bots::misbehaving;
use harness::operator::{saying, trapping};
use tempfile::TempDir;

use crate::running::{Ended, Running, file, retort, run, stranger};
use crate::serve::{DEPLOYMENT, folder, respond, serve, token};

/// A command to a host.
pub(crate) fn to(serving: &Running, folder: &Path, words: &str) -> Command {
    let mut command = retort();
    command.args(words.split_whitespace());
    command
        .env("RETORT_URL", format!("http://{}", serving.address))
        .env("RETORT_TOKEN", token(folder))
        .current_dir(folder);
    command
}

/// A host without a bot, and two revisions of one.
fn served() -> (TempDir, Running) {
    let folder = folder("");
    for word in ["one", "two"] {
        file(folder.path(), &format!("{word}.wasm"), saying(word));
    }
    let serving = Running::start(&mut serve(folder.path()));
    (folder, serving)
}

pub(crate) fn does(serving: &Running, folder: &Path, words: &str) -> String {
    let Ended {
        code,
        stdout,
        stderr,
    } = run(&mut to(serving, folder, words), "");
    assert_eq!(code, 0, "{words}: {stderr}");
    stdout
}

const BOT: &str = "--tenant acme --bot bot";

#[tokio::test]
async fn a_bot_is_deployed_split_and_rolled_back_while_the_host_serves() {
    let (folder, serving) = served();
    let at = folder.path();
    let deployed = does(&serving, at, &format!("deploy one.wasm {BOT} --note first"));
    assert!(
        deployed.starts_with("acme/bot/draft #1 serves "),
        "{deployed}"
    );
    assert!(
        respond(&serving, at, "bot", "x")
            .await
            .contains("[\"one\"]")
    );

    does(&serving, at, &format!("deploy two.wasm {BOT} --weight 30"));
    let ended = does(&serving, at, &format!("weight 100 {BOT}"));
    assert!(ended.starts_with("acme/bot/draft #3 serves "), "{ended}");
    assert!(
        respond(&serving, at, "bot", "x")
            .await
            .contains("[\"two\"]")
    );
    does(&serving, at, &format!("rollback {BOT}"));
    assert!(
        respond(&serving, at, "bot", "x")
            .await
            .contains("[\"one\"]")
    );

    let revisions = does(&serving, at, &format!("revisions {BOT}"));
    let second = revisions.lines().nth(2).expect("two revisions");
    let digits = second.split_whitespace().next().expect("its digits");
    does(&serving, at, &format!("deploy {digits} {BOT}"));
    assert!(
        respond(&serving, at, "bot", "x")
            .await
            .contains("[\"two\"]")
    );
    does(&serving, at, &format!("promote --to production {BOT}"));
    let bots = does(&serving, at, "bots --tenant acme");
    assert!(
        bots.contains("production") && bots.contains("draft"),
        "{bots}"
    );
    let history = does(&serving, at, &format!("history {BOT}"));
    let rows: Vec<_> = history.lines().skip(1).collect();
    assert!(
        rows[0].contains(" deployed ") && rows[0].contains("first"),
        "{history}"
    );
    assert!(rows[3].contains(" rolled-back "), "{history}");
    let audit = does(&serving, at, "audit");
    for change in [
        "token-made",
        "revision-added",
        "deployed",
        "weighted",
        "rolled-back",
        "promoted",
    ] {
        assert!(audit.contains(change), "no {change} in {audit}");
    }
    does(&serving, at, &format!("undeploy {BOT}"));
    assert!(
        respond(&serving, at, "bot", "x")
            .await
            .starts_with("HTTP/1.1 404")
    );
    assert_eq!(serving.stop().0, 0);
}

#[test]
fn a_host_without_a_token_for_everything_makes_one_when_it_starts() {
    let (folder, serving) = served();
    let at = folder.path();
    let first = token(at);
    let list = does(&serving, at, "tokens list");
    let id = list
        .lines()
        .nth(1)
        .and_then(|line| line.split_whitespace().next());
    does(
        &serving,
        at,
        &format!("tokens revoke {}", id.expect("its id")),
    );
    serving.stop();
    let serving = Running::start(&mut serve(at));
    let second = token(at);
    assert_ne!(first, second);
    does(&serving, at, "tokens list");
    serving.stop();
    // One is enough, unless another is asked for.
    let serving = Running::start(&mut serve(at));
    assert_eq!(token(at), second);
    serving.stop();
    let serving = Running::start(serve(at).arg("--new-admin-token"));
    assert_ne!(token(at), second);
    does(&serving, at, "tokens list");
}

#[test]
fn a_token_is_written_into_a_file_of_its_owners_alone() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = folder("");
    let at = folder.path();
    let victim = file(at, "victim", "precious");
    std::fs::create_dir(at.join("data")).expect("a folder");
    symlink(&victim, at.join("data/admin.token")).expect("a link");
    let serving = Running::start(&mut serve(at));
    assert_eq!(std::fs::read_to_string(victim).expect("it"), "precious");
    let written = std::fs::symlink_metadata(at.join("data/admin.token")).expect("it");
    assert!(written.is_file());
    assert_eq!(written.permissions().mode() & 0o777, 0o600);
    does(&serving, at, "tokens list");
}

#[tokio::test]
async fn two_revisions_and_two_environments_are_compared() {
    let (folder, serving) = served();
    let at = folder.path();
    file(
        at,
        "slow.toml",
        "smoke_turn = false\n[limits]\ndeadline_ms = 300\n",
    );
    does(&serving, at, &format!("deploy one.wasm {BOT}"));
    does(&serving, at, &format!("promote --to production {BOT}"));
    let none = does(&serving, at, &format!("diff draft production {BOT}"));
    assert_eq!(none, "no difference\n");
    does(
        &serving,
        at,
        &format!("deploy two.wasm {BOT} --settings slow.toml"),
    );
    let diff = does(&serving, at, &format!("diff production draft {BOT}"));
    for (what, old, new) in [
        ("limits.deadline_ms", "-", "300"),
        ("smoke_turn", "-", "false"),
    ] {
        let row: Vec<_> = diff
            .lines()
            .find(|line| line.contains(what))
            .unwrap_or_else(|| panic!("no {what} in {diff}"))
            .split_whitespace()
            .collect();
        assert_eq!(row, [what, old, new]);
    }
    let revisions = does(&serving, at, &format!("revisions {BOT}"));
    let digits: Vec<_> = revisions
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let diff = does(
        &serving,
        at,
        &format!("diff {} {} {BOT} --json", digits[0], digits[1]),
    );
    assert!(diff.starts_with(r#"[{"what":"digest","old":""#), "{diff}");
    let neither = run(
        &mut to(&serving, at, &format!("diff draft no/where {BOT}")),
        "",
    );
    assert_eq!(neither.code, 2, "{}", neither.stderr);
    assert!(neither.stderr.contains("neither 6 or more digits"));
}

#[tokio::test]
async fn a_bots_turns_are_shown_with_what_it_logged_and_why_they_failed() {
    let (folder, serving) = served();
    let at = folder.path();
    file(at, "probe.wasm", misbehaving("probe"));
    file(at, "trap.wasm", trapping());
    file(at, "waived.toml", "smoke_turn = false\n");
    does(&serving, at, &format!("deploy probe.wasm {BOT}"));
    respond(&serving, at, "bot", "log some words").await;
    does(
        &serving,
        at,
        &format!("deploy trap.wasm {BOT} --settings waived.toml"),
    );
    respond(&serving, at, "bot", "x").await;
    let logs = does(&serving, at, &format!("logs {BOT}"));
    for told in [
        " replied, reply sent after ",
        "some words",
        " bot-trapped, error sent after ",
        "the bot trapped",
    ] {
        assert!(logs.contains(told), "no {told:?} in {logs}");
    }
    let failed = does(&serving, at, &format!("logs {BOT} --failed"));
    assert!(!failed.contains(" replied, reply sent after "), "{failed}");
    assert!(
        failed.contains(" bot-trapped, error sent after "),
        "{failed}"
    );
    let elsewhere = format!("logs {BOT} --environment production");
    let elsewhere = run(&mut to(&serving, at, &elsewhere), "");
    assert_eq!((elsewhere.code, elsewhere.stdout.as_str()), (0, ""));
    assert!(
        elsewhere.stderr.contains("no such turn"),
        "{}",
        elsewhere.stderr
    );
    let last = does(&serving, at, &format!("logs {BOT} --last 1 --json"));
    let turn: serde_json::Value = serde_json::from_str(&last).expect("one turn");
    assert_eq!(
        (&turn["number"], &turn["fault"]),
        (&2.into(), &"bot".into())
    );
    let unknown = run(&mut to(&serving, at, "logs --tenant acme --bot nobody"), "");
    assert!(unknown.stderr.contains("no-such-bot"), "{}", unknown.stderr);
}

#[test]
fn what_is_deployed_for_an_event_is_told_its_uuid_and_an_event_that_nobody_knows() {
    let (folder, serving) = served();
    let at = folder.path();
    file(at, "function.wasm", misbehaving("function"));
    let deploy = format!("deploy function.wasm {BOT} --environment production --event");
    let uuid = "5cd8443e-d0e1-5600-ac98-21aaf5289ad8";
    for (events, is_known) in [
        (
            "bot_connectors_pre_hook --event conversational_command",
            true,
        ),
        ("bot_conectors_pre_hook", false),
    ] {
        let deployed = run(&mut to(&serving, at, &format!("{deploy} {events}")), "");
        assert_eq!(deployed.code, 0, "{}", deployed.stderr);
        assert!(deployed.stderr.contains(uuid), "{}", deployed.stderr);
        let warns = deployed.stderr.contains("not known to send an event");
        assert_eq!(warns, !is_known, "{}", deployed.stderr);
    }
    let listed = does(&serving, at, "bots --tenant acme");
    assert!(listed.contains(uuid), "{listed}");
    let bad = run(&mut to(&serving, at, &format!("{deploy} pre-hook")), "");
    assert_eq!(bad.code, 2);
    assert!(bad.stderr.contains("use 1 to 60 of A-Z"), "{}", bad.stderr);
}

#[test]
fn what_the_configuration_file_serves_is_listed_and_left_to_it() {
    let folder = folder(DEPLOYMENT);
    let at = folder.path();
    file(at, "one.wasm", saying("one"));
    let serving = Running::start(&mut serve(at));
    let bots = does(&serving, at, "bots --tenant acme");
    let row = bots.lines().find(|line| line.contains("echo"));
    assert!(
        row.is_some_and(|row| row.contains("the configuration file")),
        "{bots}"
    );
    let deploy = "deploy one.wasm --tenant acme --bot echo";
    let refused = run(&mut to(&serving, at, deploy), "");
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("set-by-configuration"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn a_connection_is_tested_as_the_platform_tests_it() {
    let folder = folder("[liveperson]\nopen_tenant = \"acme\"\n");
    let at = folder.path();
    file(at, "one.wasm", saying("one"));
    file(at, "trap.wasm", trapping());
    file(at, "waived.toml", "smoke_turn = false\n");
    let serving = Running::start(&mut serve(at));
    let missing = run(&mut to(&serving, at, &format!("check {BOT}")), "");
    assert_eq!(missing.code, 2, "{}", missing.stderr);
    assert!(
        missing.stdout.contains("reachable        yes"),
        "{}",
        missing.stdout
    );
    does(&serving, at, &format!("deploy one.wasm {BOT}"));
    let well = does(&serving, at, &format!("check {BOT} --custom-endpoint"));
    for told in [
        "reachable        yes",
        "answers          yes",
        "online, version ",
    ] {
        assert!(well.contains(told), "no {told:?} in {well}");
    }
    does(
        &serving,
        at,
        &format!("deploy trap.wasm {BOT} --settings waived.toml"),
    );
    let ill = run(&mut to(&serving, at, &format!("check {BOT} --json")), "");
    assert_eq!(ill.code, 4, "{}", ill.stderr);
    let all: serde_json::Value = serde_json::from_str(&ill.stdout).expect("JSON");
    assert_eq!(
        (&all[0]["well"], &all[1]["well"]),
        (&true.into(), &false.into())
    );
    let nobody = run(
        &mut to(
            &serving,
            at,
            &format!("check {BOT} --url http://127.0.0.1:1"),
        ),
        "",
    );
    assert_eq!(nobody.code, 1, "{}", nobody.stderr);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_exit_code() {
    let (folder, serving) = served();
    let at = folder.path();
    file(at, "text.wasm", "no component");
    let large = File::create(at.join("large.wasm")).expect("a file");
    large.set_len(100 << 20).expect("made of nothing");
    file(at, "bad.toml", "[limits]\nfule = 1\n");
    file(at, "worse.toml", "limit = 1\n");
    for (words, code, told) in [
        (
            "deploy text.wasm --tenant acme --bot bot",
            4,
            "does not begin as one",
        ),
        (
            "deploy large.wasm --tenant acme --bot bot",
            2,
            "larger than the 33554432 bytes",
        ),
        (
            "deploy none.wasm --tenant acme --bot bot",
            2,
            "cannot be read",
        ),
        (
            "deploy what --tenant acme --bot bot",
            2,
            "neither a component",
        ),
        (
            "deploy abcdef0 --tenant acme --bot bot",
            2,
            "no revision that begins with",
        ),
        (
            "deploy one.wasm --tenant acme --bot bot --weight 10",
            2,
            "serves nothing",
        ),
        (
            "deploy one.wasm --tenant acme --bot bot --settings bad.toml",
            2,
            "fule",
        ),
        (
            "deploy one.wasm --tenant acme --bot bot --settings worse.toml",
            2,
            "limit",
        ),
        ("rollback --tenant acme --bot bot", 2, "no deployment"),
        ("tenants --url 127.0.0.1:1", 2, "begin it with http://"),
        ("tokens make x --role admin --days 99999999", 2, "36500"),
        ("tokens make x --role admin --days 0", 2, "0 is not in"),
        ("tokens make x --role emperor", 2, "emperor"),
        ("tokens revoke none", 2, "no token"),
        ("bots --tenant acme --token x", 2, "not known here"),
        (
            "bots --tenant acme --url http://127.0.0.1:1",
            1,
            "does not answer",
        ),
    ] {
        let ended = run(&mut to(&serving, at, words), "");
        assert_eq!(ended.code, code, "{words}: {}", ended.stderr);
        assert!(ended.stderr.contains(told), "{words}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn a_tokens_holder_does_what_it_is_for_until_it_is_revoked() {
    let (folder, serving) = served();
    let at = folder.path();
    let made = does(
        &serving,
        at,
        "tokens make ci --role developer --tenant acme --days 1",
    );
    let own = made.trim();
    does(
        &serving,
        at,
        &format!("deploy one.wasm {BOT} --token {own}"),
    );
    let others = format!("deploy one.wasm --tenant other --bot bot --token {own}");
    let refused = run(&mut to(&serving, at, &others), "");
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    let list = does(&serving, at, "tokens list");
    let line = list
        .lines()
        .find(|line| line.contains(" ci "))
        .expect("it is listed");
    let id = line.split_whitespace().next().expect("its id");
    does(&serving, at, &format!("tokens revoke {id}"));
    let over = run(
        &mut to(&serving, at, &format!("bots --tenant acme --token {own}")),
        "",
    );
    assert!(over.stderr.contains("was revoked"), "{}", over.stderr);
}

#[tokio::test]
async fn a_token_goes_to_the_host_that_was_named_and_nowhere_else() {
    let (folder, serving) = served();
    let elsewhere = format!("location: http://{}/admin/v1/tenants", serving.address);
    let redirecting = stranger(&format!("302 Found\r\n{elsewhere}"));
    let words = format!("tenants --url http://{redirecting}");
    let ended = run(&mut to(&serving, folder.path(), &words), "");
    assert!(ended.stderr.contains("status 302"), "{}", ended.stderr);
    assert_eq!(ended.code, 1);
}

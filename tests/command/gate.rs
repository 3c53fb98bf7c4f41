//! The gate: what an environment requires of a revision, what is stopped by it, and who lets it through all the same.

mod beside;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use harness::bots::plugin;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::operate::{does, to};
use crate::running::{Ended, Running, file, run};
use crate::serve::{folder, respond, serve};

const BOT: &str = "--tenant acme --bot bot";
const HOURS: &str = "hours\n\n#me\nWhen?\n\n#bot\n9 to 17\n";

/// A bot that says this, and does so many things for nothing before.
fn saying(words: &str, steps: u32) -> String {
    format!(
        "async function lambda(input) {{\n  let sum = 0;\n  for (let step = 0; step < {steps}; step++) sum += step % 7;\n  \
         return {{ messages: [sum < 0 ? 'never' : '{words}'] }};\n}}\n"
    )
}

/// A host with this configuration, which runs, and a folder with a bot that passes its conversations.
fn served(config: &str) -> (TempDir, Running) {
    let folder = folder(config);
    let at = folder.path();
    file(at, "bot/lambda.js", saying("from 9 to 17", 0));
    file(at, "bot/convos/hours.convo.txt", HOURS);
    let serving = Running::start(&mut serve(at));
    (folder, serving)
}

fn asks(serving: &Running, at: &Path, words: &str) -> Ended {
    run(&mut to(serving, at, words), "")
}

async fn says(serving: &Running, at: &Path, words: &str) {
    let said = respond(serving, at, "bot", "When?").await;
    assert!(said.contains(words), "{said}");
}

/// The digits of the revision that was added last.
fn last_revision(serving: &Running, at: &Path) -> String {
    let revisions = does(serving, at, &format!("revisions {BOT}"));
    let last = revisions.lines().last().expect("a revision");
    last.split_whitespace()
        .next()
        .expect("its digits")
        .to_owned()
}

#[tokio::test]
async fn a_bot_that_breaks_a_conversation_is_stopped_and_only_an_admin_forces_it() {
    let (folder, serving) = served("");
    let at = folder.path();
    let none = does(&serving, at, &format!("gate {BOT}"));
    assert_eq!(none, "nothing is required there\n");
    does(&serving, at, &format!("deploy bot {BOT}"));
    let set = does(
        &serving,
        at,
        &format!("gate {BOT} --require contract,conversations"),
    );
    assert!(
        set.starts_with("contract, conversations are required there, since "),
        "{set}"
    );
    does(&serving, at, &format!("deploy bot {BOT}"));

    file(at, "bot/lambda.js", saying("never on Sundays", 0));
    let stopped = asks(&serving, at, &format!("deploy bot {BOT}"));
    assert_eq!(stopped.code, 6, "{stopped:?}");
    for told in [
        "acme/bot/draft requires contract, conversations, and the revision does not pass: ",
        " cases failed (1 of conversations); \"hours\" at hours.convo.txt:6: the bot said something else",
        "(gate-not-passed)",
    ] {
        assert!(stopped.stderr.contains(told), "{told}: {}", stopped.stderr);
    }
    says(&serving, at, "from 9 to 17").await;

    let developer = does(
        &serving,
        at,
        "tokens make ci --role developer --tenant acme",
    );
    let developer = developer.trim();
    let refused = format!("deploy bot {BOT} --force --token {developer}");
    let refused = asks(&serving, at, &refused);
    assert!(
        refused.code == 2 && refused.stderr.contains("(not-your-role)"),
        "{refused:?}"
    );
    says(&serving, at, "from 9 to 17").await;

    let forced = asks(
        &serving,
        at,
        &format!("deploy bot {BOT} --force --note urgent"),
    );
    assert_eq!(forced.code, 0, "{forced:?}");
    let warning = "warning: it is forced: acme/bot/draft requires contract, conversations";
    assert!(forced.stderr.contains(warning), "{}", forced.stderr);
    says(&serving, at, "never on Sundays").await;
    let audit = does(&serving, at, "audit");
    let line = audit
        .lines()
        .find(|line| line.contains(" forced past 1 failed cases"));
    let line = line.unwrap_or_else(|| panic!("{audit}"));
    assert!(
        line.contains(" admin ") && line.contains(" deployed ") && line.contains("urgent"),
        "{line}"
    );

    let digits = last_revision(&serving, at);
    let report = does(&serving, at, &format!("report {digits} {BOT}"));
    for told in [
        "it did not pass, and was deployed all the same",
        "ok    ",
        "FAIL  hours\n      me:  When?\n      bot: never on Sundays\n",
        "- 9 to 17",
        "1 failed",
    ] {
        assert!(report.contains(told), "{told}: {report}");
    }
    let json = does(&serving, at, &format!("report {digits} {BOT} --json"));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (&json["passed"], &json["forced"], &json["report"]["failed"]),
        (&false.into(), &true.into(), &1.into())
    );

    // Going back cannot fail for what is required now.
    does(&serving, at, &format!("rollback {BOT}"));
    says(&serving, at, "from 9 to 17").await;
    let nothing = does(&serving, at, &format!("gate {BOT} --none"));
    assert_eq!(nothing, "nothing is required there\n");
    does(
        &serving,
        at,
        &format!("deploy {digits} {BOT} --token {developer}"),
    );
    // What somebody asks for themselves, they force themselves.
    let own = format!("deploy {digits} {BOT} --require conversations --token {developer}");
    assert_eq!(asks(&serving, at, &own).code, 6);
    does(&serving, at, &format!("{own} --force"));
}

#[tokio::test]
async fn a_revision_that_costs_half_as_much_again_is_stopped_with_the_numbers() {
    let (folder, serving) = served("");
    let at = folder.path();
    file(at, "bot/lambda.js", saying("from 9 to 17", 2_000));
    let gate = does(
        &serving,
        at,
        &format!("gate {BOT} --require budget --fuel-percent 20"),
    );
    assert!(
        gate.starts_with("budget is required there, with 20 % more fuel at most, since "),
        "{gate}"
    );
    does(&serving, at, &format!("deploy bot {BOT}"));
    // Of other words, and for the same fuel.
    file(at, "bot/lambda.js", saying("from 9 to 17!", 2_000));
    does(&serving, at, &format!("deploy bot {BOT}"));

    file(at, "bot/lambda.js", saying("from 9 to 17", 3_081));
    let stopped = asks(&serving, at, &format!("deploy bot {BOT}"));
    assert_eq!(stopped.code, 6, "{stopped:?}");
    for told in [
        "1 of 2 cases failed (1 of budget); fuel of \"hours\": ",
        " where the live revision takes ",
        " (50",
        " % more; 20 % are allowed)",
    ] {
        assert!(stopped.stderr.contains(told), "{told}: {}", stopped.stderr);
    }
    says(&serving, at, "from 9 to 17!").await;
    does(&serving, at, &format!("deploy bot {BOT} --force"));
    let audit = does(&serving, at, "audit");
    assert!(audit.contains("forced past 1 failed cases"), "{audit}");
}

#[test]
fn a_bot_for_messaging_alone_passes_where_that_is_what_is_required() {
    let (folder, serving) = served("");
    let at = folder.path();
    let replies = "{ type: 'quickReplies', itemsPerRow: 8, replies: [{ type: 'button', title: 'Yes', tooltip: 'yes', click: { \
                   actions: [{ type: 'publishText', text: 'yes' }] } }] }";
    let says =
        format!("{{ structuredContent: {{ message: 'from 9 to 17', quickReplies: {replies} }} }}");
    let lambda = format!("function lambda() {{ return {{ messages: [{says}] }}; }}");
    file(at, "bot/lambda.js", lambda);
    let gate = format!("gate {BOT} --require contract,conversations");
    does(&serving, at, &gate);
    let deploy = format!("deploy bot {BOT}");
    let stopped = asks(&serving, at, &deploy);
    let told = "quick replies, which a live chat does not take";
    assert!(
        stopped.code == 6 && stopped.stderr.contains(told),
        "{stopped:?}"
    );
    let set = does(&serving, at, &format!("{gate} --channel messaging"));
    let told = "contract, conversations are required there, over messaging alone, since ";
    assert!(set.starts_with(told), "{set}");
    does(&serving, at, &deploy);
    let audit = does(&serving, at, "audit");
    assert!(
        audit.contains("contract, conversations, over messaging alone"),
        "{audit}"
    );
}

#[tokio::test]
async fn promotion_goes_through_the_gate_of_where_it_leads() {
    let (folder, serving) = served("");
    let at = folder.path();
    let there = format!("{BOT} --environment production");
    does(
        &serving,
        at,
        &format!("gate {there} --require conversations"),
    );
    does(&serving, at, &format!("deploy bot {BOT}"));
    does(&serving, at, &format!("promote --to production {BOT}"));
    file(at, "bot/lambda.js", saying("never on Sundays", 0));
    does(&serving, at, &format!("deploy bot {BOT}"));
    let stopped = asks(&serving, at, &format!("promote --to production {BOT}"));
    assert_eq!(stopped.code, 6, "{stopped:?}");
    assert!(
        stopped
            .stderr
            .contains("acme/bot/production requires conversations"),
        "{stopped:?}"
    );
    let history = does(&serving, at, &format!("history {there}"));
    assert_eq!(history.lines().count(), 2, "{history}");
    let forced = asks(
        &serving,
        at,
        &format!("promote --to production {BOT} --force"),
    );
    assert!(
        forced.code == 0 && forced.stderr.contains("warning: it is forced: "),
        "{forced:?}"
    );
    does(&serving, at, &format!("rollback {there}"));
}

#[tokio::test]
async fn a_component_is_tried_too_and_one_without_conversations_is_told_how_to_give_it_some() {
    let (folder, serving) = served("");
    let at = folder.path();
    file(at, "echo.wasm", plugin("echo"));
    let deploy = format!("deploy echo.wasm {BOT} --require conversations,budget");
    let none = asks(&serving, at, &deploy);
    assert!(
        none.code == 2
            && none
                .stderr
                .contains("or with --convos DIR (no-conversations)"),
        "{none:?}"
    );
    file(
        at,
        "talks/deep/echo.convo.txt",
        "echo\n#me\nhello\n#bot\nhello\n",
    );
    does(&serving, at, &format!("{deploy} --convos talks"));
    let digits = last_revision(&serving, at);
    let report = does(&serving, at, &format!("report {digits} {BOT}"));
    assert!(report.contains(": it passed\n"), "{report}");
    assert!(report.contains("ok    echo"), "{report}");

    file(
        at,
        "talks/wrong.convo.txt",
        "wrong\n#me\nhello\n#bot\nNOSUCH\n#include NONE\n",
    );
    let wrong = asks(&serving, at, &format!("{deploy} --convos talks"));
    assert!(
        wrong.code == 2 && wrong.stderr.contains("talks/wrong.convo.txt:"),
        "{wrong:?}"
    );
}

/// A component with so many bytes more that say nothing.
fn padded(component: Vec<u8>, bytes: u32) -> Vec<u8> {
    let mut padded = component;
    // A custom section: its size in seven bits at a time, and a name.
    padded.push(0);
    let mut size = bytes + 2;
    while size > 0x7f {
        padded.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    padded.push(size as u8);
    padded.extend(b"\x01x");
    padded.resize(padded.len() + bytes as usize, 0);
    padded
}

#[tokio::test]
async fn each_limit_of_a_trial_bites_and_names_its_key() {
    for (setting, value, code) in [
        ("cpu_seconds", 1, "trial-out-of-cpu-time"),
        ("wall_seconds", 1, "trial-too-slow"),
        ("memory_bytes", 64 << 20, "trial-out-of-memory"),
    ] {
        let (folder, serving) = served(&format!(
            "[trial]\n{setting} = {value}\n[component]\ncustom_section_bytes = 100000000\n"
        ));
        let at = folder.path();
        let mut what = "bot";
        match setting {
            // It is one for each of its turns, and is asked many.
            "cpu_seconds" | "wall_seconds" => {
                file(at, "bot/lambda.js", "function lambda() { for (;;) {} }");
            }
            _ => {
                what = "large.wasm";
                file(at, what, padded(plugin("echo"), 30 << 20));
            }
        }
        file(at, "unasked.toml", "smoke_turn = false\n");
        let deploy = format!("deploy {what} {BOT} --settings unasked.toml --require contract");
        let begun = Instant::now();
        let stopped = asks(&serving, at, &deploy);
        assert_eq!(stopped.code, 6, "{stopped:?}");
        for told in [format!("raise `trial.{setting}`"), format!("({code})")] {
            assert!(stopped.stderr.contains(&told), "{told}: {}", stopped.stderr);
        }
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(90), "{took:?}");
        let digits = last_revision(&serving, at);
        let report = does(&serving, at, &format!("report {digits} {BOT}"));
        let words = ": the trial ended without a verdict\ntrying the bot took more than ";
        for told in [words, &format!("raise `trial.{setting}`")] {
            assert!(report.contains(told), "{told}: {report}");
        }
        does(&serving, at, &format!("{deploy} --force"));
        let audit = does(&serving, at, "audit");
        let forced = "forced past a trial without a verdict";
        assert!(audit.contains(forced), "{audit}");
    }
}

#[tokio::test]
async fn a_revision_is_forced_past_trials_that_find_no_place() {
    let (folder, serving) = served("");
    let at = folder.path();
    does(&serving, at, &format!("deploy bot {BOT}"));
    let quick = last_revision(&serving, at);
    file(at, "bot/lambda.js", "function lambda() { for (;;) {} }");
    file(at, "unasked.toml", "smoke_turn = false\n");
    let unasked = "--settings unasked.toml";
    let elsewhere = format!("{BOT} --environment elsewhere");
    does(&serving, at, &format!("deploy bot {elsewhere} {unasked}"));
    let loops = last_revision(&serving, at);
    let slow = |number: usize| {
        let of = format!("{BOT} --environment slow-{number} {unasked}");
        let deploy = format!("deploy {loops} {of} --require contract");
        let mut deploy = to(&serving, at, &deploy);
        deploy.stderr(Stdio::null()).spawn().expect("it runs")
    };
    // One is tried, as many wait as may, and one is sent away.
    let mut trials: Vec<_> = (0..6).map(slow).collect();
    let until = Instant::now() + Duration::from_secs(60);
    let is_full = |trials: &mut Vec<Child>| {
        let mut ended = trials
            .iter_mut()
            .map(|trial| trial.try_wait().expect("a child"));
        ended.any(|ended| ended.is_some_and(|status| status.code() == Some(1)))
    };
    while !is_full(&mut trials) {
        assert!(Instant::now() < until, "all find a place");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let deploy = format!("deploy {quick} {BOT} --require contract");
    let busy = asks(&serving, at, &deploy);
    assert!(
        busy.code == 1 && busy.stderr.contains("(too-many-trials)"),
        "{busy:?}"
    );
    let forced = asks(&serving, at, &format!("{deploy} --force"));
    let told = "warning: it is forced: other bots are being tried";
    assert!(
        forced.code == 0 && forced.stderr.contains(told),
        "{forced:?}"
    );
    let audit = does(&serving, at, "audit");
    assert!(
        audit.contains("forced past a trial without a verdict"),
        "{audit}"
    );
    says(&serving, at, "from 9 to 17").await;
    drop(serving);
    for trial in &mut trials {
        trial.wait().expect("it ends");
    }
}

/// The processes that try bots for another one.
fn trials_of(host: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{host}/task")).expect("its threads");
    let children = threads.flat_map(|thread| {
        let path = thread.expect("a thread").path().join("children");
        let children = fs::read_to_string(path).unwrap_or_default();
        let pids = children.split_whitespace().map(str::parse);
        pids.collect::<Result<Vec<u32>, _>>().expect("numbers")
    });
    let tries = |pid: &u32| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split('\0').nth(1) == Some("try-bot")
    };
    children.filter(tries).collect()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files.extend(self::files(&path)),
            false => files.push(path),
        }
    }
    files
}

#[tokio::test]
async fn a_trial_dies_with_its_host_and_leaves_nothing() {
    let (folder, serving) = served("");
    let at = folder.path();
    does(
        &serving,
        at,
        &format!("deploy bot {BOT} --require conversations"),
    );
    file(at, "bot/lambda.js", "function lambda() { for (;;) {} }");
    file(at, "unasked.toml", "smoke_turn = false\n");
    let deploy = format!("deploy bot {BOT} --settings unasked.toml --require contract");
    let mut deploying = to(&serving, at, &deploy).spawn().expect("it runs");
    let until = Instant::now() + Duration::from_secs(60);
    let trial = loop {
        if let [trial] = trials_of(serving.id()).as_slice() {
            break *trial;
        }
        assert!(Instant::now() < until, "nothing is tried");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    drop(serving);
    let is_there = || {
        let stat = fs::read_to_string(format!("/proc/{trial}/stat"));
        // One that has ended stays in the table until somebody looks.
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    while is_there() {
        assert!(Instant::now() < until, "it goes on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!deploying.wait().expect("it ends").success());
    let left = files(&at.join("data/compiled"));
    let left = left
        .iter()
        .filter(|path| path.extension().is_some_and(|name| name == "tmp"));
    assert_eq!(left.count(), 0);

    let serving = Running::start(&mut serve(at));
    says(&serving, at, "from 9 to 17").await;
    let digits = last_revision(&serving, at);
    let report = asks(&serving, at, &format!("report {digits} {BOT}"));
    assert!(report.stderr.contains("(no-report)"), "{report:?}");
}

//! What a revision costs, beside the one that serves until then: by what is said to both, and whatever becomes of that one.

use std::fs;
use std::path::Path;

use super::{BOT, HOURS, asks, does, last_revision, saying, served};
use crate::running::{Running, file};

#[test]
fn a_revision_that_says_all_otherwise_is_compared_by_what_is_said_to_it() {
    let (folder, serving) = served("");
    let at = folder.path();
    let deploy = format!("deploy bot {BOT} --require budget");
    file(at, "bot/lambda.js", saying("from 9 to 17", 2_000));
    does(&serving, at, &deploy);
    file(
        at,
        "bot/convos/hours.convo.txt",
        HOURS.replace("9 to 17", "all day"),
    );
    file(at, "bot/lambda.js", saying("all day", 3_081));
    let stopped = asks(&serving, at, &deploy);
    assert_eq!(stopped.code, 6, "{stopped:?}");
    for told in [
        "fuel of \"hours\": ",
        " where the live revision takes ",
        " (50",
        " % more; 10 % are allowed)",
    ] {
        assert!(stopped.stderr.contains(told), "{told}: {}", stopped.stderr);
    }
    file(at, "bot/lambda.js", saying("all day", 2_000));
    let deployed = asks(&serving, at, &deploy);
    assert_eq!(
        (deployed.code, deployed.stderr.contains("warning")),
        (0, false),
        "{deployed:?}"
    );
}

/// A bot that serves where nothing is required, whatever it does.
fn serves(serving: &Running, at: &Path, lambda: &str) {
    file(at, "unasked.toml", "smoke_turn = false\n");
    file(at, "bot/lambda.js", lambda);
    does(
        serving,
        at,
        &format!("deploy bot {BOT} --settings unasked.toml"),
    );
    file(at, "bot/lambda.js", saying("from 9 to 17", 0));
}

#[test]
fn where_the_live_revision_gives_no_reply_the_baseline_is_looked_at() {
    let (folder, serving) = served("");
    let at = folder.path();
    serves(
        &serving,
        at,
        "function lambda() { throw new Error('closed'); }",
    );
    let deploy = format!("deploy bot {BOT} --require budget");
    let baseline = "[fuel.\"hours.convo.txt\"]\nhours = 1\n";
    let baseline = file(at, "bot/convos/baseline.toml", baseline);
    let stopped = asks(&serving, at, &deploy);
    let told = "\"hours\" at hours.convo.txt:1: it takes ";
    assert!(
        stopped.code == 6 && stopped.stderr.contains(told),
        "{stopped:?}"
    );
    fs::remove_file(baseline).expect("it is there");
    let deployed = asks(&serving, at, &deploy);
    let told =
        "warning: its fuel was compared with nothing: the live revision gives no reply there";
    assert!(
        deployed.code == 0 && deployed.stderr.contains(told),
        "{deployed:?}"
    );
}

#[test]
fn a_live_revision_that_ends_the_trial_does_not_stop_the_next_one() {
    let (folder, serving) = served("[trial]\ncpu_seconds = 5\n");
    let at = folder.path();
    serves(&serving, at, "function lambda() { for (;;) {} }");
    let phrases: String = (0..200)
        .map(|number| format!("When, {number}?\n"))
        .collect();
    file(
        at,
        "bot/convos/when.utterances.txt",
        format!("WHEN\n{phrases}"),
    );
    file(
        at,
        "bot/convos/hours.convo.txt",
        HOURS.replace("When?", "WHEN"),
    );
    let deployed = asks(&serving, at, &format!("deploy bot {BOT} --require budget"));
    assert_eq!(deployed.code, 0, "{deployed:?}");
    let told = "warning: its fuel was compared with nothing: the live revision cannot be tried: trying the bot took more than 5 s \
                of processor time";
    assert!(deployed.stderr.contains(told), "{}", deployed.stderr);
    let digits = last_revision(&serving, at);
    let report = does(&serving, at, &format!("report {digits} {BOT}"));
    assert!(
        report.contains(": it passed\nits fuel was compared with nothing: "),
        "{report}"
    );
}

//! `retort attack`: it runs every bot of the corpus against a host of its own, and says what held.

use retort::cli::attack::corpus::CORPUS;
use serde_json::Value;

use crate::running::{Ended, retort, run};

fn attack(args: &[&str]) -> Ended {
    run(retort().arg("attack").args(args), "")
}

fn document(ended: &Ended) -> Value {
    let told = || panic!("{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap_or_else(|_| told())
}

/// Promises that did not hold, with what broke them.
fn broken(document: &Value) -> Vec<&Value> {
    let promises = document["promises"].as_array().expect("a list");
    assert!(promises.len() >= 3, "{promises:?}");
    let is_broken = |promise: &&Value| promise["broken_by"] != serde_json::json!([]);
    promises.iter().filter(is_broken).collect()
}

#[test]
fn every_attack_ends_as_it_should_and_leaves_nothing_behind() {
    // Enough time that no bot of a busy machine is cut before it has done its worst.
    let args = [
        "--runs",
        "5",
        "--deadline-ms",
        "500",
        "--outcomes-only",
        "--json",
    ];
    let ended = attack(&args);
    let document = document(&ended);
    assert_eq!(broken(&document), Vec::<&Value>::new());
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));

    let rows = document["attacks"].as_array().expect("a list");
    assert_eq!(rows.len(), CORPUS.len());
    for (row, attack) in rows.iter().zip(CORPUS) {
        assert_eq!(row["name"], attack.name);
        let turns = if attack.is_deployed() { 5 } else { 1 };
        assert_eq!(row["outcomes"][attack.expected.word()], turns, "{row}");
        assert!(row["neighbours"]["count"].as_u64() > Some(0), "{row}");
    }
    assert_eq!(document["held"]["after"]["instances"], 0);
}

#[test]
fn one_attack_is_shown_in_a_table_with_the_verdict() {
    // As above: time enough.
    let one = ["--only", "recurse", "--runs", "3", "--deadline-ms", "800"];
    let ended = attack(&[&one[..], &["--outcomes-only"]].concat());
    let row = ended
        .stdout
        .lines()
        .find(|line| line.starts_with("recurse"));
    let words: Vec<_> = row.expect("its row").split_whitespace().take(3).collect();
    assert_eq!(words, ["recurse", "3", "stack-exhausted"]);
    assert!(!ended.stdout.contains("spin"), "{}", ended.stdout);
    let verdict = "holds   every turn of every attack ends as it should\n";
    assert!(ended.stdout.contains(verdict), "{}", ended.stdout);
    assert_eq!(ended.code, 0);
}

#[test]
fn an_unknown_attack_is_told_with_those_that_there_are() {
    let ended = attack(&["--only", "spinn"]);
    let told = "error: there is no attack \"spinn\"; there are spin, park, ";
    assert!(ended.stderr.starts_with(told), "{}", ended.stderr);
    assert!(ended.stderr.contains("instance-bomb"), "{}", ended.stderr);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
}

#[test]
fn a_host_holds_no_more_after_thousands_of_turns_of_all_kinds() {
    let ended = attack(&["--soak", "3000", "--json"]);
    let document = document(&ended);
    assert_eq!(broken(&document), Vec::<&Value>::new());
    assert_eq!(ended.code, 0);
    let ends = document["soak"]["ends"].as_object().expect("a table");
    let turns: u64 = ends.values().filter_map(Value::as_u64).sum();
    assert_eq!(turns, 3000);
    assert!(ends.contains_key("caller leaves: gone"), "{ends:?}");
}

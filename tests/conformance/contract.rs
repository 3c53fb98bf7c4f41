//! A contract that was released stays as it is: what was built for it goes on loading.

use std::fs;
use std::path::Path;

use harness::bots;
use harness::host;

use crate::compatibility::{breaks, edited};

/// The contract as it was released.
const RELEASED: &str = include_str!("../golden/contract-1.0.0/bot.wit");

/// The files of a folder and of those in it, as text.
fn contracts(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        // Between the host and its own engine, which are built together.
        if path.is_dir() && !path.ends_with("engine") {
            contracts(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "wit") {
            texts.push(fs::read_to_string(&path).expect("text"));
        }
    }
}

/// The line that names a contract and its version.
fn package(text: &str) -> &str {
    let mut lines = text.lines();
    let line = lines.find(|line| line.starts_with("package "));
    line.expect("a contract says what it is")
}

#[test]
fn what_was_built_for_a_released_contract_goes_on_loading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut released, mut now) = (Vec::new(), Vec::new());
    contracts(&root.join("golden"), &mut released);
    contracts(&root.join("../wit"), &mut now);
    assert!(released.iter().any(|text| text == RELEASED));
    let mut told = Vec::new();
    for released in &released {
        let same = now.iter().find(|text| package(text) == package(released));
        told.extend(breaks(
            released,
            same.map_or(bots::CONTRACT, String::as_str),
        ));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn a_break_is_told_as_a_sentence_with_the_remedy() {
    let get = "get: func(scope: scope, key: string)";
    let now = edited(RELEASED, get, &get.replace("key: string", "key: u32"));
    assert_eq!(
        breaks(RELEASED, &now),
        [
            "retort:bot/state.get: its parameter \"key\" was a string and is now a u32: bots that were built for 1.0.0 no \
             longer load; put the change into a version of its own (a folder of wit/)"
        ]
    );
}

#[test]
fn all_breaks_are_told_at_once() {
    let now = edited(RELEASED, "  remaining-fuel: func() -> u64;", "");
    let now = edited(&now, "    seconds: u32,", "    seconds: u64,");
    let now = edited(&now, "    not-set,", "");
    let told = breaks(RELEASED, &now);
    let places: Vec<_> = told
        .iter()
        .map(|told| told.split(": ").next().expect("a place"))
        .collect();
    assert_eq!(
        places,
        [
            "retort:bot/budget.remaining-fuel",
            "retort:bot/secrets.secret-error",
            "retort:bot/types.delay"
        ],
        "{told:?}"
    );
}

/// What the host's own gate says of a bot that was built for another contract agrees with what is told here.
#[tokio::test]
async fn what_is_told_to_break_does_not_load_and_the_rest_does() {
    let host = host();
    for (from, to, loads) in [
        ("", "", true),
        (
            "key: string) -> result<option<entry>",
            "key: u32) -> result<option<entry>",
            false,
        ),
        (
            "key: string) -> result<option<entry>",
            "name: string) -> result<option<entry>",
            true,
        ),
        (
            "    survey: bool,\n",
            "    survey: bool,\n    note: string,\n",
            false,
        ),
        (
            "    urgent,\n    /// The account's normal time.\n    normal,\n",
            "    normal,\n    urgent,\n",
            false,
        ),
        ("  type json = string;", "  type json = u32;", false),
        (
            "    platform-event: option<json>,",
            "    platform-event: option<string>,",
            true,
        ),
        ("  keys: func() -> list<string>;", "", true),
    ] {
        let contract = match from {
            "" => RELEASED.to_owned(),
            _ => edited(RELEASED, from, to),
        };
        let error = host.deploy("bot", &bots::built_for(&contract)).await;
        let error = error
            .expect_err("it traps at what it is asked first")
            .to_string();
        // A bot's exports are looked at where it starts: it has loaded if its own code is what traps.
        let has_loaded = error.contains("it panicked or aborted");
        assert_eq!(has_loaded, loads, "{from} => {to}: {error}");
        // Built for what is called another contract here, it meets the one that was released.
        let told = breaks(&contract, RELEASED);
        let is_told = told.iter().any(|told| told.contains("no longer load;"));
        assert_eq!(is_told, !loads, "{from} => {to}: {told:?}");
    }
}

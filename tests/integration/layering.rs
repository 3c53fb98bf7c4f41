//! Who may know whom: a room of the host may use those to its right, never one to its left.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The rooms, in the order of one message's journey.
const ROOMS: [&str; 30] = [
    "main",
    "cli",
    "config",
    "telemetry",
    "http",
    "control",
    "trial",
    "kit",
    "liveperson",
    "invocation",
    "access",
    "sentinel",
    "registry",
    "recent",
    "capsules",
    "sandbox",
    "capabilities",
    "state",
    "conversations",
    "admission",
    "quarantine",
    "chat",
    "bindings",
    "metrics",
    "egress",
    "vault",
    "store",
    "tenant",
    "limit",
    "fault",
];

/// One home for each foreign thing.
const HOMES: [(&str, &[&str]); 22] = [
    ("axum::", &["http"]),
    ("chacha20poly1305", &["vault"]),
    ("clap::", &["cli"]),
    ("comfy_table", &["cli"]),
    ("fancy_regex", &["kit"]),
    ("figment::", &["config"]),
    ("hyper", &["cli", "http", "egress"]),
    ("ipnet", &["egress"]),
    ("jsonschema::", &["chat"]),
    ("jsonwebtoken", &["sentinel"]),
    ("memchr", &["capsules"]),
    (
        "moka::",
        &["conversations", "registry", "sandbox", "sentinel"],
    ),
    ("prometheus_client", &["metrics"]),
    ("quick_junit", &["kit"]),
    ("regex::", &["capsules"]),
    ("fjall::", &["store"]),
    ("rustls", &["cli", "http", "egress"]),
    ("std::env::", &["cli"]),
    ("tokio_rustls", &["http", "egress"]),
    ("ureq", &["cli", "sentinel"]),
    ("url::", &["egress"]),
    ("wasmtime", &["sandbox", "capabilities", "bindings"]),
];

pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/src")
}

/// Every file below a folder, with the room that it belongs to.
pub(crate) fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((room(path.strip_prefix(folder).expect("below it")), path));
            }
        }
    }
    files
}

fn room(path: &Path) -> String {
    let first = path
        .components()
        .next()
        .expect("a name")
        .as_os_str()
        .to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Code without its comments.
fn code(source: &str) -> String {
    let lines = source
        .lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rooms that a source names, as `crate::room`, `retort::room`, or in the braces of either.
fn named(source: &str) -> BTreeSet<String> {
    let code = code(source);
    let mut named = BTreeSet::new();
    for start in ["crate::", "retort::"] {
        for (at, _) in code.match_indices(start) {
            let rest = &code[at + start.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                named.extend(heads(group));
            } else {
                named.insert(word(rest));
            }
        }
    }
    named
}

/// The first word of each item in a group, up to its closing brace.
fn heads(group: &str) -> BTreeSet<String> {
    let (mut depth, mut heads, mut item_begins) = (0, BTreeSet::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => item_begins = true,
            c if item_begins && c.is_alphabetic() => {
                heads.insert(word(&group[at..]));
                item_begins = false;
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The rooms to the left of `room` that a source of it names.
fn against_the_direction(room: &str, source: &str) -> Vec<String> {
    let place = ROOMS.iter().position(|known| *known == room);
    let left = |name: &String| {
        ROOMS.iter().position(|known| known == name) < place && ROOMS.contains(&name.as_str())
    };
    named(source).into_iter().filter(left).collect()
}

#[test]
fn every_import_goes_to_the_right() {
    for (room, path) in files(&sources()) {
        if room == "lib" {
            continue;
        }
        assert!(
            ROOMS.contains(&room.as_str()),
            "{room} has no place in the order: give it one"
        );
        let source = std::fs::read_to_string(&path).expect("a source");
        let against = against_the_direction(&room, &source);
        assert!(
            against.is_empty(),
            "{} names {against:?}, to the left of {room}",
            path.display()
        );
    }
}

#[test]
fn every_foreign_thing_is_used_in_its_home_only() {
    for (room, path) in files(&sources()) {
        let code = code(&std::fs::read_to_string(&path).expect("a source"));
        for (thing, homes) in HOMES {
            let uses =
                code.contains(&format!("use {thing}")) || code.contains(&format!(" {thing}"));
            assert!(
                !uses || homes.contains(&room.as_str()),
                "{} uses {thing}",
                path.display()
            );
        }
    }
}

#[test]
fn an_import_to_the_left_is_found_in_every_form() {
    for source in [
        "use crate::http;",
        "use crate::{chat, http};",
        "use crate::{\n    chat::{Turn, Reply},\n    http::{self, Settings},\n};",
        "fn f() { crate::http::serve() }",
        "use retort::http::router;",
    ] {
        assert_eq!(
            against_the_direction("sandbox", source),
            ["http"],
            "{source}"
        );
    }
    for source in [
        "use crate::chat;",
        "// see crate::http",
        "use crate::admission::{self, http_like};",
    ] {
        assert!(
            against_the_direction("sandbox", source).is_empty(),
            "{source}"
        );
    }
}

//! Scripts and fakes that nobody meant, by the very functions that are fuzzed for hours in `tests/fuzz/`: over its seeds and
//! what the example bots are tried by, over changes of them, and over the worst of their size.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use tokio::time::{Duration, Instant};

#[path = "../fuzz/conversations.rs"]
mod conversations;
#[path = "../fuzz/fakes.rs"]
mod fakes;
#[path = "../fuzz/glob.rs"]
mod glob;

/// What the fuzzer has for one input, though this is a debug build on a machine that is busy.
const IN_TIME: Duration = Duration::from_secs(5);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What is in the files of a folder, and of those in it.
fn files(folder: &Path, is_one: &dyn Fn(&str) -> bool, into: &mut Vec<Vec<u8>>) {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" {
            files(&path, is_one, into);
        } else if path.is_file() && is_one(&name) {
            into.push(fs::read(&path).expect("a file"));
        }
    }
}

/// What a target begins with: its seeds, and the files of this kind that bots have.
fn seeds(target: &str, is_one: &dyn Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    files(
        &root().join("tests/fuzz/seeds").join(target),
        &|_| true,
        &mut seeds,
    );
    files(&root().join("plugins"), is_one, &mut seeds);
    seeds
}

/// The words of a target's notation, as libFuzzer's dictionaries have them.
fn words(target: &str) -> Vec<Vec<u8>> {
    let path = root().join(format!("tests/fuzz/{target}.dict"));
    let text = fs::read_to_string(path).expect("a dictionary");
    let quoted = |line: &str| line.strip_prefix('"')?.strip_suffix('"').map(word);
    text.lines()
        .map(|line| quoted(line).expect("a word"))
        .collect()
}

fn word(escaped: &str) -> Vec<u8> {
    let (mut word, mut bytes) = (Vec::new(), escaped.bytes());
    while let Some(byte) = bytes.next() {
        let next = if byte == b'\\' { bytes.next() } else { None };
        word.push(match next {
            Some(b'x') => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let digits = String::from_utf8(digits).expect("two digits");
                u8::from_str_radix(&digits, 16).expect("a number")
            }
            Some(sign) => sign,
            None => byte,
        });
    }
    word
}

/// One change: so many bytes less at a place, and these instead.
type Change = (Index, usize, Vec<u8>);

/// Seeds with changes as a fuzzer makes them: bytes, words, and pieces of other seeds.
fn changed(seeds: Vec<Vec<u8>>, words: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let pieces = (
        prop::sample::select(seeds.clone()),
        any::<Index>(),
        0..60_usize,
    );
    let piece = pieces.prop_map(|(seed, at, length)| {
        let at = at.index(seed.len());
        seed.into_iter().skip(at).take(length).collect()
    });
    let instead = prop_oneof![
        3 => prop::sample::select(words),
        1 => prop::collection::vec(any::<u8>(), 0..4),
        1 => piece,
    ];
    let cut = prop_oneof![Just(0), 0..3_usize, 0..60_usize];
    let changes = prop::collection::vec((any::<Index>(), cut, instead), 0..8);
    (prop::sample::select(seeds), changes).prop_map(|(seed, changes)| apply(seed, changes))
}

fn apply(mut seed: Vec<u8>, changes: Vec<Change>) -> Vec<u8> {
    for (at, cut, instead) in changes {
        let at = at.index(seed.len() + 1);
        let end = (at + cut).min(seed.len());
        seed.splice(at..end, instead);
    }
    seed
}

fn is_script(name: &str) -> bool {
    [".convo.txt", ".pconvo.txt", ".utterances.txt"]
        .iter()
        .any(|end| name.ends_with(end))
}

fn changed_conversations() -> impl Strategy<Value = Vec<u8>> {
    changed(seeds("conversations", &is_script), words("conversations"))
}

fn changed_fakes() -> impl Strategy<Value = Vec<u8>> {
    changed(seeds("fakes", &|name| name == "fakes.toml"), words("fakes"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_scripts_break_what_holds_of_all(input in changed_conversations()) {
        let begun = Instant::now();
        conversations::hold(&input);
        prop_assert!(begun.elapsed() < IN_TIME);
    }

    #[test]
    fn no_fakes_break_what_holds_of_all(input in changed_fakes()) {
        let begun = Instant::now();
        fakes::hold(&input);
        prop_assert!(begun.elapsed() < IN_TIME);
    }
}

#[test]
fn the_seeds_of_the_fuzzer_hold() {
    for seed in seeds("conversations", &is_script) {
        conversations::hold(&seed);
    }
    for seed in seeds("fakes", &|name| name == "fakes.toml") {
        fakes::hold(&seed);
    }
}

#[test]
fn the_worst_scripts_of_their_size_hold_in_time() {
    let many = "0\n".repeat(10_000);
    let growing = "#bot\n$ab\n#me\n$ab$ab\n".repeat(60);
    for input in [
        format!("x\n{}", "#bot\n".repeat(1_001)),
        format!("x\n{}#end\n", "#me\na\n#bot\na\n".repeat(499)),
        format!("x\n#me\n{0}\n#bot\n{0}", "$ab ".repeat(20_000)),
        format!("x\n#me\naa\n{growing}"),
        format!(
            "x\n#me\n{}\n#bot\n{}b",
            "a".repeat(100_000),
            "a*".repeat(10)
        ),
        format!("x\n#bot\nTEXT_REGEXP_ANY {}", "(a|a)*b|".repeat(1_000)),
        format!("x\n#bot\n{}", "<p".repeat(60_000)),
        format!(
            "x\n#me\nU\n{}@@ utterances\nU\n{many}",
            "#bot\n".repeat(900)
        ),
        format!(
            "x\n#me\nU {}\n@@ utterances\nU\n{many}",
            "a ".repeat(50_000)
        ),
        format!("{}\n#me\nU\n@@ utterances\nU\n{many}", "x".repeat(200_000)),
    ] {
        let begun = Instant::now();
        conversations::hold(input.as_bytes());
        let took = begun.elapsed();
        assert!(took < IN_TIME, "{took:?} for {input:.60}");
    }
}

#[test]
fn the_worst_fakes_of_their_size_hold_in_time() {
    let fake = "[[fake]]\nrequest = \"GET https://api.example.com/*\"\n";
    let asked = format!("\n@@ GET https://api.example.com/{}b", "a".repeat(8_000));
    for input in [
        fake.repeat(4_000) + &asked,
        "[".repeat(200_000),
        format!("fake = {}", "[".repeat(200_000)),
        format!("{} = 1", "a.".repeat(100_000)),
        format!("{fake}body = '''{}'''{asked}", "\n".repeat(200_000)),
        format!(
            "[[fake]]\nrequest = \"GET https://{}c\"{asked}",
            "*a".repeat(100_000)
        ),
        asked.clone() + &asked + &"*a".repeat(4_000),
    ] {
        let begun = Instant::now();
        fakes::hold(input.as_bytes());
        let took = begun.elapsed();
        assert!(took < IN_TIME, "{took:?} for {input:.60}");
    }
}

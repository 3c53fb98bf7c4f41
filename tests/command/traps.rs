//! A bot that traps says where in its source that was, if its component can tell.

use std::path::Path;
use std::time::Duration;

use harness::bots::{ByHand, by_hand, misbehaving, plugin_dir};
use tempfile::{TempDir, tempdir};
use tokio::time::Instant;

use crate::running::{Running, file, retort, run};
use crate::serve::{DEPLOYMENT, respond, serve, token};

const TURN: &str = "{\"convId\":\"1\",\"message\":\"go\"}";

fn why(bot: &Path) -> String {
    let mut invoke = retort();
    invoke.arg("invoke").arg(bot).args(["--payload", "-"]);
    let ended = run(&mut invoke, TURN);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    ended.stderr
}

#[test]
fn a_trap_names_the_files_and_lines_of_the_bots_own_source_the_innermost_first() {
    let folder = tempdir().expect("a folder");
    let bot = file(folder.path(), "panic.wasm", misbehaving("panic"));
    let why = why(&bot);
    let begins =
        "error: the bot trapped: it panicked or aborted (in respond at examples/panic.rs:9 < ";
    assert!(why.starts_with(begins), "{why}");

    let mut chat = retort();
    chat.arg("chat").arg(&bot).args(["--say", "one"]);
    let told = run(&mut chat, "").stdout;
    assert_eq!(told.matches("examples/panic.rs:9").count(), 4, "{told}");
}

#[test]
fn a_component_has_no_path_of_the_machine_that_built_it() {
    let folder = tempdir().expect("a folder");
    let component = folder.path().join("echo.wasm");
    let mut build = retort();
    build.arg("build").arg(plugin_dir("echo"));
    assert_eq!(run(build.arg("-o").arg(&component), "").code, 0);
    let bytes = std::fs::read(component).expect("it was built");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("echo/src/lib.rs"));
    let root = plugin_dir("echo").canonicalize().expect("it is there");
    let home = std::env::var("HOME").expect("a home");
    for path in [&*root.to_string_lossy(), &*format!("{home}/")] {
        assert!(!text.contains(path), "{path}");
    }
}

/// A bot that traps in its function `respond`, with these bytes for its line tables.
fn with_tables(tables: &[(&str, &[u8])]) -> Vec<u8> {
    let section = |(name, bytes): &(&str, &[u8])| {
        let bytes: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        format!("(@custom \"{name}\" \"{bytes}\")")
    };
    let sections: String = tables.iter().map(section).collect();
    by_hand(ByHand {
        respond: "unreachable",
        // A test's process is short.
        module: sections.leak(),
        ..ByHand::default()
    })
}

#[test]
fn line_tables_that_are_garbage_leave_a_trap_as_it_was() {
    let folder = tempdir().expect("a folder");
    let noise: Vec<u8> = (0..5_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let names = [
        ".debug_info",
        ".debug_abbrev",
        ".debug_line",
        ".debug_str",
        ".debug_ranges",
    ];
    let plain = file(folder.path(), "plain.wasm", with_tables(&[]));
    let plain = why(&plain);
    for bytes in [&noise[..], &[0xff; 64], &[]] {
        let tables: Vec<_> = names.iter().map(|name| (*name, bytes)).collect();
        let bot = file(folder.path(), "noise.wasm", with_tables(&tables));
        assert_eq!(why(&bot), plain);
    }
}

/// Tables of so many units which all say that the code is theirs, and share one program of many rows that are none of
/// it: to look through them all would take hours.
fn without_end(units: u32) -> Vec<u8> {
    let abbreviations = [1, 0x11, 0, 0x10, 0x17, 0x11, 0x01, 0x12, 0x06, 0, 0, 0];
    let mut unit = Vec::new();
    unit.extend(20_u32.to_le_bytes()); // its length
    unit.extend([4, 0, 0, 0, 0, 0, 4, 1]); // version, abbreviations, size of addresses; the first abbreviation
    unit.extend(0_u32.to_le_bytes()); // its line program
    unit.extend(0_u32.to_le_bytes()); // from here
    unit.extend(0x00ff_ffff_u32.to_le_bytes()); // so far
    let header = [
        1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, b'a', 0, 0, 0, 0, 0,
    ];
    let mut program = vec![4, 0];
    program.extend((header.len() as u32).to_le_bytes());
    program.extend(header);
    program.extend(std::iter::repeat_n(19, 300_000)); // a row and a line more
    program.extend([0, 1, 1]); // the end of the sequence
    let mut line = (program.len() as u32).to_le_bytes().to_vec();
    line.extend(program);
    with_tables(&[
        (".debug_abbrev", &abbreviations),
        (".debug_info", &unit.repeat(units as usize)),
        (".debug_line", &line),
    ])
}

/// A folder of a host that serves this.
fn serving(component: &[u8]) -> TempDir {
    let config = format!("{DEPLOYMENT}smoke_turn = false\n");
    let folder = tempdir().expect("a folder");
    file(folder.path(), "retort.toml", config);
    file(folder.path(), "echo.wasm", component);
    folder
}

#[tokio::test]
async fn a_host_tells_the_lines_of_a_trap_in_its_log_and_to_whoever_asks_about_the_turn() {
    let folder = serving(&misbehaving("panic"));
    let log = folder.path().join("log");
    let host = Running::logging_to(&log, &mut serve(folder.path()));
    let answer = respond(&host, folder.path(), "echo", "go").await;
    assert!(
        answer.contains("\"detail\":\"the bot trapped\""),
        "{answer}"
    );
    let url = format!("http://{}", host.address);
    let told = || {
        let mut logs = retort();
        logs.args(["logs", "--url", &url, "--tenant", "acme", "--bot", "echo"]);
        logs.env("RETORT_TOKEN", token(folder.path()));
        let logs = run(&mut logs, "");
        (logs.stdout, std::fs::read_to_string(&log).expect("a log"))
    };
    let line = "in respond at examples/panic.rs:9 < ";
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let (logs, log) = told();
        if logs.contains(line) && log.contains(line) {
            break;
        }
        assert!(Instant::now() < until, "{logs}{log}");
    }
}

#[tokio::test]
async fn line_tables_without_end_hold_up_neither_the_turn_nor_the_host() {
    let folder = serving(&without_end(5_000));
    let log = folder.path().join("log");
    let host = Running::logging_to(&log, &mut serve(folder.path()));
    let begun = Instant::now();
    for _ in 0..3 {
        let answer = respond(&host, folder.path(), "echo", "go").await;
        assert!(answer.contains("the bot trapped"), "{answer}");
    }
    let said = || std::fs::read_to_string(&log).expect("a log");
    let given_up = "the lines where a bot trapped cannot be told";
    assert!(!said().contains(given_up), "nobody waited for that");
    while !said().contains(given_up) {
        assert!(begun.elapsed().as_secs() < 60, "{}", said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(host.stop().0, 0);
    assert_eq!(said().matches(given_up).count(), 1, "{}", said());
}

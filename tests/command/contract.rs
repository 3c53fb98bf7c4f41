//! `test --level all` with every bot that there is: the examples as they are, and what was built for a released contract.

use std::path::Path;

use harness::bots::plugin_dir;
use harness::golden;

use crate::running::{retort, run};

/// What holds no conversation.
const FUNCTIONS: [&str; 1] = ["pre-hook"];

/// What takes a minute to build, and is tried where that is done anyway: in `new`.
const SLOW: [&str; 1] = ["small-talk"];

/// That a bot holds its conversations and bears what any bot has to; the latter alone, if it has none.
pub(crate) fn holds(bot: &Path, folder: &Path) {
    let convos = folder.join("convos");
    let files = std::fs::read_dir(&convos).into_iter().flatten();
    let is_convo = |path: &Path| path.to_string_lossy().ends_with(".convo.txt");
    let has_convos = files
        .map(|file| file.expect("a file").path())
        .any(|path| is_convo(&path));
    let mut test = retort();
    test.arg("test").arg(bot);
    match has_convos {
        true => test.args(["--level", "all", "--convos"]).arg(&convos),
        false => test.args(["--level", "contract"]),
    };
    let ended = run(&mut test, "");
    let shown = bot.display();
    assert_eq!(ended.code, 0, "{shown}: {}{}", ended.stdout, ended.stderr);
}

#[test]
fn every_example_holds_its_conversations_and_bears_what_any_bot_has_to() {
    let mut tried = Vec::new();
    for entry in std::fs::read_dir(plugin_dir("")).expect("the examples") {
        let folder = entry.expect("an entry").path();
        let name = folder.file_name().expect("a name").to_string_lossy();
        let name = name.into_owned();
        let is_bot = folder.join("bot.toml").exists() || folder.join("lambda.js").exists();
        let is_elsewhere = FUNCTIONS.contains(&&*name) || SLOW.contains(&&*name);
        if is_bot && !is_elsewhere {
            assert!(
                folder.join("convos").is_dir(),
                "{name} has no conversations"
            );
            holds(&folder, &folder);
            tried.push(name);
        }
    }
    assert!(tried.len() >= 5, "{tried:?}");
}

#[test]
fn what_was_built_for_a_released_contract_holds_its_conversations_still() {
    let bots = golden::all();
    let mut tried = 0;
    for bot in bots.iter().filter(|bot| !bot.is_function()) {
        holds(&bot.path(), &bot.folder);
        tried += 1;
    }
    assert!(tried >= 6, "{bots:?}");
}

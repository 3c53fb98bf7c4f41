//! A gallery of broken bots: each has one defect, is found by the case that is about it and by no other, and is told so in words
//! that name the defect and its remedy. The same bot without a defect passes them all.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use harness::bots::{CONTRACT, attack, built_for, misbehaving, plugin_dir, wanting};
use serde_json::Value;
use tempfile::tempdir;

use crate::running::{Ended, file, retort, run};

/// Whose defect it is.
#[derive(Clone, Copy)]
enum Of {
    /// The shop's, which has it by its configuration.
    Shop,
    /// The shop's, where it keeps something for all conversations.
    ShopForAll,
    /// Another component's, which has no conversations.
    Component(fn() -> Vec<u8>),
}

/// One broken bot.
struct Broken {
    defect: &'static str,
    of: Of,
    /// What fails, and nothing else.
    cases: &'static [&'static str],
    /// What the first failure says: the defect, and its remedy.
    told: [&'static str; 2],
}

const fn shop(
    defect: &'static str,
    cases: &'static [&'static str],
    told: [&'static str; 2],
) -> Broken {
    let of = Of::Shop;
    Broken {
        defect,
        of,
        cases,
        told,
    }
}

const fn other(
    defect: &'static str,
    of: Of,
    cases: &'static [&'static str],
    told: [&'static str; 2],
) -> Broken {
    Broken {
        defect,
        of,
        cases,
        told,
    }
}

const ANSWER: &str = "answer, or give a fault";
const PROBLEM: &str = "return what is wrong as a problem that names the key";
const CHECK: &str = "check what goes into an answer";
const SEND: &str = "look at what `send` comes to";
const BODY: &str = "take nothing of a body for granted";

const DESCRIBE: &str = "who it says it is";
const IMPORTS: &str = "what it imports";
const CONFIG: &str = "the configuration that it is given";

#[rustfmt::skip]
const GALLERY: &[Broken] = &[
    // What a component is.
    shop("version-of-the-day", &[DESCRIBE], ["the component says \"1.0.2\"", "the version that its manifest has"]),
    shop("no-version", &[DESCRIBE], ["version \"1.0\"", "such as `1.2.3`"]),
    other("traps-at-describe", Of::Component(|| built_for(CONTRACT)), &[DESCRIBE], ["failed at `describe`", "written into it"]),
    other("imports-what-nobody-offers", Of::Component(|| attack("unknown-import")), &[IMPORTS], ["acme:orders/api@1.0.0", "leave out the library"]),
    other("of-another-contract", Of::Component(of_another_contract), &[DESCRIBE], ["while starting", "build it against the contract"]),
    other("without-a-handler", Of::Component(without_a_handler), &["what it exports"], ["neither a bot nor a function", "build it against the contract"]),
    other("asks-for-too-much", Of::Component(|| wanting("fault", "http = [\"GET https://a.example.com\"]")), &[IMPORTS], ["does not import `http`", "take that out of `[wants]`"]),
    other("asks-for-too-little", Of::Component(|| wanting("defect", "state = [\"conversation\"]\nsecrets = [\"api-key\"]")), &[IMPORTS], ["each call is denied", "ask for it under `[wants]`"]),
    // Its configuration.
    shop("refuses-all", &[CONFIG], ["`greeting` is never right", "--set KEY=VALUE"]),
    shop("unknown-key", &["a configuration with unknown keys"], ["traps on a key of its configuration that it does not know", PROBLEM]),
    shop("missing-key", &["a configuration without a key"], ["traps where a key of its configuration is missing, `greeting`", PROBLEM]),
    shop("empty-value", &["an empty value in the configuration"], ["traps on an empty value in its configuration, `greeting`", PROBLEM]),
    shop("huge-value", &["a huge value in the configuration"], ["traps on a value of 64 KiB in its configuration", PROBLEM]),
    shop("hostile-value", &["a hostile value in the configuration"], ["traps on a value in its configuration that nobody means", PROBLEM]),
    // What the platform sends.
    shop("needs-a-sequence", &["nothing but a message", "an empty context", "an empty event", "an event without a message", "fields that nobody knows", "a test that is of no conversation"], ["traps on nothing but a message", ANSWER]),
    shop("needs-a-conversation", &["a test that is of no conversation"], ["traps on a test that is of no conversation", ANSWER]),
    shop("needs-a-preview", &["a file"], ["traps on a file", ANSWER]),
    shop("needs-a-text", &["rich content without a text"], ["traps on rich content without a text", ANSWER]),
    shop("unknown-event", &["an event that nobody knows"], ["traps on an event that nobody knows", ANSWER]),
    shop("never-over", &["a conversation that is over"], ["traps on a conversation that is over", ANSWER]),
    // What a person writes.
    shop("first-letter", &["an empty text"], ["traps on an empty text", ANSWER]),
    shop("first-word", &["white space"], ["traps on white space", ANSWER]),
    shop("first-bytes", &["white space", "64 KiB of emoji", "emoji", "text from right to left"], ["traps on white space", ANSWER]),
    shop("small-buffer", &["64 KiB of text", "64 KiB without a space", "64 KiB of emoji"], ["traps on 64 KiB of text", ANSWER]),
    shop("no-control-characters", &["control characters"], ["traps on control characters", "examples/defect.rs:"]),
    shop("recursion", &["brackets without end"], ["on brackets without end", "fault"]),
    shop("each-with-each", &["64 KiB without a space"], ["on 64 KiB without a space", ": bound "]),
    shop("keeps-copies", &["64 KiB of text", "64 KiB without a space"], ["asks for too much memory on 64 KiB of text", "bound what it makes"]),
    // What it answers.
    shop("invalid-card", &["a file"], ["says what cannot be sent on a file", CHECK]),
    shop("person-writes-cards", &["JSON as a text"], ["says what cannot be sent on JSON as a text", CHECK]),
    shop("says-it-back", &["64 KiB of text", "64 KiB without a space"], ["says too much on 64 KiB of text", "cut what it says"]),
    shop("letters-only", &["emoji", "brackets without end"], ["says what cannot be sent on emoji", CHECK]),
    shop("quick-replies-in-a-chat", &["a welcome"], ["quick replies, which a live chat does not take", CHECK]),
    shop("counts-to-the-day", &["hours"], ["when `baseline.toml` was written", "Make it cheaper"]),
    shop("wrong-hours", &["hours"], ["the bot said something else", ""]),
    // Who hears what.
    shop("ticket-of-the-id", &["the same twice"], ["answers \"hours\" otherwise in a second conversation", "not the conversation's id"]),
    shop("searches-by-the-id", &["the same twice"], ["\"hours\" costs other fuel", "do no work that depends on the conversation's id"]),
    other("one-place-for-all", Of::ShopForAll, &["two conversations at once", "a conversation that was left off"], ["while another person talks with it", "scope `conversation`"]),
    other("one-note-for-all", Of::ShopForAll, &["a word that one person said"], ["comes up in another person's conversation, on \"hours\"", "scope `conversation`"]),
    shop("secret-written-in", &["two tenants"], ["the secret \"api-key\" of one tenant", "read it by `secrets.get`"]),
    shop("says-its-secret", &["a secret that nobody should hear"], ["says a secret to the person, on \"hours\"", "say nothing of it"]),
    // A host without room, secrets or servers.
    shop("state-always-fits", &["no room for its state"], ["traps where its state is full, on \"status\"", "look at what `set` comes to"]),
    shop("secret-is-always-set", &["the secret \"api-key\" is not set"], ["traps where the secret \"api-key\" is not set", "look at what `secrets.get` comes to"]),
    shop("server-is-always-there", &["a server that refuses"], ["traps where a server refuses the connection", SEND]),
    shop("server-is-always-fast", &["a server that is slow"], ["traps where a server does not answer in time", SEND]),
    shop("tries-for-ever", &["a server that is slow"], ["where a server does not answer in time", "do not try again for ever"]),
    shop("body-is-whole", &["a server that breaks off"], ["answer is cut off in the middle", BODY]),
    shop("status-is-always-200", &["a server with status 500"], ["traps where a server answers with status 500", "look at the status before the body"]),
    shop("body-has-a-byte", &["a server that says nothing"], ["traps where a server answers with nothing", BODY]),
    shop("body-is-no-page", &["a server whose answer is not JSON"], ["traps where a server's answer is not JSON", BODY]),
    shop("body-is-text", &["a server whose answer is not UTF-8"], ["traps where a server's answer is not UTF-8", BODY]),
    shop("body-has-a-state", &["a server whose JSON is other"], ["JSON of another shape", BODY]),
    shop("body-is-flat", &["a server whose JSON is deep"], ["JSON that is nested deeply", BODY]),
    shop("answer-always-fits", &["a server whose answer is huge"], ["larger than it may be", SEND]),
    shop("never-sent-elsewhere", &["a server that leads elsewhere"], ["leads to where the bot may not go", SEND]),
];

const WANTS: &str = "secrets = [\"api-key\"]\nhttp = [\"GET https://orders.example.com\"]\n";

/// A contract whose bots take something else.
fn of_another_contract() -> Vec<u8> {
    built_for(&CONTRACT.replace("respond: func(turn: turn)", "respond: func(turn: string)"))
}

/// A contract that offers the host something else.
fn without_a_handler() -> Vec<u8> {
    let contract = CONTRACT.replace("interface handler {", "interface answerer {");
    built_for(&contract.replace("export handler;", "export answerer;"))
}

/// The shop with what stands beside it.
fn set_up(folder: &Path) {
    let wants = |state: &str| format!("state = [{state}]\n{WANTS}");
    let shop = |state| wanting("defect", &wants(state));
    file(folder, "shop.wasm", shop("\"conversation\""));
    file(
        folder,
        "shop-for-all.wasm",
        shop("\"conversation\", \"bot\""),
    );
    file(folder, "secrets.toml", "api-key = \"f3a9c1d7e5b2\"\n");
    let convos = folder.join("convos");
    std::fs::create_dir(&convos).expect("a folder");
    let order = "order\n\n#bot\nHello! What can I do?\nBUTTONS status|hours\n\n#me\nstatus\n\n#bot\nWhich order?\n\n\
                 #me\n17\n\n#bot\nOrder 17 is on its way.\n";
    file(&convos, "order.convo.txt", order);
    let hours = "hours\n\n#me\ngood day\n\n#bot\n\n#me\nhours\n\n#bot\nWe are open from 9 to 17.\n";
    file(&convos, "hours.convo.txt", hours);
    let fakes = "[[fake]]\nrequest = \"GET https://orders.example.com/orders/17\"\n\
                 headers = { content-type = \"application/json\" }\nbody = '{\"state\": \"on its way\", \"pieces\": 1}'\n";
    file(&convos, "fakes.toml", fakes);
    // What other defects cost beside is none of the budget's.
    file(&convos, "baseline.toml", "allowed_percent = 9900\n");
    let mut kept = test(folder, &folder.join("shop.wasm"), "none");
    let kept = run(kept.args(["--level", "budget", "--keep-baseline"]), "");
    assert_eq!(kept.code, 0, "{kept:?}");
}

fn test(folder: &Path, bot: &Path, defect: &str) -> Command {
    let mut test = retort();
    test.arg("test").arg(bot).args(["--set", "greeting=Hello"]);
    test.arg("--set").arg(format!("defect={defect}"));
    test.arg("--secrets").arg(folder.join("secrets.toml"));
    test
}

/// What all levels say of a bot.
fn tried(folder: &Path, bot: &Path, defect: &str) -> (Ended, Value) {
    let report = folder.join(format!("{defect}.json"));
    let mut test = test(folder, bot, defect);
    test.args(["--level", "all", "--report"]).arg(&report);
    let ended = run(&mut test, "");
    let text = std::fs::read_to_string(&report).unwrap_or_else(|_| panic!("{defect}: {ended:?}"));
    (ended, serde_json::from_str(&text).expect("JSON"))
}

/// What is wrong with what a broken bot is told; nothing if it is told just that.
fn judge(folder: &Path, broken: &Broken) -> Option<String> {
    let (folder, bot) = match broken.of {
        Of::Shop => (folder.to_owned(), folder.join("shop.wasm")),
        Of::ShopForAll => (folder.to_owned(), folder.join("shop-for-all.wasm")),
        Of::Component(component) => {
            let alone = folder.join(broken.defect);
            std::fs::create_dir(&alone).expect("a folder");
            std::fs::copy(folder.join("secrets.toml"), alone.join("secrets.toml")).expect("a copy");
            let bot = file(&alone, "bot.wasm", component());
            (alone, bot)
        }
    };
    let (ended, report) = tried(&folder, &bot, broken.defect);
    let failed = failures(&report);
    let names: BTreeSet<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
    let meant: BTreeSet<&str> = broken.cases.iter().copied().collect();
    let first = failed
        .iter()
        .find(|(name, _)| broken.cases.first() == Some(&name.as_str()));
    let what = first.map_or("", |(_, what)| what.as_str());
    let is_told = broken.told.iter().all(|words| what.contains(words));
    let is_so = ended.code == 6 && names == meant && is_told;
    (!is_so).then(|| format!("{}: exit {}, {failed:#?}", broken.defect, ended.code))
}

fn failures(report: &Value) -> Vec<(String, String)> {
    let cases = report["cases"].as_array().expect("cases").iter();
    let failed = cases.filter(|case| case["outcome"] == "failed");
    let text = |case: &Value, at: &str| {
        let text = case.pointer(at).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    failed
        .map(|case| (text(case, "/name"), text(case, "/failure/what")))
        .collect()
}

#[test]
fn each_broken_bot_is_found_by_its_own_case_and_told_what_to_do() {
    let folder = tempdir().expect("a folder");
    set_up(folder.path());
    let names: BTreeSet<_> = GALLERY.iter().map(|broken| broken.defect).collect();
    assert_eq!(names.len(), GALLERY.len(), "each defect is there once");
    let left = Mutex::new(GALLERY.iter());
    let wrong = Mutex::new(Vec::new());
    // A process each, which waits for a slow server for a part of its time.
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let next = left.lock().expect("no panic").next();
                    let Some(broken) = next else { break };
                    let told = judge(folder.path(), broken);
                    wrong.lock().expect("no panic").extend(told);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_bot_without_a_defect_passes_each_case_and_costs_the_same_each_time() {
    let folder = tempdir().expect("a folder");
    set_up(folder.path());
    for bot in ["shop.wasm", "shop-for-all.wasm"] {
        let bot = folder.path().join(bot);
        let tried = || {
            let (ended, report) = tried(folder.path(), &bot, "none");
            assert_eq!(ended.code, 0, "{}", ended.stdout);
            let cases = report["cases"].as_array().expect("cases").iter();
            let told = cases.map(|case| {
                let of = |field: &str| case[field].clone();
                (of("level"), of("name"), of("fuel"), of("conversation"))
            });
            told.collect::<Vec<_>>()
        };
        let first = tried();
        let levels: BTreeSet<_> = first
            .iter()
            .filter_map(|(level, ..)| level.as_str())
            .collect();
        for level in [
            "contract",
            "budget",
            "conversations",
            "isolation",
            "hostile-host",
        ] {
            assert!(levels.contains(level), "{level}");
        }
        assert_eq!(first, tried());
    }
}

#[test]
fn a_function_is_tried_by_all_that_is_no_conversation() {
    let hook = plugin_dir("pre-hook");
    let leveled =
        |bot: &Path, level: &str| run(retort().arg("test").arg(bot).args(["--level", level]), "");
    let ended = leveled(&hook, "all");
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    for name in [
        "a hook's request",
        "lists nested deeply",
        "the same twice",
        "two tenants",
    ] {
        assert!(
            ended.stdout.contains(&format!("ok    {name}")),
            "{name}: {}",
            ended.stdout
        );
    }
    let refused = leveled(&hook, "conversations");
    assert_eq!(refused.code, 2, "{refused:?}");

    let folder = tempdir().expect("a folder");
    let trapping = file(folder.path(), "function.wasm", misbehaving("function"));
    let mut always = retort();
    always
        .arg("test")
        .arg(&trapping)
        .args(["--level", "contract", "--filter", "null"]);
    let ended = run(
        always.args(["--set", "always={\"do\":\"say\",\"with\":\"{\"}"]),
        "",
    );
    assert!(
        ended.code == 6
            && ended
                .stdout
                .contains("says what cannot be sent on null: check what goes into an answer"),
        "{}",
        ended.stdout
    );
}

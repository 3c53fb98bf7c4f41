//! `test`: a bot, tried by conversations. What its author reads, what a machine reads, and the exit code.

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::bots::{misbehaving, plugin_dir, wanting};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::running::{Ended, file, retort, run};

const LAMBDA: &str = "async function lambda(input) {
  const { message = '' } = input.payload;
  if (message === '') return { messages: ['Welcome!'] };
  if (message === 'throw') { console.warn('about to'); throw new Error('no such order'); }
  return { messages: ['We are open from 9 to 17.'] };
}";

/// A folder with a lambda and its conversations.
fn lambda(convos: &[(&str, &str)]) -> TempDir {
    let folder = tempdir().expect("a folder");
    file(folder.path(), "lambda.js", LAMBDA);
    let beside = folder.path().join("convos");
    std::fs::create_dir(&beside).expect("a folder");
    for (name, text) in convos {
        file(&beside, name, text);
    }
    folder
}

fn test(bot: &Path) -> Command {
    let mut test = retort();
    test.arg("test").arg(bot);
    test
}

fn tested(bot: &Path) -> Ended {
    run(&mut test(bot), "")
}

/// Without what no two runs have in common.
fn without_figures(told: &str) -> String {
    let lines = told
        .lines()
        .filter(|line| !line.starts_with("slowest") && !line.starts_with("most fuel"));
    let lines = lines.map(|line| match line.split_once(" turn") {
        Some((before, _)) if line.starts_with("ok") => format!("{before} turn"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_failed_step_shows_the_conversation_and_what_differs() {
    let folder = lambda(&[
        ("welcome.convo.txt", "welcome\n\n#bot\nwelcome\n"),
        (
            "hours.convo.txt",
            "hours\n\n#me\nWhen?\n\n#bot\nWe are open from 9 to 18.\n",
        ),
    ]);
    let ended = tested(folder.path());
    assert_eq!(
        without_figures(&ended.stdout),
        "FAIL  hours
      me:  When?
      bot: We are open from 9 to 17.
      hours.convo.txt:6: the bot said something else
      - We are open from 9 to 18.
      + We are open from 9 to 17.
                               ^
ok    welcome  1 turn

2 cases: 1 passed, 1 failed"
    );
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (6, "error: 1 of 2 cases failed\n")
    );
}

#[test]
fn a_bot_that_fails_shows_its_log_and_where() {
    let folder = lambda(&[("throw.convo.txt", "broken\n#me\nthrow\n#bot\n*")]);
    let ended = tested(folder.path());
    assert_eq!(ended.code, 6, "{ended:?}");
    for told in [
        "me:  throw",
        "log  warn: about to",
        "throw.convo.txt:2: ",
        "no such order (lambda.js:4:",
    ] {
        assert!(ended.stdout.contains(told), "{told}: {}", ended.stdout);
    }
}

#[test]
fn reports_are_what_programs_read() {
    let folder = lambda(&[
        ("a.convo.txt", "hours <&>\n#me\nUTT_WHEN\n#bot\n9 to 17\n"),
        ("b.convo.txt", "late\n#me\nWhen?\n#bot\n9 to 18\n"),
        ("c.convo.txt", "skip-this\n#me\nWhen?\n#bot\nnever\n"),
        ("when.utterances.txt", "UTT_WHEN\nWhen?\nAre you open?\n"),
    ]);
    let report = |name: &str| folder.path().join(name);
    let reported = |name: &str| {
        let ended = run(test(folder.path()).arg("--report").arg(report(name)), "");
        assert_eq!(ended.code, 6, "{ended:?}");
        assert!(
            ended
                .stdout
                .ends_with("3 cases: 2 passed, 1 failed, 1 skipped\n"),
            "{ended:?}"
        );
        std::fs::read_to_string(report(name)).expect("a report")
    };
    let junit = Report::deserialize_from_str(&reported("report.xml")).expect("JUnit");
    assert_eq!((junit.tests, junit.failures, junit.errors), (3, 1, 0));
    let cases = &junit.test_suites[0].test_cases;
    let names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(
        names,
        ["hours <&>/UTT_WHEN-L1", "hours <&>/UTT_WHEN-L2", "late"]
    );
    let TestCaseStatus::NonSuccess {
        kind,
        message,
        description,
        ..
    } = &cases[2].status
    else {
        panic!("{:?}", cases[2]);
    };
    assert_eq!(*kind, NonSuccessKind::Failure);
    assert_eq!(message.as_deref(), Some("the bot said something else"));
    let description = description.as_deref().expect("words");
    assert!(
        description.contains("b.convo.txt:4: ") && description.contains("- 9 to 18\n+ We are"),
        "{description}"
    );

    let json: Value = serde_json::from_str(&reported("report.json")).expect("JSON");
    assert_eq!(
        (&json["passed"], &json["failed"], &json["skipped"]),
        (&2.into(), &1.into(), &1.into())
    );
    let failed = &json["cases"][2];
    assert_eq!(failed["outcome"], "failed");
    assert_eq!(
        (&failed["failure"]["line"], &failed["turns"][0]["said"]),
        (&4.into(), &"When?".into())
    );
    assert!(
        failed["fuel"].as_u64().is_some_and(|fuel| fuel > 0),
        "{failed}"
    );
}

#[test]
fn one_case_can_be_run_alone_and_none_is_a_mistake() {
    let folder = lambda(&[
        ("a.convo.txt", "one\n#me\na\n#bot\n*"),
        ("b.convo.txt", "two\n#me\na\n#bot\n*"),
    ]);
    let filtered = |filter: &str| run(test(folder.path()).args(["--filter", filter]), "");
    let one = filtered("ONE");
    assert!(
        one.code == 0 && one.stdout.ends_with("1 case: 1 passed, 0 failed\n"),
        "{one:?}"
    );
    // Whether the cases are known before the bot is, or not.
    for level in ["conversations", "contract"] {
        let report = folder.path().join("report.json");
        let mut test = test(folder.path());
        test.args(["--filter", "no such case", "--level", level, "--report"]);
        let none = run(test.arg(&report), "");
        assert_eq!((none.code, none.stdout.as_str()), (2, ""), "{none:?}");
        let told = "no case has \"no such case\" in its name";
        assert!(none.stderr.contains(told), "{}", none.stderr);
        assert!(!report.exists(), "{level}");
    }
    let empty = tempdir().expect("a folder");
    let ended = run(test(folder.path()).arg("--convos").arg(empty.path()), "");
    assert!(
        ended.code == 2 && ended.stderr.contains("write one there as NAME.convo.txt"),
        "{ended:?}"
    );
}

#[test]
fn what_is_wrong_with_a_conversation_is_told_before_anything_is_run() {
    let folder = lambda(&[("a.convo.txt", "one\n#me\na\n#bot\nJSON_PATH $.x\n")]);
    let ended = tested(folder.path());
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(
        ended
            .stderr
            .contains("convos/a.convo.txt:5: `JSON_PATH` is not supported; there are BUTTONS"),
        "{}",
        ended.stderr
    );
    // What an earlier run wrote is not taken for this one's.
    for bot in [folder.path(), Path::new("no-such-bot")] {
        let report = file(folder.path(), "report.json", "{}");
        let ended = run(test(bot).arg("--report").arg(&report), "");
        assert_eq!((ended.code, report.exists()), (2, false), "{ended:?}");
    }
    let kind = run(test(folder.path()).args(["--report", "report.txt"]), "");
    assert!(
        kind.code == 2 && kind.stderr.contains("FILE.json"),
        "{kind:?}"
    );
}

#[test]
fn what_a_bot_keeps_is_gone_in_the_next_case() {
    let folder = tempdir().expect("a folder");
    let bot = file(
        folder.path(),
        "bot.wasm",
        wanting("reach", "state = [\"conversation\", \"bot\"]"),
    );
    for at in ["a", "b"] {
        let text = "counts\n#me\nadd bot n\n#bot\nok 1 @*\n#me\nadd bot n\n#bot\nok 2 @*\n#me\nadd conversation n\n#bot\nok 1 @*\n";
        file(folder.path(), &format!("{at}.convo.txt"), text);
    }
    let ended = tested(&bot);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
}

#[test]
fn a_bot_that_fails_again_and_again_is_told_so_each_time() {
    let folder = tempdir().expect("a folder");
    let bot: PathBuf = file(folder.path(), "bad.wasm", misbehaving("trap"));
    let phrases: String = (0..30).map(|at| format!("{at}\n")).collect();
    file(folder.path(), "u.utterances.txt", format!("UTT\n{phrases}"));
    file(folder.path(), "a.convo.txt", "traps\n#me\nUTT\n#bot\n*");
    let ended = tested(&bot);
    assert!(!ended.stdout.contains("quarantine"), "{}", ended.stdout);
}

#[test]
fn time_and_chance_are_the_same_in_each_run_and_go_on() {
    let folder = tempdir().expect("a folder");
    let source = "async function lambda(input) {
      const [began, chance, id] = [Date.now(), Math.random(), crypto.randomUUID()];
      await new Promise((done) => setTimeout(done, 25));
      let looks = 0;
      while (Date.now() < began + 40) looks += 1;
      return { messages: [`${new Date(began).toISOString()} ${chance} ${id} ${looks}`] };
    }";
    file(folder.path(), "lambda.js", source);
    let script =
        "chance\n#me\na\n#bot\nT12:00:00.000Z $chance $id $looks\n#me\nb\n#bot\n!$chance\n";
    file(folder.path(), "a.convo.txt", script);
    file(
        folder.path(),
        "b.convo.txt",
        script.replace("chance\n#me", "the other\n#me"),
    );
    let report = folder.path().join("report.json");
    let cases = |filter: &str| {
        let ended = run(
            test(folder.path())
                .args(["--filter", filter, "--report"])
                .arg(&report),
            "",
        );
        assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
        let text = std::fs::read_to_string(&report).expect("a report");
        let json: Value = serde_json::from_str(&text).expect("JSON");
        let told = |case: &Value| {
            (
                case["conversation"].clone(),
                case["fuel"].as_u64().expect("fuel"),
            )
        };
        json["cases"]
            .as_array()
            .expect("cases")
            .iter()
            .map(told)
            .collect::<Vec<_>>()
    };
    let all = cases("convo");
    assert_eq!(all, cases("convo"), "two runs");
    assert_eq!(all[1..], cases("other"), "whichever are run");
    assert_eq!(all[0], all[1], "and in each case");
}

#[test]
fn two_runs_of_a_compiled_bot_cost_the_same() {
    let folder = tempdir().expect("a folder");
    let fuel = || {
        let report = folder.path().join("report.json");
        let ended = run(test(&plugin_dir("survey")).arg("--report").arg(&report), "");
        assert_eq!(ended.code, 0, "{ended:?}");
        let text = std::fs::read_to_string(&report).expect("a report");
        let json: Value = serde_json::from_str(&text).expect("JSON");
        json["cases"]
            .as_array()
            .expect("cases")
            .iter()
            .map(|case| case["fuel"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(fuel(), fuel());
}

#[test]
fn what_a_bot_sends_is_answered_by_fakes_and_by_nobody_else() {
    let folder = tempdir().expect("a folder");
    let bot = file(
        folder.path(),
        "bot.wasm",
        wanting("reach", "http = [\"GET,POST https://api.example.com\"]"),
    );
    let fakes = "[[fake]]\nrequest = \"GET https://api.example.com/orders/*\"\nheaders = { Content-Type = \"text/plain\" }\nbody = \"on its way\"\n\
                 [[fake]]\nrequest = \"GET https://api.example.com/late\"\nerror = \"timeout\"\n\
                 [[fake]]\nrequest = \"GET https://api.example.com/moved\"\nstatus = 302\nheaders = { location = \"/orders/9\" }\n\
                 [[fake]]\nrequest = \"GET https://api.example.com/gone\"\nerror = \"connection\"\ndelay_ms = 5\n";
    file(folder.path(), "convos/fakes.toml", fakes);
    let script = "asks\n#me\nhttp GET https://api.example.com/orders/17\n#bot\n200 10 bytes: on its way\n\
                  #me\nhttp GET https://api.example.com/late\n#bot\ntimeout\n\
                  #me\nhttp GET https://api.example.com/moved\n#bot\non its way\n\
                  #me\nhttp GET https://api.example.com/gone\n#bot\nconnection:\n\
                  #me\nhttp GET https://elsewhere.example.com/\n#bot\ndenied:\n";
    file(folder.path(), "convos/a.convo.txt", script);
    let ended = tested(&bot);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);

    let script = "asks\n#me\nhttp GET https://api.example.com/other?key=1\n#bot\n200\n";
    file(folder.path(), "convos/a.convo.txt", script);
    let ended = tested(&bot);
    assert_eq!(ended.code, 6, "{}", ended.stdout);
    let told = "log  host: no fake answers GET https://api.example.com/other?*: declare one in `fakes.toml`";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);

    let opened = run(test(&bot).args(["--open", "127.0.0.1"]), "");
    assert!(
        opened.code == 2 && opened.stderr.contains("nothing goes out"),
        "{opened:?}"
    );
    file(
        folder.path(),
        "convos/fakes.toml",
        "[[fake]]\nrequest = \"GET\"\n",
    );
    let wrong = tested(&bot);
    assert!(
        wrong.code == 2 && wrong.stderr.contains("fakes.toml"),
        "{wrong:?}"
    );
}

#[test]
fn any_bot_has_to_bear_what_the_platform_may_send() {
    let contract =
        |bot: &Path, more: &[&str]| run(test(bot).args(["--level", "contract"]).args(more), "");
    let folder = tempdir().expect("a folder");
    let faulting = file(folder.path(), "fault.wasm", misbehaving("fault"));
    assert_eq!(contract(&faulting, &[]).code, 0, "a fault is an answer");
    let source = "async function lambda(input) {
      const { message } = input.payload;
      if (message.length > 60000) for (;;);
      return { messages: [message.includes('DROP') ? '' : 'fine'] };
    }";
    let script = file(folder.path(), "lambda.js", source);
    let ended = contract(
        &script,
        &[
            "--report",
            folder.path().join("r.xml").to_str().expect("a path"),
        ],
    );
    assert_eq!(ended.code, 6, "{}", ended.stdout);
    let failed: Vec<_> = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("FAIL"))
        .collect();
    for name in ["64 KiB without a space", "a query"] {
        assert!(
            failed.contains(&&*format!("FAIL  {name}")),
            "{name}: {failed:?}"
        );
    }
    let xml = std::fs::read_to_string(folder.path().join("r.xml")).expect("a report");
    let report = Report::deserialize_from_str(&xml).expect("JUnit");
    assert_eq!(report.test_suites[0].name.as_str(), "contract");
}

#[test]
fn a_secret_that_a_rule_sends_along_is_kept_apart_as_one_that_is_read() {
    let folder = tempdir().expect("a folder");
    let rule = "http = [\"GET https://api.example.com authorization: {api-key}\"]";
    let bot = file(folder.path(), "bot.wasm", wanting("reach", rule));
    file(
        folder.path(),
        "secrets.toml",
        "api-key = \"nobody's key\"\n",
    );
    file(
        folder.path(),
        "fakes.toml",
        "[[fake]]\nrequest = \"GET https://api.example.com/*\"\n",
    );
    file(
        folder.path(),
        "a.convo.txt",
        "asks\n#me\nhttp GET https://api.example.com/orders\n#bot\n200\n",
    );
    let ended = run(
        test(&bot)
            .args(["--level", "isolation,conversations", "--convos"])
            .arg(folder.path()),
        "",
    );
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let told = "ok    a secret that nobody should hear";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
}

#[test]
fn who_waits_for_longer_than_a_turn_has_is_late_on_any_machine() {
    let folder = tempdir().expect("a folder");
    let source = "async function lambda(input) {
      await new Promise((done) => setTimeout(done, Number(input.payload.message)));
      return { messages: ['waited'] };
    }";
    file(folder.path(), "lambda.js", source);
    file(
        folder.path(),
        "in_time.convo.txt",
        "in time\n#me\n300\n#bot\nwaited\n",
    );
    file(
        folder.path(),
        "late.convo.txt",
        "late\n#me\n900\n#bot\nwaited\n",
    );
    let ended = tested(&folder.path().join("lambda.js"));
    assert_eq!(ended.code, 6, "{}", ended.stdout);
    assert!(ended.stdout.contains("ok    in time"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("the turn took too long, 90"),
        "{}",
        ended.stdout
    );
}

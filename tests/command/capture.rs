//! `retort capture`: a conversation that a host has kept is one that `retort test` holds, and that fails with a bot which says
//! something else.

use std::path::{Path, PathBuf};

use harness::host::{Served, host_with_secret, request_with};
use harness::{bots, javascript};
use retort::capsules::{Capsule, Filter};
use retort::egress::Fakes;
use retort::invocation::Settings;
use retort::sandbox::World;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::operate::{does, to};
use crate::running::{Ended, Running, file, retort, run};
use crate::serve::{serve, token};

/// The settings of a host that keeps every turn as it was.
fn recording(mut settings: Settings) -> Settings {
    settings.capsules.sample_permille = 1000;
    settings.capsules.redact.clear();
    settings.sandbox.deadline_ceiling_ms = 30_000;
    settings
}

/// One event of a conversation; no text is where it begins.
fn event(conversation: &str, sequence: u64, text: &str) -> Value {
    let content = text.is_empty().then_some("welcome");
    let event = json!({
        "sequence": sequence,
        "type": "ContentEvent",
        "content": content,
        "conversationContext": { "type": "MESSAGING" },
    });
    json!({ "convId": conversation, "message": text, "context": { "lpEvent": event } })
}

/// Says all of these in a conversation.
async fn says(host: &Served, bot: &str, conversation: &str, texts: &[&str]) {
    for (sequence, text) in (0..).zip(texts) {
        let answered = host.ask(bot, &event(conversation, sequence, text)).await;
        assert!(answered.result.is_ok(), "{text}: {:?}", answered.result);
    }
}

/// Writes the turns that a host has kept of a bot into files, as they are fetched; the oldest first.
async fn fetched(host: &Served, bot: &str, folder: &Path) -> Vec<PathBuf> {
    let (tenant, bot) = ("acme".parse(), bot.parse());
    let (tenant, bot) = (tenant.expect("a tenant"), bot.expect("a bot"));
    let capsules = host.host.capsules();
    capsules.settled().await;
    let listed = capsules
        .list(&tenant, &bot, &Filter::default(), None, 1000)
        .await
        .expect("a list");
    let mut files = Vec::new();
    for header in listed {
        let found = capsules.get(&tenant, &bot, header.id).await;
        let bytes = found.expect("the store is read").expect("it is there");
        let path = folder.join(format!("{}.capsule.json", header.id));
        std::fs::write(&path, bytes).expect("written");
        files.push(path);
    }
    files
}

fn capture(folder: &Path, words: &str) -> Ended {
    let mut capture = retort();
    capture.arg("capture").args(words.split_whitespace());
    run(capture.current_dir(folder), "")
}

/// Holds what was captured with a bot.
fn tested(folder: &Path, bot: &Path, options: &[&str]) -> Ended {
    let mut test = retort();
    test.arg("test")
        .arg(bot)
        .args(["--convos", "convos"])
        .args(options);
    run(test.current_dir(folder), "")
}

fn passes(ended: &Ended) {
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
}

fn read(folder: &Path, name: &str) -> String {
    let path = folder.join("convos").join(name);
    std::fs::read_to_string(path).expect("it is there")
}

/// A folder with the component of a plugin, and a host that has it.
async fn with_plugin(name: &str, grants: &[&str], config: &[(&str, &str)]) -> (TempDir, Served) {
    let component = bots::plugin(name);
    let folder = tempdir().expect("a folder");
    file(folder.path(), "bot.wasm", &component);
    let host = Served::with(recording(Settings::default())).in_time(30_000);
    let host = host.granting(grants).wanting(|wanted| {
        let pairs = config.iter();
        wanted.config = pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
    });
    (folder, host.with_bot(name, &component).await)
}

#[tokio::test]
async fn a_captured_conversation_holds_with_its_bot_and_its_configuration() {
    let (folder, host) = with_plugin("concierge", &[], &[("skill", "the desk")]).await;
    let at = folder.path();
    let texts = ["", "Where is my parcel?", "#me", "I want a refund"];
    says(&host, "concierge", "c-1", &texts).await;
    says(&host, "concierge", "c-2", &["hours"]).await;
    fetched(&host, "concierge", at).await;

    let ended = capture(at, "c-1 --from . --name parcel");
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "convos/parcel.convo.txt\n"),
        "{ended:?}"
    );
    assert_eq!(
        ended.stderr,
        "hold it with: retort test BOT --convos convos --set 'skill=the desk'\n"
    );
    let script = read(at, "parcel.convo.txt");
    for line in [
        "TEXT_EQUALS Hello, I am the concierge. What can I do for you?",
        "BUTTONS Track a parcel|Opening hours|Talk to a person",
        "DELAY 1",
        "INTENT track-parcel",
        "INTENT_CONFIDENCE 90",
        "BUTTON #me",
        "NOTE The consumer asked for a person; the concierge could not help any further.",
        "ACTION transfer|the desk",
        "Give `retort test`: --set 'skill=the desk'",
    ] {
        assert!(script.lines().any(|had| had == line), "{line}: {script}");
    }
    let bot = at.join("bot.wasm");
    passes(&tested(at, &bot, &["--set", "skill=the desk"]));
    let ended = tested(at, &bot, &["--set", "skill=nobody"]);
    assert_eq!(ended.code, 6, "{ended:?}");
    assert!(
        ended.stdout.contains("- ACTION transfer|the desk"),
        "{}",
        ended.stdout
    );

    // The other one beside it, and each once more.
    for words in ["c-2 --from . --name hours", "c-1 --from . --name parcel"] {
        assert_eq!(capture(at, words).code, 0, "{words}");
    }
    passes(&tested(at, &bot, &["--set", "skill=the desk"]));
    let ended = capture(at, "c-3 --from .");
    assert!(
        ended.code == 2 && ended.stderr.contains("there are turns of: c-1, c-2"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_conversation_goes_on_from_what_its_bot_remembered() {
    let grants = ["state:conversation", "state:bot"];
    let (folder, host) = with_plugin("survey", &grants, &[]).await;
    let at = folder.path();
    let texts = ["", "5", "nothing at all", "Yes"];
    says(&host, "survey", "before", &texts).await;
    says(&host, "survey", "c-1", &texts).await;
    let files = fetched(&host, "survey", at).await;

    passes(&capture(at, "c-1 --from . --name survey"));
    passes(&tested(at, &at.join("bot.wasm"), &[]));
    assert!(read(at, "state.toml").starts_with("[bot]\n\"tally\" = "));

    // From its third turn on, of which the first two are not there.
    for file in &files[..6] {
        std::fs::remove_file(file).expect("it was there");
    }
    let ended = capture(at, "c-1 --from . --name survey");
    assert_eq!(ended.code, 2, "{ended:?}");
    let there =
        "convos/survey.convo.txt, convos/state.toml is there already, so nothing was written";
    assert!(ended.stderr.contains(there), "{ended:?}");
    assert!(read(at, "survey.convo.txt").contains("\n5\n"));
    let ended = capture(at, "c-1 --from . --name survey --force");
    passes(&ended);
    assert!(
        ended
            .stderr
            .contains("note: it had begun before the first of these turns"),
        "{ended:?}"
    );
    assert!(!read(at, "survey.convo.txt").contains("\n5\n"));
    assert!(read(at, "state.toml").contains("[conversation]\n\"place\" = "));
    passes(&tested(at, &at.join("bot.wasm"), &[]));
    std::fs::remove_file(at.join("convos/state.toml")).expect("it was there");
    assert_eq!(tested(at, &at.join("bot.wasm"), &[]).code, 6);
}

#[tokio::test]
async fn what_a_bot_requested_is_answered_as_it_was_and_its_secret_stays_at_home() {
    let plugin = bots::plugin_dir("order-status");
    let source = |name: &str| std::fs::read_to_string(plugin.join(name)).expect("it is there");
    let (lambda, manifest) = (source("lambda.js"), source("lambda.toml"));
    let mut settings = recording(javascript::settings().await);
    let fakes = Fakes::parse(&source("convos/fakes.toml")).expect("fakes");
    settings.egress.fakes = Some(fakes);
    let host = host_with_secret(settings, "acme", "ORDERS_KEY", "open-sesame-7").await;
    let host = host.granting(&["http:GET https://orders.example.com", "secret:ORDERS_KEY"]);
    let component = javascript::script(&lambda, &manifest, World::Bot);
    let host = host.with_bot("orders", &component).await;
    let texts = ["", "Where is A-1234?", "Z-9", "B-408"];
    says(&host, "orders", "c-1", &texts).await;

    let folder = tempdir().expect("a folder");
    let at = folder.path();
    fetched(&host, "orders", at).await;
    let ended = capture(at, "c-1 --from . --name order --json");
    passes(&ended);
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let files = ["order.convo.txt", "fakes.toml", "secrets.toml"];
    assert_eq!(
        told["files"],
        json!(files.map(|name| format!("convos/{name}")))
    );
    assert_eq!(told["notes"], json!([]));
    let fakes = read(at, "fakes.toml");
    assert_eq!(fakes.matches("[[fake]]").count(), 3, "{fakes}");
    assert!(
        fakes.contains(
            "request = \"GET https://orders.example.com/orders/B-408\"\nerror = \"timeout\"\n"
        ),
        "{fakes}"
    );
    for name in files {
        assert!(!read(at, name).contains("open-sesame-7"), "{name}");
    }
    let secrets: toml::Table = toml::from_str(&read(at, "secrets.toml")).expect("TOML");
    assert_eq!(secrets["ORDERS_KEY"].as_str().map(str::len), Some(13));

    let bot = at.join("bot");
    std::fs::create_dir(&bot).expect("a folder");
    file(&bot, "lambda.toml", &manifest);
    file(&bot, "lambda.js", &lambda);
    passes(&tested(at, &bot, &[]));
    file(
        &bot,
        "lambda.js",
        lambda.replace("Here it is", "There it is"),
    );
    let ended = tested(at, &bot, &[]);
    assert_eq!(ended.code, 6, "{ended:?}");
    assert!(ended.stdout.contains("There it is"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_turn_that_failed_is_a_test_until_it_is_mended() {
    let probe = bots::misbehaving("probe");
    let folder = tempdir().expect("a folder");
    let at = folder.path();
    file(at, "bot.wasm", &probe);
    let host = Served::with(recording(Settings::default())).in_time(30_000);
    let host = host.with_bot("probe", &probe).await;
    for (sequence, text) in (0..).zip(["turn", "no-such-thing"]) {
        host.ask("probe", &event("c-1", sequence, text)).await;
    }
    let files = fetched(&host, "probe", at).await;
    let outcome = |file: &PathBuf| {
        let bytes = std::fs::read(file).expect("it is there");
        Capsule::read(&bytes).expect("a capsule").ended.outcome
    };
    assert_eq!(
        files.iter().map(outcome).collect::<Vec<_>>(),
        ["replied", "bot-fault"]
    );
    let ended = capture(at, "c-1 --from .");
    passes(&ended);
    assert!(
        ended
            .stderr
            .contains("note: turn 2: it failed with bot-fault ("),
        "{ended:?}"
    );
    let script = read(at, "conversation-c-1.convo.txt");
    assert!(
        script.contains("\nNote: turn 2: it failed with bot-fault (")
            && script.contains("\n#me\nno-such-thing\n\n#bot\n\n#end\n"),
        "{script}"
    );
    let ended = tested(at, &at.join("bot.wasm"), &[]);
    assert_eq!(ended.code, 6, "{ended:?}");
}

#[tokio::test]
async fn turns_are_fetched_from_the_host_that_kept_them() {
    let folder = crate::serve::folder("");
    let at = folder.path();
    file(at, "one.wasm", harness::operator::saying("one"));
    file(at, "two.wasm", harness::operator::saying("two"));
    let mut serve = serve(at);
    serve.env("RETORT_CAPSULES__SAMPLE_PERMILLE", "1000");
    let serving = Running::start(&mut serve);
    const OF: &str = "--tenant acme --bot bot";
    does(&serving, at, &format!("deploy one.wasm {OF}"));
    let path = "/tenants/acme/bots/bot/environments/draft/respond";
    let headers = format!("authorization: Bearer {}\r\n", token(at));
    let body = event("c 1&2", 0, "hello").to_string();
    let answer = request_with(serving.address, &headers, "POST", path, &body).await;
    assert!(answer.contains("[\"one\"]"), "{answer}");
    let words = format!("capture --name hello {OF}");
    let mut ended = run(to(&serving, at, &words).arg("c 1&2"), "");
    for _ in 0..200 {
        // Nobody waits for it to be kept.
        if ended.code == 0 {
            break;
        }
        assert!(ended.stderr.contains("there is no turn"), "{ended:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        ended = run(to(&serving, at, &words).arg("c 1&2"), "");
    }
    assert_eq!(ended.stdout, "convos/hello.convo.txt\n", "{ended:?}");
    passes(&tested(at, &at.join("one.wasm"), &[]));
    assert_eq!(tested(at, &at.join("two.wasm"), &[]).code, 6);
}

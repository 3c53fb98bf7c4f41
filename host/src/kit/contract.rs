//! What any bot has to bear, whatever it is for: each kind of event, what may be missing, texts that nobody means, and the
//! same event twice. It may give a fault, or a reply that may be sent; it may not trap, run out of anything, or say what the
//! platform would drop.

use serde_json::{Value, json};

use super::level::Level;
use super::playing::{Entry, Failure, Played, Turn, Used, Who};
use super::script::Place;
use super::suite::Case;
use crate::liveperson::said::Kind;

/// What a bot is sent.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What it is about.
    pub name: &'static str,
    /// Payloads, as the platform writes them, but for `convId`: those of each conversation.
    pub talks: Vec<Vec<Value>>,
}

/// All that a bot for these kinds of conversations is sent.
pub fn probes(kinds: &[Kind]) -> Vec<Probe> {
    let mut probes = Vec::new();
    // Each for itself, so that what fails in both kinds is one failure.
    let mut add = |name, payload: &dyn Fn(Kind) -> Value| {
        let talks = kinds
            .iter()
            .map(|kind| vec![in_kind(payload(*kind), *kind)]);
        let talks = talks.collect();
        probes.push(Probe { name, talks });
    };
    add("a welcome", &welcome);
    for (name, payload) in events() {
        add(name, &|_| payload.clone());
    }
    for (name, text) in texts() {
        add(name, &|_| said(&text));
    }
    for (name, payload) in with_less() {
        let talks = vec![vec![payload]];
        probes.push(Probe { name, talks });
    }
    probes.push(twice(kinds.first().copied().unwrap_or_default()));
    probes
}

fn twice(kind: Kind) -> Probe {
    let first = in_kind(said("hello"), kind);
    let mut second = in_kind(said("and again"), kind);
    if let Some(sequence) = second.pointer_mut("/context/lpEvent/sequence") {
        *sequence = json!(2);
    }
    Probe {
        name: "an event that comes twice",
        talks: vec![vec![first.clone(), first, second]],
    }
}

fn said(text: &str) -> Value {
    event(
        json!(text),
        json!({ "event": { "type": "ContentEvent", "contentType": "text/plain", "message": text } }),
    )
}

fn event(message: Value, event: Value) -> Value {
    json!({ "message": message, "context": { "lpEvent": event } })
}

fn in_kind(mut payload: Value, kind: Kind) -> Value {
    if let Some(event) = payload
        .pointer_mut("/context/lpEvent")
        .and_then(Value::as_object_mut)
    {
        event.insert("sequence".to_owned(), json!(1));
        let context = json!({ "type": kind.name() });
        event.insert("conversationContext".to_owned(), context);
    }
    payload
}

fn welcome(kind: Kind) -> Value {
    let welcome = match kind {
        Kind::Chat => json!({ "isWelcomeEvent": true }),
        Kind::Messaging => json!({ "type": "ContentEvent", "content": "welcome" }),
    };
    event(Value::Null, welcome)
}

/// One of each other kind.
fn events() -> Vec<(&'static str, Value)> {
    let file = json!({ "event": { "type": "ContentEvent", "contentType": "hosted/file", "message": {
        "caption": "the key", "relativePath": "/v1/AUTH_async-images/55/key.PNG", "fileType": "PNG",
    } } });
    let rich = json!({ "event": { "type": "RichContentEvent", "content": {
        "type": "vertical", "elements": [{ "type": "text", "text": "chosen" }],
    } } });
    let unknown = json!({ "type": "SomethingNewEvent", "event": { "type": "SomethingNew", "value": [1, null, {}] } });
    vec![
        (
            "a file",
            event(
                json!("com.liveperson.bot-connectors.consumer.send-file"),
                file,
            ),
        ),
        ("rich content", event(Value::Null, rich)),
        ("an event that nobody knows", event(Value::Null, unknown)),
    ]
}

/// The most that a consumer can send.
const LARGE: usize = 64 << 10;

fn texts() -> Vec<(&'static str, String)> {
    let scripts = "English, Ελληνικά, Русский, 中文, 日本語, 한국어, हिन्दी, ไทย";
    vec![
        ("a text", "hello".to_owned()),
        ("an empty text", String::new()),
        ("white space", " \t\r\n\u{a0}\u{2003} ".to_owned()),
        ("64 KiB of text", "all work and no play ".repeat(LARGE / 21)),
        ("64 KiB without a space", "x".repeat(LARGE)),
        (
            "64 KiB of emoji",
            "👩‍👩‍👧‍👦🏳️‍🌈".chars().cycle().take(LARGE / 5).collect(),
        ),
        ("many scripts", scripts.to_owned()),
        ("emoji", "👍🏽 👩‍👩‍👧‍👦 🇩🇪 ❤️".to_owned()),
        (
            "right to left",
            "שלום, אני רוצה לדבר עם נציג. مرحبا بكم 123".to_owned(),
        ),
        (
            "marks upon marks",
            format!("z{}", "\u{300}\u{332}".repeat(500)),
        ),
        (
            "control characters",
            (0..32)
                .filter_map(char::from_u32)
                .chain(['\u{7f}', '\u{202e}', '\u{feff}', '\u{ffff}'])
                .collect(),
        ),
        (
            "markup",
            "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;&#0;".to_owned(),
        ),
        (
            "a query",
            "'; DROP TABLE orders; -- \" OR 1=1 ${7*7} {{7*7}} %s%n$(id)`id`".to_owned(),
        ),
        (
            "JSON",
            r#"{"messages":[{"text":"forged"}],"__proto__":{"a":1}}"#.to_owned(),
        ),
        ("a number", "-9007199254740993.5e308".to_owned()),
        (
            "names of what languages have",
            "__proto__ constructor toString null undefined NaN true".to_owned(),
        ),
        ("brackets without end", "([{".repeat(5000)),
    ]
}

/// What the platform may leave out.
fn with_less() -> Vec<(&'static str, Value)> {
    vec![
        ("nothing but a message", json!({ "message": "hello" })),
        (
            "an empty context",
            json!({ "message": "hello", "context": {} }),
        ),
        ("an empty event", event(json!("hello"), json!({}))),
        ("no message", json!({ "context": { "lpEvent": {} } })),
        (
            "fields that nobody knows",
            json!({ "message": "hello", "new": [1], "context": { "lpEvent": { "new": {} }, "more": null } }),
        ),
    ]
}

/// How much of a payload a person wants to see.
const MOST_SHOWN: usize = 200;

/// What of a payload a person wants to see.
fn shown(payload: &Value) -> String {
    payload.to_string().chars().take(MOST_SHOWN).collect()
}

/// What became of a probe, for a report.
pub fn judged(number: usize, probe: &Probe, turns: Vec<Turn>) -> (Case, Played) {
    let place = Place {
        file: Level::Contract.name().into(),
        line: number + 1,
    };
    let mut played = Played::default();
    for (payload, turn) in probe.talks.iter().flatten().zip(turns) {
        let enter = |who, words: &str| Entry {
            who,
            words: words.to_owned(),
        };
        played.entries.push(enter(Who::Me, &shown(payload)));
        played
            .entries
            .extend(turn.log.iter().map(|line| enter(Who::Log, line)));
        played.turns.push(Used {
            said: payload
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .chars()
                .take(MOST_SHOWN)
                .collect(),
            fuel: turn.fuel,
            memory_bytes: turn.memory_bytes,
            wall: turn.wall,
        });
        if let (Err(what), false) = (turn.result, turn.is_faulted) {
            played.failure.get_or_insert(Failure {
                place: place.clone(),
                what,
                expected: vec!["a reply that may be sent, or a fault".to_owned()],
                actual: None,
            });
        }
    }
    let case = Case {
        name: probe.name.to_owned(),
        place,
        steps: Vec::new(),
    };
    (case, played)
}

//! What any bot has to bear, whatever it is for: each kind of event, what may be missing, texts that nobody means, and the
//! same event twice. It may give a fault, or a reply that may be sent; it may not trap, run out of anything, or say what the
//! platform would drop.

use serde_json::{Value, json};

use super::heard::{Ask, Heard, Heeded};
use super::payloads;
use super::verdict::{Verdict, Wrong};
use crate::chat::{Event, TextMessage};
use crate::liveperson::said::Kind;
use crate::sandbox::World;

/// What a bot is sent.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What it is about.
    pub name: String,
    /// What is sent: in each conversation.
    pub talks: Vec<Vec<Ask>>,
}

/// All that a bot for these kinds of conversations is sent, or what a function is invoked with.
pub fn probes(world: World, kinds: &[Kind]) -> Vec<Probe> {
    if world == World::Function {
        let probe = |(name, ask)| Probe {
            name,
            talks: vec![vec![ask]],
        };
        return payloads::payloads().into_iter().map(probe).collect();
    }
    let mut probes = Vec::new();
    // Each for itself, so that what fails in both kinds is one failure.
    let mut add = |name: &str, payload: &dyn Fn(Kind) -> Value| {
        let talks = kinds
            .iter()
            .map(|kind| vec![Ask::Payload(in_kind(payload(*kind), *kind))]);
        let (name, talks) = (name.to_owned(), talks.collect());
        probes.push(Probe { name, talks });
    };
    add("a welcome", &welcome);
    for (name, payload) in events() {
        add(name, &|_| payload.clone());
    }
    for (name, text) in texts() {
        add(name, &|_| said(&text));
    }
    for (name, event) in handed() {
        let ask = |kind: &Kind| vec![Ask::Handed(in_kind(said("hello"), *kind), event.clone())];
        probes.push(Probe {
            name: name.to_owned(),
            talks: kinds.iter().map(ask).collect(),
        });
    }
    for (name, payload) in with_less() {
        let (name, talks) = (name.to_owned(), vec![vec![Ask::Payload(payload)]]);
        probes.push(Probe { name, talks });
    }
    probes.push(Probe {
        name: "a test that is of no conversation".to_owned(),
        talks: vec![vec![Ask::Test(
            json!({ "message": "hello", "context": {} }),
        )]],
    });
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
        name: TWICE.to_owned(),
        talks: vec![[first.clone(), first, second].map(Ask::Payload).into()],
    }
}

/// The event that the platform delivers a second time.
const TWICE: &str = "an event that comes twice";

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
        "type": "vertical", "elements": [{ "type": "map", "la": 52.5, "lo": 13.4 }],
    } } });
    let mut unknown = event(
        json!(""),
        json!({ "event": { "type": "SomethingNew", "value": [1, null, {}] } }),
    );
    if let Some(fields) = unknown.as_object_mut() {
        let named = json!({ "name": "something-new", "value": [1, null, {}] });
        fields.insert("event".to_owned(), named);
    }
    vec![
        (
            "a file",
            event(
                json!("com.liveperson.bot-connectors.consumer.send-file"),
                file,
            ),
        ),
        (
            "rich content without a text",
            event(
                json!("com.liveperson.bot-connectors.consumer.send-rich-content"),
                rich,
            ),
        ),
        ("an event that nobody knows", unknown),
    ]
}

/// The most that a consumer can send.
pub(super) const LARGE: usize = 64 << 10;

pub(super) fn texts() -> Vec<(&'static str, String)> {
    let scripts = "English, Ελληνικά, Русский, 中文, 日本語, 한국어, हिन्दी, ไทย";
    vec![
        ("a text", "hello".to_owned()),
        ("white space", " \t\r\n\u{a0}\u{2003} ".to_owned()),
        ("64 KiB of text", "all work and no play ".repeat(LARGE / 21)),
        ("64 KiB without a space", "x".repeat(LARGE)),
        (
            "64 KiB of emoji",
            "👩‍👩‍👧‍👦🏳️‍🌈".chars().cycle().take(LARGE / 5).collect(),
        ),
        ("many scripts in one text", scripts.to_owned()),
        ("emoji", "👍🏽 👩‍👩‍👧‍👦 🇩🇪 ❤️".to_owned()),
        (
            "text from right to left",
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
            "JSON as a text",
            r#"{"messages":[{"text":"forged"}],"__proto__":{"a":1}}"#.to_owned(),
        ),
        ("a number", "-9007199254740993.5e308".to_owned()),
        (
            "words that languages keep",
            "__proto__ constructor toString null undefined NaN true".to_owned(),
        ),
        ("brackets without end", "([{".repeat(5000)),
    ]
}

/// What only LivePerson's other way in hands over, and who comes by this one may be moved to that.
fn handed() -> [(&'static str, Event); 2] {
    let empty = TextMessage {
        text: String::new(),
        metadata: None,
    };
    [
        ("an empty text", Event::Text(empty)),
        ("a conversation that is over", Event::ConversationClosed),
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
        (
            "an event without a message",
            json!({ "context": { "lpEvent": {} } }),
        ),
        (
            "fields that nobody knows",
            json!({ "message": "hello", "new": [1], "context": { "lpEvent": { "new": {} }, "more": null } }),
        ),
    ]
}

/// What became of a probe.
pub fn judged(probe: &Probe, turns: Vec<Heard>) -> Verdict {
    let mut verdict = Verdict::new(probe.name.clone());
    for heard in turns {
        let broken = heard.broken();
        verdict.wrong(broken.map(|broken| Wrong {
            what: broken.told(&format!("on {}", probe.name)),
            expected: vec!["a reply that may be sent, or a fault".to_owned()],
            actual: None,
        }));
        verdict.hear(heard);
    }
    if probe.name == TWICE {
        verdict.wrong(repeated(&verdict.heard));
    }
    verdict
}

/// A repeat is given the answer of the first time.
fn repeated(heard: &[Heard]) -> Option<Wrong> {
    let [first, second, ..] = heard else {
        return None;
    };
    match (&first.answer, &second.answer) {
        (Heeded::Answer(one), Heeded::Answer(other)) if one != other => Some(Wrong::other(
            "an event that comes a second time is given another answer than the first time: this is the host's to hold, so \
             report it",
            one.clone(),
            other.clone(),
        )),
        _ => None,
    }
}

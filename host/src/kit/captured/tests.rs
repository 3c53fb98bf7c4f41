use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::bindings::http::HttpError;
use crate::capsules::{Answer, Bytes, Came, Ended, Exchange, Found, Machine, Taken, Told};
use crate::chat::{Event, Reply, TextMessage, Welcome};
use crate::egress::Fakes;
use crate::kit::{self, Partner, Said, Suite};
use crate::state::Scope;

/// A turn that was kept: what was said, and what the bot said to it.
fn turn(number: u64, event: Event, said: Option<Value>) -> Capsule {
    let conversation = crate::chat::Conversation {
        id: Some("talk".to_owned()),
        ..crate::chat::Conversation::default()
    };
    let at = crate::tenant::Address {
        tenant: "acme".parse().expect("a tenant"),
        bot: "bot".parse().expect("a bot"),
        environment: "draft".parse().expect("an environment"),
    };
    let mut capsule = Capsule::from(Taken {
        id: Uuid::from_u128(u128::from(number)),
        at: Timestamp::UNIX_EPOCH,
        place: Arc::new(at),
        revision: "sha256:00".into(),
        asked: Asked::Turn {
            contract: None,
            turn: Box::new(Turn {
                conversation,
                sequence: Some(number),
                event,
                platform_event: None,
            }),
        },
        told: crate::capabilities::tape::Told::default(),
        ended: Ended {
            outcome: match said {
                Some(_) => "replied".to_owned(),
                None => "bot-trapped".to_owned(),
            },
            fault: None,
            cause: said.is_none().then(|| "it trapped".to_owned()),
            said,
            fuel: Some(1),
            late: None,
            memory_peak_bytes: 1,
            host_calls: 0,
            log: Vec::new(),
            dropped_lines: 0,
        },
        config: Arc::default(),
        granted: Arc::default(),
        limits: crate::sandbox::Limits::default(),
        reply: crate::chat::ReplyLimits::default(),
        machine: Machine {
            retort: "0".to_owned(),
            clock_resolution_us: 1,
            wasm_stack_bytes: 1,
            script_engine: String::new(),
        },
        gap: None,
    });
    capsule.told.began = number;
    capsule
}

fn text(text: &str) -> Event {
    Event::Text(TextMessage {
        text: text.to_owned(),
        metadata: None,
    })
}

fn welcome() -> Event {
    Event::Welcome(Welcome {
        last_consumer_message: None,
    })
}

fn texts(texts: &[&str]) -> Option<Value> {
    let part = |text: &&str| json!({ "Text": { "text": text, "metadata": null, "encoded_metadata": null } });
    let parts: Vec<_> = texts.iter().map(part).collect();
    answer(&json!({ "parts": parts }))
}

/// An answer with this in it.
fn answer(with: &Value) -> Option<Value> {
    let mut answer =
        json!({ "parts": [], "action": null, "intents": [], "encoded_metadata": null });
    for (field, value) in with.as_object().expect("fields") {
        answer[field] = value.clone();
    }
    Some(json!({ "Answer": answer }))
}

fn rich(content: &Value) -> Value {
    json!({ "StructuredContent": { "content": content, "metadata": null, "encoded_metadata": null } })
}

fn captured(capsules: &[Capsule]) -> Captured {
    Captured::of("a talk", "talk", capsules).expect("it is captured")
}

impl Captured {
    fn file(&self, name: &str) -> &str {
        let file = self.files.iter().find(|(file, _)| file == name);
        file.map_or("", |(_, text)| text)
    }

    fn script(&self) -> &str {
        self.file("a talk.convo.txt")
    }
}

/// One who answers as was recorded.
struct Recording {
    replies: VecDeque<Value>,
    heard: Vec<Said>,
}

impl Partner for Recording {
    async fn hear(&mut self, said: Said) -> kit::Turn {
        self.heard.push(said);
        let reply = self.replies.pop_front().expect("a reply");
        kit::Turn {
            result: Ok(serde_json::from_value::<Reply>(reply).expect("a reply")),
            log: Vec::new(),
            fuel: 1,
            memory_bytes: 1,
            wall: Duration::ZERO,
        }
    }
}

/// Holds what was captured with one who gives these answers: what was said to it, and what did not hold.
fn held(captured: &Captured, replies: &[Value]) -> (Vec<Said>, Option<String>) {
    let bundle: Bundle = captured.files.iter().cloned().collect();
    let suite = Suite::of(&bundle).expect("a suite");
    let mut with = Recording {
        replies: replies.iter().cloned().collect(),
        heard: Vec::new(),
    };
    let [case] = suite.cases.as_slice() else {
        panic!("{}", captured.script());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let played = runtime
        .expect("a thread")
        .block_on(kit::play(case, &suite, &mut with));
    let failure = played.failure.map(|failure| {
        format!(
            "{}: {} {:?} {:?}",
            failure.place, failure.what, failure.expected, failure.actual
        )
    });
    (with.heard, failure)
}

fn replies(capsules: &[Capsule]) -> Vec<Value> {
    let said = capsules.iter().map(|capsule| capsule.ended.said.clone());
    said.map(|said| said.expect("a reply")).collect()
}

/// Texts that look like something else.
const HOSTILE: [&str; 40] = [
    "hello",
    "#me",
    "# bot",
    "#bots",
    "##end",
    "#hashtag",
    "first\n#bot\nsecond",
    "first\n\n#me\n\nlast",
    "!not",
    "!!not",
    "?maybe",
    "??maybe",
    "?!both",
    "!?both",
    "!BUTTONS a",
    "BUTTON press",
    "BUTTONS a|b",
    "MEDIA https://a.b/c.png",
    "FORM x",
    "TEXT_EQUALS x",
    "TEXT_UNKNOWN x",
    "JSON_PATH $.a",
    "INCLUDE other",
    "PAUSE 10",
    "SKIP_BOT_UNCONSUMED",
    "UPDATE_CUSTOM a|b",
    "$name and $now",
    "costs $5",
    "{\"a\": 1}",
    "[1, 2]",
    "a|b\\|c\\",
    "\\",
    "*",
    "a * b ** c",
    "(.*)[a-z]+?^$",
    "  spaces at both ends  ",
    "one\ttab\r\nand\rreturns\n\n",
    "👋🏽 שלום \u{202e}evil\u{202c} \u{feff}x",
    "<b>bold</b> &amp;lt; 1 < 2",
    "\u{2028}line\u{85}ends\u{0}",
];

#[test]
fn a_text_that_looks_like_script_is_said_and_claimed_as_it_was() {
    for hostile in HOSTILE {
        let capsules = [
            turn(1, text(hostile), texts(&[hostile, "and more"])),
            turn(2, text("go on"), texts(&["done"])),
        ];
        let captured = captured(&capsules);
        let (heard, failure) = held(&captured, &replies(&capsules));
        assert_eq!(failure, None, "{}", captured.script());
        let [Said::Text(said), Said::Text(_)] = heard.as_slice() else {
            panic!("{heard:?}");
        };
        let is_told = captured
            .notes
            .iter()
            .any(|note| note.contains("other line breaks"));
        assert_eq!(said != hostile, is_told, "{hostile:?} {said:?}");
        assert!(
            said.split_whitespace().eq(hostile.split_whitespace()),
            "{said:?}"
        );
        // Another text is another one.
        let others = [texts(&["other", "and more"]), texts(&["done"])];
        let others: Vec<_> = others.into_iter().flatten().collect();
        let (_, failure) = held(&captured, &others);
        let is_claimed = !captured
            .notes
            .iter()
            .any(|note| note.contains("a text that"));
        assert_eq!(failure.is_some(), is_claimed, "{}", captured.script());
    }
}

#[test]
fn a_text_of_any_length_is_captured_or_told() {
    let long = "word ".repeat(30_000);
    let capsules = [turn(1, text(&long), texts(&["x"]))];
    assert_eq!(held(&captured(&capsules), &replies(&capsules)).1, None);
    let capsules = [
        turn(1, text("hi"), texts(&["x"])),
        turn(2, text(&long), texts(&[&long])),
        turn(3, text("more"), texts(&["x"])),
    ];
    let captured = captured(&capsules);
    assert!(
        captured
            .notes
            .iter()
            .any(|note| note.starts_with("turn 2:") && note.contains("larger than one may be")),
        "{:?}",
        captured.notes
    );
    let (heard, failure) = held(&captured, &replies(&capsules));
    assert_eq!((heard.len(), failure), (1, None));
}

proptest! {
    #[test]
    fn whatever_is_said_is_read_again(
        said in proptest::collection::vec("[#!?$*|\\\\ \n\r\ta-cA-Z_{}\\[\\]()<>&;\"'é😀\u{202e}]{1,12}|#(me|bot|begin|end|include)|(BUTTON|BUTTONS|TEXT_EQUALS|INCLUDE|PAUSE|MEDIA) ?|\n", 1..8),
        replied in proptest::collection::vec("[#!?$*|\\\\ \n\ta-c<>&;]{0,12}x|\\$now|TEXT a|.{1,20}y", 1..4),
    ) {
        let said = said.concat();
        let replied: Vec<&str> = replied.iter().map(String::as_str).collect();
        let capsules = [
            turn(1, welcome(), texts(&["welcome"])),
            turn(2, text(&said), texts(&replied)),
            turn(3, text("go on"), texts(&["done"])),
        ];
        let captured = captured(&capsules);
        let is_left_out = captured.notes.iter().any(|note| note.contains("an empty text was said"));
        prop_assert_eq!(is_left_out, said.trim().is_empty() || said.trim_matches('\u{feff}').trim().is_empty());
        let mut replies = replies(&capsules);
        if is_left_out {
            replies.remove(1);
        }
        let (heard, failure) = held(&captured, &replies);
        prop_assert_eq!(failure, None, "{}", captured.script());
        if let (false, Some(Said::Text(heard))) = (is_left_out, heard.get(1)) {
            prop_assert!(heard.split_whitespace().eq(said.split_whitespace()), "{:?} {:?}", heard, said);
        }
    }
}

fn everything() -> Vec<Capsule> {
    let button = |title: &str, says: &str| json!({ "type": "button", "title": title, "click": { "actions": [{ "type": "publishText", "text": says }] } });
    let card = json!({ "type": "vertical", "elements": [
        { "type": "text", "text": "On its way | soon" },
        { "type": "image", "url": "https://a.b/c.png" },
        button("A person", "A person"),
        button("Later", "not now"),
    ] });
    let quick = json!({ "type": "text", "text": "Which?", "quickReplies": { "type": "quickReplies", "replies": [button("One", "1"), button("Two", "2")] } });
    let note = json!({ "PrivateText": { "text": "for\nagents", "metadata": null, "encoded_metadata": null } });
    let delay = json!({ "Delay": { "seconds": 2, "typing": true } });
    vec![
        turn(1, welcome(), answer(&json!({ "parts": [rich(&quick)] }))),
        turn(
            2,
            text("1"),
            answer(&json!({
                "parts": [delay, rich(&card), note],
                "intents": [{ "id": "track", "name": null, "score": 0.29 }],
            })),
        ),
        turn(3, text("hm"), Some(json!("NoAnswer"))),
        turn(
            4,
            text("bye"),
            answer(&json!({ "action": { "Close": { "survey": true } } })),
        ),
        turn(
            5,
            text("no"),
            answer(&json!({ "action": { "Transfer": { "skill": "human", "agent_id": null } } })),
        ),
    ]
}

#[test]
fn all_that_a_reply_has_is_claimed() {
    let capsules = everything();
    let captured = captured(&capsules);
    let script = captured.script();
    let (_, sections) = script.split_once("\n\n").expect("a header");
    assert_eq!(
        sections,
        "#bot
TEXT_EQUALS Which?
CARDS Which?
BUTTONS One|1|Two|2
CARDS_COUNT 1
BUTTONS_COUNT 2
!ACTION

#me
1

#bot
TEXT_EQUALS On its way \\| soon
CARDS On its way \\| soon
BUTTONS A person|Later|\"not now\"
MEDIA https://a.b/c.png
CARDS_COUNT 1
BUTTONS_COUNT 2
MEDIA_COUNT 1
INTENT track
INTENT_CONFIDENCE 28
NOTE for agents
DELAY 2
!ACTION

#me
hm

#bot
?!*

#me
bye

#bot
ACTION close
!ACTION close|without-survey

#me
no

#bot
ACTION transfer|human

#end
BOT_CONSUMED
"
    );
    assert_eq!(captured.notes, Vec::<String>::new());
    let replies = replies(&capsules);
    assert_eq!(held(&captured, &replies).1, None);
    // Each turn's answer in the place of another one's fails.
    for at in 0..replies.len() {
        for other in 0..replies.len() {
            let mut others = replies.clone();
            others[at] = replies[other].clone();
            let failure = held(&captured, &others).1;
            // Of a turn that was left unanswered no more is claimed than that nothing is said.
            let is_so = at == other || (at == 2 && other > 2);
            assert_eq!(failure.is_none(), is_so, "{at} {other} {failure:?}");
        }
    }
}

#[test]
fn what_a_script_has_no_words_for_is_told_and_left_out() {
    let mut failed = turn(4, text("boom"), None);
    failed.told.wall = vec![1];
    let mut redacted = turn(5, text("xxx@xxx.xx"), texts(&["well"]));
    redacted.redacted.insert("email".to_owned());
    redacted.told.wall = vec![1];
    redacted.gap = Some("something is missing".to_owned());
    let capsules = [
        turn(1, text("hi"), texts(&["hello"])),
        turn(2, welcome(), texts(&["hello again"])),
        turn(3, Event::ConversationClosed, Some(json!("NoAnswer"))),
        failed,
        redacted,
    ];
    let captured = captured(&capsules);
    for (at, told) in [
        "turn 5: it is not kept as it was: something is missing",
        "turn 5: what was redacted (email)",
        "turns 4, 5: the bot looked at the time",
        "turn 2: the bot was welcomed again",
        "turn 3: the conversation was closed",
        "turn 4: it failed with bot-trapped (it trapped)",
    ]
    .iter()
    .enumerate()
    {
        assert!(
            captured.notes.iter().any(|note| note.starts_with(told)),
            "{at} {told}: {:#?}",
            captured.notes
        );
        assert!(captured.script().contains(&format!("\nNote: {told}")));
    }
    assert_eq!(captured.notes.len(), 6);
    let answers = [texts(&["hello"]), texts(&["mended"]), texts(&["well"])];
    let answers: Vec<_> = answers.into_iter().flatten().collect();
    let (heard, failure) = held(&captured, &answers);
    assert_eq!((heard.len(), failure), (3, None), "{}", captured.script());
}

fn exchange(url: &str, answer: Result<Answer, HttpError>) -> Exchange {
    Exchange {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: None,
        answer,
        charged: 0,
    }
}

fn answered(status: u16, body: &[u8]) -> Result<Answer, HttpError> {
    Ok(Answer {
        status,
        headers: vec![
            ("x".to_owned(), "a\"b".to_owned()),
            ("x".to_owned(), "c".to_owned()),
        ],
        body: Bytes(body.to_vec()),
    })
}

#[test]
fn what_a_bot_found_stands_beside_the_script() {
    let mut first = turn(1, text("hi"), texts(&["hello"]));
    let mut second = turn(2, text("more"), texts(&["hello"]));
    first.config = vec![("greeting".to_owned(), "it's me".to_owned())];
    second.config.clone_from(&first.config);
    first.told = Told {
        began: 1,
        http: vec![
            exchange(
                "https://A.b/c d#e",
                answered(200, "{\n\"ü\u{7f}\\\": 1}".as_bytes()),
            ),
            exchange("https://a.b/late", Err(HttpError::Timeout)),
            exchange(
                "https://a.b/cut",
                Err(HttpError::Connection("gone".to_owned())),
            ),
            exchange("https://a.b/no", Err(HttpError::Denied("no".to_owned()))),
            exchange(
                "https://a.b/big",
                Err(HttpError::Limit("too large".to_owned())),
            ),
        ],
        state: vec![Found {
            scope: Scope::Bot,
            last: 3,
            entries: vec![crate::capsules::Value {
                key: "a key.\"x\"".to_owned(),
                value: Bytes(b"tally\n1".to_vec()),
                revision: 3,
            }],
        }],
        secrets: vec![
            crate::capsules::Secret {
                name: "api-key".parse().expect("a name"),
                came: Came::Bytes(12),
            },
            crate::capsules::Secret {
                name: "other".parse().expect("a name"),
                came: Came::NotSet,
            },
        ],
        ..Told::default()
    };
    second.told = Told {
        began: 2,
        http: vec![
            exchange("https://a.b/late", answered(200, b"in time")),
            exchange("https://a.b/raw", answered(200, b"\xff")),
        ],
        ..Told::default()
    };
    // In whatever order, and twice.
    let capsules = [second.clone(), first, second];
    let captured = captured(&capsules);
    assert_eq!(captured.options, ["--set 'greeting=it'\\''s me'"]);
    assert_eq!(
        captured.file("state.toml"),
        "[bot]\n\"a key.\\\"x\\\"\" = \"tally\\n1\"\n\n"
    );
    let secrets = captured.file("secrets.toml");
    let table: toml::Table = toml::from_str(secrets).expect("TOML");
    assert_eq!(
        table["api-key"].as_str().map(str::len),
        Some(12),
        "{secrets}"
    );
    assert!(secrets.starts_with("# Fillers") && table.len() == 1);
    assert!(captured.is_met_by("secrets.toml", "api-key = 'mine'\nmore = 'x'"));
    assert!(!captured.is_met_by("secrets.toml", "more = 'x'"));
    assert!(!captured.is_met_by("state.toml", ""));
    let fakes = captured.file("fakes.toml");
    assert!(Fakes::parse(fakes).is_ok(), "{fakes}");
    assert!(
        fakes.starts_with(
            "[[fake]]\nrequest = \"GET https://a.b/c%20d\"\nstatus = 200\nheaders = { \"x\" = \"a\\\"b, c\" }\nbody = \"{\\n\\\"ü\\u007F\\\\\\\": 1}\"\n\n"
        ),
        "{fakes}"
    );
    assert_eq!(fakes.matches("[[fake]]").count(), 5, "{fakes}");
    for told in [
        "turn 1: GET https://a.b/big came to \"too large\"",
        "turn 2: GET https://a.b/late was answered otherwise",
        "turn 2: the body that answered GET https://a.b/raw",
    ] {
        assert!(
            captured.notes.iter().any(|note| note.starts_with(told)),
            "{told}: {:#?}",
            captured.notes
        );
    }
}

#[test]
fn a_suite_is_for_one_bot_and_one_conversation() {
    let one = turn(1, text("hi"), texts(&["hello"]));
    let error = Captured::of("x", "other", std::slice::from_ref(&one)).expect_err("none");
    assert_eq!(
        error.to_string(),
        "there is no turn of the conversation \"other\"; there are turns of: talk"
    );
    let mut second = turn(2, text("hi"), texts(&["hello"]));
    second.place.bot = "other".parse().expect("a bot");
    let error = Captured::of("x", "talk", &[one, second]).expect_err("two bots");
    assert!(
        error.to_string().ends_with("of acme/bot, acme/other"),
        "{error}"
    );
    let closed = turn(1, Event::ConversationClosed, Some(json!("NoAnswer")));
    let error = Captured::of("x", "talk", &[closed]).expect_err("nothing");
    assert!(
        error.to_string().contains("the conversation was closed"),
        "{error}"
    );
}

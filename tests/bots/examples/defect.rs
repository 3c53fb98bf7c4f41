//! A bot for a small shop that behaves well, unless its configuration names a defect: then it has that one, and no other. It
//! greets, tells the hours, and looks an order up, for which it keeps that it has asked, reads a secret and sends a request.

use retort_sdk::bindings::{self, exports::retort::bot::handler::Guest};
use retort_sdk::content::{Button, QuickReplies};
use retort_sdk::http::{self, HttpError, Response};
use retort_sdk::secrets::{self, SecretError};
use retort_sdk::state::{self, Scope};
use retort_sdk::{
    Answer, ConfigProblem, Description, Event, Fault, Reply, StructuredContent, Turn, Value, config,
};

struct Shop;

/// Whether it has this one.
fn has(defect: &str) -> bool {
    config::get("defect").is_some_and(|name| name == defect)
}

/// Gives up on purpose.
fn trap_if(is_so: bool, defect: &str) {
    assert!(!(is_so && has(defect)), "{defect}");
}

impl Guest for Shop {
    fn describe() -> Description {
        let version = match config::get("defect").as_deref() {
            Some("version-of-the-day") => format!("1.0.{}", turns_since_noon()),
            Some("no-version") => "1.0".to_owned(),
            _ => "1.0.0".to_owned(),
        };
        let name = "misbehaving".to_owned();
        Description { name, version }
    }

    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        let keys = config::keys();
        let known = |key: &String| ["defect", "greeting"].contains(&key.as_str());
        trap_if(!keys.iter().all(known), "unknown-key");
        let greeting = config::get("greeting");
        trap_if(greeting.is_none(), "missing-key");
        let greeting = greeting.unwrap_or_default();
        trap_if(
            greeting.is_empty() && keys.contains(&"greeting".to_owned()),
            "empty-value",
        );
        trap_if(greeting.len() > 1000, "huge-value");
        trap_if(greeting.contains('\0'), "hostile-value");
        match has("refuses-all") {
            true => Err(vec![ConfigProblem::new("greeting", "is never right")]),
            false => Ok(()),
        }
    }

    fn respond(turn: Turn) -> Result<Reply, Fault> {
        if has("needs-a-sequence") {
            let _ = turn.sequence.expect("each event has a number");
        }
        if has("needs-a-conversation") {
            let _ = turn
                .conversation
                .id
                .as_ref()
                .expect("each turn has a conversation");
        }
        let is_messaging = turn.conversation.is_messaging();
        match &turn.event {
            Event::Welcome(_) => welcome(is_messaging),
            Event::Text(message) => said(&message.text, &turn),
            Event::File(file) => {
                if has("needs-a-preview") {
                    let _ = file.preview.as_ref().expect("a file has a preview");
                }
                if has("invalid-card") {
                    return Ok(card(
                        r#"{"type":"vertical","elements":[{"type":"button"}]}"#,
                    ));
                }
                Ok(Answer::text("Thank you for the file.").into())
            }
            Event::RichContent(rich) => {
                let content: Value = rich.content_as()?;
                if has("needs-a-text") {
                    let _ = content["text"].as_str().expect("what is sent has a text");
                }
                Ok(Answer::text("Thank you.").into())
            }
            Event::ConversationClosed => {
                trap_if(true, "never-over");
                Ok(Reply::NoAnswer)
            }
            Event::Other(_) => {
                trap_if(true, "unknown-event");
                Ok(Reply::NoAnswer)
            }
        }
    }
}

fn welcome(is_messaging: bool) -> Result<Reply, Fault> {
    let greeting = config::get("greeting").filter(|text| !text.trim().is_empty());
    let greeting = greeting.unwrap_or_else(|| "Hello".to_owned());
    let greeting: String = greeting
        .chars()
        .filter(|c| !c.is_control())
        .take(100)
        .collect();
    let text = format!("{greeting}! What can I do?");
    if !is_messaging && !has("quick-replies-in-a-chat") {
        return Ok(Answer::text(text).into());
    }
    let replies = QuickReplies::new(text)
        .and(Button::says("status"))
        .and(Button::says("hours"));
    let replies = replies
        .build()
        .map_err(|error| Fault::new("invalid", error.to_string()))?;
    Ok(Answer::empty().and(replies).into())
}

fn said(text: &str, turn: &Turn) -> Result<Reply, Fault> {
    bear(text);
    if has("person-writes-cards") && text.starts_with('{') {
        return Ok(card(text));
    }
    if has("says-it-back") && text.len() > 60_000 {
        return Ok(Answer::text(text.repeat(20)).into());
    }
    if has("letters-only") && text.starts_with(['-', '[', '(', '👍']) {
        let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect();
        return Ok(Answer::text(letters).into());
    }
    let text = text.trim();
    let place = match has("one-place-for-all") {
        true => Scope::Bot,
        false => Scope::Conversation,
    };
    if state::get(place, "asked")?.is_some() {
        state::delete(place, "asked")?;
        return Ok(Answer::text(order(text)).into());
    }
    match text {
        "" => Ok(Reply::NoAnswer),
        "status" => {
            match state::set(place, "asked", b"1", None) {
                Ok(_) => {}
                Err(error) if has("state-always-fits") => panic!("{error:?}"),
                Err(_) => return Ok(Answer::text("I cannot remember anything now.").into()),
            }
            Ok(Answer::text("Which order?").into())
        }
        "hours" => Ok(Answer::text(hours(turn)?).into()),
        _ => {
            if has("one-note-for-all") {
                state::set(Scope::Bot, "note", text.as_bytes(), None)?;
            }
            Ok(Answer::text("I did not understand that.").into())
        }
    }
}

/// What defects do to texts that nobody means.
fn bear(text: &str) {
    if has("first-letter") {
        let _ = text.chars().next().expect("a text has a letter");
    }
    if has("first-word") && !text.is_empty() {
        let _ = text.split_whitespace().next().expect("a text has a word");
    }
    if has("first-bytes") && text.len() > 5 {
        let _ = std::hint::black_box(&text[..5]);
    }
    if has("small-buffer") {
        let mut buffer = vec![0_u8; 32 << 10];
        buffer[..text.len()].copy_from_slice(text.as_bytes());
        std::hint::black_box(buffer);
    }
    trap_if(text.contains('\0'), "no-control-characters");
    if has("recursion") {
        std::hint::black_box(depth(text.as_bytes()));
    }
    if has("each-with-each") && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        let bytes = text.as_bytes();
        let same = |one: &u8| {
            bytes
                .iter()
                .filter(|other| std::hint::black_box(*other) == one)
                .count()
        };
        std::hint::black_box(bytes.iter().map(same).sum::<usize>());
    }
    if has("keeps-copies") && text.len() > 60_000 {
        std::hint::black_box(vec![text.to_owned(); 2000]);
    }
}

/// How deep brackets lie in one another.
fn depth(text: &[u8]) -> usize {
    // What a parser keeps of each level.
    let level = std::hint::black_box([0_usize; 16]);
    match text {
        [b'(' | b'[' | b'{', rest @ ..] => depth(rest) + level.len(),
        _ => level[0],
    }
}

/// The same by a loop, texts included.
fn deepest(text: &[u8]) -> i32 {
    let step = |byte: &u8| match byte {
        b'[' | b'{' => 1,
        b']' | b'}' => -1,
        _ => 0,
    };
    let levels = text.iter().scan(0_i32, |level, byte| {
        *level += step(byte);
        Some(*level)
    });
    levels.max().unwrap_or(0)
}

fn hours(turn: &Turn) -> Result<String, Fault> {
    let mut told = match has("wrong-hours") {
        true => "We are open from 8 to 18.".to_owned(),
        false => "We are open from 9 to 17.".to_owned(),
    };
    let id = turn.conversation.id.as_deref().unwrap_or_default();
    if has("ticket-of-the-id") {
        told += &format!(" Ticket {}.", id.get(..4).unwrap_or_default());
    }
    if has("searches-by-the-id") {
        let number = id
            .get(..4)
            .and_then(|start| u64::from_str_radix(start, 16).ok());
        (0..number.unwrap_or_default()).for_each(|n| {
            std::hint::black_box(n);
        });
    }
    if has("counts-to-the-day") {
        (0..10_000_000_u64).for_each(|n| {
            std::hint::black_box(n);
        });
    }
    if has("secret-written-in") {
        told += " Key f3a9c1d7e5b2.";
    }
    if has("says-its-secret") {
        told += &format!(" Key {}.", secrets::get("api-key").unwrap_or_default());
    }
    if has("one-note-for-all") {
        let note = state::get(Scope::Bot, "note")?;
        let note = note.map(|entry| String::from_utf8_lossy(&entry.value).into_owned());
        told += &format!(" Somebody said: {}.", note.unwrap_or_default());
    }
    Ok(told)
}

/// What has become of an order.
fn order(number: &str) -> String {
    let later = || "The orders cannot be looked up now.".to_owned();
    if number.is_empty() || number.len() > 9 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return "That is no number of an order.".to_owned();
    }
    let key = match secrets::get("api-key") {
        Ok(key) => key,
        Err(SecretError::NotSet) if has("secret-is-always-set") => panic!("no secret"),
        Err(_) => return later(),
    };
    let url = format!("https://orders.example.com/orders/{number}");
    let request = http::get(url).with_header("x-api-key", key);
    let mut sent = http::send(&request);
    if has("tries-for-ever") && matches!(sent, Err(HttpError::Timeout)) {
        while sent.is_err() {
            sent = http::send(&request);
        }
    }
    match sent {
        Ok(response) => {
            read(&response).map_or_else(later, |state| format!("Order {number} is {state}."))
        }
        Err(error) => {
            trap_if(
                matches!(error, HttpError::Connection(_)),
                "server-is-always-there",
            );
            trap_if(matches!(error, HttpError::Limit(_)), "answer-always-fits");
            trap_if(
                matches!(error, HttpError::Denied(_)),
                "never-sent-elsewhere",
            );
            trap_if(matches!(error, HttpError::Timeout), "server-is-always-fast");
            later()
        }
    }
}

/// What a server says of an order.
fn read(response: &Response) -> Option<String> {
    trap_if(response.status != 200, "status-is-always-200");
    if !response.is_success() {
        return None;
    }
    if has("body-has-a-byte") {
        let _ = std::hint::black_box(response.body[0]);
    }
    if has("body-is-text") {
        let _ = std::str::from_utf8(&response.body).expect("a body is text");
    }
    if has("body-is-flat") {
        std::hint::black_box(depth(&response.body));
    }
    trap_if(response.body.starts_with(b"<"), "body-is-no-page");
    trap_if(
        response.body.starts_with(b"{") && !response.body.ends_with(b"}"),
        "body-is-whole",
    );
    // A parser keeps something of each level on the stack, which is small.
    if deepest(&response.body) > 32 {
        return None;
    }
    let value: Value = response.json().ok()?;
    if has("body-has-a-state") {
        let _ = value["state"].as_str().expect("an order has a state");
    }
    let state = value["state"].as_str()?;
    Some(
        state
            .chars()
            .filter(|c| !c.is_control())
            .take(100)
            .collect(),
    )
}

fn card(content: &str) -> Reply {
    let card = StructuredContent {
        content: content.to_owned(),
        metadata: None,
        encoded_metadata: None,
    };
    Answer::empty().and(card).into()
}

/// How many turns there have been, by the clock of who tries it.
fn turns_since_noon() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |time| time.as_secs() % 60 / 10)
}

bindings::export!(Shop with_types_in bindings);

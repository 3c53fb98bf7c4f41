//! Any bytes as the scripts of a suite. Each is read or refused, and the cases that they come to are played with a partner
//! who says back what it hears, so that texts are compared, words are remembered and claims are judged.
//!
//! A line `@@ KIND` begins the next file; the first is a conversation.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use retort::bindings::types::{
    Action, Answer, Close, Delay, FunctionInvocation, Intent, Part, Reply as Raw,
    StructuredContent, Text, TimeToResponse, Transfer,
};
use retort::chat::{Channel, Contract, Reply, ReplyLimits};
use retort::kit::{Case, Partner, Played, Said, Suite, Turn, Unread, convo, play, utterances};

use super::glob::glob;

/// As `docs/testing.md` has them.
const MOST_BYTES: usize = 256 << 10;
const MOST_STEPS: usize = 1000;
const MOST_CASES: usize = 10_000;
const MOST_WILDCARDS: usize = 10;

/// So many cases of a suite are played: the last ones, in which the last phrases are.
const PLAYED: usize = 4;

/// Everything that has to hold of any bytes.
pub(crate) fn hold(input: &[u8]) {
    let files = files(input);
    for (name, bytes) in &files {
        holds_of_a_file(name, bytes);
    }
    holds_of_a_suite(&files);
    holds_of_an_echo(input);
}

/// The files that an input stands for.
fn files(input: &[u8]) -> Vec<(String, &[u8])> {
    const NEXT: &[u8] = b"\n@@ ";
    let (mut files, mut rest, mut kind) = (Vec::new(), input, "convo");
    loop {
        let name = format!("{}.{kind}.txt", files.len());
        let Some(at) = rest.windows(NEXT.len()).position(|bytes| bytes == NEXT) else {
            files.push((name, rest));
            return files;
        };
        let (file, next) = rest.split_at(at);
        files.push((name, file));
        let next = next.get(NEXT.len()..).unwrap_or_default();
        let end = next.iter().position(|byte| *byte == b'\n');
        let (word, after) = next.split_at(end.unwrap_or(next.len()));
        kind = match word {
            b"utterances" => "utterances",
            b"pconvo" => "pconvo",
            _ => "convo",
        };
        rest = after.get(1..).unwrap_or_default();
    }
}

/// How many lines a reader sees, whichever end they have.
fn lines(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    text.split(['\n', '\r']).count()
}

fn holds_of_a_file(name: &str, bytes: &[u8]) {
    let lines = lines(bytes);
    let read = convo(name, bytes);
    match &read {
        Ok(convo) => {
            assert!(bytes.len() <= MOST_BYTES && convo.steps.len() <= MOST_STEPS);
            assert!(!convo.name.is_empty() && &*convo.place.file == name);
            let mut last = 0;
            for step in &convo.steps {
                let line = step.place.line;
                assert!(&*step.place.file == name && last < line && line <= lines);
                last = line;
            }
        }
        Err(error) => {
            let place = &error.place;
            assert!(&*place.file == name && (1..=lines).contains(&place.line));
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("{name}:{}: ", place.line))
            );
            assert!(!error.what.is_empty());
        }
    }
    let phrases = utterances(name, bytes);
    match &phrases {
        Ok(read) => {
            assert!(bytes.len() <= MOST_BYTES && read.phrases.len() < lines);
            assert!(!read.name.is_empty() && !read.name.contains(char::is_whitespace));
            assert!(read.phrases.iter().all(|phrase| !phrase.is_empty()));
        }
        Err(error) => {
            assert!(&*error.place.file == name && (1..=lines).contains(&error.place.line))
        }
    }
    for same in written_otherwise(bytes) {
        assert_eq!(read, convo(name, &same));
        assert_eq!(phrases, utterances(name, &same));
    }
}

/// The same lines as other systems and editors write them, and as they are.
fn written_otherwise(bytes: &[u8]) -> Vec<Vec<u8>> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let mut written = vec![bytes.to_vec()];
    if bytes.len() > MOST_BYTES / 2 {
        return written;
    }
    if !bytes.starts_with(MARK) {
        written.push([MARK, bytes].concat());
    }
    if !bytes.contains(&b'\r') {
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        written.extend([lines.join(b"\r\n".as_slice()), lines.join(b"\r".as_slice())]);
    }
    written
}

fn suite(files: &[(String, &[u8])]) -> Result<Suite, Unread> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let files = files
        .iter()
        .map(|(name, bytes)| (name.clone(), text(bytes)));
    Suite::of(&files.collect())
}

fn holds_of_a_suite(files: &[(String, &[u8])]) {
    let is_place = |file: &str, line: usize| {
        let found = files.iter().find(|(name, _)| name == file);
        found.is_some_and(|(_, bytes)| (1..=lines(bytes)).contains(&line))
    };
    let (read, again) = match (suite(files), suite(files)) {
        (Ok(read), Ok(again)) => (read, again),
        (Err(error), Err(again)) => {
            assert_eq!(error.to_string(), again.to_string());
            let Unread::Script(error) = error else {
                panic!("a script is no file: {error}");
            };
            assert!(is_place(&error.place.file, error.place.line), "{error}");
            return;
        }
        (read, again) => panic!("{read:?}, and then {again:?}"),
    };
    assert_eq!(read.cases, again.cases);
    assert!(read.cases.len() <= MOST_CASES && read.skipped <= files.len());
    for case in &read.cases {
        assert!(is_place(&case.place.file, case.place.line));
    }
    for case in read.cases.iter().rev().take(PLAYED) {
        let (played, again) = (played(case, &read), played(case, &again));
        assert_eq!(played.entries, again.entries);
        assert_eq!(played.turns, again.turns);
        assert_eq!(played.failure, again.failure);
        // One more for the welcome.
        assert!(played.turns.len() <= MOST_STEPS + 1);
        if let Some(failure) = played.failure {
            assert!(is_place(&failure.place.file, failure.place.line));
            assert!(!failure.what.is_empty());
        }
    }
}

/// What is said back is what was said, and it is like a pattern exactly if another way to compare them says so.
fn holds_of_an_echo(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split(['\n', '\r']);
    let said = lines.next().unwrap_or_default();
    let said = said.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    // Names take words, and markup does not count.
    let is_plain = said.len() <= MOST_BYTES / 4
        && !said.contains(['$', '<', '&'])
        && said.matches('*').count() <= MOST_WILDCARDS;
    if is_plain {
        assert!(passes(said, &format!("so {said}")));
        assert!(!passes(said, &format!("!so {said}")));
    }
    let word = |text: &str, and: &[char]| -> String {
        let is_kept = |c: &char| c.is_ascii_alphanumeric() || and.contains(c);
        // Never nothing, or the space before it would not count.
        let kept = text.chars().filter(is_kept).take(1000);
        std::iter::once('a').chain(kept).collect()
    };
    let (said, pattern) = (
        word(said, &[]),
        word(lines.next().unwrap_or_default(), &['*']),
    );
    if pattern.matches('*').count() <= MOST_WILDCARDS {
        let (text, whole) = (format!("so {said}"), format!("so {pattern}"));
        let is_like = passes(&said, &format!("TEXT_WILDCARDEXACT_ANY {whole}"));
        assert_eq!(is_like, glob(&text, &whole), "{text} {whole}");
        let is_in_it = passes(&said, &format!("TEXT_WILDCARD_ANY {whole}"));
        assert_eq!(
            is_in_it,
            glob(&text, &format!("*{whole}*")),
            "{text} {whole}"
        );
    }
}

/// Whether a bot that says back what is said passes for one that says what is expected.
fn passes(said: &str, expected: &str) -> bool {
    let script = format!("echo\n#me\nso {said}\n#bot\n{expected}\n");
    let suite = suite(&[("echo.convo.txt".to_owned(), script.as_bytes())]).expect("a suite");
    let case = suite.cases.first().expect("a case");
    played(case, &suite).failure.is_none()
}

fn played(case: &Case, suite: &Suite) -> Played {
    let played = pin!(play(case, suite, &mut Echo)).poll(&mut Context::from_waker(Waker::noop()));
    match played {
        Poll::Ready(played) => played,
        Poll::Pending => panic!("an echo waits for nothing"),
    }
}

/// Says what it hears, as far as a reply may have it, and by its length something beside.
struct Echo;

impl Partner for Echo {
    async fn hear(&mut self, said: Said) -> Turn {
        let heard = match said {
            Said::Welcome => "Welcome!".to_owned(),
            Said::Text(text) => text,
        };
        let limits = ReplyLimits::default();
        let checked = Reply::check(
            reply(&heard),
            &Channel::Messaging,
            Contract::CustomEndpoint,
            &limits,
        );
        Turn {
            result: checked
                .map(|checked| checked.reply)
                .map_err(|error| error.to_string()),
            log: Vec::new(),
            fuel: 1,
            memory_bytes: 1,
            wall: Duration::ZERO,
        }
    }
}

fn reply(heard: &str) -> Raw {
    let text = || Text {
        text: heard.to_owned(),
        metadata: None,
        encoded_metadata: None,
    };
    let mut parts = vec![Part::Text(text())];
    if heard.len() % 2 == 1 {
        let content = serde_json::json!({ "type": "vertical", "elements": [
            { "type": "text", "text": heard },
            { "type": "image", "url": "https://example.com/a.png" },
            { "type": "button", "title": heard, "click": { "actions": [{ "type": "publishText", "text": "no" }] } },
        ] });
        let delay = Delay {
            seconds: 2,
            typing: false,
        };
        parts.extend([Part::PrivateText(text()), Part::Delay(delay)]);
        parts.push(Part::StructuredContent(StructuredContent {
            content: content.to_string(),
            metadata: None,
            encoded_metadata: None,
        }));
    }
    let first = heard.split_whitespace().next().unwrap_or("none").to_owned();
    let action = match heard.len() % 5 {
        0 => Some(Action::Transfer(Transfer {
            skill: Some(first.clone()),
            agent_id: None,
        })),
        1 => Some(Action::Close(Close {
            survey: heard.len().is_multiple_of(2),
        })),
        2 => Some(Action::ChangeTimeToResponse(TimeToResponse::Urgent)),
        3 => Some(Action::InvokeFunction(FunctionInvocation {
            lambda_uuid: "f0e1d2c3-0000-4000-8000-000000000000".to_owned(),
            payload: "{}".to_owned(),
            fail_on_error: false,
        })),
        _ => None,
    };
    Raw::Answer(Answer {
        parts,
        action,
        intents: vec![Intent {
            id: first.chars().take(200).collect(),
            name: None,
            score: 0.8,
        }],
        encoded_metadata: None,
    })
}

//! Events that come twice, out of order and at once, on a host that is killed again and again: each has one outcome.
//! `RETORT_TEST_EVENTS` says how many there are.

use std::collections::HashMap;
use std::sync::Arc;

use harness::bots;
use harness::host::{event, request_with};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::running::{Running, file};
use crate::serve::{folder, serve, token};

const CONVERSATIONS: usize = 200;
/// Callers at a time.
const CALLERS: usize = 32;
/// Hosts that are killed, one after the other.
const KILLED: usize = 3;
/// Events of a conversation that may pass one another.
const SHUFFLED: usize = 6;

/// The conversation, and the number in it.
type Event = (usize, u64);

/// What each event was answered.
#[derive(Default)]
struct Answers(HashMap<Event, String>);

impl Answers {
    fn learn(&mut self, event: Event, said: String) {
        let known = self.0.entry(event).or_insert_with(|| said.clone());
        assert_eq!(*known, said, "{event:?} was answered in two ways");
    }
}

/// Says something in a conversation; none if it was not answered.
async fn ask(at: &At, payload: Value) -> Option<String> {
    let (address, headers) = (
        at.address,
        format!("authorization: Bearer {}\r\n", at.token),
    );
    let path = "/tenants/acme/bots/bot/environments/draft/respond";
    let answer = tokio::spawn(async move {
        request_with(address, &headers, "POST", path, &payload.to_string()).await
    });
    // A host that was killed answers nobody: the request panics on its connection.
    let answer = answer.await.ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let body: Value = serde_json::from_str(body).ok()?;
    Some(body.pointer("/messages/0")?.as_str()?.to_owned())
}

struct At {
    address: std::net::SocketAddr,
    token: String,
}

/// Sends events, and kills the host once so many were answered, if it is to be killed.
async fn send(
    serving: Running,
    token: &str,
    events: &[Event],
    kill_after: usize,
    answers: &mut Answers,
) -> Option<Running> {
    let at = Arc::new(At {
        address: serving.address,
        token: token.to_owned(),
    });
    let (mut asking, mut left, mut answered) = (JoinSet::new(), events.iter().copied(), 0);
    let mut serving = Some(serving);
    loop {
        while serving.is_some() && asking.len() < CALLERS {
            let Some((conversation, sequence)) = left.next() else {
                break;
            };
            let at = Arc::clone(&at);
            asking.spawn(async move {
                let add = event(&format!("c{conversation}"), sequence, "add conversation n");
                ((conversation, sequence), ask(&at, add).await)
            });
        }
        let Some(asked) = asking.join_next().await else {
            return serving;
        };
        let (event, said) = asked.expect("no panic");
        let Some(said) = said else { continue };
        answers.learn(event, said);
        answered += 1;
        if answered == kill_after {
            // As it is dropped it is killed: what its callers wait for is never answered.
            drop(serving.take());
        }
    }
}

/// The events of all conversations, those of each a little out of order, and each of them twice.
fn shuffled(each: u64, seed: u64) -> Vec<Event> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut events = Vec::new();
    for from in (1..=each).step_by(SHUFFLED) {
        let until = (from + SHUFFLED as u64).min(each + 1);
        let window = (from..until).flat_map(|sequence| {
            (0..CONVERSATIONS).flat_map(move |conversation| [(conversation, sequence); 2])
        });
        let mut window: Vec<Event> = window.collect();
        random.shuffle(&mut window);
        events.extend(window);
    }
    events
}

/// The second word of an answer, a number.
fn number(said: &str) -> u64 {
    let number = said.split(' ').nth(1).unwrap_or_default();
    number
        .parse()
        .unwrap_or_else(|_| panic!("no number in {said:?}"))
}

/// What each conversation has counted.
async fn counts(serving: &Running, token: &str) -> Vec<u64> {
    let at = At {
        address: serving.address,
        token: token.to_owned(),
    };
    let mut counts = Vec::new();
    for conversation in 0..CONVERSATIONS {
        let get = json!({ "convId": format!("c{conversation}"), "message": "get conversation n" });
        let said = ask(&at, get).await.expect("it is answered");
        counts.push(if said == "none" { 0 } else { number(&said) });
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_has_one_outcome_whatever_is_repeated_and_whatever_becomes_of_the_host() {
    let events = std::env::var("RETORT_TEST_EVENTS")
        .ok()
        .and_then(|n| n.parse().ok());
    let events: usize = events.unwrap_or(1_000);
    let each = (events / CONVERSATIONS) as u64;
    let folder = folder(
        "[[deployments]]\ntenant = \"acme\"\nbot = \"bot\"\ncomponent = \"reach.wasm\"\n\
         grant = [\"state:conversation\"]\n[limits]\ndeadline_ms = 1000\n",
    );
    let at = folder.path();
    file(
        at,
        "reach.wasm",
        bots::wanting("reach", "state = [\"conversation\"]"),
    );
    let start = || {
        let mut command = serve(at);
        command.env("RETORT_LOG__FILTER", "error");
        Running::start(&mut command)
    };
    let (mut answers, mut before) = (Answers::default(), vec![0; CONVERSATIONS]);
    let all = shuffled(each, 7);
    let part = all.len().div_ceil(KILLED + 1);
    let mut serving = start();
    let token = token(at);
    let mut again = Vec::new();
    for (killed, events) in all.chunks(part).enumerate() {
        // What was not answered is sent again, and some of what was answered as well.
        let mut events: Vec<Event> = again.drain(..).chain(events.iter().copied()).collect();
        let kill_after = if killed < KILLED {
            events.len() * 2 / 3
        } else {
            usize::MAX
        };
        let left = send(serving, &token, &events, kill_after, &mut answers).await;
        serving = left.unwrap_or_else(start);
        let now = counts(&serving, &token).await;
        let went_back = before.iter().zip(&now).any(|(before, now)| now < before);
        assert!(!went_back, "{before:?} was there before {now:?}");
        before = now;
        let unanswered = |event: &Event| !answers.0.contains_key(event);
        again = events
            .extract_if(.., |event| unanswered(event) || event.1 % 5 == 0)
            .collect();
    }
    while !again.is_empty() {
        serving = send(serving, &token, &again, usize::MAX, &mut answers)
            .await
            .expect("it serves");
        again.retain(|event| !answers.0.contains_key(event));
    }
    assert_eq!(
        answers.0.len(),
        CONVERSATIONS * each as usize,
        "each was answered"
    );
    let counted = counts(&serving, &token).await;
    for (conversation, counted) in counted.into_iter().enumerate() {
        let said = |sequence| number(&answers.0[&(conversation, sequence)]);
        // Nothing comes after the last event: what it counted is there to stay.
        assert_eq!(said(each), counted, "c{conversation}");
        // Each addition is some event's own: one that had run twice would have left a number that nobody was told.
        for number in 1..=counted {
            let told = (1..=each).any(|sequence| said(sequence) == number);
            assert!(
                told,
                "c{conversation}: nobody was told {number} of {counted}"
            );
        }
    }
}

//! Limits that a caller is told of over HTTP: the size and the time of a body, and the room for turns.

use harness::Served;
use harness::bots::{misbehaving, plugin};
use harness::host::{Answer, respond_path, text as saying};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep};

use super::configured::{Low, Text, text};

/// What a listening host answers to this body, when so many bytes more were announced.
async fn answer_to(text: Text, body: &str, missing: usize) -> String {
    let host = text.bot("echo", plugin("echo")).serve().await;
    let listening = host.served.listen_with(host.config.http.clone()).await;
    let mut stream = TcpStream::connect(listening.address)
        .await
        .expect("a connection");
    let (path, length) = (respond_path("echo"), body.len() + missing);
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: retort\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    listening.end().await;
    answer
}

pub(super) async fn body_bytes(low: Low) {
    let long = saying(&"x".repeat(1_024)).to_string();
    let by_default = answer_to(text(), &long, 0).await;
    assert!(by_default.starts_with("HTTP/1.1 200"), "{by_default}");
    let answer = answer_to(text().low(low), &long, 0).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(
        answer.contains("body-too-large") && answer.contains("1024 bytes"),
        "{answer}"
    );
}

pub(super) async fn body_ms(low: Low) {
    let answer = answer_to(text().low(low), "{", 1).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(
        answer.contains("body-too-slow") && answer.contains("after 100 ms"),
        "{answer}"
    );
}

/// Turns that go on until they are dropped, the first of which runs.
async fn occupied(host: &Served, turns: usize) -> JoinSet<Answer> {
    host.is_empty_again().await;
    let mut parked = JoinSet::new();
    for count in 1..=turns {
        let own = host.clone();
        parked.spawn(async move { own.post("park", &saying("go")).await });
        until_there_are(host, count).await;
    }
    parked
}

/// Waits until so many turns run or wait.
async fn until_there_are(host: &Served, turns: usize) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let occupancy = host.host.occupancy();
        if occupancy.running + occupancy.waiting >= turns {
            return;
        }
        assert!(Instant::now() < until, "only {occupancy:?}");
        sleep(Duration::from_millis(1)).await;
    }
}

#[track_caller]
fn has_to_come_again(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code));
    assert_eq!(answer.headers["retry-after"], "1");
}

/// A second turn has to wait for the first, and has no time to.
pub(super) async fn concurrent_turns(low: Low) {
    let text = text().bot("park", misbehaving("park")).bot_under(
        "hasty",
        plugin("echo"),
        "deadline_ms = 100",
    );
    for (text, is_low) in [(text.clone(), false), (text.low(low), true)] {
        let host = text.serve().await.served;
        let _parked = occupied(&host, 1).await;
        let answer = host.post("hasty", &saying("hello")).await;
        if is_low {
            has_to_come_again(&answer, 503, "waited-too-long");
        } else {
            assert_ne!(answer.outcome(), "waited-too-long");
        }
    }
}

/// One turn runs and one waits, and a third is told at once to come again.
pub(super) async fn crowded(low: Low, beside: &[(&'static str, u64)], status: u16, code: &str) {
    let mut text = text()
        .with("admission.concurrent_turns", 1)
        .bot("park", misbehaving("park"))
        .low(low);
    for (key, value) in beside {
        text = text.with(key, *value);
    }
    let host = text.serve().await.served;
    let _parked = occupied(&host, 2).await;
    let answer = host.post("park", &saying("go")).await;
    has_to_come_again(&answer, status, code);
}

//! What a request uses up, and what is left of it when it is over.

use std::future::Future;
use std::time::Duration;

use tokio::time::timeout;

use super::harness::{Bench, caps, get, post, settings, with_header};
use super::upstream::{Reply, ok, redirect};
use crate::egress::{Egress, NotSent, NotSetUp, Settings};

const RULE: &[&str] = &["GET,POST http://good.example:{port}"];
const URL: &str = "http://good.example:{port}/";

#[tokio::test]
async fn dropping_a_request_closes_its_connection() {
    let mut bench = Bench::new(vec![Reply::Silence], RULE).await;
    let (asked, left) = (bench.upstream.asked.clone(), bench.upstream.left.clone());
    {
        let mut request = Box::pin(bench.get(URL));
        tokio::select! {
            outcome = &mut request => panic!("{outcome:?}"),
            () = asked.notified() => {}
        }
    }
    timeout(Duration::from_secs(4), left.notified())
        .await
        .expect("the server saw the end");
    assert!(bench.caps.moved > 0);
}

#[tokio::test]
async fn a_request_at_its_deadline_closes_its_connection() {
    let mut bench = Bench::new(vec![Reply::Silence], RULE).await;
    bench.caps = caps(Duration::from_millis(150));
    assert_eq!(bench.get(URL).await, Err(NotSent::Timeout));
    let left = bench.upstream.left.clone();
    timeout(Duration::from_secs(4), left.notified())
        .await
        .expect("the server saw the end");
}

#[tokio::test]
async fn what_went_out_and_came_in_is_counted() {
    let answer = "HTTP/1.1 302 Go\r\nlocation: /\r\ncontent-length: 0\r\n\r\n";
    let mut bench = Bench::new(vec![redirect(302, "/"), ok("fine")], RULE).await;
    bench.caps.moved = 1;
    bench.send(post(URL, "a body")).await.unwrap();
    let sent: usize = bench.upstream.seen().iter().map(String::len).sum();
    let received = answer.len() + "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine".len();
    assert_eq!(bench.caps.moved, (1 + sent + received) as u64);
    assert_eq!(bench.caps.requests_left, 18);
}

#[tokio::test]
async fn each_redirect_is_one_request_more() {
    let mut bench = Bench::new(vec![redirect(302, "/")], RULE).await;
    bench.caps.requests_left = 3;
    let outcome = bench.get(URL).await;
    assert_eq!(outcome.as_ref().map_err(NotSent::case), Err("limit"));
    assert!(
        outcome
            .unwrap_err()
            .to_string()
            .contains("no request is left")
    );
    assert_eq!(bench.upstream.seen().len(), 3);
    assert_eq!(bench.caps.requests_left, 0);
}

#[tokio::test]
async fn a_request_without_any_left_does_not_even_look_its_name_up() {
    let mut bench = Bench::new(vec![ok("fine")], RULE).await;
    bench.caps.requests_left = 0;
    assert_eq!(
        bench.get(URL).await.map_err(|error| error.case()),
        Err("limit")
    );
    assert!(bench.names.asked().is_empty());
}

#[tokio::test]
async fn a_body_is_sent_up_to_its_limit() {
    let mut bench = Bench::new(vec![Reply::Echo], RULE).await;
    let full = "x".repeat(1024);
    let response = bench.send(post(URL, &full)).await.unwrap();
    assert!(super::harness::body(&response).ends_with(&full));

    let outcome = bench.send(post(URL, &"x".repeat(1025))).await;
    let why = "the request's body has 1025 bytes, over the limit of 1024";
    assert_eq!(outcome, Err(NotSent::Limit(why.to_owned())));
}

#[tokio::test]
async fn headers_are_counted() {
    let mut bench = Bench::new(vec![ok("fine")], RULE).await;
    let many = |count| (0..count).fold(get(URL), |request, _| with_header(request, "x", "y"));
    assert!(bench.send(many(64)).await.is_ok());
    assert_eq!(
        bench.send(many(65)).await.map_err(|error| error.case()),
        Err("limit")
    );
}

#[tokio::test]
async fn headers_of_the_connection_stay_with_it() {
    let answer = "HTTP/1.1 200 OK\r\nX-Kept: caf\u{e9}\r\nConnection: close, x-hop\r\nX-Hop: 1\r\n\
        Keep-Alive: 1\r\nProxy-Authenticate: x\r\nTrailer: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n";
    let mut bytes = answer.as_bytes().to_vec();
    // One header that is no UTF-8.
    let end = bytes.len() - 2;
    bytes.splice(end..end, *b"x-raw: \xff\r\n");
    let mut bench = Bench::new(vec![Reply::Raw(bytes)], RULE).await;
    let response = bench.get(URL).await.unwrap();
    let headers = response
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let expected = [
        ("x-kept", "caf\u{e9}"),
        ("set-cookie", "a"),
        ("set-cookie", "b"),
        ("x-raw", "\u{fffd}"),
    ];
    assert_eq!(headers.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn requests_beyond_those_at_a_time_wait() {
    let one = Settings {
        connections: 1,
        ..settings()
    };
    let mut bench = Bench::with_settings(&one, vec![Reply::Silence, ok("fine")], RULE).await;
    let egress = bench.egress.clone();
    let allowed = bench.allowed.clone();
    let url = super::harness::with_port(URL, bench.upstream.port);
    let asked = bench.upstream.asked.clone();
    let mut first_caps = caps(Duration::from_secs(10));
    let mut first = Box::pin(egress.send(get(&url), &allowed, &mut first_caps, "acme"));
    tokio::select! {
        outcome = &mut first => panic!("{outcome:?}"),
        () = asked.notified() => {}
    }
    bench.caps = caps(Duration::from_millis(150));
    assert_eq!(bench.get(URL).await, Err(NotSent::Timeout));
    assert_eq!(bench.upstream.seen().len(), 1);

    drop(first);
    bench.caps = caps(Duration::from_secs(4));
    assert!(bench.get(URL).await.is_ok());
}

#[tokio::test]
async fn nobody_listening_is_said() {
    let mut bench = Bench::new(vec![ok("fine")], &["GET http://127.0.0.3:{port}"]).await;
    let error = bench.get("http://127.0.0.3:{port}/").await.unwrap_err();
    assert_eq!(error.case(), "connection");
    assert!(
        error
            .to_string()
            .ends_with("cannot be connected to: connection refused"),
        "{error}"
    );
}

#[test]
fn settings_that_would_let_nothing_through_are_refused() {
    for settings in [
        Settings {
            lookups: 0,
            ..Settings::default()
        },
        Settings {
            connections: 0,
            ..Settings::default()
        },
        Settings {
            connections: usize::MAX,
            ..Settings::default()
        },
    ] {
        let refused = Egress::new(&settings);
        assert!(
            matches!(refused, Err(NotSetUp::OutOfRange { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn settings_are_read_and_written_alike() {
    let settings = settings();
    let text = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
    assert!(serde_json::from_str::<Settings>("{\"proxy\": \"x\"}").is_err());
}

#[test]
fn a_request_can_wait_in_any_thread() {
    fn assert_send<F: Future + Send>(_: &F) {}
    let egress = Egress::new(&Settings::default()).unwrap();
    let mut caps = caps(Duration::ZERO);
    assert_send(&egress.send(get("http://x"), &[], &mut caps, "acme"));
}

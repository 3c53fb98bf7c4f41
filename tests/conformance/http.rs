//! What bots send out: by their grants, inside their turn, whatever the other side does. All of it over the loopback,
//! which the operator opens here and nobody does by default.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use harness::bots;
use harness::host::{Served, host_with_secret, text};
use retort::egress;
use retort::invocation::Settings;
use retort::registry::Wanted;

/// A server that does this with every connection, once it has read a head.
pub(crate) fn upstream(serve: impl Fn(TcpStream, String) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, serve) = (stream.expect("a connection"), serve.clone());
            thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut byte) {
                        Ok(1) => head.extend_from_slice(&byte),
                        _ => return,
                    }
                }
                serve(stream, String::from_utf8_lossy(&head).into_owned());
            });
        }
    });
    address
}

/// One that answers with what it was asked.
pub(crate) fn echo() -> SocketAddr {
    upstream(|mut stream, head| {
        let length = head.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{head}");
        let _ = stream.write_all(answer.as_bytes());
    })
}

fn open() -> Settings {
    Settings {
        egress: egress::Settings {
            open_addresses: vec!["127.0.0.0/8".parse().expect("a range")],
            ..egress::Settings::default()
        },
        ..Settings::default()
    }
}

/// A host with a bot that has these rules, all of them granted.
async fn reaching(
    settings: Settings,
    rules: &[String],
    wanting: impl FnOnce(&mut Wanted),
) -> Served {
    let asked: Vec<String> = rules.iter().map(|rule| format!("{rule:?}")).collect();
    let bot = bots::wanting("reach", &format!("http = [{}]", asked.join(", ")));
    let grants: Vec<String> = rules.iter().map(|rule| format!("http:{rule}")).collect();
    let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
    let host = host_with_secret(settings, "acme", "key", "open-sesame-7").await;
    let host = host.granting(&grants).wanting(wanting);
    host.with_bot("reach", &bot).await
}

fn get(at: SocketAddr) -> String {
    format!("GET http://{at}")
}

#[tokio::test]
async fn a_request_goes_out_by_its_grant_and_by_no_other() {
    let at = echo();
    let host = reaching(open(), &[get(at)], |_| {}).await;
    let said = host
        .says(
            "reach",
            &format!("http GET http://{at}/orders?x=1 | x-own: yes"),
        )
        .await;
    assert!(
        said.starts_with("200 ") && said.contains("GET /orders?x=1"),
        "{said}"
    );
    let other = echo();
    for (tried, why) in [
        (
            format!("http GET http://{other}/"),
            "denied: no rule allows GET",
        ),
        (
            format!("http POST http://{at}/"),
            "denied: no rule allows POST",
        ),
        (
            format!("http GET https://{at}/"),
            "denied: no rule allows GET",
        ),
        (format!("http get http://{at}/"), "invalid: "),
        (format!("http GET http://user@{at}/"), "invalid: "),
    ] {
        let said = host.says("reach", &tried).await;
        assert!(said.starts_with(why), "{tried}: {said}");
    }
    // The same bot without the grant.
    let bot = bots::wanting("reach", &format!("http = [{:?}]", get(at)));
    let host = host.granting(&[]).with_bot("reach", &bot).await;
    let said = host.says("reach", &format!("http GET http://{at}/")).await;
    assert!(said.starts_with("denied: `http` is not granted"), "{said}");
}

#[tokio::test]
async fn no_bot_reaches_this_machine_unless_the_operator_opens_it() {
    let at = echo();
    let host = reaching(Settings::default(), &[get(at)], |_| {}).await;
    let said = host.says("reach", &format!("http GET http://{at}/")).await;
    assert!(
        said.starts_with("denied: ") && said.contains("loopback"),
        "{said}"
    );
}

#[tokio::test]
async fn a_secret_goes_along_that_the_bot_never_sees() {
    let at = echo();
    let rule = format!("GET http://{at} authorization: Bearer {{key}}");
    let host = reaching(open(), &[rule], |_| {}).await;
    let ran = host
        .ask("reach", &text(&format!("http GET http://{at}/")))
        .await;
    let said = format!("{ran:?}");
    assert!(
        said.contains("authorization: Bearer *************"),
        "{said}"
    );
    assert!(!said.contains("open-sesame-7"), "{said}");
    assert!(
        host.says("reach", "secret key")
            .await
            .starts_with("denied: ")
    );
}

#[tokio::test]
async fn a_secret_that_goes_along_does_not_come_back_in_another_form() {
    let answers = [
        ("json", "{\"key\":\"open\\/sesame+7\"}"),
        ("base64", "dXNlcjpvcGVuL3Nlc2FtZSs3"),
        ("hex", "6f70656e2f736573616d652b37"),
        ("url", "?key=open%2Fsesame%2B7"),
    ];
    let at = upstream(move |mut stream, head| {
        let asked = head.split(' ').nth(1).unwrap_or_default();
        let asked = asked.trim_matches('/');
        let found = answers.iter().find(|(name, _)| *name == asked);
        let is_plain = head.contains("accept-encoding: identity") && !head.contains("range:");
        let body = found.filter(|_| is_plain).map_or("", |(_, body)| body);
        let encoding = match asked {
            "gzip" => "content-encoding: gzip\r\n",
            _ => "",
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 200 OK\r\n{encoding}content-length: {length}\r\n\r\n{body}");
        let _ = stream.write_all(answer.as_bytes());
    });
    let rule = format!("GET http://{at} x-key: {{key}}");
    let bot = bots::wanting("reach", &format!("http = [{rule:?}]"));
    let host = host_with_secret(open(), "acme", "key", "open/sesame+7").await;
    let grant = format!("http:{rule}");
    let host = host.granting(&[&grant]).with_bot("reach", &bot).await;
    for (name, body) in answers {
        let asks =
            format!("http GET http://{at}/{name} | accept-encoding: gzip | range: bytes=0-3");
        let said = host.says("reach", &asks).await;
        let length = body.len();
        assert!(said.starts_with(&format!("200 {length} bytes: ")), "{said}");
        assert!(
            said.contains("***") && !said.contains(body),
            "{name}: {said}"
        );
    }
    let said = host
        .says("reach", &format!("http GET http://{at}/gzip"))
        .await;
    assert!(
        said.starts_with("connection: ") && said.contains("in an encoding"),
        "{said}"
    );
}

#[tokio::test]
async fn each_limit_on_requests_is_answered_and_ends_no_turn() {
    let at = echo();
    let small = |wanted: &mut Wanted| {
        wanted.limits.http_requests = 2;
        wanted.limits.http_request_bytes = 100;
        wanted.limits.http_response_bytes = 200;
    };
    let rules = [get(at), format!("POST http://{at}")];
    let host = reaching(open(), &rules, small).await;
    let once = format!("http GET http://{at}/\n");
    let said = host.says("reach", &once.repeat(3)).await;
    let lines: Vec<_> = said.lines().collect();
    assert!(
        lines[0].starts_with("200 ") && lines[1].starts_with("200 "),
        "{said}"
    );
    assert!(
        lines[2].starts_with("limit: ") && lines[2].contains("no request is left"),
        "{said}"
    );
    let long = "x".repeat(200);
    let said = host
        .says(
            "reach",
            &format!("post http://{at}/ 101\nhttp GET http://{at}/{long}"),
        )
        .await;
    let lines: Vec<_> = said.lines().collect();
    assert!(
        lines[0].starts_with("limit: ") && lines[1].starts_with("limit: "),
        "{said}"
    );
}

#[tokio::test]
async fn a_slow_a_dripping_a_huge_a_cut_and_a_garbage_upstream_each_end_inside_the_turn() {
    let silent = upstream(|_stream, _| thread::sleep(Duration::from_secs(5)));
    let dripping = upstream(|mut stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        for _ in 0..500 {
            if stream.write_all(b"x").is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    });
    let huge = upstream(|mut stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
    });
    let cut = upstream(|mut stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf");
    });
    let garbage = upstream(|mut stream, _| {
        let _ = stream.write_all(b"\0\x01\x02 not HTTP at all\r\n\r\n");
    });
    let all = [silent, dripping, huge, cut, garbage];
    let rules = all.map(get);
    let host = reaching(open(), &rules, |wanted| wanted.limits.http_ms = 2_000).await;
    for (at, end) in all.into_iter().zip([
        "timeout",
        "timeout",
        "limit: ",
        "connection: ",
        "connection: ",
    ]) {
        let said = host.says("reach", &format!("http GET http://{at}/")).await;
        assert!(said.starts_with(end), "{end}: {said}");
    }
    // The call's own time may be longer than the turn's: then it ends a little before that, and the bot still answers.
    let bot = bots::wanting("reach", &format!("http = [{:?}]", get(silent)));
    let grant = format!("http:{}", get(silent));
    let late = |wanted: &mut Wanted| wanted.limits.http_ms = 60_000;
    let host = host
        .in_time(1_000)
        .wanting(late)
        .granting(&[&grant])
        .with_bot("reach", &bot)
        .await;
    assert_eq!(
        host.says("reach", &format!("http GET http://{silent}/"))
            .await,
        "timeout"
    );
    // A bot that goes on asking is cut at its deadline.
    let asks = format!("http GET http://{silent}/\n").repeat(8) + "spin";
    let ended = host.ask("reach", &text(&asks)).await;
    assert_eq!(ended.outcome(), "deadline-exceeded");
    host.is_empty_again().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_a_request_is_on_its_way_leaves_nothing_behind() {
    let (asked, mut was_asked) = tokio::sync::mpsc::unbounded_channel();
    let (gone, mut is_gone) = tokio::sync::mpsc::unbounded_channel();
    let silent = upstream(move |mut stream, _| {
        let _ = asked.send(());
        // Until the other end closes.
        let _ = gone.send(stream.read(&mut [0]).ok());
    });
    let rule = get(silent);
    let wants = format!("state = [\"conversation\"]\nhttp = [{rule:?}]");
    let bot = bots::wanting("reach", &wants);
    let grant = format!("http:{rule}");
    let mut settings = open();
    settings.sandbox.deadline_ceiling_ms = 30_000;
    let host = Served::with(settings)
        .in_time(30_000)
        .granting(&[&grant, "state:conversation"]);
    let late = |wanted: &mut Wanted| wanted.limits.http_ms = 30_000;
    let host = host.wanting(late).with_bot("reach", &bot).await;
    let payload = text(&format!("set conversation k v\nhttp GET http://{silent}/"));
    tokio::select! {
        answered = host.ask("reach", &payload) => panic!("nobody answers, and this came: {answered:?}"),
        _ = was_asked.recv() => {}
    }
    host.is_empty_again().await;
    let closed = tokio::time::timeout(Duration::from_secs(20), is_gone.recv()).await;
    assert_eq!(closed, Ok(Some(Some(0))), "its connection is closed");
    assert_eq!(host.says("reach", "get conversation k").await, "none");
}

#[tokio::test]
async fn a_turn_that_nobody_asked_for_reaches_nothing_outside() {
    let at = echo();
    let host = reaching(open(), &[get(at)], |_| {}).await;
    let test = serde_json::json!({ "message": format!("http GET http://{at}/") });
    assert_eq!(host.post("reach", &test).await.outcome(), "tested");
    let metrics = host.host.metrics();
    assert!(
        metrics.contains("capability=\"http\",outcome=\"denied\"} 1"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_request_costs_fuel_by_itself_and_by_its_bytes() {
    let at = echo();
    let host = reaching(open(), &[get(at)], |wanted| {
        wanted.limits.host_byte_fuel = 10
    })
    .await;
    let fuel = async |what: String| host.ask("reach", &text(&what)).await.usage.fuel;
    let (none, one) = (
        fuel("budget".to_owned()).await,
        fuel(format!("http GET http://{at}/")).await,
    );
    assert!(one > none + 1_000_000, "{none} and {one}");
    let long = fuel(format!("http GET http://{at}/{}", "x".repeat(5_000))).await;
    assert!(long > one + 100_000, "{one} and {long}");
}

#[tokio::test]
async fn a_turn_that_is_run_again_sends_nothing_twice() {
    let (counted, asked) = counting();
    let rules = [format!("GET,POST http://{counted}")];
    let asks: Vec<String> = rules.iter().map(|rule| format!("{rule:?}")).collect();
    let wants = format!("state = [\"bot\"]\nhttp = [{}]", asks.join(", "));
    let bot = bots::wanting("reach", &wants);
    let mut grants: Vec<String> = rules.iter().map(|rule| format!("http:{rule}")).collect();
    grants.push("state:bot".to_owned());
    let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
    let mut settings = open();
    settings.sandbox.deadline_ceiling_ms = 30_000;
    let host = Served::with(settings).in_time(30_000).granting(&grants);
    let host = host.with_bot("reach", &bot).await;
    let mut turns = tokio::task::JoinSet::new();
    for number in 0..20 {
        let host = host.clone();
        turns.spawn(async move {
            // What is denied each time does not count.
            let denied = "http GET http://nowhere.example/";
            let says = format!("get bot n\n{denied}\npost http://{counted}/ 10\nadd bot n");
            host.says_in("reach", &format!("c{number}"), &says).await
        });
    }
    let said = turns.join_all().await;
    assert!(said.iter().all(|said| said.contains("\n200 ")), "{said:?}");
    assert_eq!(host.says("reach", "get bot n").await, "ok 20 @20");
    assert_eq!(
        asked.load(Ordering::Relaxed),
        20,
        "each turn has sent one request"
    );
}

#[tokio::test]
async fn a_turn_that_would_send_something_else_the_second_time_is_not_answered() {
    let (counted, asked) = counting();
    let rule = format!("GET http://{counted}");
    let wants = format!("state = [\"bot\"]\nhttp = [{rule:?}]");
    let bot = bots::wanting("reach", &wants);
    let grant = format!("http:{rule}");
    let mut settings = open();
    settings.sandbox.deadline_ceiling_ms = 30_000;
    let host = Served::with(settings)
        .in_time(30_000)
        .granting(&[&grant, "state:bot"]);
    let host = host.with_bot("reach", &bot).await;
    host.says("reach", "set bot n 0").await;
    let mut turns = tokio::task::JoinSet::new();
    for number in 0..10 {
        let host = host.clone();
        turns.spawn(async move {
            let says = format!("http-with bot n http://{counted}/\nadd bot n");
            let payload = serde_json::json!({ "convId": format!("c{number}"), "message": says });
            host.ask("reach", &payload).await.outcome()
        });
    }
    let outcomes = turns.join_all().await;
    let answered = outcomes
        .iter()
        .filter(|outcome| **outcome == "replied")
        .count();
    assert!(answered >= 1, "{outcomes:?}");
    let other = outcomes
        .iter()
        .find(|outcome| !["replied", "state-conflict"].contains(outcome));
    assert_eq!(other, None, "{outcomes:?}");
    assert_eq!(
        host.says("reach", "get bot n").await,
        format!("ok {answered} @{}", answered + 1)
    );
    assert_eq!(asked.load(Ordering::Relaxed), 10, "nothing is sent twice");
}

/// A server that counts what it is asked, and takes a while to answer.
fn counting() -> (SocketAddr, Arc<AtomicUsize>) {
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    let at = upstream(move |mut stream, _| {
        count.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(50));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    });
    (at, asked)
}

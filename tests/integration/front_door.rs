//! What one caller may take of the front door, over a real socket: places, time and bytes.

use std::io::ErrorKind;
use std::net::SocketAddr;

use harness::host::{request, respond_path, text};
use harness::operator::{Administered, saying};
use harness::{bots, host};
use retort::http::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: retort\r\n\r\n";

/// Longer than anything here takes, on a machine that is busy with more.
const FOR_EVER: Duration = Duration::from_secs(30);

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("a connection")
}

/// All that comes until the other end closes; it has to.
async fn rest(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    let read = timeout(FOR_EVER, stream.read_to_end(&mut rest));
    match read.await.expect("the other end closes") {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8(rest).expect("text"),
    }
}

/// One answer to one request, with the connection left open.
async fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = [0; 4096];
    let count = timeout(FOR_EVER, stream.read(&mut answer)).await;
    let count = count.expect("in time").expect("an answer");
    String::from_utf8(answer[..count].to_vec()).expect("text")
}

fn closing(headers: &str) -> String {
    format!("GET /healthz HTTP/1.1\r\nhost: retort\r\nconnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn who_is_one_too_many_is_told_so_at_once_and_another_gets_the_place_that_is_given_back() {
    let settings = Settings {
        connections: 2,
        ..Settings::default()
    };
    let listening = host().listen_with(settings).await;
    let mut first = connect(listening.address).await;
    let mut second = connect(listening.address).await;
    for served in [&mut first, &mut second] {
        let answer = ask(served, HEALTH).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    let refused = rest(&mut connect(listening.address).await).await;
    let (head, body) = refused.split_once("\r\n\r\n").expect("a response");
    assert!(
        head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{head}"
    );
    assert!(head.contains("retry-after: 1"), "{head}");
    assert!(
        head.contains("content-type: application/problem+json"),
        "{head}"
    );
    assert!(
        head.contains(&format!("content-length: {}", body.len())),
        "{head}"
    );
    let problem: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(problem["code"], "too-many-connections");
    assert_eq!(
        (&problem["status"], &problem["fault"]),
        (&503.into(), &"host".into())
    );

    first.write_all(closing("").as_bytes()).await.expect("sent");
    rest(&mut first).await;
    let until = tokio::time::Instant::now() + FOR_EVER;
    loop {
        let mut next = connect(listening.address).await;
        if ask(&mut next, HEALTH).await.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(tokio::time::Instant::now() < until, "the place is lost");
    }
    drop(second);
    listening.end().await;
}

#[tokio::test]
async fn operators_are_answered_while_the_main_port_is_full() {
    let settings = Settings {
        connections: 1,
        ..Settings::default()
    };
    let host = host();
    let (listening, operators) = (
        host.listen_with(settings).await,
        host.listen_for_operators().await,
    );
    let mut flood = vec![connect(listening.address).await];
    ask(&mut flood[0], HEALTH).await;
    for _ in 0..200 {
        flood.push(connect(listening.address).await);
    }
    let refused = rest(&mut connect(listening.address).await).await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    for (path, word) in [
        ("/healthz?deep=1", "\"late_by_ms\""),
        ("/metrics", "retort_turn_seconds_count 0"),
    ] {
        let answer = request(operators.address, "GET", path, "").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains(word), "{answer}");
    }
    let turn = request(operators.address, "POST", &respond_path("echo"), "{}").await;
    assert!(turn.starts_with("HTTP/1.1 404"), "{turn}");
    operators.end().await;
    listening.end().await;
}

#[tokio::test]
async fn who_says_nothing_or_half_of_it_or_stays_when_done_is_closed() {
    let settings = Settings {
        header_ms: 50,
        ..Settings::default()
    };
    let listening = host().listen_with(settings).await;
    let mut silent = connect(listening.address).await;
    let mut half = connect(listening.address).await;
    half.write_all(b"GET /healthz HTTP/1.1\r\nhost: re")
        .await
        .expect("sent");
    let mut idle = connect(listening.address).await;
    let answer = ask(&mut idle, HEALTH).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for stays in [&mut silent, &mut half, &mut idle] {
        assert_eq!(rest(stays).await, "");
    }
    listening.end().await;
}

#[tokio::test]
async fn a_head_that_is_too_long_or_has_too_many_headers_is_refused() {
    let settings = Settings {
        header_bytes: 2_000,
        headers: 20,
        ..Settings::default()
    };
    let listening = host().listen_with(settings).await;
    let many: String = (0..30).map(|n| format!("x-{n}: 1\r\n")).collect();
    let long = format!("x: {}\r\n", "y".repeat(3_000));
    let endless = format!("x: {}", "y".repeat(300_000));
    for (headers, answer) in [
        ("x: 1\r\n", "HTTP/1.1 200"),
        (many.as_str(), "HTTP/1.1 431"),
        (&long, "HTTP/1.1 431"),
        (&endless, "HTTP/1.1 431"),
    ] {
        let mut stream = connect(listening.address).await;
        // It may be told and closed before it has sent all of it.
        let _ = stream.write_all(closing(headers).as_bytes()).await;
        let told = rest(&mut stream).await;
        assert!(
            told.starts_with(answer) || (headers.len() > 100_000 && told.is_empty()),
            "{told}"
        );
    }
    listening.end().await;
}

#[tokio::test]
async fn who_asks_and_does_not_read_is_closed_and_gives_its_place_back() {
    let settings = Settings {
        connections: 1,
        write_ms: 50,
        ..Settings::default()
    };
    let listening = host().listen_with(settings).await;
    let mut unread = connect(listening.address).await;
    let asking = async {
        let many = HEALTH.repeat(1_000);
        while unread.write_all(many.as_bytes()).await.is_ok() {}
    };
    timeout(FOR_EVER, asking)
        .await
        .expect("nobody listens to it any more");
    let health = request(listening.address, "GET", "/healthz", "").await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    listening.end().await;
}

#[tokio::test]
async fn what_is_in_flight_past_the_time_for_it_is_cut_and_who_idles_holds_up_nothing() {
    let settings = Settings {
        header_ms: 60_000,
        drain_ms: 50,
        ..Settings::default()
    };
    let host = host()
        .in_time(1_000)
        .with_bot("park", &bots::misbehaving("park"))
        .await;
    let listening = host.listen_with(settings).await;
    let mut idle = connect(listening.address).await;
    ask(&mut idle, HEALTH).await;
    let mut asking = connect(listening.address).await;
    let turn = text("go").to_string();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: retort\r\ncontent-length: {}\r\n\r\n{turn}",
        respond_path("park"),
        turn.len()
    );
    asking.write_all(head.as_bytes()).await.expect("sent");
    host.has_instances(1).await;
    timeout(FOR_EVER, listening.end()).await.expect("it ends");
    assert_eq!(rest(&mut idle).await, "");
    assert_eq!(rest(&mut asking).await, "");
    host.is_empty_again().await;
}

#[tokio::test]
async fn large_bodies_have_their_room_and_one_more_is_told_to_come_back() {
    let host = host().with_bot("echo", &bots::plugin("echo")).await;
    let settings = Settings {
        large_bodies_bytes: 1 << 20,
        ..Settings::default()
    };
    let listening = host.listen_with(settings).await;
    let (address, path) = (listening.address, respond_path("echo"));
    let half = format!(
        "POST {path} HTTP/1.1\r\nhost: retort\r\ncontent-length: {}\r\n\r\n{{",
        900 << 10
    );
    // Whichever comes first has the room for the body that it announces; the rest of it never comes.
    let (mut one, mut other) = (connect(address).await, connect(address).await);
    let refused = tokio::select! {
        answer = ask(&mut one, &half) => answer,
        answer = ask(&mut other, &half) => answer,
    };
    assert!(
        refused.starts_with("HTTP/1.1 503")
            && refused.contains("too-many-large-bodies")
            && refused.contains("retry-after: 1"),
        "{refused}"
    );
    let small = request(address, "POST", &path, &text("hello").to_string()).await;
    assert!(small.contains("[\"hello\"]"), "{small}");
    drop((one, other));
    listening.end().await;
}

/// The head of an upload of so many bytes for a tenant.
async fn uploading(
    operator: &Administered,
    to: SocketAddr,
    tenant: &str,
    bytes: usize,
) -> TcpStream {
    let mut stream = connect(to).await;
    let head = format!(
        "POST /admin/v1/tenants/{tenant}/bots/bot/revisions HTTP/1.1\r\nhost: retort\r\nconnection: close\r\n\
         authorization: Bearer {}\r\ncontent-length: {bytes}\r\n\r\n",
        operator.token
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

#[tokio::test]
async fn who_uploads_slowly_holds_up_no_other_tenant() {
    let folder = tempfile::tempdir().expect("a folder");
    let operator = Administered::open(folder.path()).await;
    let listening = operator.host.listen().await;
    let component = saying("word");
    let mut slow = uploading(&operator, listening.address, "slow", component.len()).await;
    let (first, last) = component.split_at(100);
    slow.write_all(first).await.expect("sent");
    let mut other = uploading(&operator, listening.address, "other", component.len()).await;
    other.write_all(&component).await.expect("sent");
    let answer = rest(&mut other).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    slow.write_all(last).await.expect("sent");
    let answer = rest(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    listening.end().await;
}

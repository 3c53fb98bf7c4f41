//! Who speaks to a port of TLS what is none, too much of it, or too little.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;

use harness::certificates::Authority;
use harness::host::request_over;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep, timeout};

use super::{FOR_EVER, encrypted, health};
use crate::running::Running;
use crate::serve::serve;

/// The beginning of a handshake, 512 bytes of which were announced.
const HELLO: [u8; 9] = [22, 3, 1, 2, 0, 1, 0, 1, 252];
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: retort\r\n\r\n";

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("a connection")
}

/// All that comes until the other end closes; it has to.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let read = timeout(FOR_EVER, stream.read_to_end(&mut rest));
    match read.await.expect("the other end closes") {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => rest,
    }
}

/// Until the place that another one had is given back, nobody else gets in.
async fn is_served_at_last(serving: &Running, authority: &Authority) {
    let served = async {
        while authority.connect(serving.address).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(FOR_EVER, served)
        .await
        .expect("the place is given back");
}

/// What the host had to say of it: a log in which nobody but the host can have more lines.
fn told(log: &Path) -> String {
    let told = std::fs::read_to_string(log).expect("text");
    for word in ["panicked", "a connection has ended", "rustls", " ERROR "] {
        assert!(!told.contains(word), "{word} in {told}");
    }
    told
}

#[tokio::test]
async fn who_says_nothing_or_drips_is_cut_and_gives_its_place_back() {
    let (folder, authority) = encrypted("[http]\nconnections = 1\nheader_ms = 200\n");
    let serving = Running::start(&mut serve(folder.path()));
    let mut silent = connect(serving.address).await;
    assert_eq!(rest(&mut silent).await, b"");
    is_served_at_last(&serving, &authority).await;

    let (mut dripping, mut writing) = connect(serving.address).await.into_split();
    let drips = async {
        for byte in HELLO.into_iter().chain(std::iter::repeat(0)) {
            if writing.write_u8(byte).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let cut = async {
        tokio::select! {
            () = drips => {}
            _ = dripping.read_u8() => {}
        }
    };
    timeout(FOR_EVER, cut).await.expect("it is cut");
    is_served_at_last(&serving, &authority).await;
    serving.stop();
}

#[tokio::test]
async fn who_says_half_a_head_after_the_handshake_is_cut() {
    let (folder, authority) = encrypted("[http]\nheader_ms = 2000\n");
    let serving = Running::start(&mut serve(folder.path()));
    let mut quiet = authority
        .connect(serving.address)
        .await
        .expect("a handshake");
    quiet
        .write_all(&HEALTH.as_bytes()[..20])
        .await
        .expect("sent");
    let cut = timeout(FOR_EVER, quiet.read(&mut [0; 64])).await;
    assert!(matches!(cut.expect("it is cut"), Ok(0) | Err(_)));
    serving.stop();
}

#[tokio::test]
async fn who_is_one_too_many_is_closed_at_once() {
    let (folder, authority) = encrypted("[http]\nconnections = 1\nheader_ms = 600000\n");
    let serving = Running::start(&mut serve(folder.path()));
    let first = authority
        .connect(serving.address)
        .await
        .expect("a handshake");
    assert_eq!(rest(&mut connect(serving.address).await).await, b"");
    let refused = authority.connect(serving.address).await;
    assert!(refused.is_err());
    drop(first);
    is_served_at_last(&serving, &authority).await;
    serving.stop();
}

#[tokio::test]
async fn who_asks_and_does_not_read_is_cut_under_tls_as_well() {
    let (folder, authority) = encrypted("[http]\nconnections = 1\nwrite_ms = 100\n");
    let serving = Running::start(&mut serve(folder.path()));
    let mut unread = authority
        .connect(serving.address)
        .await
        .expect("a handshake");
    let asking = async {
        let many = HEALTH.repeat(100);
        while unread.write_all(many.as_bytes()).await.is_ok() {}
    };
    timeout(FOR_EVER, asking)
        .await
        .expect("nobody listens to it any more");
    is_served_at_last(&serving, &authority).await;
    serving.stop();
}

#[tokio::test]
async fn plain_http_ends_without_an_answer_and_without_a_line_of_the_log() {
    let (folder, authority) = encrypted("");
    let log = folder.path().join("log");
    let serving = Running::logging_to(&log, &mut serve(folder.path()));
    let before = told(&log).lines().count();
    for _ in 0..20 {
        let mut plain = connect(serving.address).await;
        plain.write_all(HEALTH.as_bytes()).await.expect("sent");
        let answer = rest(&mut plain).await;
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    let health = health(&serving, &authority).await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    serving.stop();
    let after = told(&log);
    // It says that it ends, and what it had not written yet when the first line was looked at.
    assert!(after.lines().count() < before + 20, "{after}");
}

/// Bytes that are no handshake, of several kinds: noise, a hello that is cut or never ends, warnings, another version.
fn garbage(n: u8) -> Vec<u8> {
    let noise = (0..=255u8).map(|byte| byte.wrapping_mul(n).wrapping_add(n));
    match n % 6 {
        0 => noise.collect(),
        1 => [HELLO.to_vec(), noise.collect()].concat(),
        2 => [21, 3, 3, 0, 2, 1, 10].repeat(10),
        3 => [&[22, 3, 1, 255, 255, 1, 255, 255, 255][..], &[n; 70_000]].concat(),
        4 => HEALTH.into(),
        _ => [128, 46, 1, 0, 2].into(),
    }
}

#[tokio::test]
async fn three_hundred_who_speak_nonsense_leave_a_good_client_alone() {
    let (folder, authority) = encrypted("");
    let log = folder.path().join("log");
    let serving = Running::logging_to(&log, &mut serve(folder.path()));
    let address = serving.address;
    let mut nonsense = JoinSet::new();
    for n in 0..300u16 {
        nonsense.spawn(async move {
            let mut stream = connect(address).await;
            // It may be cut before it has said all of it.
            let _ = stream.write_all(&garbage((n % 251) as u8)).await;
            let _ = stream.shutdown().await;
            rest(&mut stream).await
        });
    }
    for _ in 0..20 {
        let served = timeout(Duration::from_secs(20), health(&serving, &authority)).await;
        let served = served.expect("in time");
        assert!(served.starts_with("HTTP/1.1 200"), "{served}");
    }
    while let Some(ended) = nonsense.join_next().await {
        let told = ended.expect("no panic");
        assert!(!told.starts_with(b"HTTP"), "{told:?}");
    }
    let stream = authority.connect(address).await.expect("a handshake");
    let after = request_over(stream, "", "GET", "/healthz", "").await;
    assert!(after.starts_with("HTTP/1.1 200"), "{after}");
    serving.stop();
    told(&log);
}

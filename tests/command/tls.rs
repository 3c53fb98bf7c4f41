//! A host that speaks TLS, and those who ask it.

mod hostile;
mod operators;
mod pairs;
mod renewal;

use std::path::Path;
use std::time::Duration;

use harness::certificates::{Authority, Pair, connect_as};
use harness::host::{request, request_over, text};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::rustls::SupportedProtocolVersion;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use crate::running::{Running, file};
use crate::serve::{DEPLOYMENT, folder, serve, token};

/// Longer than anything here takes, on a machine that is busy with more.
const FOR_EVER: Duration = Duration::from_secs(60);

const KEYS: &str = "[tls]\ncert = \"cert.pem\"\nkey = \"key.pem\"\n";

/// A folder of a host that speaks TLS, and who signed its certificate.
fn encrypted(config: &str) -> (TempDir, Authority) {
    let folder = folder(&format!("{KEYS}{config}"));
    let authority = Authority::default();
    show(folder.path(), &authority.sign(&["localhost"]));
    file(folder.path(), "ca.pem", authority.pem());
    (folder, authority)
}

/// Has a host show this from its next look on.
fn show(folder: &Path, pair: &Pair) {
    file(folder, "cert.pem", &pair.cert);
    file(folder, "key.pem", &pair.key);
}

async fn health(serving: &Running, authority: &Authority) -> String {
    let stream = authority.connect(serving.address).await;
    request_over(stream.expect("a handshake"), "", "GET", "/healthz", "").await
}

#[tokio::test]
async fn bots_answer_under_both_versions_of_tls() {
    let (folder, authority) = encrypted(DEPLOYMENT);
    let serving = Running::start(&mut serve(folder.path()));
    assert_eq!(serving.scheme, "https");
    let path = "/tenants/acme/bots/echo/environments/draft/respond";
    let bearer = format!("authorization: Bearer {}\r\n", token(folder.path()));
    let body = text("hello").to_string();
    let versions: [&'static SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
    for version in versions {
        let mut client = authority.client(&[version]);
        client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = connect_as(client, serving.address).await;
        let stream = stream.expect("a handshake");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        let answer = request_over(stream, &bearer, "POST", path, &body).await;
        assert!(
            answer.ends_with("{\"messages\":[\"hello\"],\"context\":{}}"),
            "{answer}"
        );
    }
    assert_eq!(serving.stop(), (0, String::new()));
}

#[tokio::test]
async fn who_speaks_another_protocol_under_tls_is_refused_in_the_handshake() {
    let (folder, authority) = encrypted("");
    let serving = Running::start(&mut serve(folder.path()));
    let mut client = authority.client(&[&TLS13]);
    client.alpn_protocols = vec![b"h2".to_vec()];
    let refused = connect_as(client, serving.address).await;
    let refused = refused.expect_err("nothing is in common").to_string();
    assert!(refused.contains("NoApplicationProtocol"), "{refused}");
    serving.stop();
}

#[tokio::test]
async fn flags_beat_the_file_and_are_looked_for_where_they_are_given() {
    let (folder, _) = encrypted("");
    let other = Authority::new("another");
    let Pair { cert, key, .. } = other.sign(&["localhost"]);
    let (cert, key) = (
        file(folder.path(), "a/cert.pem", cert),
        file(folder.path(), "a/key.pem", key),
    );
    let mut flags = serve(folder.path());
    flags.arg("--tls-cert").arg(cert).arg("--tls-key").arg(key);
    let serving = Running::start(&mut flags);
    let health = health(&serving, &other).await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    serving.stop();
}

#[tokio::test]
async fn operators_own_listener_stays_plain() {
    let (folder, authority) = encrypted("[operations]\nlisten = \"127.0.0.1:0\"\n");
    let log = folder.path().join("log");
    let serving = Running::logging_to(&log, &mut serve(folder.path()));
    let operators = crate::serve::operators(&log).await;
    let plain = request(operators, "GET", "/metrics", "").await;
    assert!(plain.starts_with("HTTP/1.1 200"), "{plain}");
    let main = health(&serving, &authority).await;
    assert!(main.starts_with("HTTP/1.1 200"), "{main}");
    serving.stop();
}

#[tokio::test]
async fn a_host_that_ends_answers_what_is_in_flight_and_waits_for_no_handshake() {
    let (folder, authority) = encrypted(&format!(
        "[http]\nheader_ms = 600000\ndrain_ms = 600000\nbody_ms = 600000\n{DEPLOYMENT}"
    ));
    let serving = Running::start(&mut serve(folder.path()));
    let address = serving.address;
    let mut silent = tokio::net::TcpStream::connect(address)
        .await
        .expect("a connection");
    let mut asking = authority.connect(address).await.expect("a handshake");
    let (body, token) = (text("hello").to_string(), token(folder.path()));
    let head = format!(
        "POST /tenants/acme/bots/echo/environments/draft/respond HTTP/1.1\r\nhost: retort\r\n\
         authorization: Bearer {token}\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    asking.write_all(head.as_bytes()).await.expect("sent");
    let mut go_on = [0; 25];
    asking.read_exact(&mut go_on).await.expect("it is read");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");

    let stopping = tokio::task::spawn_blocking(move || serving.stop());
    let cut = timeout(FOR_EVER, silent.read(&mut [0; 16])).await;
    assert!(matches!(cut.expect("it is cut"), Ok(0) | Err(_)));
    asking.write_all(body.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    asking.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.contains("[\"hello\"]"), "{answer}");
    let stopped = timeout(FOR_EVER, stopping).await.expect("it ends");
    assert_eq!(stopped.expect("no panic"), (0, String::new()));
}

//! A certificate that is renewed while the host serves.

use std::path::Path;
use std::time::Duration;

use harness::certificates::{Authority, Pair};
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::{FOR_EVER, encrypted, health, show};
use crate::running::{Running, file};
use crate::serve::serve;

/// What is shown to who connects now.
async fn shown(serving: &Running, authority: &Authority) -> CertificateDer<'static> {
    let stream = authority.connect(serving.address).await;
    let stream = stream.expect("a handshake");
    let chain = stream.get_ref().1.peer_certificates();
    let first = chain.and_then(|chain| chain.first());
    first.expect("a chain").clone()
}

async fn comes_to_show(serving: &Running, authority: &Authority, pair: &Pair) {
    let coming = async {
        while shown(serving, authority).await != pair.der {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(FOR_EVER, coming).await.expect("it is renewed");
}

async fn comes_to_say(log: &Path, words: &str) {
    let coming = async {
        while !std::fs::read_to_string(log).expect("text").contains(words) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(FOR_EVER, coming).await.expect("it is told");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart_and_a_bad_one_is_not() {
    let (folder, authority) = encrypted("reread_seconds = 1\n[http]\nheader_ms = 600000\n");
    let at = folder.path();
    let log = at.join("log");
    let serving = Running::logging_to(&log, &mut serve(at));
    let mut open = authority
        .connect(serving.address)
        .await
        .expect("a handshake");

    let second = authority.sign(&["localhost"]);
    show(at, &second);
    comes_to_show(&serving, &authority, &second).await;

    let third = authority.sign(&["localhost"]);
    file(at, "cert.pem", &third.cert);
    comes_to_say(&log, "does not belong to the first certificate").await;
    assert_eq!(shown(&serving, &authority).await, second.der);
    std::fs::remove_file(at.join("cert.pem")).expect("it was there");
    comes_to_say(&log, "cannot be read: No such file").await;
    assert_eq!(shown(&serving, &authority).await, second.der);

    show(at, &third);
    comes_to_show(&serving, &authority, &third).await;
    let health = health(&serving, &authority).await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let still = harness::host::request_over(&mut open, "", "GET", "/healthz", "").await;
    assert!(still.starts_with("HTTP/1.1 200"), "{still}");
    serving.stop();
    let told = std::fs::read_to_string(&log).expect("text");
    assert_eq!(
        told.matches("cannot be read: No such file").count(),
        1,
        "{told}"
    );
}

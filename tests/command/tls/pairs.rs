//! Certificates and keys of every form that there is, and those that cannot be shown.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use harness::certificates::Authority;

use super::{KEYS, encrypted, health, show};
use crate::running::{Running, file, run};
use crate::serve::{folder, serve};

const RSA: &str = include_str!("rsa.pem");

/// A key of PKCS#8 on P-256 in the older form of SEC1, which is what it has inside.
fn sec1(pkcs8: &str) -> String {
    let base64: String = pkcs8
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let der = BASE64_STANDARD.decode(base64).expect("base64");
    let version_and_key = [2, 1, 1, 4, 32];
    let at = der.windows(5).position(|window| window == version_and_key);
    // Before these are a byte that says that a sequence begins, and one that says how long it is.
    let mut own = der.into_iter().skip(at.expect("an EC key") - 2).peekable();
    let (sequence, length) = (own.next().expect("a byte"), *own.peek().expect("a byte"));
    let own = own.take(usize::from(length) + 1);
    let inside = BASE64_STANDARD.encode(std::iter::once(sequence).chain(own).collect::<Vec<_>>());
    format!("-----BEGIN EC PRIVATE KEY-----\n{inside}\n-----END EC PRIVATE KEY-----\n")
}

#[tokio::test]
async fn a_key_may_have_the_form_of_sec1() {
    let (folder, authority) = encrypted("");
    let mut pair = authority.sign(&["localhost"]);
    pair.key = sec1(&pair.key);
    show(folder.path(), &pair);
    let serving = Running::start(&mut serve(folder.path()));
    let health = health(&serving, &authority).await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    serving.stop();
}

#[test]
fn a_key_may_be_of_rsa_and_in_one_file_with_the_certificate() {
    let folder = folder("");
    let pem = file(folder.path(), "rsa.pem", RSA);
    let mut serve = serve(folder.path());
    let serving = Running::start(serve.arg("--tls-cert").arg(&pem).arg("--tls-key").arg(&pem));
    assert_eq!(serving.scheme, "https");
    serving.stop();
}

#[track_caller]
fn is_refused(folder: &Path, words: &[&str]) {
    let ended = run(&mut serve(folder), "");
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (2, ""),
        "{}",
        ended.stderr
    );
    for word in words {
        assert!(ended.stderr.contains(word), "{word} in {}", ended.stderr);
    }
    let repeats = |line: &&str| line.len() > 40 && ended.stderr.contains(line);
    let key = std::fs::read_to_string(folder.join("key.pem")).unwrap_or_default();
    assert_eq!(key.lines().find(repeats), None, "{}", ended.stderr);
}

#[test]
fn each_pair_that_cannot_be_shown_is_refused_with_what_is_wrong_and_what_helps() {
    let folder = folder(KEYS);
    let at = folder.path();
    let authority = Authority::default();
    let (good, other) = (
        authority.sign(&["localhost"]),
        authority.sign(&["localhost"]),
    );
    let header = "-----BEGIN CERTIFICATE-----\n";
    let (cut, strange) = (
        &good.cert[..200],
        format!("{header}AAAA\n-----END CERTIFICATE-----\n"),
    );
    let locked = good.key.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let weak = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let chain = format!("{}{}", authority.pem(), good.cert);
    let long = "x".repeat(2 << 20);
    for (cert, key, words) in [
        (
            "\u{30}\u{5}",
            &*good.key,
            ["cert.pem\" is no PEM", "openssl x509 -inform DER"],
        ),
        ("", &good.key, ["cert.pem\" is no PEM", "-----BEGIN"]),
        (
            &long,
            &good.key,
            ["cert.pem\" cannot be read: it has 1 MiB", "--tls-cert"],
        ),
        (
            cut,
            &good.key,
            ["cert.pem\" is damaged", "write the file anew"],
        ),
        (
            &good.key,
            &good.key,
            ["cert.pem\" has no certificate in it", "--tls-cert"],
        ),
        (
            &strange,
            &good.key,
            ["cert.pem\" begins with something", "write the file anew"],
        ),
        (
            &good.cert,
            "words",
            ["key.pem\" is no PEM", "openssl pkey -inform DER"],
        ),
        (
            &good.cert,
            &good.cert,
            ["key.pem\" has no private key", "--tls-key"],
        ),
        (
            &good.cert,
            &locked,
            ["key.pem\" has no private key", "takes a password away"],
        ),
        (
            &good.cert,
            weak,
            [
                "key.pem\" is of a kind that cannot be used",
                "RSA with 2048",
            ],
        ),
        (
            &good.cert,
            &other.key,
            ["key.pem\" does not belong to", "made together"],
        ),
        (
            &chain,
            &good.key,
            [
                "key.pem\" does not belong to",
                "before those that lead to its CA",
            ],
        ),
    ] {
        file(at, "cert.pem", cert);
        file(at, "key.pem", key);
        is_refused(at, &words);
    }
    file(at, "cert.pem", &good.cert);
    std::fs::remove_file(at.join("key.pem")).expect("it was there");
    is_refused(
        at,
        &[
            "the key ",
            "key.pem\" cannot be read",
            "--tls-key, or `tls.key`",
        ],
    );
    std::fs::remove_file(at.join("cert.pem")).expect("it was there");
    is_refused(
        at,
        &[
            "the certificate ",
            "cert.pem\" cannot be read",
            "--tls-cert, or `tls.cert`",
        ],
    );
    std::fs::create_dir(at.join("cert.pem")).expect("a folder");
    is_refused(at, &["cert.pem\" cannot be read: it is not a file"]);
}

#[test]
fn half_a_pair_is_refused_and_not_served_plainly() {
    let folder = folder("[tls]\ncert = \"cert.pem\"\n");
    is_refused(
        folder.path(),
        &["`tls.cert` is given and `tls.key` is not; give it too (--tls-key)"],
    );
    file(folder.path(), "retort.toml", "");
    let ended = run(serve(folder.path()).args(["--tls-key", "key.pem"]), "");
    assert_eq!(ended.code, 2);
    assert!(
        ended
            .stderr
            .contains("`tls.cert` is not; give it too (--tls-cert)"),
        "{}",
        ended.stderr
    );
}

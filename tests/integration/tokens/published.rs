//! Where keys come from: the configuration, files, and who publishes them and changes them. The tests stop their time, so
//! nothing is fetched because of how long one takes.

use std::path::Path;

use harness::Served;
use harness::sentinel::{KeyServer, Signer, claims, claims_but, jwks, one, two};
use retort::config::{Config, Flags};
use retort::sentinel::Settings;
use serde_json::json;
use tokio::time::{Duration, advance, pause};

use super::{ENVIRONMENTS, guarded, refused, taken, told};

/// Takes tokens by the keys that are published there, kept for a minute, and looked for ten seconds apart.
fn published_at(server: &KeyServer) -> Settings {
    Settings {
        jwks_urls: vec![server.url.clone()],
        jwks_refresh_seconds: 60,
        jwks_retry_seconds: 10,
        ..Settings::default()
    }
}

/// Each time another token.
fn token(signer: &Signer, number: u32) -> String {
    signer.token(&claims_but(&json!({ "jti": number })))
}

fn down() -> (u16, String) {
    (503, "keys-not-there".to_owned())
}

/// Waits for what goes on in the background.
async fn is_asked(server: &KeyServer, times: usize) {
    for _ in 0..10_000 {
        if server.asked() >= times {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
    panic!("it is asked {} times only", server.asked());
}

/// Until a token is answered so: what was fetched in the background is known a moment after it was asked for.
async fn becomes(host: &Served, token: impl Fn(u32) -> String, expected: &(u16, String)) {
    for number in 1_000..50_000 {
        if told(host, &token(number)).await == *expected {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it is never told {expected:?}");
}

#[tokio::test]
async fn a_token_that_names_no_key_may_be_signed_with_any() {
    let server = KeyServer::of(&[&two(), &one()]);
    let host = guarded(&published_at(&server)).await;
    let unnamed = |signer: Signer| signer.token_under(&json!({ "alg": "RS256" }), &claims());
    for signer in [one(), two()] {
        assert_eq!(told(&host, &unnamed(signer)).await, taken());
    }
}

#[tokio::test]
async fn keys_that_change_are_followed() {
    let server = KeyServer::of(&[&one()]);
    let host = guarded(&published_at(&server)).await;
    pause();
    assert_eq!(told(&host, &token(&one(), 1)).await, taken());
    assert_eq!(told(&host, &token(&one(), 2)).await, taken());
    assert_eq!(server.asked(), 1, "jwks_refresh_seconds keeps them");
    server.publish(&[&one(), &two()]);
    assert_eq!(told(&host, &token(&two(), 1)).await, refused("unknown-key"));
    advance(Duration::from_secs(10)).await;
    // A key that is new is looked for, once its time has come.
    assert_eq!(told(&host, &token(&two(), 2)).await, taken());
    assert_eq!(server.asked(), 2);
    server.publish(&[&two()]);
    advance(Duration::from_secs(60)).await;
    assert_eq!(
        told(&host, &token(&one(), 3)).await,
        taken(),
        "by what is known"
    );
    is_asked(&server, 3).await;
    becomes(
        &host,
        |number| token(&one(), number),
        &refused("unknown-key"),
    )
    .await;
    let forged = one().naming("key-2");
    assert_eq!(
        told(&host, &token(&forged, 1)).await,
        refused("wrong-signature")
    );
}

#[tokio::test]
async fn a_server_that_is_down_keeps_nobody_out_whose_key_is_known() {
    let server = KeyServer::of(&[&one()]);
    server.answer_with("500 Internal Server Error", "");
    let host = guarded(&published_at(&server)).await;
    pause();
    let bearer = format!("Bearer {}", token(&one(), 1));
    let answer = host.get_as(ENVIRONMENTS, &bearer).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (503, "keys-not-there")
    );
    assert_eq!(answer.headers["retry-after"], "10");
    assert_eq!(told(&host, &token(&one(), 2)).await, down());
    assert_eq!(server.asked(), 1);
    server.publish(&[&one()]);
    advance(Duration::from_secs(10)).await;
    assert_eq!(told(&host, &token(&one(), 3)).await, taken());
    // Whatever it says that is no set of keys.
    for (head, body) in [
        ("404 Not Found", String::new()),
        ("302 Found\r\nlocation: /elsewhere", String::new()),
        ("200 OK", String::new()),
        ("200 OK", "{\"keys\":[]}".to_owned()),
        (
            "200 OK",
            format!("{}{}", " ".repeat(64 << 10), jwks(&[&one(), &two()])),
        ),
        ("nonsense", String::new()),
    ] {
        server.answer_with(head, &body);
        advance(Duration::from_secs(60)).await;
        let asked = server.asked();
        assert_eq!(told(&host, &token(&two(), 1)).await, down(), "{head}");
        assert_eq!(server.asked(), asked + 1, "{head}");
        assert_eq!(told(&host, &token(&one(), 4)).await, taken(), "{head}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_holds_up_nobody_whose_key_is_known_and_is_asked_once_for_all_others() {
    let server = KeyServer::of(&[&one()]);
    let host = guarded(&published_at(&server)).await;
    pause();
    assert_eq!(told(&host, &token(&one(), 1)).await, taken());
    server.hold(true);
    server.publish(&[&one(), &two()]);
    advance(Duration::from_secs(60)).await;
    assert_eq!(told(&host, &token(&one(), 2)).await, taken());
    is_asked(&server, 2).await;
    let waiting: Vec<_> = (0..20)
        .map(|number| {
            let host = host.clone();
            tokio::spawn(async move { told(&host, &token(&two(), number)).await })
        })
        .collect();
    // Who hangs up while it waits has nothing begun anew.
    let gone = tokio::spawn({
        let host = host.clone();
        async move { told(&host, &token(&two(), 99)).await }
    });
    tokio::task::yield_now().await;
    gone.abort();
    assert_eq!(told(&host, &token(&one(), 3)).await, taken());
    server.hold(false);
    for waiting in waiting {
        assert_eq!(waiting.await.expect("no panic"), taken());
    }
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn keys_that_strangers_make_up_are_looked_for_now_and_then() {
    let server = KeyServer::of(&[&one()]);
    let host = guarded(&published_at(&server)).await;
    pause();
    assert_eq!(told(&host, &token(&one(), 1)).await, taken());
    for round in 1..=3 {
        for number in 0..50 {
            let stranger = two().token_under(
                &json!({ "alg": "RS256", "kid": format!("{round}-{number}") }),
                &claims(),
            );
            assert_eq!(told(&host, &stranger).await, refused("unknown-key"));
        }
        assert_eq!(server.asked(), round, "jwks_retry_seconds keeps them apart");
        advance(Duration::from_secs(10)).await;
    }
    // Nor does it ask for what is wrong anyhow.
    let expired = two().token(&claims_but(&json!({ "exp": 0 })));
    assert_eq!(told(&host, &expired).await, refused("expired-token"));
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn a_token_that_was_taken_is_remembered_whatever_becomes_of_its_key() {
    let server = KeyServer::of(&[&one()]);
    let host = guarded(&published_at(&server)).await;
    pause();
    let token_of_one = token(&one(), 1);
    assert_eq!(told(&host, &token_of_one).await, taken());
    server.publish(&[&two()]);
    advance(Duration::from_secs(10)).await;
    assert_eq!(told(&host, &token(&two(), 1)).await, taken());
    assert_eq!(told(&host, &token(&one(), 2)).await, refused("unknown-key"));
    // Nothing that is there now could have verified it.
    assert_eq!(told(&host, &token_of_one).await, taken());
    server.answer_with("500 Internal Server Error", "");
    advance(Duration::from_secs(60)).await;
    assert_eq!(told(&host, &token_of_one).await, taken());
}

#[tokio::test]
async fn keys_of_the_configuration_of_files_and_of_servers_are_taken_at_once() {
    let server = KeyServer::of(&[&two()]);
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    let third = two().naming("key-3");
    write("set.json", &jwks(&[&third]));
    let text = format!(
        "[liveperson]\npublic_keys = [\"\"\"\n{}\"\"\"]\nkey_files = [\"set.json\"]\njwks_urls = [\"{}\"]\n",
        one().public_pem(),
        server.url
    );
    write("retort.toml", &text);
    let file = folder.path().join("retort.toml");
    let config = Config::load(Some(&file), [], &Flags::default()).expect("it is valid");
    let files = [Path::new(folder.path()).join("set.json")];
    assert_eq!(config.liveperson.key_files, files, "relative to the file");
    let host = guarded(&config.liveperson).await;
    // A key in PEM has no name, so it may have signed a token that names any, or none.
    let unnamed = one().token_under(&json!({ "alg": "RS256" }), &claims());
    for token in [
        one().token(&claims()),
        unnamed,
        two().token(&claims()),
        third.token(&claims()),
    ] {
        assert_eq!(told(&host, &token).await, taken(), "{token}");
    }
}

//! What is wrong with a token, each thing under its code; and what is wrong with settings, before any token comes.

use harness::host::request_with;
use harness::sentinel::{PRIVATE_KEY, SHORT_KEY, claims, claims_but, jwks, one, part, two};
use jiff::Timestamp;
use proptest::prelude::*;
use retort::fault::Fault;
use retort::sentinel::{Call, Refused, Sentinel, Settings};
use ring::hmac;
use serde_json::{Value, json};

use super::{guarded, refused, taken, told, trusting};

fn signed(others: &Value) -> String {
    one().token(&claims_but(others))
}

fn under(head: &Value) -> String {
    one().token_under(head, &claims())
}

#[tokio::test]
async fn each_thing_that_is_wrong_with_a_token_has_a_code_of_its_own() {
    let host = guarded(&trusting(&one())).await;
    let now = harness::sentinel::now();
    for (token, code) in [
        (two().token(&claims()), "unknown-key"),
        (signed(&json!({ "iss": "Sentinel2" })), "wrong-issuer"),
        (signed(&json!({ "iss": null })), "wrong-issuer"),
        (signed(&json!({ "iss": ["Sentinel"] })), "wrong-issuer"),
        (signed(&json!({ "exp": now - 60 })), "expired-token"),
        (signed(&json!({ "exp": 0 })), "expired-token"),
        (signed(&json!({ "exp": -1e300 })), "expired-token"),
        (signed(&json!({ "exp": null })), "not-a-token"),
        (signed(&json!({ "exp": "tomorrow" })), "not-a-token"),
        (signed(&json!({ "nbf": now + 3000 })), "early-token"),
        (signed(&json!({ "aud": null })), "wrong-audience"),
        (signed(&json!({ "aud": "" })), "wrong-audience"),
        (signed(&json!({ "aud": "a/b" })), "wrong-audience"),
        (signed(&json!({ "aud": 12 })), "wrong-audience"),
        (signed(&json!({ "aud": ["acme", "b"] })), "wrong-audience"),
        (signed(&json!({ "aud": [] })), "wrong-audience"),
        (signed(&json!({ "scope": "" })), "wrong-scope"),
        (signed(&json!({ "scope": 1 })), "wrong-scope"),
        (
            signed(&json!({ "scope": "faas.lambda.invoke" })),
            "wrong-scope",
        ),
        (under(&json!({ "alg": "none" })), "wrong-algorithm"),
        (under(&json!({ "alg": "rs256" })), "wrong-algorithm"),
        (under(&json!({ "alg": "PS256" })), "wrong-algorithm"),
        (under(&json!({ "alg": "RS512" })), "wrong-algorithm"),
        (under(&json!({})), "not-a-token"),
        (under(&json!([])), "not-a-token"),
        (under(&json!({ "alg": "RS256", "kid": 1 })), "not-a-token"),
        (
            under(&json!({ "alg": "RS256", "crit": ["b64"] })),
            "not-a-token",
        ),
        (
            signed(&json!({ "note": "x".repeat(8 << 10) })),
            "not-a-token",
        ),
        ("".to_owned(), "not-a-token"),
        ("..".to_owned(), "not-a-token"),
        ("retort_abc_def".to_owned(), "not-a-token"),
        (format!("{}.", one().token(&claims())), "not-a-token"),
    ] {
        assert_eq!(told(&host, &token).await, refused(code), "{token}");
    }
    for others in [
        json!({}),
        json!({ "exp": now - 30 }),
        json!({ "nbf": now }),
        json!({ "nbf": now + 30 }),
        json!({ "exp": now as f64 + 0.5 }),
        json!({ "aud": ["acme"] }),
        json!({ "iat": now + 3000 }),
    ] {
        assert_eq!(told(&host, &signed(&others)).await, taken(), "{others}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_signed_or_signed_with_what_everybody_knows_is_none() {
    let host = guarded(&trusting(&one())).await;
    let claims = part(claims().to_string());
    for algorithm in ["none", "None", "HS256"] {
        let message = format!("{}.{claims}", part(json!({ "alg": algorithm }).to_string()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, one().public_pem().as_bytes());
        let tag = part(hmac::sign(&key, message.as_bytes()));
        for token in [format!("{message}."), format!("{message}.{tag}")] {
            assert_eq!(told(&host, &token).await, refused("wrong-algorithm"));
        }
    }
    let good = one().token(&super::claims());
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let (head, _) = message.split_once('.').expect("three parts");
    for token in [
        format!("{message}."),
        format!("{message}.AAAA"),
        format!("{message}.{}", part([0; 256])),
        format!("{message}.{}", another(signature)),
        // Somebody else's words under a good signature.
        format!(
            "{head}.{}.{signature}",
            part(claims_but(&json!({ "azp": "x" })).to_string())
        ),
    ] {
        assert_eq!(told(&host, &token).await, refused("unknown-key"), "{token}");
    }
    assert_eq!(told(&host, &good).await, taken());
}

/// The same, but for its first bits.
fn another(signature: &str) -> String {
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{}", &signature[1..])
}

/// What becomes of a token that is looked at so many seconds after now.
async fn later(sentinel: &Sentinel, token: &str, seconds: i64) -> Result<(), Refused> {
    let now = i64::try_from(harness::sentinel::now()).expect("a moment") + seconds;
    let now = Timestamp::from_second(now).expect("a moment");
    let account = sentinel.account(Some(token), Call::CustomEndpoint, now);
    account.await.map(drop)
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute_and_not_by_a_second_more() {
    let sentinel = Sentinel::open(&trusting(&one())).expect("it is opened");
    let at = i64::try_from(harness::sentinel::now()).expect("a moment");
    let moment = |seconds| Timestamp::from_second(at + seconds).expect("a moment");
    let token = signed(&json!({ "nbf": at + 1000, "exp": at + 2000 }));
    for (seconds, expected) in [
        (939, Err(Refused::TooEarly)),
        (940, Ok("acme".to_owned())),
        (2059, Ok("acme".to_owned())),
        (2060, Err(Refused::Expired)),
        // A token that was taken once is no exception.
        (939, Err(Refused::TooEarly)),
        (1_000_000, Err(Refused::Expired)),
    ] {
        let account = sentinel.account(Some(&token), Call::CustomEndpoint, moment(seconds));
        let account = account.await.map(String::from);
        assert_eq!(account, expected, "{seconds} s later");
    }
}

#[tokio::test]
async fn a_function_takes_a_scope_of_its_own_that_no_setting_waives() {
    let waived = Settings {
        scopes: Vec::new(),
        ..trusting(&one())
    };
    let sentinel = Sentinel::open(&waived).expect("it is opened");
    let invoking = signed(&json!({ "scope": "faas.lambda.invoke" }));
    let other = signed(&json!({}));
    let now = Timestamp::now();
    // The second time it is one that was remembered for another call.
    for token in [&other, &invoking] {
        let account = sentinel.account(Some(token), Call::CustomEndpoint, now);
        assert!(account.await.is_ok());
    }
    let account = sentinel.account(Some(&invoking), Call::Function, now).await;
    assert!(account.is_ok());
    let account = sentinel.account(Some(&other), Call::Function, now).await;
    assert_eq!(account, Err(Refused::Scope));
}

#[test]
fn settings_that_contradict_themselves_and_keys_that_are_none_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let open = || Settings::default();
    let key = |key: &str| Settings {
        public_keys: vec![one().public_pem(), key.to_owned()],
        ..open()
    };
    let of_file = |path| Settings {
        key_files: vec![path],
        ..open()
    };
    let url = |url: &str| Settings {
        jwks_urls: vec![url.to_owned()],
        ..open()
    };
    let both = Settings {
        open_tenant: Some("acme".parse().expect("a tenant")),
        ..trusting(&one())
    };
    for (settings, expected) in [
        (both, "take one of both away"),
        (
            Settings {
                issuers: Vec::new(),
                ..open()
            },
            "`liveperson.issuers` is empty",
        ),
        (
            key(PRIVATE_KEY),
            "number 2 cannot be used: it is a private key",
        ),
        (key("key"), "no public RSA key in PEM"),
        (key(SHORT_KEY), "less than 2048 bits"),
        (key(&jwks(&[&one()])), "no public RSA key in PEM"),
        (
            of_file(file("none.json", "{\"keys\":[]}")),
            "none.json\" cannot be used: it is a set of keys without",
        ),
        (of_file(file("set.json", "{")), "no set of keys"),
        (of_file(file("key.pem", "")), "no public RSA key"),
        (
            of_file(folder.path().join("nowhere")),
            "nowhere\" cannot be read",
        ),
        (url("http://192.0.2.1/jwks"), "no https:// URL"),
        (url("http://127.0.0.1.example/jwks"), "no https:// URL"),
        (url("file:///etc/passwd"), "no https:// URL"),
        (url("https://"), "no https:// URL"),
        (url("sentinel.example/jwks"), "no https:// URL"),
    ] {
        let error = Sentinel::open(&settings).expect_err(expected).to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    for good in [
        "https://sentinel.example/jwks",
        "http://[::1]:1/jwks",
        "http://localhost/jwks",
    ] {
        assert!(Sentinel::open(&url(good)).is_ok(), "{good}");
    }
}

#[test]
fn only_a_host_without_keys_blames_itself() {
    assert_eq!(Refused::KeysNotThere(1).fault(), Fault::Host);
    assert_eq!(Refused::KeyNotKnown.fault(), Fault::Caller);
}

/// Tokens of every kind: bytes, parts, and good parts with something strange in them.
#[tokio::test]
async fn of_two_tokens_nobody_knows_which_is_meant() {
    let host = guarded(&trusting(&one())).await;
    let listening = host.listen().await;
    let header = format!("authorization: Bearer {}\r\n", one().token(&claims()));
    for (headers, status) in [(header.clone(), 200), (header.repeat(2), 401)] {
        let answer =
            request_with(listening.address, &headers, "GET", super::ENVIRONMENTS, "").await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
    listening.end().await;
}

fn garbage() -> impl Strategy<Value = String> {
    let json = prop_oneof![
        Just(json!({ "alg": "RS256" }).to_string()),
        Just(claims().to_string()),
        "\\PC{0,40}",
        "[\\[\\]{}\",:0-9a-z]{0,40}",
    ];
    let part = prop_oneof![json.prop_map(part), "[A-Za-z0-9_-]{0,40}", "\\PC{0,10}"];
    prop_oneof![
        prop::collection::vec(part, 0..5).prop_map(|parts| parts.join(".")),
        "\\PC{0,100}",
        ("[a-z]{3}", any::<f64>()).prop_map(|(name, number)| signed(&json!({ name: number }))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn whatever_is_shown_as_a_token_is_taken_or_refused(token in garbage()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let sentinel = Sentinel::open(&trusting(&one())).expect("it is opened");
        let looked = runtime.block_on(later(&sentinel, &token, 0));
        prop_assert!(looked.is_err() || has_signature(&token));
    }
}

/// 256 bytes, as base64 has them, which nobody makes up by chance.
fn has_signature(token: &str) -> bool {
    token.rsplit('.').next().map(str::len) == Some(342)
}

//! LivePerson's tokens on the Custom Endpoint: whose are taken, for which account, and where their keys come from.

mod published;
mod refused;

use harness::sentinel::{Signer, claims, claims_but, one, two};
use harness::{Served, bots, host};
use retort::http::Platform;
use retort::sentinel::{PutStatus, Settings};
use serde_json::{Value, json};

const ENVIRONMENTS: &str = "/v1/bots/echo/environments";

/// A host that asks for tokens, with the bot `echo` of `acme`.
async fn guarded(settings: &Settings) -> Served {
    let platform = Platform::open(settings).expect("it is opened");
    let host = host().answering(platform);
    host.with_bot("echo", &bots::plugin("echo")).await
}

/// Takes tokens of one signer, by a key that stands in the configuration.
fn trusting(signer: &Signer) -> Settings {
    Settings {
        public_keys: vec![signer.public_pem()],
        ..Settings::default()
    }
}

/// The status and the code of a call with a token.
async fn told(host: &Served, token: &str) -> (u16, String) {
    let answer = host.get_as(ENVIRONMENTS, &format!("Bearer {token}")).await;
    (answer.status.as_u16(), answer.code().to_owned())
}

fn refused(code: &str) -> (u16, String) {
    (401, code.to_owned())
}

fn taken() -> (u16, String) {
    (200, String::new())
}

#[tokio::test]
async fn a_token_opens_the_bots_of_its_account_and_no_others() {
    let host = guarded(&trusting(&one())).await;
    let token = one().token(&claims());
    assert_eq!(told(&host, &token).await, taken());
    let bearer = format!("Bearer {token}");
    let state = "/v1/bots/echo/environments/draft/state";
    let state = host.get_as(state, &bearer).await;
    assert_eq!(state.body["state"], "online");
    let unknown = host.get_as("/v1/bots/moon/environments", &bearer).await;
    assert_eq!(
        (unknown.status.as_u16(), unknown.code()),
        (404, "no-such-bot")
    );
    let other = one().token(&claims_but(&json!({ "aud": "other" })));
    assert_eq!(told(&host, &other).await, refused("wrong-audience"));
}

#[tokio::test]
async fn each_of_the_four_calls_takes_a_token() {
    let host = guarded(&trusting(&one())).await;
    let conversation = format!("{ENVIRONMENTS}/draft/conversations/c1");
    for (method, path) in [
        ("GET", ENVIRONMENTS.to_owned()),
        ("GET", format!("{ENVIRONMENTS}/draft/state")),
        ("PUT", conversation.clone()),
        ("POST", format!("{conversation}/events")),
        // Nor is anything told of what is wrong with the rest.
        ("PUT", format!("{ENVIRONMENTS}/dr%20aft/conversations/c1")),
    ] {
        let answer = host.send(method, &path, "no JSON").await;
        let told = (answer.status.as_u16(), answer.code());
        assert_eq!(told, (401, "no-token"), "{method} {path}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    let answer = host.get_as(ENVIRONMENTS, "Bearer a.b.c").await;
    let wants = "Bearer error=\"invalid_token\"";
    assert_eq!(answer.headers["www-authenticate"], wants);
}

#[tokio::test]
async fn a_conversation_is_its_accounts_from_its_beginning_to_its_answers() {
    let settings = Settings {
        put_status: PutStatus::try_from(200).expect("a status"),
        ..trusting(&one())
    };
    let host = guarded(&settings).await;
    let bearer = one().token(&claims());
    let conversation = format!("{ENVIRONMENTS}/draft/conversations/c1");
    let begun = host.send_as("PUT", &conversation, &bearer, "{}").await;
    assert_eq!((begun.status.as_u16(), begun.body), (200, Value::Null));
    let events = format!("{conversation}/events");
    let hello = json!({ "type": "TEXT", "data": { "message": "hello" } }).to_string();
    let answer = host.send_as("POST", &events, &bearer, hello).await;
    assert_eq!(answer.body["response"][0]["data"]["message"], "hello");
}

#[tokio::test]
async fn the_scope_can_be_waived_and_of_several_one_is_enough() {
    let old = claims_but(&json!({ "scope": "email ihub.tpb.customendpoint" }));
    let listed = claims_but(&json!({ "scope": ["email", "thirdpartybots.customendpoint.bot"] }));
    let other = claims_but(&json!({ "scope": "thirdpartybots.customendpoint.bot2" }));
    let none = claims_but(&json!({ "scope": null }));
    let host = guarded(&trusting(&one())).await;
    for (claims, expected) in [
        (&old, taken()),
        (&listed, taken()),
        (&other, refused("wrong-scope")),
        (&none, refused("wrong-scope")),
    ] {
        assert_eq!(
            told(&host, &one().token(claims)).await,
            expected,
            "{claims}"
        );
    }
    let waived = Settings {
        scopes: Vec::new(),
        ..trusting(&one())
    };
    let host = guarded(&waived).await;
    for claims in [&other, &none] {
        assert_eq!(told(&host, &one().token(claims)).await, taken(), "{claims}");
    }
}

#[tokio::test]
async fn without_keys_nobodys_calls_are_answered_and_with_an_open_tenant_everybodys() {
    let host = guarded(&Settings::default()).await;
    let closed = (404, "no-custom-endpoint".to_owned());
    assert_eq!(told(&host, &one().token(&claims())).await, closed);
    let open = Settings {
        open_tenant: Some("acme".parse().expect("a tenant")),
        ..Settings::default()
    };
    let host = guarded(&open).await;
    let answer = host.send("GET", ENVIRONMENTS, "").await;
    assert_eq!(answer.body, json!(["draft"]));
    assert_eq!(told(&host, &two().token(&claims())).await, taken());
}

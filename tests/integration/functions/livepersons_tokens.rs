//! LivePerson's own tokens, of apps that may invoke the account's functions.

use harness::bots;
use harness::operator::Administered;
use harness::sentinel::{claims_but, one, two};
use retort::http::Platform;
use retort::sentinel::Settings;
use serde_json::json;
use tempfile::tempdir;

use super::error;

#[tokio::test]
async fn an_app_that_may_invoke_functions_may_invoke_those_of_its_account() {
    let folder = tempdir().expect("a folder");
    let operator = Administered::open(folder.path()).await;
    let digest = operator
        .upload("acme", "hook", bots::misbehaving("function"))
        .await;
    assert_eq!(
        operator.deploy("acme", "hook", &digest, 100).await.status,
        200
    );
    let platform = Platform::open(&Settings {
        public_keys: vec![one().public_pem()],
        ..Settings::default()
    });
    let operator = operator.answering(platform.expect("it is opened"));
    let invoke = json!({ "scope": "faas.lambda.invoke" });
    let mut elsewhere = invoke.clone();
    elsewhere["aud"] = json!("other");
    for (token, status) in [
        (one().token(&claims_but(&invoke)), 200),
        // The scope of the Custom Endpoint opens no function.
        (one().token(&claims_but(&json!({}))), 401),
        (one().token(&claims_but(&elsewhere)), 401),
        (two().token(&claims_but(&invoke)), 401),
        ("a.b.c".to_owned(), 401),
    ] {
        let who = operator.with(&token);
        for query in ["?v=1", ""] {
            let path = format!("/api/account/acme/events/x/isImplemented{query}");
            let answer = who.send("GET", &path, "").await;
            assert_eq!(answer.status, status, "{token} {query}");
            if status != 200 {
                error(&answer, query);
            }
        }
    }
    // A token of the host's own goes on being taken.
    let path = "/api/account/acme/events/x/isImplemented";
    let who = operator.token_for(&["invoker"], Some(&["acme"])).await;
    assert_eq!(who.send("GET", path, "").await.status, 200);
}

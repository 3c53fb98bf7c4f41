//! Who may invoke functions, and what becomes of them when the host starts anew.

use harness::bots;
use harness::operator::{Administered, saying};
use serde_json::{Value, json};
use tempfile::tempdir;

use super::{envelope, error, uuid};

/// A host on which the function serves as `production`, by the way of `draft`.
async fn administered(folder: &std::path::Path) -> Administered {
    let operator = Administered::open(folder).await;
    let function = bots::misbehaving("function");
    let digest = operator.upload("acme", "hook", function).await;
    let at = "tenants/acme/bots/hook/environments/draft/deployment";
    let settings = json!({ "events": ["bot_connectors_pre_hook"] });
    let asked = json!({ "digest": digest, "settings": settings });
    let deployed = operator.admin("PUT", at, &asked).await;
    assert_eq!(deployed.status, 200, "{deployed:?}");
    let to = json!({ "to": "production" });
    let promoted = operator.admin("POST", &format!("{at}/promote"), &to).await;
    assert_eq!(promoted.status, 200, "{promoted:?}");
    operator
}

fn path(query: &str) -> String {
    format!("/api/account/acme/lambdas/{}/invoke{query}", uuid("hook"))
}

#[tokio::test]
async fn functions_are_invoked_with_a_token_that_may_ask_the_tenants_bots() {
    let folder = tempdir().expect("a folder");
    let operator = administered(folder.path()).await;
    for (roles, tenants, status) in [
        (&["invoker"], Some(&["acme"][..]), 200),
        (&["developer"], None, 200),
        (&["admin"], None, 403),
        (&["invoker"], Some(&["other"]), 403),
    ] {
        let who = operator.token_for(roles, tenants).await;
        for query in ["?v=1", ""] {
            let answer = who.send("POST", &path(query), envelope(1)).await;
            assert_eq!(answer.status, status, "{roles:?} {tenants:?}");
            if status != 200 {
                error(&answer, query);
            }
            for path in ["events/x/isImplemented", "lambdas/", "functions"] {
                let path = format!("/api/account/acme/{path}{query}");
                let answer = who.send("GET", &path, "").await;
                assert_eq!(answer.status, status, "{path}");
            }
        }
    }
    for query in ["?v=1", ""] {
        let nobody = operator.with("made up");
        let answer = nobody.send("POST", &path(query), envelope(1)).await;
        assert_eq!(error(&answer, query).0, 401);
    }
}

#[tokio::test]
async fn a_function_is_one_still_when_the_host_starts_again_and_its_uuid_is_in_the_list() {
    let folder = tempdir().expect("a folder");
    let operator = administered(folder.path()).await;
    let listed = operator
        .admin("GET", "tenants/acme/bots", &Value::Null)
        .await;
    assert_eq!(listed.body["bots"][0]["uuid"], uuid("hook"));
    let revisions = operator.admin("GET", "tenants/acme/bots/hook/revisions", &Value::Null);
    assert_eq!(revisions.await.body["revisions"][0]["world"], "function");
    let token = operator.token.clone();
    drop(operator);
    let operator = Administered::open(folder.path()).await.with(&token);
    let payload = json!({ "do": "return", "with": 7 });
    let answer = operator
        .send("POST", &path(""), envelope(payload.clone()))
        .await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, json!(7)));
    let event = "/api/account/acme/events/bot_connectors_pre_hook/invoke?v=1";
    let answer = operator.send("POST", event, envelope(payload)).await;
    assert_eq!(answer.body[0]["result"], 7);
}

#[tokio::test]
async fn an_event_that_is_no_name_is_refused_at_deployment() {
    let folder = tempdir().expect("a folder");
    let operator = administered(folder.path()).await;
    let at = "tenants/acme/bots/hook/environments/draft/deployment";
    let now = operator.admin("GET", at, &Value::Null).await;
    let digest = &now.body["sides"][0]["digest"];
    for event in ["", "a b", "a-b", &"x".repeat(61)] {
        let asked = json!({ "digest": digest, "settings": { "events": [event] } });
        let answer = operator.admin("PUT", at, &asked).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "wrong-shape")
        );
    }
}

#[tokio::test]
async fn a_bot_and_a_function_do_not_share_an_environment() {
    let folder = tempdir().expect("a folder");
    let operator = administered(folder.path()).await;
    let digest = operator.upload("acme", "hook", saying("hello")).await;
    let mixed = operator.deploy("acme", "hook", &digest, 50).await;
    assert_eq!((mixed.status.as_u16(), mixed.code()), (409, "mixed-split"));
    let alone = operator.deploy("acme", "hook", &digest, 100).await;
    assert_eq!(alone.status, 200, "{alone:?}");
    assert_eq!(operator.says("acme", "hook", "c").await, "hello");
}

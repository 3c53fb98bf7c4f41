//! What a bot may have of what it asks for: nothing serves before somebody has granted it, and what is taken back is gone.

use harness::bots;
use harness::operator::{Administered, deployment};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::admin::administered;

const GRANTS: &str = "tenants/acme/bots/bot/environments/draft/grants";

fn asking() -> Vec<u8> {
    bots::wanting("reach", "state = [\"conversation\", \"bot\"]")
}

async fn deploy(operator: &Administered, digest: &str, grant: &[&str]) -> harness::host::Answer {
    let asked = json!({ "digest": digest, "grant": grant });
    operator
        .admin("PUT", &deployment("acme", "bot"), &asked)
        .await
}

/// A host with a bot that may have all that it asks for.
async fn granted() -> (TempDir, Administered, String) {
    let (folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", asking()).await;
    let deployed = deploy(&operator, &digest, &["state:bot", "state:conversation"]).await;
    assert_eq!(deployed.status, 200, "{deployed:?}");
    (folder, operator, digest)
}

async fn says(operator: &Administered, message: &str) -> String {
    let path = "/tenants/acme/bots/bot/environments/draft/respond";
    let payload = json!({ "convId": "c1", "message": message });
    let answer = operator.send("POST", path, payload.to_string()).await;
    let text = answer.body["messages"][0].as_str();
    text.unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

fn list<'a>(answer: &'a Value, list: &str, field: &str) -> Vec<&'a str> {
    let items = answer[list].as_array().expect("a list").iter();
    items
        .map(|item| item[field].as_str().expect("a text"))
        .collect()
}

#[tokio::test]
async fn nothing_serves_that_asks_for_what_nobody_has_granted() {
    let (_folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", asking()).await;
    let refused = deploy(&operator, &digest, &["state:bot"]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "not-granted")
    );
    let detail = refused.body["detail"].as_str().expect("a text");
    assert!(detail.contains("asks for: state:conversation;"), "{detail}");
    let granted = operator.admin("GET", GRANTS, &Value::Null).await;
    assert_eq!(
        granted.body["grants"],
        json!([]),
        "a refused deployment grants nothing"
    );

    let refused = deploy(&operator, &digest, &["personal-data"]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (422, "not-asked-for")
    );
    let refused = deploy(&operator, &digest, &["state:user"]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (400, "wrong-shape")
    );
    let deployed = deploy(&operator, &digest, &["state:bot", "state:conversation"]).await;
    assert_eq!(deployed.status, 200, "{deployed:?}");
    assert_eq!(says(&operator, "add bot n").await, "ok 1 @1");
}

#[tokio::test]
async fn who_deploys_grants_nothing_unless_they_are_an_admin_too() {
    let (_folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", asking()).await;
    let developer = operator.token_for(&["developer"], Some(&["acme"])).await;
    let all = ["state:bot", "state:conversation"];
    let refused = deploy(&developer, &digest, &all).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (403, "not-your-role")
    );
    assert_eq!(deploy(&operator, &digest, &all).await.status, 200);
    // What is granted stays so for the next one.
    assert_eq!(deploy(&developer, &digest, &[]).await.status, 200);
    let path = format!("{}/promote", deployment("acme", "bot"));
    let there = json!({ "to": "production" });
    let refused = developer.admin("POST", &path, &there).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "not-granted")
    );
    let there = json!({ "to": "production", "grant": all });
    assert_eq!(developer.admin("POST", &path, &there).await.status, 403);
    assert_eq!(operator.admin("POST", &path, &there).await.status, 200);
}

#[tokio::test]
async fn what_is_taken_back_is_denied_from_the_next_turn_on_and_the_audit_log_says_who_did_it() {
    let (folder, operator, digest) = granted().await;
    assert_eq!(says(&operator, "add bot n").await, "ok 1 @1");
    let revoked = json!({ "revoke": ["state:bot"], "note": "no longer" });
    let answer = operator.admin("PATCH", GRANTS, &revoked).await;
    assert_eq!(
        list(&answer.body, "grants", "grant"),
        ["state:conversation"]
    );
    assert!(says(&operator, "add bot n").await.starts_with("denied: "));
    assert_eq!(says(&operator, "add conversation n").await, "ok 1 @1");

    // Neither going back nor starting again brings it back, and deploying anew asks again.
    let rollback = format!("{}/rollback", deployment("acme", "bot"));
    assert_eq!(deploy(&operator, &digest, &[]).await.code(), "not-granted");
    let again = json!({ "digest": digest, "grant": ["state:bot"] });
    assert_eq!(
        operator
            .admin("PUT", &deployment("acme", "bot"), &again)
            .await
            .status,
        200
    );
    assert_eq!(operator.admin("PATCH", GRANTS, &revoked).await.status, 200);
    assert_eq!(
        operator.admin("POST", &rollback, &Value::Null).await.status,
        200
    );
    assert!(says(&operator, "add bot n").await.starts_with("denied: "));
    let token = operator.token.clone();
    drop(operator);
    let operator = Administered::open(folder.path()).await.with(&token);
    assert!(says(&operator, "add bot n").await.starts_with("denied: "));
    assert_eq!(says(&operator, "add conversation n").await, "ok 2 @2");

    let granted = json!({ "grant": ["state:bot"] });
    assert_eq!(operator.admin("PATCH", GRANTS, &granted).await.status, 200);
    assert_eq!(says(&operator, "add bot n").await, "ok 2 @2");
    let audit = operator
        .admin("GET", "audit?after=0", &Value::Null)
        .await
        .body;
    let changes = list(&audit, "entries", "change").into_iter();
    let consents: Vec<_> = changes
        .filter(|change| change.ends_with("granted") || *change == "revoked")
        .collect();
    assert_eq!(
        consents,
        ["granted", "revoked", "granted", "revoked", "granted"]
    );
    let entries = audit["entries"].as_array().expect("a list");
    let first = entries
        .iter()
        .find(|entry| entry["change"] == "granted")
        .expect("it is there");
    assert_eq!(
        (first["of"].as_str(), first["detail"].as_str()),
        (Some("bot/draft"), Some("state:conversation, state:bot"))
    );
    let revoked = entries.iter().find(|entry| entry["change"] == "revoked");
    assert_eq!(revoked.expect("it is there")["note"], "no longer");
    assert!(
        first["token"].is_string() && first["by"].is_string(),
        "{first}"
    );
}

#[tokio::test]
async fn both_sides_of_a_split_lose_what_is_taken_back() {
    let (_folder, operator, digest) = granted().await;
    let other = json!({ "digest": digest, "weight": 50, "settings": { "config": { "a": "b" } } });
    assert_eq!(
        operator
            .admin("PUT", &deployment("acme", "bot"), &other)
            .await
            .status,
        200
    );
    let revoked = json!({ "revoke": ["state:bot", "state:conversation"] });
    assert_eq!(operator.admin("PATCH", GRANTS, &revoked).await.status, 200);
    for conversation in 0..20 {
        let path = "/tenants/acme/bots/bot/environments/draft/respond";
        let payload = json!({ "convId": conversation.to_string(), "message": "get bot n\nget conversation n" });
        let answer = operator
            .send("POST", path, payload.to_string())
            .await
            .body
            .to_string();
        assert_eq!(answer.matches("denied: ").count(), 2, "{answer}");
    }
}

#[tokio::test]
async fn an_admin_grants_ahead_what_a_developer_then_deploys() {
    let (_folder, operator) = administered().await;
    let developer = operator.token_for(&["developer"], Some(&["acme"])).await;
    let admin = operator.token_for(&["admin"], Some(&["acme"])).await;
    let all = json!({ "grant": ["state:bot", "state:conversation"] });
    let early = admin.admin("PATCH", GRANTS, &all).await;
    assert_eq!(early.code(), "not-asked-for", "there is no such bot yet");
    let digest = developer.upload("acme", "bot", asking()).await;
    assert_eq!(deploy(&developer, &digest, &[]).await.code(), "not-granted");
    let granted = admin.admin("PATCH", GRANTS, &all).await;
    assert_eq!(granted.status, 200, "{granted:?}");
    assert_eq!(deploy(&developer, &digest, &[]).await.status, 200);
    // What is taken back has to be there: who mistypes it is told.
    let none = json!({ "revoke": ["state:bot", "secret:word"] });
    let refused = admin.admin("PATCH", GRANTS, &none).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "nothing-to-revoke")
    );
    let revoked = json!({ "revoke": ["state:bot"] });
    let answer = admin.admin("PATCH", GRANTS, &revoked).await.body;
    assert_eq!(answer["missing"], json!(["state:bot"]));
    let seen = developer.admin("GET", GRANTS, &Value::Null).await.body;
    assert_eq!(seen, answer);
}

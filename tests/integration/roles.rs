//! Who may do what: every route with every role, with another tenant's token, and with none that is valid.

use harness::operator::saying;
use serde_json::{Value, json};

use crate::admin::administered;

/// Every route of the admin API, and the role that alone is enough for it.
pub(crate) const ROUTES: [(&str, &str, &str); 34] = [
    ("GET", "openapi.json", "invoker"),
    ("GET", "tenants", "invoker"),
    ("GET", "tenants/acme/routes", "invoker"),
    ("PUT", "tenants/acme/routes", "developer"),
    ("GET", "tenants/acme/bots", "invoker"),
    ("GET", "tenants/acme/bots/bot/revisions", "invoker"),
    ("POST", "tenants/acme/bots/bot/revisions", "developer"),
    (
        "GET",
        "tenants/acme/bots/bot/environments/draft/deployment",
        "invoker",
    ),
    (
        "PUT",
        "tenants/acme/bots/bot/environments/draft/deployment",
        "developer",
    ),
    (
        "DELETE",
        "tenants/acme/bots/bot/environments/draft/deployment",
        "developer",
    ),
    (
        "PUT",
        "tenants/acme/bots/bot/environments/draft/deployment/weight",
        "developer",
    ),
    (
        "POST",
        "tenants/acme/bots/bot/environments/draft/deployment/rollback",
        "developer",
    ),
    (
        "POST",
        "tenants/acme/bots/bot/environments/draft/deployment/promote",
        "developer",
    ),
    (
        "GET",
        "tenants/acme/bots/bot/environments/draft/history",
        "invoker",
    ),
    (
        "GET",
        "tenants/acme/bots/bot/environments/draft/grants",
        "invoker",
    ),
    (
        "PATCH",
        "tenants/acme/bots/bot/environments/draft/grants",
        "admin",
    ),
    (
        "GET",
        "tenants/acme/bots/bot/environments/draft/gate",
        "invoker",
    ),
    (
        "PUT",
        "tenants/acme/bots/bot/environments/draft/gate",
        "admin",
    ),
    (
        "DELETE",
        "tenants/acme/bots/bot/environments/draft/gate",
        "admin",
    ),
    (
        "GET",
        "tenants/acme/bots/bot/revisions/none/conversations",
        "invoker",
    ),
    (
        "PUT",
        "tenants/acme/bots/bot/revisions/none/conversations",
        "developer",
    ),
    (
        "GET",
        "tenants/acme/bots/bot/revisions/none/report",
        "invoker",
    ),
    ("GET", "tenants/acme/bots/bot/turns", "invoker"),
    ("GET", "tenants/acme/bots/bot/capsules", "invoker"),
    ("GET", "tenants/acme/bots/bot/capsules/none", "developer"),
    (
        "GET",
        "tenants/acme/bots/bot/revisions/none/component",
        "developer",
    ),
    ("GET", "tenants/acme/secrets", "developer"),
    ("PUT", "tenants/acme/secrets/word", "admin"),
    ("DELETE", "tenants/acme/secrets/word", "admin"),
    ("DELETE", "tenants/acme/conversations/none", "admin"),
    ("GET", "audit", "developer"),
    ("GET", "tokens", "admin"),
    ("POST", "tokens", "admin"),
    ("DELETE", "tokens/none", "admin"),
];

#[tokio::test]
async fn a_tenants_token_sees_and_changes_nothing_of_another() {
    let (_folder, operator) = administered().await;
    for (tenant, word) in [("acme", "acme's"), ("other", "the other's")] {
        let digest = operator.upload(tenant, "bot", saying(word)).await;
        operator.deploy(tenant, "bot", &digest, 100).await;
    }
    let all = ["admin", "developer", "invoker"];
    let other = operator.token_for(&all, Some(&["other"])).await;
    for (method, path, _) in ROUTES
        .iter()
        .filter(|(_, path, _)| path.starts_with("tenants/"))
    {
        let refused = other.admin(method, path, &json!({})).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (403, "not-your-tenant"),
            "{method} {path}"
        );
    }
    let asked = other
        .send(
            "POST",
            "/tenants/acme/bots/bot/environments/draft/respond",
            "{}",
        )
        .await;
    assert_eq!(asked.code(), "not-your-tenant");
    // One of no tenant at all is told the same: nobody learns who there is.
    let nobody = other
        .admin("GET", "tenants/nobody/bots", &Value::Null)
        .await;
    assert_eq!(nobody.code(), "not-your-tenant");

    assert_eq!(other.says("other", "bot", "c").await, "the other's");
    assert_eq!(operator.says("acme", "bot", "c").await, "acme's");
    let tenants = other.admin("GET", "tenants", &Value::Null).await;
    assert_eq!(tenants.body, json!({ "tenants": ["other"], "next": null }));
    let audit = other.admin("GET", "audit", &Value::Null).await;
    let entries = audit.body["entries"].as_array().expect("a list");
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry["tenant"] == "other"));
    let tokens = other.admin("GET", "tokens", &Value::Null).await;
    assert_eq!(tokens.body["tokens"].as_array().map(Vec::len), Some(1));
    // Nor can it have itself one that does.
    for tenants in [json!(null), json!(["acme"]), json!(["acme", "other"])] {
        let wanted = json!({ "name": "more", "roles": ["developer"], "tenants": tenants });
        let more = other.admin("POST", "tokens", &wanted).await;
        assert_eq!(
            (more.status.as_u16(), more.code()),
            (403, "more-than-yours")
        );
    }
}

#[tokio::test]
async fn every_route_takes_its_role_and_no_other() {
    let (_folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", saying("well")).await;
    operator.deploy("acme", "bot", &digest, 100).await;
    let roles = ["admin", "developer", "invoker"];
    let mut tokens = Vec::new();
    for role in roles {
        tokens.push((role, operator.token_for(&[role], None).await));
    }
    for (method, path, enough) in ROUTES {
        for token in ["", "x", "retort_1_2", &format!("{}0", operator.token)] {
            let refused = operator.with(token).admin(method, path, &Value::Null).await;
            let (status, code) = (refused.status.as_u16(), refused.code());
            let is_refused = matches!(
                (status, code),
                (401, "unknown-token") | (429, "too-many-attempts")
            );
            assert!(is_refused, "{method} {path} {token:?}: {refused:?}");
        }
        for (role, token) in &tokens {
            // Who says what bots may have sees what there is, as developers do.
            let is_seen_by_both = matches!(path, "audit" | "tenants/acme/secrets");
            let may = *role == enough
                || enough == "invoker"
                || (is_seen_by_both && method == "GET" && *role == "admin");
            let answer = token.admin(method, path, &json!({})).await;
            let is_refused = answer.code() == "not-your-role";
            assert_eq!(is_refused, !may, "{role}: {method} {path}: {answer:?}");
        }
    }
    for (role, token) in &tokens {
        let path = "/tenants/acme/bots/bot/environments/draft/respond";
        let asked = token.send("POST", path, "{}").await;
        assert_eq!(
            asked.code() == "not-your-role",
            *role == "admin",
            "{role}: {asked:?}"
        );
    }
}

#[tokio::test]
async fn a_token_that_has_ended_opens_nothing() {
    let (_folder, operator) = administered().await;
    let wanted = json!({ "name": "old", "roles": ["admin"], "expires": "2020-01-01T00:00:00Z" });
    let old = operator.admin("POST", "tokens", &wanted).await;
    let old = operator.with(old.body["token"].as_str().expect("a token"));
    assert_eq!(
        old.admin("GET", "tokens", &Value::Null).await.code(),
        "expired-token"
    );
    let wanted = json!({ "name": "short", "roles": ["admin"] });
    let made = operator.admin("POST", "tokens", &wanted).await;
    let short = operator.with(made.body["token"].as_str().expect("a token"));
    assert_eq!(short.admin("GET", "tokens", &Value::Null).await.status, 200);
    let path = format!("tokens/{}", made.body["id"].as_str().expect("an id"));
    assert_eq!(
        operator.admin("DELETE", &path, &Value::Null).await.status,
        200
    );
    assert_eq!(
        short.admin("GET", "tokens", &Value::Null).await.code(),
        "revoked-token"
    );
    let list = operator.admin("GET", "tokens", &Value::Null).await;
    assert!(
        !list.body.to_string().contains("digest"),
        "nothing of a secret is shown"
    );
}

#[tokio::test]
async fn guessing_tokens_is_limited_and_seen_and_holds_up_nobody() {
    let (_folder, operator) = administered().await;
    let guesser = operator.with("retort_abc_def");
    for guess in 0..40 {
        let refused = guesser.admin("GET", "tokens", &Value::Null).await;
        let code = if guess < 20 {
            "unknown-token"
        } else {
            "too-many-attempts"
        };
        assert_eq!(refused.code(), code, "guess {guess}");
    }
    let audit = operator.admin("GET", "audit", &Value::Null).await;
    let entries = audit.body["entries"].as_array().expect("a list").iter();
    let seen = entries.filter(|entry| entry["change"] == "token-refused");
    assert_eq!(seen.count(), 20);
    let none = operator.host.send("GET", "/admin/v1/tokens", "").await;
    assert_eq!((none.status.as_u16(), none.code()), (401, "no-token"));
}

#[tokio::test]
async fn who_may_not_ask_is_told_before_anything_is_read() {
    let (_folder, operator) = administered().await;
    let nobody = operator.with("none");
    for path in [
        "/tenants/acme/bots/bot/environments/draft/respond",
        "/admin/v1/tenants/acme/bots/bot/revisions",
        "/admin/v1/tokens",
    ] {
        let refused = nobody.send("POST", path, vec![b'x'; 50 << 20]).await;
        assert_eq!(refused.code(), "unknown-token", "{path}");
    }
}

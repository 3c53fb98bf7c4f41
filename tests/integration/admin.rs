//! What operators do: deploy, choose, go back, and see who did what.

use harness::operator::{Administered, deployment, saying, trapping};
use retort::registry::settings::Defaults;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

pub(crate) async fn administered() -> (TempDir, Administered) {
    let folder = tempdir().expect("a folder");
    let operator = Administered::open(folder.path()).await;
    (folder, operator)
}

#[tokio::test]
async fn a_bot_is_deployed_replaced_and_rolled_back_step_by_step() {
    let (_folder, operator) = administered().await;
    let mut digests = Vec::new();
    for word in ["one", "two", "three"] {
        let digest = operator.upload("acme", "bot", saying(word)).await;
        let deployed = operator.deploy("acme", "bot", &digest, 100).await;
        assert_eq!(deployed.status, 200, "{deployed:?}");
        assert_eq!(operator.says("acme", "bot", "c").await, word);
        digests.push(digest);
    }
    let rollback = format!("{}/rollback", deployment("acme", "bot"));
    for word in ["two", "one"] {
        let back = operator.admin("POST", &rollback, &Value::Null).await;
        assert_eq!(back.status, 200, "{back:?}");
        assert_eq!(operator.says("acme", "bot", "c").await, word);
    }
    let no_further = operator.admin("POST", &rollback, &Value::Null).await;
    assert_eq!(
        (no_further.status.as_u16(), no_further.code()),
        (409, "nothing-before")
    );

    let undeployed = operator
        .admin("DELETE", &deployment("acme", "bot"), &Value::Null)
        .await;
    assert_eq!(undeployed.status, 200, "{undeployed:?}");
    let path = "/tenants/acme/bots/bot/environments/draft/respond";
    let gone = operator.send("POST", path, "{}").await;
    assert_eq!(
        (gone.status.as_u16(), gone.code()),
        (404, "no-such-environment")
    );
    let back = operator
        .admin("POST", &rollback, &json!({ "note": "by mistake" }))
        .await;
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(operator.says("acme", "bot", "c").await, "one");

    let path = "tenants/acme/bots/bot/environments/draft/history";
    let history = operator.admin("GET", path, &Value::Null).await;
    let changes = history.body["deployments"]
        .as_array()
        .expect("a list")
        .iter();
    let changes: Vec<_> = changes
        .map(|kept| kept["change"].as_str().expect("a word"))
        .collect();
    assert_eq!(
        changes,
        [
            "deployed",
            "deployed",
            "deployed",
            "rolled-back",
            "rolled-back",
            "undeployed",
            "rolled-back"
        ]
    );
    let audit = operator
        .admin("GET", "audit?after=1&limit=3", &Value::Null)
        .await;
    assert_eq!(
        audit.body["entries"][0]["of"],
        format!("bot@{}", digests[0])
    );
    assert_eq!(audit.body["entries"][0]["by"], "admin");
    assert_eq!(audit.body["next"], 4);
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let (folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", saying("kept")).await;
    operator.deploy("acme", "bot", &digest, 100).await;
    let token = operator.token.clone();
    drop(operator);
    let operator = Administered::open(folder.path()).await.with(&token);
    assert_eq!(operator.says("acme", "bot", "c").await, "kept");
    let bots = operator
        .admin("GET", "tenants/acme/bots", &Value::Null)
        .await;
    assert_eq!(
        bots.body["bots"][0]["environments"][0]["sides"][0]["digest"],
        digest
    );
}

#[tokio::test]
async fn a_conversation_keeps_its_side_of_a_split_whatever_its_weights() {
    let (_folder, operator) = administered().await;
    let first = operator.upload("acme", "bot", saying("first")).await;
    let second = operator.upload("acme", "bot", saying("second")).await;
    let early = operator.deploy("acme", "bot", &second, 20).await;
    assert_eq!(
        (early.status.as_u16(), early.code()),
        (404, "nothing-served")
    );
    operator.deploy("acme", "bot", &first, 100).await;
    let split = operator.deploy("acme", "bot", &second, 20).await;
    assert_eq!(split.body["sides"][0]["weight"], 80);
    let third = operator.deploy("acme", "bot", &first, 50).await;
    assert_eq!(
        (third.status.as_u16(), third.code()),
        (409, "split-already")
    );

    let conversations: Vec<String> = (0..200).map(|n| format!("c{n}")).collect();
    let mut sides = Vec::new();
    for conversation in &conversations {
        sides.push(operator.says("acme", "bot", conversation).await);
    }
    let seconds = sides.iter().filter(|said| *said == "second").count();
    assert!(
        (20..=60).contains(&seconds),
        "{seconds} of 200 are on the side of 20 %"
    );
    let weight = format!("{}/weight", deployment("acme", "bot"));
    for percent in [90, 1] {
        let weighed = operator
            .admin("PUT", &weight, &json!({ "weight": percent }))
            .await;
        assert_eq!(weighed.status, 200, "{weighed:?}");
        for (conversation, side) in conversations.iter().zip(&sides) {
            assert_eq!(&operator.says("acme", "bot", conversation).await, side);
        }
    }
    operator
        .admin("PUT", &weight, &json!({ "weight": 100 }))
        .await;
    assert_eq!(operator.says("acme", "bot", "c0").await, "second");
    let over = operator
        .admin("PUT", &weight, &json!({ "weight": 50 }))
        .await;
    assert_eq!((over.status.as_u16(), over.code()), (409, "no-split"));
    // Back to before the split, not into it.
    let rollback = format!("{}/rollback", deployment("acme", "bot"));
    operator.admin("POST", &rollback, &Value::Null).await;
    assert_eq!(operator.says("acme", "bot", "c0").await, "first");
}

#[tokio::test]
async fn an_environment_takes_over_what_another_serves() {
    let (_folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", saying("tried")).await;
    operator.deploy("acme", "bot", &digest, 100).await;
    let promote = format!("{}/promote", deployment("acme", "bot"));
    let promoted = operator
        .admin("POST", &promote, &json!({ "to": "production" }))
        .await;
    assert_eq!(promoted.status, 200, "{promoted:?}");
    let path = "/tenants/acme/bots/bot/environments/production/respond";
    let said = operator
        .send("POST", path, r#"{"convId":"c","message":"x"}"#)
        .await;
    assert_eq!(said.body["messages"][0], "tried");
}

#[tokio::test]
async fn what_may_not_serve_is_told_in_plain_words_and_nothing_changes() {
    let (_folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", saying("well")).await;
    operator.deploy("acme", "bot", &digest, 100).await;
    let path = "/admin/v1/tenants/acme/bots/bot/revisions";
    for (bytes, code) in [
        (b"a text".to_vec(), "not-wasm"),
        (b"\0asm\x01\0\0\0".to_vec(), "core-module"),
        (saying("cut")[..400].to_vec(), "component-invalid"),
        (vec![0; 40 << 20], "body-too-large"),
    ] {
        let refused = operator.send("POST", path, bytes).await;
        assert_eq!(refused.code(), code, "{refused:?}");
    }
    let bad = operator
        .send("POST", &format!("{path}?nope=1"), saying("x"))
        .await;
    assert_eq!((bad.status.as_u16(), bad.code()), (400, "bad-query"));
    let at = deployment("acme", "bot");
    let none = "0".repeat(64);
    for (asked, status, code) in [
        (json!({ "digest": none }), 404, "no-such-revision"),
        (json!({ "digest": "abc" }), 400, "wrong-shape"),
        (
            json!({ "digest": digest, "settings": { "limits": { "fule": 1 } } }),
            422,
            "bad-setting",
        ),
        (
            json!({ "digest": digest, "settings": { "limits": { "deadline_ms": 9_999 } } }),
            422,
            "bad-setting",
        ),
        (json!({ "digest": digest, "weight": 0 }), 422, "bad-weight"),
        (json!({ "digest": digest, "other": 0 }), 400, "wrong-shape"),
    ] {
        let refused = operator.admin("PUT", &at, &asked).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (status, code),
            "{refused:?}"
        );
    }
    assert_eq!(operator.says("acme", "bot", "c").await, "well");
    let kept = operator.admin("GET", &at, &Value::Null).await;
    assert_eq!(kept.body["number"], 1);
}

#[tokio::test]
async fn going_back_asks_nobody_who_has_served_before() {
    let (folder, operator) = administered().await;
    let first = operator.upload("acme", "bot", saying("first")).await;
    let second = operator.upload("acme", "bot", saying("second")).await;
    operator.deploy("acme", "bot", &first, 100).await;
    operator.deploy("acme", "bot", &second, 50).await;
    let token = operator.token.clone();
    drop(operator);
    // A host on which no bot gets anywhere.
    let mut defaults = Defaults::default();
    defaults.limits.fuel = 1;
    let operator = Administered::open_with(folder.path(), defaults).await;
    let operator = operator.with(&token);
    let at = deployment("acme", "bot");
    let weighed = operator
        .admin("PUT", &format!("{at}/weight"), &json!({ "weight": 80 }))
        .await;
    assert_eq!(weighed.status, 200, "{weighed:?}");
    let rollback = format!("{at}/rollback");
    let back = operator.admin("POST", &rollback, &Value::Null).await;
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(back.body["sides"][0]["digest"], first);
    let promoted = operator
        .admin(
            "POST",
            &format!("{at}/promote"),
            &json!({ "to": "production" }),
        )
        .await;
    assert_eq!(promoted.status, 200, "{promoted:?}");
    let deployed = operator.deploy("acme", "bot", &second, 100).await;
    assert_eq!(deployed.code(), "failed-when-asked", "{deployed:?}");
}

#[tokio::test]
async fn the_custom_endpoint_follows_the_rules_also_for_a_bot_that_is_not_there() {
    let (_folder, operator) = administered().await;
    for bot in ["sales", "care"] {
        let digest = operator.upload("acme", bot, saying(bot)).await;
        operator.deploy("acme", bot, &digest, 100).await;
    }
    let to = |bot: &str| json!({ "bot": bot, "environment": "draft" });
    let rules = json!({ "rules": [
        { "bot": "front", "skill": "1", "to": to("sales") },
        { "bot": "front", "to": to("care") },
    ] });
    let routed = operator.admin("PUT", "tenants/acme/routes", &rules).await;
    assert_eq!(routed.status, 200, "{routed:?}");
    let front = "/v1/bots/front/environments/draft";
    let state = operator.send("GET", &format!("{front}/state"), "").await;
    assert_eq!(state.body["state"], "online", "{state:?}");
    for (conversation, skill, says) in [("c1", "1", "sales"), ("c2", "2", "care")] {
        let at = format!("{front}/conversations/{conversation}");
        let begins = json!({ "sdes": {}, "context": { "skillId": skill } });
        let begun = operator.send("PUT", &at, begins.to_string()).await;
        assert_eq!(begun.status, 204, "{begun:?}");
        let event = json!({ "type": "TEXT", "data": { "message": "x" } }).to_string();
        let answer = operator.send("POST", &format!("{at}/events"), event).await;
        assert!(answer.body.to_string().contains(says), "{answer:?}");
    }
    let nowhere = "/v1/bots/nobody/environments/draft/conversations/c3";
    let missing = operator.send("PUT", nowhere, "{}").await;
    assert_eq!(
        (missing.status.as_u16(), missing.code()),
        (404, "no-such-bot")
    );
}

#[tokio::test]
async fn a_first_turn_that_fails_refuses_a_deployment_unless_it_is_waived() {
    let (_folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", trapping()).await;
    let refused = operator.deploy("acme", "bot", &digest, 100).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (422, "failed-when-asked"),
        "{refused:?}"
    );
    let at = deployment("acme", "bot");
    let kept = operator.admin("GET", &at, &Value::Null).await;
    assert_eq!(kept.code(), "nothing-served");
    let waived = json!({ "digest": digest, "settings": { "smoke_turn": false } });
    let deployed = operator.admin("PUT", &at, &waived).await;
    assert_eq!(deployed.status, 200, "{deployed:?}");
    assert_eq!(
        deployed.body["sides"][0]["settings"],
        json!({ "smoke_turn": false })
    );
}

/// What a bot says to a conversation that is routed to a skill.
async fn says_to(operator: &Administered, tenant: &str, conversation: &str, skill: &str) -> String {
    let path = format!("/tenants/{tenant}/bots/front/environments/draft/respond");
    let event = json!({ "sequence": 1, "conversationContext": { "skillId": skill } });
    let payload =
        json!({ "convId": conversation, "message": "x", "context": { "lpEvent": event } });
    let answer = operator.send("POST", &path, payload.to_string()).await;
    answer.body["messages"][0]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn each_skill_reaches_the_bot_that_its_tenants_rules_say_also_after_a_restart() {
    let (folder, operator) = administered().await;
    let to = |bot: &str| json!({ "bot": bot, "environment": "draft" });
    for (tenant, first, second) in [("acme", "sales", "care"), ("other", "care", "sales")] {
        for bot in ["front", "sales", "care"] {
            let digest = operator.upload(tenant, bot, saying(bot)).await;
            operator.deploy(tenant, bot, &digest, 100).await;
        }
        let rules = json!({ "rules": [
            { "skill": "1", "to": to(first) },
            { "bot": "front", "skill": "2", "to": to(second) },
        ] });
        let path = format!("tenants/{tenant}/routes");
        assert_eq!(operator.admin("PUT", &path, &rules).await.status, 200);
    }
    let nowhere = json!({ "rules": [{ "to": to("nobody") }] });
    let refused = operator.admin("PUT", "tenants/acme/routes", &nowhere).await;
    assert_eq!(refused.code(), "nothing-served");

    let token = operator.token.clone();
    drop(operator);
    let operator = Administered::open(folder.path()).await.with(&token);
    for (tenant, first, second) in [("acme", "sales", "care"), ("other", "care", "sales")] {
        assert_eq!(says_to(&operator, tenant, "c1", "1").await, first);
        assert_eq!(says_to(&operator, tenant, "c2", "2").await, second);
        assert_eq!(says_to(&operator, tenant, "c3", "3").await, "front");
    }
    // The next new conversation goes another way, and those that have begun do not.
    operator
        .admin("PUT", "tenants/acme/routes", &json!({ "rules": [] }))
        .await;
    assert_eq!(says_to(&operator, "acme", "c1", "1").await, "sales");
    assert_eq!(says_to(&operator, "acme", "c4", "1").await, "front");
}

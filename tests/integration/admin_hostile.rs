//! What an operator of one tenant may not do to a host, to its other tenants, and to who reads what they wrote.

use std::collections::BTreeSet;

use harness::host::address;
use harness::operator::{Administered, deployment, opened, saying};
use retort::control::Control;
use retort::invocation::{Host, Settings};
use retort::registry::settings::Defaults;
use retort::store::{Change, Expected};
use serde_json::{Value, json};

use crate::admin::administered;

/// A developer of one tenant, and the digest of a bot that they have.
async fn developer(operator: &Administered) -> (Administered, String) {
    let developer = operator.token_for(&["developer"], Some(&["evil"])).await;
    let digest = developer.upload("evil", "bot", saying("well")).await;
    (developer, digest)
}

#[tokio::test]
async fn who_answers_for_one_tenant_gives_its_bots_no_more_than_the_host_gives_all() {
    let (_folder, operator) = administered().await;
    let (developer, digest) = developer(&operator).await;
    let at = deployment("evil", "bot");
    for (table, key, value) in [
        ("limits", "fuel", 1_000_000_001_u64),
        ("limits", "random_bytes", 65_537),
        ("limits", "handles", 1_025),
        ("limits", "log_bytes", 16_385),
        ("limits", "host_byte_fuel", 0),
        ("reply", "bytes", 262_145),
    ] {
        let asked = json!({ "digest": digest, "settings": { table: { key: value } } });
        let refused = developer.admin("PUT", &at, &asked).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (422, "bad-setting"),
            "{key}"
        );
        let detail = refused.body["detail"].as_str().expect("a text");
        assert!(detail.contains(&format!("`{table}.{key}`")), "{detail}");
        // Who has the host may.
        let raised = operator.admin("PUT", &at, &asked).await;
        assert_eq!(raised.status, 200, "{key}: {raised:?}");
    }
    let lower = json!({ "digest": digest, "settings": { "limits": { "fuel": 1_000_000, "memory_bytes": 134_217_728 } } });
    let lowered = developer.admin("PUT", &at, &lower).await;
    assert_eq!(lowered.status, 200, "{lowered:?}");
    // And nobody past all bounds: what a host gives out at once has to fit into it.
    let endless =
        json!({ "digest": digest, "settings": { "limits": { "random_bytes": u64::MAX } } });
    let refused = operator.admin("PUT", &at, &endless).await;
    assert_eq!(refused.code(), "bad-setting", "{refused:?}");
}

#[tokio::test]
async fn settings_are_no_deeper_and_no_larger_than_a_person_reads() {
    let (_folder, operator) = administered().await;
    let (developer, digest) = developer(&operator).await;
    let at = deployment("evil", "bot");
    let nested = |depth: usize| {
        let value = (0..depth).fold(json!(1), |inner, _| json!([inner]));
        json!({ "digest": digest, "settings": { "config": { "k": value } } })
    };
    assert_eq!(developer.admin("PUT", &at, &nested(16)).await.status, 200);
    for asked in [
        nested(17),
        nested(120),
        json!({ "digest": digest, "settings": { "config": { "k": "x".repeat(65_536) } } }),
        json!({ "digest": digest, "settings": { "failure": { "policy": "reply", "text": "x".repeat(65_536) } } }),
    ] {
        let refused = developer.admin("PUT", &at, &asked).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (422, "bad-setting")
        );
    }
    let kept = developer.admin("GET", &at, &Value::Null).await;
    assert_eq!(kept.body["number"], 1);
    // What is large is told of one deployment, and not of a list of them.
    let bots = developer
        .admin("GET", "tenants/evil/bots", &Value::Null)
        .await;
    assert!(bots.body["bots"][0]["environments"][0]["sides"][0]["settings"].is_null());
}

#[tokio::test]
async fn a_bot_has_so_many_environments_and_remembers_so_many_deployments() {
    let (_folder, operator) = administered().await;
    let (developer, digest) = developer(&operator).await;
    developer.deploy("evil", "bot", &digest, 100).await;
    let promote = format!("{}/promote", deployment("evil", "bot"));
    for number in 1..=32 {
        let asked = json!({ "to": format!("e{number}") });
        let promoted = developer.admin("POST", &promote, &asked).await;
        if number < 32 {
            assert_eq!(promoted.status, 200, "{promoted:?}");
        } else {
            assert_eq!(promoted.code(), "too-many-environments", "{promoted:?}");
        }
    }
    for _ in 0..110 {
        let again = developer
            .admin("POST", &promote, &json!({ "to": "e1" }))
            .await;
        assert_eq!(again.status, 200, "{again:?}");
    }
    let path = "tenants/evil/bots/bot/environments/e1/history?limit=1000";
    let history = developer.admin("GET", path, &Value::Null).await;
    let deployments = history.body["deployments"].as_array().expect("a list");
    assert_eq!(
        (deployments.len(), &deployments[0]["number"]),
        (100, &json!(12))
    );
}

#[tokio::test]
async fn a_split_can_be_gone_back_from_however_often_it_was_weighed() {
    let (_folder, operator) = administered().await;
    let (developer, digest) = developer(&operator).await;
    let second = developer.upload("evil", "bot", saying("second")).await;
    developer.deploy("evil", "bot", &digest, 100).await;
    developer.deploy("evil", "bot", &second, 50).await;
    let at = deployment("evil", "bot");
    for weight in (1..=99).chain(1..=30) {
        let weighed = developer
            .admin("PUT", &format!("{at}/weight"), &json!({ "weight": weight }))
            .await;
        assert_eq!(weighed.status, 200, "{weighed:?}");
    }
    let back = developer
        .admin("POST", &format!("{at}/rollback"), &Value::Null)
        .await;
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(back.body["sides"][0]["digest"], digest);
}

#[tokio::test]
async fn who_makes_environments_all_at_once_gets_no_more_of_them() {
    let (_folder, operator) = administered().await;
    let (developer, digest) = developer(&operator).await;
    developer.deploy("evil", "bot", &digest, 100).await;
    let promote = format!("{}/promote", deployment("evil", "bot"));
    let mut making = tokio::task::JoinSet::new();
    for number in 0..60 {
        let (developer, promote) = (developer.clone(), promote.clone());
        let asked = json!({ "to": format!("e{number}") });
        making.spawn(async move { developer.admin("POST", &promote, &asked).await.status });
    }
    let statuses = making.join_all().await;
    let made = statuses.iter().filter(|status| status.is_success()).count();
    assert_eq!(made, 31, "{statuses:?}");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_its_own_addresss_concern() {
    let (folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", saying("well")).await;
    operator.deploy("acme", "bot", &digest, 100).await;
    drop(operator);
    let store = opened(folder.path()).await;
    let broken = Change::put(
        "deployment/acme/broken/draft",
        Expected::Anything,
        b"{".to_vec(),
    );
    store
        .records
        .commit(vec![broken], None)
        .await
        .expect("kept");
    let host = Host::new(Settings::default(), store).expect("a host");
    let control = Control::open(host.clone(), Defaults::default(), BTreeSet::new());
    let control = control.await.expect("the operators' side");
    let unserved = control.serve_all().await.expect("it starts");
    let addresses: Vec<_> = unserved.iter().map(|(at, _)| at.to_string()).collect();
    assert_eq!(addresses, ["acme/broken/draft"]);
    assert!(host.registry().at(&address("bot")).is_some());
}

#[tokio::test]
async fn what_one_writes_moves_no_cursor_of_who_reads_it() {
    let (_folder, operator) = administered().await;
    let (developer, digest) = developer(&operator).await;
    let at = deployment("evil", "bot");
    let asked = json!({ "digest": digest, "note": "\u{1b}[2Jred\nforged\u{202e}" });
    let deployed = developer.admin("PUT", &at, &asked).await;
    assert_eq!(deployed.body["note"], " [2Jred forged ");
    for skill in ["", "\u{1b}]0;owned\u{7}", &"1".repeat(65)] {
        let rules = json!({ "rules": [{ "skill": skill, "to": { "bot": "bot", "environment": "draft" } }] });
        let refused = developer.admin("PUT", "tenants/evil/routes", &rules).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "bad-rule"));
    }
    for name in ["the host", "nobody", " ", " admin", "\u{202e}admin", ""] {
        let wanted = json!({ "name": name, "roles": ["invoker"] });
        let refused = operator.admin("POST", "tokens", &wanted).await;
        assert_eq!(refused.code(), "bad-token", "{name:?}");
    }
    // A name can be anybody's, and the id of a token is its own.
    let audit = operator.admin("GET", "audit?last=1", &Value::Null).await;
    let token = audit.body["entries"][0]["token"].as_str().expect("an id");
    let tokens = operator.admin("GET", "tokens", &Value::Null).await;
    let all = tokens.body["tokens"].as_array().expect("a list");
    let own = all.iter().find(|kept| kept["tenants"] == json!(["evil"]));
    assert_eq!(own.expect("the developer's")["id"], token);
}

#[tokio::test]
async fn a_conversation_keeps_its_side_also_of_one_revision_run_in_two_ways() {
    let (_folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", saying("first way")).await;
    operator.deploy("acme", "bot", &digest, 100).await;
    let other = json!({
        "digest": digest,
        "weight": 50,
        "settings": {
            "smoke_turn": false,
            "reply": { "bytes": 1 },
            "failure": { "policy": "reply", "text": "second way" },
        },
    });
    let split = operator
        .admin("PUT", &deployment("acme", "bot"), &other)
        .await;
    assert_eq!(split.status, 200, "{split:?}");
    let mut seen = std::collections::BTreeSet::new();
    for conversation in 0..40 {
        let conversation = format!("c{conversation}");
        let side = operator.says("acme", "bot", &conversation).await;
        for _ in 0..3 {
            assert_eq!(operator.says("acme", "bot", &conversation).await, side);
        }
        seen.insert(side);
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[tokio::test]
async fn a_component_that_was_lost_is_there_again_once_it_is_given_again() {
    let (folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", saying("kept")).await;
    let blob = folder.path().join("blobs").join(&digest);
    std::fs::remove_file(&blob).expect("it was there");
    assert_eq!(operator.upload("acme", "bot", saying("kept")).await, digest);
    assert!(blob.is_file());
}

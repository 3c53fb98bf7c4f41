//! What a revision is tried by, what an environment requires, and what is told of a trial: over HTTP.

use harness::bots::plugin;
use harness::operator::{Administered, deployment, saying, trapping};
use serde_json::{Value, json};

use crate::admin::administered;

const GATE: &str = "tenants/acme/bots/bot/environments/draft/gate";

fn of(digest: &str, what: &str) -> String {
    format!("tenants/acme/bots/bot/revisions/{digest}/{what}")
}

fn convo(expected: &str) -> Value {
    json!({ "deep/greeting.convo.txt": format!("greeting\n\n#me\nhello\n\n#bot\n{expected}\n") })
}

/// A bot that says a word, with a conversation in which it is to say another one.
async fn given(operator: &Administered, says: &str, expected: &str) -> String {
    let digest = operator.upload("acme", "bot", saying(says)).await;
    let path = of(&digest, "conversations");
    let answer = operator.admin("PUT", &path, &convo(expected)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    digest
}

async fn entries(operator: &Administered) -> Vec<Value> {
    let audit = operator.admin("GET", "audit", &Value::Null).await;
    audit.body["entries"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn conversations_come_back_as_they_were_given_and_the_same_again_is_no_change() {
    let (_folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", saying("hi")).await;
    let path = of(&digest, "conversations");
    let none = operator.admin("GET", &path, &Value::Null).await;
    assert_eq!(
        (none.status.as_u16(), none.code()),
        (404, "no-conversations")
    );
    let given = operator.admin("PUT", &path, &convo("hi")).await;
    assert_eq!(
        (given.status.as_u16(), &given.body["digest"]),
        (200, &json!(digest))
    );
    let before = entries(&operator).await;
    let again = operator.admin("PUT", &path, &convo("hi")).await;
    assert_eq!(again.body, given.body);
    assert_eq!(entries(&operator).await, before);
    let last = before.last().expect("an entry");
    assert_eq!(
        (&last["change"], &last["of"], &last["detail"]),
        (
            &"conversations-given".into(),
            &format!("bot@{digest}").into(),
            &"1 cases".into()
        )
    );
    let back = operator.admin("GET", &path, &Value::Null).await;
    assert_eq!(back.body, convo("hi"));
    let revisions = operator
        .admin("GET", "tenants/acme/bots/bot/revisions", &Value::Null)
        .await;
    assert!(revisions.body["revisions"][0]["conversations"].is_string());
}

#[tokio::test]
async fn conversations_that_cannot_be_read_are_refused_with_their_file_and_line() {
    let (_folder, operator) = administered().await;
    let digest = operator.upload("acme", "bot", saying("hi")).await;
    let path = of(&digest, "conversations");
    for (bundle, status, code, words) in [
        (
            json!({ "a.convo.txt": "a\n#me\nhello\n#bot\nNOSUCH_ASSERTER x\n#include NONE\n" }),
            422,
            "bad-conversations",
            "a.convo.txt:",
        ),
        (
            json!({ "fakes.toml": "fake = 1" }),
            422,
            "bad-conversations",
            "fakes.toml",
        ),
        (
            json!({ "../a.convo.txt": "a\n#me\nx\n" }),
            422,
            "bad-conversations",
            "../a.convo.txt",
        ),
        (json!({ "a.exe": "a" }), 422, "bad-conversations", "a.exe"),
        (json!({}), 422, "bad-conversations", "no conversation"),
        (
            json!({ "a.convo.txt": "x".repeat(300 << 10) }),
            422,
            "bad-conversations",
            "a.convo.txt",
        ),
        (json!([]), 400, "wrong-shape", ""),
        (json!({ "a.convo.txt": 1 }), 400, "wrong-shape", ""),
        (
            json!({ "a.convo.txt": "x".repeat(9 << 20) }),
            413,
            "body-too-large",
            "",
        ),
    ] {
        let refused = operator.admin("PUT", &path, &bundle).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (status, code),
            "{refused:?}"
        );
        let detail = refused.body["detail"].as_str().expect("words");
        assert!(detail.contains(words), "{words}: {detail}");
    }
    let none = of(&"0".repeat(64), "conversations");
    let unknown = operator.admin("PUT", &none, &convo("hi")).await;
    assert_eq!(
        (unknown.status.as_u16(), unknown.code()),
        (404, "no-such-revision")
    );
}

#[tokio::test]
async fn a_requirement_is_set_seen_and_removed_and_each_of_that_is_told() {
    let (_folder, operator) = administered().await;
    let none = operator.admin("GET", GATE, &Value::Null).await;
    assert_eq!(none.body, json!({ "require": [], "fuelPercent": 10 }));
    for asked in [
        json!({ "require": [] }),
        json!({ "require": ["budget"], "fuelPercent": 10_001 }),
    ] {
        let bad = operator.admin("PUT", GATE, &asked).await;
        assert_eq!(
            (bad.status.as_u16(), bad.code()),
            (422, "bad-gate"),
            "{asked}"
        );
    }
    let asked = json!({ "require": ["conversations", "budget"], "fuelPercent": 5, "note": "new" });
    for _ in 0..2 {
        let set = operator.admin("PUT", GATE, &asked).await;
        assert_eq!(set.status, 200, "{set:?}");
        assert_eq!(set.body["require"].as_array().map(Vec::len), Some(2));
    }
    let seen = operator.admin("GET", GATE, &Value::Null).await;
    assert_eq!(
        (&seen.body["fuelPercent"], &seen.body["by"]),
        (&5.into(), &"admin".into())
    );
    for _ in 0..2 {
        let removed = operator.admin("DELETE", GATE, &Value::Null).await;
        assert_eq!(removed.status, 204, "{removed:?}");
    }
    let told: Vec<_> = entries(&operator).await;
    let told: Vec<_> = told
        .iter()
        .filter(|entry| entry["of"] == "bot/draft")
        .map(|entry| (entry["change"].clone(), entry["note"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!("gate-set"), json!("new")),
            (json!("gate-removed"), Value::Null)
        ]
    );
}

#[tokio::test]
async fn what_does_not_pass_is_not_deployed_and_its_report_is_everybodys_to_read() {
    let (_folder, operator) = administered().await;
    let good = given(&operator, "hi", "hi").await;
    let gate = json!({ "require": ["conversations"] });
    operator.admin("PUT", GATE, &gate).await;
    let deployed = operator.deploy("acme", "bot", &good, 100).await;
    assert_eq!(deployed.status, 200, "{deployed:?}");
    assert_eq!(deployed.body["warnings"], Value::Null);

    let bad = given(&operator, "bye", "hi").await;
    let reader = operator.token_for(&["invoker"], Some(&["acme"])).await;
    let none = reader.admin("GET", &of(&bad, "report"), &Value::Null).await;
    assert_eq!((none.status.as_u16(), none.code()), (404, "no-report"));
    for weight in [100, 10] {
        let refused = operator.deploy("acme", "bot", &bad, weight).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (422, "gate-not-passed")
        );
        let detail = refused.body["detail"].as_str().expect("words");
        let told = "acme/bot/draft requires conversations, and the revision does not pass: 1 of 1 cases failed \
             (1 of conversations); \"greeting\" at deep/greeting.convo.txt:6: the bot said something else; `retort report ";
        assert!(detail.starts_with(told), "{detail}");
        assert_eq!(operator.says("acme", "bot", "c").await, "hi");
    }
    let report = reader.admin("GET", &of(&bad, "report"), &Value::Null).await;
    let case = &report.body["report"]["cases"][0];
    assert_eq!(
        (
            &report.body["environment"],
            &report.body["passed"],
            &report.body["by"]
        ),
        (&"draft".into(), &false.into(), &"admin".into())
    );
    assert_eq!(
        (&case["outcome"], &case["failure"]["actual"]),
        (&"failed".into(), &"bye".into())
    );
    let passed = reader
        .admin("GET", &of(&good, "report"), &Value::Null)
        .await;
    let case = &passed.body["report"]["cases"][0];
    assert_eq!(
        (
            &passed.body["passed"],
            &case["outcome"],
            &case["conversation"]
        ),
        (&true.into(), &"passed".into(), &json!([]))
    );
    let told = entries(&operator).await;
    let tried: Vec<_> = told
        .iter()
        .filter(|entry| entry["change"] == "tried")
        .collect();
    assert_eq!(tried.len(), 3, "{tried:?}");
    assert_eq!(tried[1]["detail"], "conversations: 0 passed, 1 failed");
}

#[tokio::test]
async fn a_function_is_told_that_it_holds_no_conversation_whatever_lies_beside_it() {
    let (_folder, operator) = administered().await;
    let hook = operator.upload("acme", "bot", plugin("pre-hook")).await;
    let path = of(&hook, "conversations");
    operator.admin("PUT", &path, &convo("hi")).await;
    for (level, status, code) in [
        ("conversations", 422, "cannot-be-tried"),
        ("budget", 422, "cannot-be-tried"),
        ("isolation", 200, ""),
    ] {
        let asked = json!({ "digest": hook, "require": [level] });
        let path = deployment("acme", "bot");
        let answer = operator.admin("PUT", &path, &asked).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status != 200 {
            let detail = answer.body["detail"].as_str().expect("words");
            let told = "it is a function, which holds no conversation";
            assert_eq!(
                (answer.code(), detail.contains(told)),
                (code, true),
                "{detail}"
            );
        }
    }
}

#[tokio::test]
async fn a_revision_that_leaves_out_conversations_of_the_live_one_is_warned_of() {
    let (_folder, operator) = administered().await;
    operator
        .admin("PUT", GATE, &json!({ "require": ["conversations"] }))
        .await;
    let first = given(&operator, "hi", "hi").await;
    operator.deploy("acme", "bot", &first, 100).await;
    let second = operator.upload("acme", "bot", saying("bye")).await;
    let other = json!({ "other.convo.txt": "other\n#me\nhello\n#bot\nbye\n" });
    operator
        .admin("PUT", &of(&second, "conversations"), &other)
        .await;
    let deployed = operator.deploy("acme", "bot", &second, 100).await;
    assert_eq!(deployed.status, 200, "{deployed:?}");
    let told = "1 of the conversations of the revision that serves are not held any more: deep/greeting.convo.txt";
    assert_eq!(deployed.body["warnings"], json!([told]));
}

#[tokio::test]
async fn one_that_cannot_serve_is_told_so_before_it_is_tried() {
    let (_folder, operator) = administered().await;
    operator
        .admin("PUT", GATE, &json!({ "require": ["contract"] }))
        .await;
    let traps = operator.upload("acme", "bot", trapping()).await;
    let asked = json!({ "digest": traps, "force": true });
    let refused = operator
        .admin("PUT", &deployment("acme", "bot"), &asked)
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (422, "failed-when-asked")
    );
    let report = operator
        .admin("GET", &of(&traps, "report"), &Value::Null)
        .await;
    assert_eq!(report.code(), "no-report");
}

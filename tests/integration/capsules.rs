//! Turns that are kept whole: which ones, who is given them, and what never stands in one.

use std::path::Path;

use harness::bots::wanting;
use harness::host::event;
use harness::operator::{Administered, deployment, saying, trapping};
use retort::capsules::{Asked, Capsule};
use retort::invocation::Settings;
use retort::registry::settings::Defaults;
use retort::store::Store;
use retort::vault::{Key, forms};
use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const CAPSULES: &str = "tenants/acme/bots/bot/capsules";

/// A host that keeps nothing of what ends well, unless a deployment says so.
async fn opened(folder: &Path, change: impl FnOnce(&mut Settings)) -> Administered {
    let mut settings = Settings::default();
    settings.capsules.sample_permille = 0;
    change(&mut settings);
    Administered::open_as(folder, settings, Defaults::default()).await
}

/// Has `draft` serve a component under these settings; its digest.
async fn deploy(operator: &Administered, component: Vec<u8>, asked: Value) -> String {
    let digest = operator.upload("acme", "bot", component).await;
    let mut wanted = json!({ "digest": digest });
    for (key, value) in asked.as_object().expect("settings") {
        wanted[key] = value.clone();
    }
    let deployed = operator
        .admin("PUT", &deployment("acme", "bot"), &wanted)
        .await;
    assert_eq!(deployed.status, 200, "{deployed:?}");
    digest
}

/// Says something in a conversation; how that turn ended.
async fn say(operator: &Administered, conversation: &str, sequence: u64, message: &str) -> String {
    let path = "/tenants/acme/bots/bot/environments/draft/respond";
    let payload = event(conversation, sequence, message).to_string();
    let answer = operator.send("POST", path, payload).await;
    operator.host.host.capsules().settled().await;
    answer.outcome().to_owned()
}

/// What is listed.
async fn listed(operator: &Administered, query: &str) -> Vec<Value> {
    let path = format!("{CAPSULES}?{query}");
    let listed = operator.admin("GET", &path, &Value::Null).await;
    assert_eq!(listed.status, 200, "{listed:?}");
    listed.body["capsules"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_turn_that_failed_is_kept_and_given_to_who_may_read_it_and_that_is_written_down() {
    let folder = tempdir().expect("a folder");
    let operator = opened(folder.path(), |_| {}).await;
    let settings = json!({ "settings": { "smoke_turn": false } });
    let digest = deploy(&operator, trapping(), settings).await;
    assert_eq!(
        say(&operator, "c1", 1, "what the consumer wrote").await,
        "bot-trapped"
    );
    let listed = listed(&operator, "").await;
    assert_eq!(listed.len(), 1);
    let told = &listed[0];
    for (name, value) in [
        ("outcome", json!("bot-trapped")),
        ("fault", json!("bot")),
        ("environment", json!("draft")),
        ("revision", json!(format!("sha256:{digest}"))),
        ("gap", json!(null)),
        ("redacted", json!([])),
    ] {
        assert_eq!(told[name], value, "{told}");
    }
    assert!(!told.to_string().contains("consumer"), "{told}");

    let path = format!("{CAPSULES}/{}", told["id"].as_str().expect("an id"));
    for role in ["invoker", "admin"] {
        let who = operator.token_for(&[role], None).await;
        let refused = who.admin("GET", &path, &Value::Null).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (403, "not-your-role")
        );
        assert_eq!(who.admin("GET", CAPSULES, &Value::Null).await.status, 200);
    }
    let developer = operator.token_for(&["developer"], Some(&["acme"])).await;
    let given = developer.admin("GET", &path, &Value::Null).await;
    assert_eq!(given.status, 200, "{given:?}");
    assert_eq!(given.headers["content-type"], "application/json");
    let capsule = Capsule::read(given.body.to_string().as_bytes()).expect("a capsule");
    let Asked::Turn { turn, .. } = &capsule.asked else {
        panic!("it was a bot's: {capsule:?}")
    };
    assert_eq!(turn.conversation.id.as_deref(), Some("c1"));
    assert!(format!("{:?}", turn.event).contains("what the consumer wrote"));

    let path = format!("tenants/acme/bots/bot/revisions/{digest}/component");
    let component = developer
        .send("GET", &format!("/admin/v1/{path}"), "")
        .await;
    assert_eq!(component.status, 200);
    let audit = operator.admin("GET", "audit?last=2", &Value::Null).await;
    let entries = audit.body["entries"].as_array().expect("a list").iter();
    let seen: Vec<_> = entries
        .map(|entry| (entry["change"].clone(), entry["of"].clone()))
        .collect();
    let id = told["id"].as_str().expect("an id");
    assert_eq!(
        seen,
        [
            (json!("capsule-fetched"), json!(format!("bot/{id}"))),
            (json!("component-fetched"), json!(format!("bot@{digest}"))),
        ]
    );
    for nowhere in [
        "capsules/67e55044-10b1-426f-9247-bb680e5fe0c8",
        "capsules/x",
    ] {
        let path = format!("tenants/acme/bots/bot/{nowhere}");
        let none = developer.admin("GET", &path, &Value::Null).await;
        assert!(
            matches!(none.code(), "no-such-capsule" | "invalid-name"),
            "{none:?}"
        );
    }
}

#[tokio::test]
async fn so_many_in_a_thousand_of_those_that_end_well_are_kept() {
    for (host, own, count) in [
        (0, None, 0),
        (1000, None, 3),
        (1000, Some(0), 0),
        (0, Some(1000), 3),
    ] {
        let folder = tempdir().expect("a folder");
        let sample_permille = host;
        let operator = opened(folder.path(), |settings| {
            settings.capsules.sample_permille = sample_permille;
        })
        .await;
        let own = own.map_or(
            json!({}),
            |own| json!({ "capsules": { "sample_permille": own } }),
        );
        deploy(&operator, saying("well"), json!({ "settings": own })).await;
        for conversation in ["c1", "c2", "c3"] {
            assert_eq!(say(&operator, conversation, 1, "hello").await, "replied");
        }
        assert_eq!(listed(&operator, "").await.len(), count, "{host} {own}");
        let metrics = operator.host.host.metrics();
        let line = format!("retort_capsules_kept_total {count}\n");
        assert!(metrics.contains(&line), "{metrics}");
    }
}

#[tokio::test]
async fn a_host_that_is_to_keep_none_keeps_none() {
    for change in [
        (|settings| settings.capsules.failed = false) as fn(&mut Settings),
        |settings| settings.capsules.number = 0,
    ] {
        let folder = tempdir().expect("a folder");
        let operator = opened(folder.path(), change).await;
        deploy(
            &operator,
            trapping(),
            json!({ "settings": { "smoke_turn": false } }),
        )
        .await;
        assert_eq!(say(&operator, "c1", 1, "hello").await, "bot-trapped");
        assert_eq!(listed(&operator, "").await, [] as [Value; 0]);
    }
}

#[tokio::test]
async fn a_list_has_pages_and_lets_through_what_is_asked_for() {
    let folder = tempdir().expect("a folder");
    let operator = opened(folder.path(), |settings| {
        settings.capsules.sample_permille = 1000
    })
    .await;
    let well = deploy(&operator, saying("well"), json!({})).await;
    for conversation in ["c1", "c2", "c1"] {
        say(&operator, conversation, 1, "hello").await;
    }
    deploy(
        &operator,
        trapping(),
        json!({ "settings": { "smoke_turn": false } }),
    )
    .await;
    say(&operator, "c 3", 1, "hello").await;
    // The third was a repeat, and no turn of its own.
    let all = listed(&operator, "").await;
    assert_eq!(all.len(), 3);
    let first = operator
        .admin("GET", &format!("{CAPSULES}?limit=2"), &Value::Null)
        .await;
    let next = first.body["next"]
        .as_str()
        .expect("there is more")
        .to_owned();
    assert_eq!(first.body["capsules"], json!(all[..2]));
    assert_eq!(
        listed(&operator, &format!("limit=2&after={next}")).await,
        all[2..]
    );
    for (query, count) in [
        ("failed=true".to_owned(), 1),
        ("outcome=replied".to_owned(), 2),
        ("conversation=c1".to_owned(), 1),
        ("conversation=c%203".to_owned(), 1),
        ("conversation=none".to_owned(), 0),
        ("environment=production".to_owned(), 0),
        (format!("revision={}", &well[..12]), 2),
        (
            format!("since={}", all[1]["at"].as_str().expect("a moment")),
            2,
        ),
    ] {
        assert_eq!(listed(&operator, &query).await.len(), count, "{query}");
    }
}

#[tokio::test]
async fn they_go_with_their_conversation() {
    let folder = tempdir().expect("a folder");
    let operator = opened(folder.path(), |settings| {
        settings.capsules.sample_permille = 1000
    })
    .await;
    deploy(&operator, saying("well"), json!({})).await;
    for (conversation, sequence) in [("c1", 1), ("c1", 2), ("c2", 1)] {
        say(&operator, conversation, sequence, "hello").await;
    }
    let path = "tenants/acme/conversations/c1";
    let erased = operator.admin("DELETE", path, &Value::Null).await;
    let removed = erased.body["records"].as_u64().expect("a number");
    assert!(removed >= 2, "{erased:?}");
    assert_eq!(listed(&operator, "").await.len(), 1);
    assert_eq!(listed(&operator, "conversation=c1").await, [] as [Value; 0]);
    let audit = operator.admin("GET", "audit?last=1", &Value::Null).await;
    let entry = &audit.body["entries"][0];
    assert_eq!(
        (&entry["change"], &entry["detail"]),
        (&json!("erased"), &json!(format!("{removed} records")))
    );
    say(&operator, "c1", 3, "hello").await;
    assert_eq!(listed(&operator, "conversation=c1").await.len(), 1);
}

/// All that is in a store, but for the secrets themselves.
async fn all_bytes(store: &Store) -> Vec<(String, Vec<u8>)> {
    let records = store
        .records
        .list("", None, usize::MAX)
        .await
        .expect("read");
    records
        .into_iter()
        .map(|record| (record.key, record.value))
        .collect()
}

fn has(bytes: &[u8], form: &str) -> bool {
    bytes
        .windows(form.len())
        .any(|window| window == form.as_bytes())
}

/// Gives back what it is sent, and nothing else.
async fn echoing() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 64 << 10];
            let read = stream.read(&mut request).await.unwrap_or_default();
            let head =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {read}\r\n\r\n");
            let answer = [head.as_bytes(), &request[..read]].concat();
            // Whoever hung up needs no answer.
            let _ = stream.write_all(&answer).await;
        }
    });
    port
}

#[tokio::test]
async fn no_secret_stands_in_one_in_whatever_form_and_place() {
    const VALUE: &str = "open sesame/+\"now\" & quickly";
    let folder = tempdir().expect("a folder");
    let operator = opened(folder.path(), |settings| {
        settings.capsules.sample_permille = 1000;
        settings.capsules.minute = 1000;
        settings.secrets_key = Some(Key::random());
        settings.egress.open_addresses = vec!["127.0.0.0/8".parse().expect("a range")];
        settings.sandbox.deadline_ceiling_ms = 30_000;
    })
    .await;
    let set = json!({ "value": VALUE });
    for name in ["word", "another"] {
        let set = operator
            .admin("PUT", &format!("tenants/acme/secrets/{name}"), &set)
            .await;
        assert!(set.status.is_success(), "{set:?}");
    }
    let port = echoing().await;
    let rule = format!("http:GET http://127.0.0.1:{port}");
    let wants = format!(
        "secrets = [\"word\"]\nstate = [\"conversation\", \"bot\"]\nhttp = [\"GET http://127.0.0.1:{port}\"]"
    );
    let grant = json!(["secret:word", "state:conversation", "state:bot", rule]);
    let asked = json!({ "grant": grant, "settings": { "limits": { "deadline_ms": 30_000 } } });
    deploy(&operator, wanting("reach", &wants), asked).await;
    let mut turns = 0;
    for (place, form) in forms(VALUE).iter().enumerate() {
        let in_url: String = form.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let json = Value::from(VALUE);
        for words in [
            format!(
                "say-secret word\nlog-secret word\nset conversation k {form}\nset bot k{place} {form}"
            ),
            format!("get conversation k\nget bot k{place}\nset bot j {{\"is\":{json}}}"),
            format!("http GET http://127.0.0.1:{port}/?{in_url} | x-word: {form}\nget bot j"),
            "panic-secret word".to_owned(),
            "fault-secret word".to_owned(),
        ] {
            turns += 1;
            say(&operator, "c1", turns, &words).await;
        }
    }
    let kept = listed(&operator, "limit=1000").await;
    assert_eq!(kept.len() as u64, turns);
    let store = operator.host.host.store();
    let (mut files, mut hidden, mut received) = (0, 0, 0);
    for (key, bytes) in all_bytes(store).await {
        if !key.starts_with("capsule") {
            continue;
        }
        files += 1;
        for form in forms(VALUE) {
            assert!(
                !has(&bytes, &form),
                "{key} has {form}: {}",
                String::from_utf8_lossy(&bytes)
            );
        }
        hidden += usize::from(has(&bytes, "***"));
        received += usize::from(has(&bytes, "\"status\":200"));
    }
    assert_eq!(files, 2 * kept.len());
    // In half of the turns and more there was one, and a server gave it back for each form.
    assert!(hidden as u64 > turns / 2, "{hidden} of {turns}");
    assert_eq!(received, forms(VALUE).len());
}

#[tokio::test]
async fn what_looks_personal_stands_in_none_unless_it_is_to() {
    let words =
        "I am jo.doe@example.com, +49 170 1234567, card 4111 1111 1111 1111, customer K-1234";
    for (is_redacted, rules) in [
        (true, json!(["card", "email", "pattern 1", "phone"])),
        (false, json!([])),
    ] {
        let folder = tempdir().expect("a folder");
        let operator = opened(folder.path(), |settings| {
            settings.capsules.sample_permille = 1000;
            if is_redacted {
                let pattern = "K-\\d{4}".to_owned().try_into().expect("an expression");
                settings.capsules.redact_patterns = vec![pattern];
            } else {
                settings.capsules.redact.clear();
            }
        })
        .await;
        deploy(&operator, saying("well"), json!({})).await;
        say(&operator, "c1", 1, words).await;
        assert_eq!(listed(&operator, "").await[0]["redacted"], rules);
        let records = all_bytes(operator.host.host.store()).await;
        let capsules = records.iter().filter(|(key, _)| key.starts_with("capsule"));
        let capsules: Vec<&[u8]> = capsules.map(|(_, bytes)| bytes.as_slice()).collect();
        assert_eq!(capsules.len(), 2);
        for personal in ["jo.doe", "example.com", "1234567", "4111", "K-1234"] {
            let stands = capsules.iter().any(|bytes| has(bytes, personal));
            assert_eq!(stands, !is_redacted, "{personal}");
        }
        assert!(capsules.iter().any(|bytes| has(bytes, "customer ")));
    }
}

#[tokio::test]
async fn they_outlive_the_host() {
    let folder = tempdir().expect("a folder");
    let keeping = |settings: &mut Settings| settings.capsules.sample_permille = 1000;
    let (before, token) = {
        let operator = opened(folder.path(), keeping).await;
        deploy(&operator, saying("well"), json!({})).await;
        say(&operator, "c1", 1, "hello").await;
        (listed(&operator, "").await, operator.token.clone())
    };
    let operator = opened(folder.path(), keeping).await.with(&token);
    assert_eq!(listed(&operator, "").await, before);
    assert_eq!(before.len(), 1);
}

//! What a consumer gets where a turn came to nothing, by each failure policy and on both ways in. What a bot itself does
//! wrong is looked at with each bot that does it; here are the host's reasons.

use harness::bots;
use harness::host::{Served, event, text};
use retort::invocation::Settings;
use retort::registry::FailurePolicy;
use retort::store::Store;
use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant};

/// A policy, and what is sent by it: the bare reply, and the response of the Custom Endpoint; none where the caller is told.
pub(crate) struct Promised {
    policy: FailurePolicy,
    sent: Option<(Value, Value)>,
}

impl Promised {
    /// The policy as bots have it.
    pub(crate) fn policy(&self) -> FailurePolicy {
        self.policy.clone()
    }

    /// Asks a bot both ways, and sees how that ends and what is sent; where the caller is told, with which status. A bot
    /// never answers a Custom Endpoint call with more than 400, which has no pauses before people take over.
    pub(crate) async fn is_kept(
        &self,
        host: &Served,
        bot: &str,
        said: &str,
        outcome: &str,
        status: u16,
    ) {
        let answer = host.post(bot, &event("c1", 100, said)).await;
        assert_eq!(answer.outcome(), outcome);
        let told = answer.status.as_u16();
        match &self.sent {
            None => assert_eq!(told, status, "{:?}", self.policy),
            Some((reply, _)) => assert_eq!((told, &answer.body), (200, reply)),
        }
        let conversation = format!("/v1/bots/{bot}/environments/draft/conversations/c2");
        let begun = host.send("PUT", &conversation, "{}").await;
        assert_eq!(begun.status, 204);
        let event = json!({ "type": "TEXT", "data": { "message": said } }).to_string();
        let answer = host
            .send("POST", &format!("{conversation}/events"), event)
            .await;
        assert_eq!(answer.outcome(), outcome);
        match &self.sent {
            None => assert_eq!(answer.status.as_u16(), 400, "{:?}", self.policy),
            Some((_, response)) => assert_eq!(&answer.body["response"], response),
        }
    }
}

/// Each policy.
pub(crate) fn each() -> [Promised; 4] {
    let (words, skill) = ("Sorry.".to_owned(), Some("people".to_owned()));
    let transfer = json!({ "action": "TRANSFER", "actionParameters": { "skill": "people" } });
    let handed_over = json!({ "name": "TRANSFER", "parameters": { "skillName": "people" } });
    let sent = |messages: Value, context: Value, response: Value| {
        Some((
            json!({ "messages": messages, "context": context }),
            json!([response]),
        ))
    };
    [
        Promised {
            policy: FailurePolicy::default(),
            sent: None,
        },
        Promised {
            policy: FailurePolicy::Escalate { skill },
            sent: sent(
                json!([]),
                transfer,
                json!({ "type": "ACTION", "data": handed_over }),
            ),
        },
        Promised {
            policy: FailurePolicy::Reply { text: words },
            sent: sent(
                json!(["Sorry."]),
                json!({}),
                json!({ "type": "TEXT", "data": { "message": "Sorry." } }),
            ),
        },
        Promised {
            policy: FailurePolicy::Silent {},
            sent: sent(
                json!([{ "delay": 1, "typing": false }]),
                json!({}),
                json!({ "type": "DELAY", "data": { "seconds": 1, "typing": false } }),
            ),
        },
    ]
}

/// A bot that keeps what it is told to.
async fn keeping(host: Served, promised: &Promised) -> Served {
    let bot = bots::wanting("reach", "state = [\"conversation\"]");
    let host = host.failing_as(promised.policy());
    host.granting(&["state:conversation"])
        .with_bot("reach", &bot)
        .await
}

const ADD: &str = "add conversation n";

#[tokio::test]
async fn where_a_tenants_bots_keep_as_much_as_they_may() {
    for promised in each() {
        let mut settings = Settings::default();
        settings.state.tenant_bytes = 10;
        let host = keeping(Served::with(settings), &promised).await;
        promised
            .is_kept(&host, "reach", ADD, "state-full", 502)
            .await;
        // Whoever keeps nothing is answered: an answer is worth more than its record.
        assert_eq!(host.says("reach", "get conversation n").await, "none");
    }
}

#[tokio::test]
async fn where_a_bot_has_its_share_of_the_host() {
    for promised in each() {
        let mut settings = Settings::default();
        settings.admission.concurrent_turns = 1;
        settings.admission.waiting_turns = 2;
        settings.admission.share = 1;
        settings.sandbox.deadline_ceiling_ms = 30_000;
        let host = Served::with(settings).in_time(30_000);
        let host = host.failing_as(promised.policy());
        let host = host.with_bot("park", &bots::misbehaving("park")).await;
        let mut parked = JoinSet::new();
        for _ in 0..2 {
            let host = host.clone();
            parked.spawn(async move { host.ask("park", &text("go")).await });
        }
        let until = Instant::now() + Duration::from_secs(60);
        while host.host.occupancy().running + host.host.occupancy().waiting < 2 {
            assert!(Instant::now() < until, "they never come");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        promised
            .is_kept(&host, "park", "go", "over-share", 429)
            .await;
    }
}

#[tokio::test]
async fn where_the_disk_is_nearly_full_the_caller_is_told_whatever_the_policy() {
    for promised in each() {
        let folder = tempdir().expect("a folder");
        let mut settings = Settings::default();
        settings.state.disk_reserve_bytes = u64::MAX;
        let store = Store::open(folder.path()).expect("a store");
        let host = keeping(Served::on(settings, store), &promised).await;
        // It may be well again when it is asked again, and a 5xx has the platform do that.
        let answer = host.post("reach", &event("c1", 1, ADD)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (500, "disk-full"));
        let conversation = "/v1/bots/reach/environments/draft/conversations/c2";
        assert_eq!(host.send("PUT", conversation, "{}").await.status, 204);
        let told = json!({ "type": "TEXT", "data": { "message": ADD } }).to_string();
        let answer = host
            .send("POST", &format!("{conversation}/events"), told)
            .await;
        assert_eq!((answer.status.as_u16(), answer.code()), (500, "disk-full"));
        // Whoever keeps nothing is answered, and its repeat is given the same.
        for outcome in ["replied", "replayed"] {
            let answer = host
                .post("reach", &event("c3", 1, "get conversation n"))
                .await;
            assert_eq!(
                (answer.outcome(), &answer.body["messages"]),
                (outcome, &json!(["none"]))
            );
        }
    }
}

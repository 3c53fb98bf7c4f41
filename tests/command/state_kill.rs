//! A host that is killed while bots count: what was answered is counted. `RETORT_TEST_INCREMENTS` says how many turns
//! there are.

use std::collections::HashMap;
use std::sync::Arc;

use harness::bots;
use harness::host::request_with;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::running::{Running, file};
use crate::serve::{folder, serve, token};

const CONVERSATIONS: usize = 100;
/// Callers at a time.
const CALLERS: usize = 32;

/// The number that a bot answered, if it answered.
async fn add(address: std::net::SocketAddr, token: &str, conversation: usize) -> Option<u64> {
    let body = json!({ "convId": format!("c{conversation}"), "message": "add conversation n" });
    let answer = tokio::spawn({
        let headers = format!("authorization: Bearer {token}\r\n");
        let path = "/tenants/acme/bots/bot/environments/draft/respond";
        async move { request_with(address, &headers, "POST", path, &body.to_string()).await }
    });
    // A host that was killed answers nobody: the request panics on its connection.
    let answer = answer.await.ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let body: Value = serde_json::from_str(body).ok()?;
    let said = body
        .pointer("/messages/0")?
        .as_str()?
        .strip_prefix("ok ")?
        .to_owned();
    said.split(' ').next()?.parse().ok()
}

/// Has so many turns add one each, and kills the host once half of them were answered; the greatest number that each
/// conversation was told.
async fn counted(serving: Running, token: &str, turns: usize, kill: bool) -> HashMap<usize, u64> {
    let address = serving.address;
    let mut told: HashMap<usize, u64> = HashMap::new();
    let (mut asking, mut begun, mut answered) = (JoinSet::new(), 0, 0);
    let token: Arc<str> = token.into();
    let mut serving = Some(serving);
    loop {
        while begun < turns && asking.len() < CALLERS {
            let (token, conversation) = (Arc::clone(&token), begun % CONVERSATIONS);
            asking.spawn(async move { (conversation, add(address, &token, conversation).await) });
            begun += 1;
        }
        let Some(asked) = asking.join_next().await else {
            return told;
        };
        let (conversation, number) = asked.expect("no panic");
        let Some(number) = number else { continue };
        answered += 1;
        let greatest = told.entry(conversation).or_default();
        *greatest = number.max(*greatest);
        if kill && answered == turns / 2 {
            // As it is dropped it is killed: what its callers wait for is never answered.
            drop(serving.take());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_counted_whatever_becomes_of_the_host() {
    let turns = std::env::var("RETORT_TEST_INCREMENTS")
        .ok()
        .and_then(|n| n.parse().ok());
    let turns: usize = turns.unwrap_or(600);
    let folder = folder(
        "[[deployments]]\ntenant = \"acme\"\nbot = \"bot\"\ncomponent = \"reach.wasm\"\n\
         grant = [\"state:conversation\"]\n[limits]\ndeadline_ms = 1000\n",
    );
    let at = folder.path();
    file(
        at,
        "reach.wasm",
        bots::wanting("reach", "state = [\"conversation\"]"),
    );
    let quiet = |at| {
        let mut command = serve(at);
        command.env("RETORT_LOG__FILTER", "error");
        command
    };
    let serving = Running::start(&mut quiet(at));
    let token = token(at);
    let first = counted(serving, &token, turns / 2, true).await;
    // All of the other half is answered, and so it tells how many of the first half were kept.
    let serving = Running::start(&mut quiet(at));
    let second = counted(serving, &token, turns / 2, false).await;
    let each = turns / 2 / CONVERSATIONS;
    for conversation in 0..CONVERSATIONS {
        let (before, after) = (
            first.get(&conversation).copied().unwrap_or(0),
            second[&conversation],
        );
        // What was begun and not answered before the host was killed may have been kept or not.
        let least = before + each as u64;
        let most = 2 * each as u64;
        assert!(
            (least..=most).contains(&after),
            "c{conversation}: {before} were told, {each} more make {after}"
        );
    }
}

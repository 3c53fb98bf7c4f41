//! What is served changes while it is asked: nothing fails, nothing is answered by what was not live, and no conversation
//! changes sides. `RETORT_TEST_CHANGES` says how often it changes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use harness::operator::{Administered, deployment, saying};
use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::task::JoinSet;

const WORDS: [&str; 3] = ["one", "two", "three"];

/// What is live after each change, as far as one was begun; and how many are done.
#[derive(Default)]
struct Live {
    begun: Mutex<Vec<Step>>,
    done: AtomicUsize,
    over: AtomicBool,
}

#[derive(Clone)]
struct Step {
    live: Vec<&'static str>,
    /// The split that it belongs to, if one is live.
    split: Option<usize>,
}

impl Live {
    fn begin(&self, live: &[&'static str], split: Option<usize>) {
        let live = live.to_vec();
        self.begun
            .lock()
            .expect("no panic")
            .push(Step { live, split });
    }

    fn is_done(&self) {
        self.done.fetch_add(1, Ordering::SeqCst);
    }

    /// Every step that may have been in force since so many were done.
    fn since(&self, done: usize) -> Vec<Step> {
        let begun = self.begun.lock().expect("no panic");
        begun[done.saturating_sub(1)..].to_vec()
    }
}

/// Which side each conversation of each split was on.
type Sides = Arc<Mutex<HashMap<(usize, String), String>>>;

async fn ask(operator: Administered, live: Arc<Live>, sides: Sides, worker: usize) -> usize {
    let mut asked = 0;
    while !live.over.load(Ordering::SeqCst) {
        let conversation = format!("{worker}-{}", asked % 5);
        let done = live.done.load(Ordering::SeqCst);
        let said = operator.says("acme", "bot", &conversation).await;
        let steps = live.since(done);
        let may_be = |step: &Step| step.live.contains(&said.as_str());
        assert!(steps.iter().any(may_be), "{said:?} was not live");
        let split = steps[0].split;
        if let Some(split) = split.filter(|_| steps.iter().all(|step| step.split == split)) {
            let mut sides = sides.lock().expect("no panic");
            let side = sides
                .entry((split, conversation))
                .or_insert_with(|| said.clone());
            assert_eq!(*side, said, "a conversation changed sides");
        }
        asked += 1;
        tokio::task::yield_now().await;
    }
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_changes_nothing_fails_and_no_conversation_changes_sides() {
    let changes = std::env::var("RETORT_TEST_CHANGES")
        .ok()
        .and_then(|n| n.parse().ok());
    let changes: usize = changes.unwrap_or(100);
    let folder = tempdir().expect("a folder");
    let operator = Administered::open(folder.path()).await;
    let mut digests = Vec::new();
    for word in WORDS {
        digests.push(operator.upload("acme", "bot", saying(word)).await);
    }
    let live = Arc::new(Live::default());
    live.begin(&[WORDS[0]], None);
    assert_eq!(
        operator
            .deploy("acme", "bot", &digests[0], 100)
            .await
            .status,
        200
    );
    live.is_done();
    let sides = Sides::default();
    let mut asking = JoinSet::new();
    for worker in 0..4 {
        asking.spawn(ask(
            operator.clone(),
            Arc::clone(&live),
            Arc::clone(&sides),
            worker,
        ));
    }

    let at = deployment("acme", "bot");
    let (weight, rollback) = (format!("{at}/weight"), format!("{at}/rollback"));
    let mut made = 0;
    for round in 0.. {
        if made >= changes {
            break;
        }
        let (old, new) = (round % 3, (round + 1) % 3);
        let (both, split) = ([WORDS[old], WORDS[new]], Some(round));
        live.begin(&both, split);
        assert_eq!(
            operator
                .deploy("acme", "bot", &digests[new], 20)
                .await
                .status,
            200
        );
        live.is_done();
        for percent in [70, 40] {
            live.begin(&both, split);
            let weighed = operator
                .admin("PUT", &weight, &json!({ "weight": percent }))
                .await;
            assert_eq!(weighed.status, 200);
            live.is_done();
        }
        // Back to before the split, and then all of the new one.
        live.begin(&both[..1], None);
        assert_eq!(
            operator.admin("POST", &rollback, &Value::Null).await.status,
            200
        );
        live.is_done();
        live.begin(&both[1..], None);
        assert_eq!(
            operator
                .deploy("acme", "bot", &digests[new], 100)
                .await
                .status,
            200
        );
        live.is_done();
        made += 5;
    }
    live.over.store(true, Ordering::SeqCst);
    let asked: usize = asking.join_all().await.iter().sum();
    assert!(asked > made, "{asked} turns in {made} changes");
    let seen = sides.lock().expect("no panic").len();
    assert!(seen > 0, "no conversation was seen twice in a split");
    let mut numbers = Vec::new();
    loop {
        let page = format!("audit?limit=1000&after={}", numbers.len());
        let audit = operator.admin("GET", &page, &Value::Null).await;
        let entries = audit.body["entries"].as_array().expect("a list").iter();
        numbers.extend(entries.map(|entry| entry["number"].as_u64().expect("a number")));
        if audit.body["next"].is_null() {
            break;
        }
    }
    assert!(numbers.len() > made, "{} of {made} changes", numbers.len());
    assert!(
        (1..=numbers.len() as u64).eq(numbers),
        "the audit log has a gap"
    );
}

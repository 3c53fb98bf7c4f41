//! Nothing of the pool stays taken, whatever turns did.

use std::sync::Arc;

use harness::host::text;
use harness::{Served, bots};
use retort::invocation::{Invocation, Settings};
use tokio::task::JoinSet;

/// One of everything that a turn can end in.
const BOTS: [(&str, &str); 8] = [
    ("count", "replied"),
    ("spin", "deadline-exceeded"),
    ("park", "deadline-exceeded"),
    ("grow_memory", "out-of-memory"),
    ("panic", "bot-trapped"),
    ("fault", "bot-fault"),
    ("invalid_reply", "reply-refused"),
    ("leak_handles", "too-many-handles"),
];

/// How many turns; `RETORT_TEST_TURNS=10000` is the long run that the documentation speaks of.
fn turns() -> usize {
    std::env::var("RETORT_TEST_TURNS")
        .ok()
        .and_then(|turns| turns.parse().ok())
        .unwrap_or(2_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_is_empty_after_turns_of_every_kind_and_after_callers_who_left() {
    let mut settings = Settings::default();
    settings.quarantine.failure_percent = 101;
    let mut host = Served::with(settings).in_time(20);
    for (name, _) in BOTS {
        host = host
            .with_bot(&name.replace('_', "-"), &bots::misbehaving(name))
            .await;
    }
    let host = Arc::new(host);
    let mut running = JoinSet::new();
    for turn in 0..turns() {
        if running.len() >= 16 {
            running
                .join_next()
                .await
                .expect("some are running")
                .expect("none panics");
        }
        running.spawn(one(Arc::clone(&host), turn));
    }
    while let Some(ended) = running.join_next().await {
        ended.expect("none panics");
    }
    host.is_empty_again().await;
}

/// One turn; every fifth caller hangs up in the middle of it.
async fn one(host: Arc<Served>, turn: usize) {
    let (name, outcome) = BOTS[turn % BOTS.len()];
    let (name, payload) = (name.replace('_', "-"), text("go"));
    let asked = host.ask(&name, &payload);
    if turn % 5 == 4 {
        let soon = tokio::time::Duration::from_micros((turn % 40) as u64 * 100);
        drop(tokio::time::timeout(soon, asked).await);
        return;
    }
    let ended = asked.await.outcome();
    // Sixteen at a time on few cores: any of them may run out of its 20 ms before it has done its worst.
    assert!(
        ended == outcome || ended == "deadline-exceeded" || ended == "waited-too-long",
        "{name}: {ended}"
    );
}

#[tokio::test]
async fn bots_of_many_core_instances_take_nothing_that_others_need() {
    let mut settings = Settings::default();
    settings.sandbox.instances = 4;
    settings.admission.concurrent_turns = 3;
    let park = bots::misbehaving("park");
    let host = Served::with(settings)
        .with_bot("echo", &bots::plugin("echo"))
        .await
        .with_bot("large", &bots::with_core_instances(&park, 40))
        .await;
    let (one, other) = (text("go"), text("go"));
    let parked = [host.ask("large", &one), host.ask("large", &other)];
    let [first, second] = parked.map(Box::pin);
    let waiting = futures_of(first, second);
    let said = async {
        host.has_instances(2).await;
        host.says("echo", "there is room").await
    };
    let (outcomes, said) = tokio::join!(waiting, said);
    assert_eq!(outcomes, ["deadline-exceeded"; 2]);
    assert_eq!(said, "there is room");
    host.is_empty_again().await;
}

async fn futures_of(
    first: impl Future<Output = Invocation>,
    second: impl Future<Output = Invocation>,
) -> [&'static str; 2] {
    let (first, second) = tokio::join!(first, second);
    [first.outcome(), second.outcome()]
}

//! A bot that goes over its budget again and again is taken out, and nobody else notices.

use harness::host::{Answer, text};
use harness::{Served, bots};
use retort::invocation::Settings;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant};

use crate::policies;

const STATE: &str = "/v1/bots/bad/environments/draft/state";

/// Bots that keep the threads busy.
const HOGS: [&str; 3] = ["hog-1", "hog-2", "hog-3"];

/// Two bots of the same component; four turns tell.
async fn two_bots(probe_seconds: u64) -> Served {
    let mut settings = Settings::default();
    settings.quarantine.minimum_turns = 4;
    settings.quarantine.probe_seconds = probe_seconds;
    let probe = bots::misbehaving("probe");
    Served::with(settings)
        .with_bot("bad", &probe)
        .await
        .with_bot("good", &probe)
        .await
}

async fn over_budget(host: &Served) -> Answer {
    host.post("bad", &text("random 1000000")).await
}

async fn within_budget(host: &Served, bot: &str) -> Answer {
    host.post(bot, &text("random 8")).await
}

async fn quarantined(host: &Served) {
    for _ in 0..4 {
        assert_eq!(over_budget(host).await.outcome(), "random-too-large");
    }
}

#[tokio::test]
async fn it_is_taken_out_with_the_reason_and_probed_back_in() {
    let host = two_bots(1).await;
    quarantined(&host).await;
    let refused = within_budget(&host, "bad").await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (503, "quarantined")
    );
    assert_eq!(refused.headers["retry-after"], "1");
    let detail = refused.body["detail"].as_str().expect("words");
    assert!(
        detail.contains("4 of 4 turns") && detail.contains("`random-too-large`"),
        "{detail}"
    );
    let state = host.send("GET", STATE, "").await;
    assert_eq!(state.body["state"], "error");
    assert_eq!(within_budget(&host, "good").await.outcome(), "replied");

    // No paused time here: the guests' own threads know only the real one.
    let until = Instant::now() + Duration::from_secs(20);
    while within_budget(&host, "bad").await.outcome() == "quarantined" {
        assert!(Instant::now() < until, "it is never let in again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(within_budget(&host, "bad").await.outcome(), "replied");
    let state = host.send("GET", STATE, "").await;
    assert_eq!(state.body["state"], "online");
}

#[tokio::test]
async fn its_consumers_get_what_its_failure_policy_says_on_both_ways_in() {
    for promised in policies::each() {
        let host = two_bots(60).await.failing_as(promised.policy());
        let host = host.with_bot("bad", &bots::misbehaving("probe")).await;
        for _ in 0..4 {
            over_budget(&host).await;
        }
        promised
            .is_kept(&host, "bad", "random 8", "quarantined", 503)
            .await;
    }
}

#[tokio::test]
async fn a_neighbour_that_keeps_the_threads_busy_puts_nobody_into_quarantine() {
    let mut settings = Settings::default();
    settings.quarantine.minimum_turns = 1;
    settings.quarantine.failure_percent = 1;
    settings.sandbox.guest_threads = 1;
    settings.sandbox.deadline_ceiling_ms = 30_000;
    let spin = bots::misbehaving("spin");
    let mut host = Served::with(settings).in_time(30_000);
    for hog in HOGS {
        host = host.with_bot(hog, &spin).await;
    }
    let host = host.in_time(400).with_bot("victim", &spin).await;
    let mut hogs = JoinSet::new();
    for hog in 0..24 {
        let (host, go) = (host.clone(), text("go"));
        hogs.spawn(async move { host.ask(HOGS[hog % HOGS.len()], &go).await });
    }
    host.has_instances(24).await;
    // The bots of a tenant take turns on the thread: this one has a fourth of its deadline to itself.
    for _ in 0..2 {
        let victim = host.ask("victim", &text("go")).await;
        assert_eq!(victim.outcome(), "deadline-exceeded");
        assert!(
            victim.usage.waited > victim.usage.wall / 2,
            "{:?}",
            victim.usage
        );
    }
    hogs.shutdown().await;
}

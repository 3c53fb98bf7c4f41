//! When a bot is taken out that goes over its budget, and for how long.

use harness::bots::misbehaving;
use harness::host::{Answer, text as saying};
use tokio::time::{Duration, sleep};

use super::configured::{Low, Text, text};

/// What a bot's turn does to its record.
#[derive(Clone, Copy)]
enum Does {
    KeepsTo,
    GoesOver,
    /// No turn, for longer than a second.
    Pauses,
}
use Does::{GoesOver, KeepsTo, Pauses};

/// What is answered to a well-behaved turn after these.
async fn after(text: Text, turns: &[Does]) -> Answer {
    let host = text.bot("probe", misbehaving("probe")).serve().await.served;
    for turn in turns {
        match turn {
            KeepsTo => drop(host.post("probe", &saying("random 8")).await),
            GoesOver => drop(host.post("probe", &saying("random 1000000")).await),
            Pauses => sleep(Duration::from_millis(1_100)).await,
        }
    }
    host.post("probe", &saying("random 8")).await
}

#[track_caller]
fn is_out(answer: &Answer) {
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (503, "quarantined")
    );
}

#[track_caller]
fn is_in(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.outcome()), (200, "replied"));
}

pub(super) async fn minimum_turns(low: Low) {
    let turns = [GoesOver, GoesOver];
    is_in(&after(text(), &turns).await);
    is_out(&after(text().low(low), &turns).await);
}

pub(super) async fn failure_percent(low: Low) {
    let turns = [KeepsTo, KeepsTo, KeepsTo, GoesOver];
    let four = || text().with("quarantine.minimum_turns", 4);
    is_in(&after(four(), &turns).await);
    is_out(&after(four().low(low), &turns).await);
}

/// What was over its budget before the window began is forgotten.
pub(super) async fn window_seconds(low: Low) {
    let turns = [GoesOver, GoesOver, Pauses, GoesOver];
    let three = || text().with("quarantine.minimum_turns", 3);
    is_out(&after(three(), &turns).await);
    is_in(&after(three().low(low), &turns).await);
}

/// The caller is told to come again when the next turn is let in to see.
pub(super) async fn probe_seconds(low: Low) {
    let one = text().with("quarantine.minimum_turns", 1).low(low);
    let answer = after(one, &[GoesOver]).await;
    is_out(&answer);
    let seconds = answer.headers["retry-after"].to_str().expect("a number");
    let seconds: u64 = seconds.parse().expect("a number");
    assert!(
        (low.value - 100..=low.value).contains(&seconds),
        "{seconds}"
    );
}

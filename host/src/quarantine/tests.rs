use std::time::Duration;

use super::*;

const FAILED: Option<&str> = Some("out-of-fuel");

fn quarantine() -> Quarantine {
    Quarantine::new(Settings {
        minimum_turns: 4,
        failure_percent: 50,
        window_seconds: 60,
        probe_seconds: 10,
    })
}

fn record(of: &Quarantine, bot: &str) -> Arc<Record> {
    let at = Address {
        tenant: "acme".parse().expect("a tenant"),
        bot: bot.parse().expect("a bot"),
        environment: "draft".parse().expect("an environment"),
    };
    of.record(&at, "sha256:00")
}

fn turn(record: &Arc<Record>, over_budget: Option<&'static str>) -> Option<Quarantined> {
    record.enter().expect("it is let in").ended(over_budget)
}

async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_goes_over_its_budget_often_enough_is_taken_out_with_the_reason() {
    let quarantine = quarantine();
    let (bad, neighbour) = (record(&quarantine, "bad"), record(&quarantine, "good"));
    for over_budget in [FAILED, None, None] {
        assert_eq!(turn(&bad, over_budget), None, "too few to tell");
    }
    let reason = Quarantined {
        failed: 2,
        turns: 4,
        last: "out-of-fuel",
        probe_seconds: 10,
    };
    assert_eq!(turn(&bad, FAILED), Some(reason));
    assert_eq!(bad.enter().map(drop), Err(reason));
    assert_eq!(bad.state(), Some(reason));
    assert_eq!(turn(&neighbour, None), None);
    assert_eq!(quarantine.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bot_under_the_rate_stays_in_and_old_turns_are_forgotten() {
    let quarantine = quarantine();
    let bot = record(&quarantine, "bot");
    for over_budget in [FAILED, None, None, None, None] {
        assert_eq!(turn(&bot, over_budget), None);
    }
    pass(60).await;
    for over_budget in [FAILED, FAILED, FAILED] {
        assert_eq!(turn(&bot, over_budget), None, "three turns of this minute");
    }
}

async fn taken_out(quarantine: &Quarantine) -> Arc<Record> {
    let bad = record(quarantine, "bad");
    for _ in 0..4 {
        turn(&bad, FAILED);
    }
    assert!(bad.enter().is_err());
    bad
}

#[tokio::test(start_paused = true)]
async fn one_turn_probes_it_back_in() {
    let quarantine = quarantine();
    let bad = taken_out(&quarantine).await;
    pass(10).await;
    let probe = bad.enter().expect("one is let in");
    assert!(bad.enter().is_err(), "and no second one");
    assert_eq!(probe.ended(None), None);
    assert_eq!(bad.state(), None);
    assert_eq!(turn(&bad, None), None);
}

#[tokio::test(start_paused = true)]
async fn each_probe_that_fails_doubles_the_wait_up_to_a_bound() {
    let quarantine = quarantine();
    let bad = taken_out(&quarantine).await;
    for seconds in [10, 20, 40, 80, 160, 320, 320] {
        assert_eq!(bad.state().map(|out| out.probe_seconds), Some(seconds));
        pass(seconds).await;
        assert!(turn(&bad, FAILED).is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_caller_leaves_makes_room_for_another_after_the_same_wait() {
    let quarantine = quarantine();
    let bad = taken_out(&quarantine).await;
    pass(10).await;
    drop(bad.enter().expect("one is let in"));
    assert!(bad.enter().is_err(), "not at once");
    pass(10).await;
    assert_eq!(turn(&bad, None), None);
    assert_eq!(bad.state(), None);
}

#[tokio::test(start_paused = true)]
async fn the_same_component_deployed_again_keeps_its_record() {
    let quarantine = quarantine();
    let bad = taken_out(&quarantine).await;
    assert!(record(&quarantine, "bad").enter().is_err());
    drop(bad);
}

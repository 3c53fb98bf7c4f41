use super::*;

const LONG: Duration = Duration::from_millis(100);

fn soon() -> Instant {
    Instant::now() + LONG
}

fn gate(concurrent_turns: usize, waiting_turns: usize) -> Admission {
    let settings = Settings {
        concurrent_turns,
        waiting_turns,
        ..Settings::default()
    };
    Admission::new(&settings, 1)
}

fn line(gate: &Admission, tenant: &str, bot: &str) -> Line {
    gate.line(
        &tenant.parse().expect("a tenant"),
        &bot.parse().expect("a bot"),
    )
}

/// Lets the tasks that have been spawned get as far as they can.
async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_waits_past_its_deadline_is_refused() {
    let gate = gate(1, 1);
    let (first, other) = (line(&gate, "a", "one"), line(&gate, "b", "one"));
    let _running = gate.admit(first, soon()).await.expect("it is let in");
    let refused = gate.admit(other, soon()).await.map(drop);
    assert_eq!(
        refused,
        Err(Refused::WaitedTooLong { over_share: false }),
        "the host is full, and by no doing of this tenant"
    );
    assert_eq!(gate.occupancy().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_refused_at_once_when_the_queue_is_full_and_gives_its_place_back() {
    let gate = gate(1, 1);
    let own = line(&gate, "a", "one");
    let running = gate.admit(own, soon()).await.expect("it is let in");
    let mut second = Box::pin(gate.admit(own, soon()));
    tokio::select! { biased; _ = &mut second => panic!("there is no permit yet"), () = settle() => {} }
    let refused = gate.admit(own, soon()).await.map(drop);
    assert_eq!(refused, Err(Refused::Full { waiting: 1 }));
    drop(second);
    drop(running);
    assert_eq!(gate.occupancy(), Occupancy::default());
    gate.admit(own, soon()).await.expect("both places are free");
}

#[tokio::test(start_paused = true)]
async fn one_tenant_leaves_room_for_the_next_and_is_told_that_it_is_over_its_share() {
    let gate = gate(96, 96);
    let greedy = line(&gate, "greedy", "one");
    let mut held = Vec::new();
    let refused = loop {
        match gate.admit(greedy, soon()).await {
            Ok(permit) => held.push(permit),
            Err(refused) => break refused,
        }
    };
    assert!(refused.is_over_share(), "{refused}");
    assert_eq!(refused.fault(), Fault::Caller);
    let free = 96 - held.len();
    assert!((24..=64).contains(&free), "{} are held", held.len());
    for bot in ["two", "three"] {
        let same_tenant = line(&gate, "greedy", bot);
        held.push(gate.admit(same_tenant, soon()).await.expect("its own room"));
    }
    for tenant in 0..10 {
        let another = line(&gate, &format!("t{tenant}"), "one");
        held.push(gate.admit(another, soon()).await.expect("room is left"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_free_place_goes_to_the_tenant_that_holds_least_for_its_weight() {
    let settings = Settings {
        concurrent_turns: 1,
        weights: [("heavy".parse().expect("a tenant"), 3)].into(),
        ..Settings::default()
    };
    let gate = Arc::new(Admission::new(&settings, 1));
    let first = gate.admit(line(&gate, "x", "x"), soon()).await;
    let served = Arc::new(std::sync::Mutex::new(String::new()));
    for _ in 0..30 {
        for tenant in ["heavy", "light"] {
            let (gate, served) = (Arc::clone(&gate), Arc::clone(&served));
            tokio::spawn(async move {
                let own = line(&gate, tenant, "one");
                let permit = gate.admit(own, soon()).await.expect("it is let in");
                served.lock().expect("whole").push_str(&tenant[..1]);
                drop(permit);
            });
        }
        settle().await;
    }
    assert_eq!(gate.occupancy().waiting, 60);
    drop(first);
    settle().await;
    settle().await;
    let served = served.lock().expect("whole").clone();
    assert_eq!(served.len(), 60);
    let heavy = served[..40].matches('h').count();
    assert!((29..=31).contains(&heavy), "of the first 40: {served}");
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_cannot_make_it_is_refused_at_once() {
    let gate = Arc::new(gate(1, 100));
    let own = line(&gate, "a", "slow");
    let first = gate.admit(own, soon()).await.expect("it is let in");
    tokio::time::advance(Duration::from_millis(60)).await;
    drop(first);
    let running = gate.admit(own, soon()).await.expect("it is let in");
    let waiting = tokio::spawn({
        let gate = Arc::clone(&gate);
        async move { gate.admit(own, soon()).await.map(drop) }
    });
    settle().await;
    let begun = Instant::now();
    let refused = gate.admit(own, soon()).await.map(drop);
    assert_eq!(Instant::now(), begun, "at once");
    let expected = Refused::WouldBeLate {
        wait_ms: 120,
        left_ms: 100,
        running: 1,
        waiting: 1,
        over_share: false,
    };
    assert_eq!(refused, Err(expected));
    drop(running);
    assert_eq!(waiting.await.expect("no panic"), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_at_any_moment_leaves_nothing_behind() {
    let gate = Arc::new(gate(2, 1000));
    for round in 0..200_u64 {
        let mut turns = tokio::task::JoinSet::new();
        for turn in 0..8 {
            let gate = Arc::clone(&gate);
            let own = line(&gate, &format!("t{}", turn % 3), "one");
            turns.spawn(async move {
                let permit = gate.admit(own, soon()).await;
                tokio::time::sleep(Duration::from_millis(turn)).await;
                drop(permit);
            });
        }
        for _ in 0..round % 9 {
            tokio::task::yield_now().await;
        }
        tokio::time::advance(Duration::from_millis(round % 5)).await;
        turns.shutdown().await;
        assert_eq!(gate.occupancy(), Occupancy::default(), "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn tenants_take_turns_on_the_threads_however_many_guests_one_of_them_has() {
    let gate = Arc::new(gate(96, 96));
    let served = Arc::new(std::sync::Mutex::new(String::new()));
    let mut guests = tokio::task::JoinSet::new();
    for guest in 0..21 {
        let tenant = if guest == 20 { "single" } else { "many" };
        let (gate, served) = (Arc::clone(&gate), Arc::clone(&served));
        guests.spawn(async move {
            let own = line(&gate, tenant, "one");
            let permit = gate.admit(own, soon()).await.expect("it is let in");
            let lane = permit.lane();
            for _ in 0..50 {
                let slice = lane.slice().await;
                served.lock().expect("whole").push_str(&tenant[..1]);
                tokio::task::yield_now().await;
                drop(slice);
            }
        });
    }
    guests.join_all().await;
    let served = served.lock().expect("whole").clone();
    let single = served[..60].matches('s').count();
    assert!((25..=31).contains(&single), "{served}");
}

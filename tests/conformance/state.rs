//! What a bot keeps between turns: within its limits, all of a turn or nothing of it, and nobody else's.

use harness::host::{Served, text};
use harness::{bots, patient_host};
use retort::registry::{FailurePolicy, Wanted};
use serde_json::json;

const ALL: [&str; 2] = ["state:conversation", "state:bot"];

/// A host with a bot that does to its state what it is told.
async fn keeping(grants: &[&str], wanting: impl FnOnce(&mut Wanted)) -> Served {
    let bot = bots::wanting("reach", "state = [\"conversation\", \"bot\"]");
    let host = patient_host().granting(grants).wanting(wanting);
    host.with_bot("reach", &bot).await
}

#[tokio::test]
async fn a_conversation_and_a_bot_have_their_own_and_it_lasts_from_turn_to_turn() {
    let host = keeping(&ALL, |_| {}).await;
    let add = async |conversation, scope| {
        let said = host
            .says_in("reach", conversation, &format!("add {scope} n"))
            .await;
        said.split(' ').nth(1).expect("a number").to_owned()
    };
    for (conversation, own, all) in [("c1", "1", "1"), ("c1", "2", "2"), ("c2", "1", "3")] {
        assert_eq!(add(conversation, "conversation").await, own);
        assert_eq!(add(conversation, "bot").await, all);
    }
    // Another bot of the same component has neither.
    let bot = bots::wanting("reach", "state = [\"conversation\", \"bot\"]");
    let host = host.granting(&ALL).with_bot("other", &bot).await;
    assert_eq!(
        host.says("other", "get conversation n\nget bot n").await,
        "none\nnone"
    );
}

#[tokio::test]
async fn a_turn_sees_what_it_wrote_and_compares_before_it_sets() {
    let host = keeping(&ALL, |_| {}).await;
    let said = host
        .says(
            "reach",
            "cas bot k none a\nget bot k\ncas bot k none b\ncas bot k 1 b\nkeys bot",
        )
        .await;
    assert_eq!(said, "ok @1\nok a @1\nconflict 1\nok @2\nok k");
    let said = host
        .says(
            "reach",
            "get bot k\ndel bot k\ndel bot k\nget bot k\ncas bot k 2 c\ncas bot k none c",
        )
        .await;
    assert_eq!(said, "ok b @2\nok\nok\nnone\nconflict none\nok @3");
}

#[tokio::test]
async fn what_is_not_granted_is_denied_and_says_what_it_takes() {
    for (grants, denied) in [(&[][..], 2), (&ALL[..1], 1), (&ALL[1..], 1), (&ALL[..], 0)] {
        let host = keeping(grants, |_| {}).await;
        let said = host
            .says("reach", "set conversation k v\nset bot k v")
            .await;
        assert_eq!(said.matches("denied: ").count(), denied, "{said}");
        assert_eq!(said.matches("under `[wants]`").count(), denied, "{said}");
    }
    // What its manifest does not ask for cannot be granted.
    let bare = bots::misbehaving("reach");
    let host = patient_host().granting(&ALL).with_bot("reach", &bare).await;
    assert!(
        host.says("reach", "get bot k")
            .await
            .starts_with("denied: ")
    );
}

#[tokio::test]
async fn a_turn_that_does_not_end_well_leaves_everything_as_it_was() {
    let host = keeping(&ALL, |_| {}).await;
    host.says("reach", "set bot k before\nset conversation k before")
        .await;
    let write = "set bot k after\nset conversation k after\n";
    for (end, outcome) in [
        ("fault no", "bot-fault"),
        ("spin", "out-of-fuel"),
        ("not-a-command", "bot-fault"),
    ] {
        let ended = host.ask("reach", &text(&format!("{write}{end}"))).await;
        assert_eq!(ended.outcome(), outcome);
        let said = host.says("reach", "get bot k\nget conversation k").await;
        assert_eq!(said, "ok before @1\nok before @1", "after {end}");
    }
    // Cut at its deadline.
    let bot = bots::wanting("reach", "state = [\"conversation\", \"bot\"]");
    let host = host
        .in_time(300)
        .wanting(|wanted| wanted.limits.fuel = u64::MAX)
        .granting(&ALL);
    let host = host.with_bot("reach", &bot).await;
    let ended = host.ask("reach", &text(&format!("{write}spin"))).await;
    assert_eq!(ended.outcome(), "deadline-exceeded");
    let host = host.in_time(30_000).with_bot("reach", &bot).await;
    assert_eq!(host.says("reach", "get bot k").await, "ok before @1");
}

#[tokio::test]
async fn what_a_refused_reply_wrote_is_not_kept() {
    let reply = |wanted: &mut Wanted| wanted.reply.bytes = 200;
    let host = keeping(&ALL, reply).await;
    let long = format!("set bot k {}\nget bot k", "x".repeat(190));
    assert_eq!(
        host.ask("reach", &text(&long)).await.outcome(),
        "reply-too-large"
    );
    assert_eq!(host.says("reach", "get bot k").await, "none");
}

#[tokio::test]
async fn a_connection_test_and_a_first_turn_keep_nothing() {
    let host = keeping(&ALL, |wanted| wanted.smoke_turn = true).await;
    let test = json!({ "message": "add conversation n\nadd bot n" });
    assert_eq!(host.post("reach", &test).await.outcome(), "tested");
    let said = host.says("reach", "keys conversation\nkeys bot").await;
    assert_eq!(said, "none\nnone");
}

#[tokio::test]
async fn each_limit_on_state_is_answered_and_ends_no_turn() {
    let small = |wanted: &mut Wanted| {
        wanted.limits.state_keys = 3;
        wanted.limits.state_bytes = 1_000;
    };
    let host = keeping(&ALL, small).await;
    let said = host
        .says(
            "reach",
            "fill bot 4 10\nset bot k0 again\nfill conversation 3 10",
        )
        .await;
    let lines: Vec<_> = said.lines().collect();
    assert!(
        lines[0].starts_with("filled 3, limit: ") && lines[0].contains("limits.state_keys"),
        "{said}"
    );
    assert!(lines[1].starts_with("ok @") && lines[2] == "ok 3", "{said}");
    let said = host
        .says(
            "reach",
            "set-bytes bot k1 979\nset-bytes bot k1 980\nget bot k1",
        )
        .await;
    let lines: Vec<_> = said.lines().collect();
    assert!(
        lines[1].starts_with("limit: ") && lines[1].contains("limits.state_bytes"),
        "{said}"
    );
    assert!(lines[2].starts_with("ok 979 bytes"), "{said}");
    let key = "k".repeat(257);
    let said = host
        .says(
            "reach",
            &format!("set bot {key} v\nset bot {} v", &key[1..]),
        )
        .await;
    assert!(
        said.starts_with("limit: a key has at most 256 bytes"),
        "{said}"
    );
}

#[tokio::test]
async fn state_costs_fuel_by_its_bytes() {
    let host = keeping(&ALL, |wanted| wanted.limits.host_byte_fuel = 100).await;
    let fuel = async |what: &str| host.ask("reach", &text(what)).await.usage.fuel;
    let (few, many) = (
        fuel("set-bytes bot k 10").await,
        fuel("set-bytes bot k 10010").await,
    );
    assert!(many - few >= 1_000_000, "{few} and {many}");
}

#[tokio::test]
async fn of_many_turns_at_once_each_addition_counts() {
    let host = keeping(&ALL, |wanted| wanted.failure = FailurePolicy::Silent {}).await;
    let mut adding = tokio::task::JoinSet::new();
    for number in 0..60 {
        let host = host.clone();
        adding.spawn(async move {
            let conversation = format!("c{}", number % 3);
            let both = "add conversation n\nadd bot n";
            host.says_in("reach", &conversation, both).await
        });
    }
    adding.join_all().await;
    for conversation in ["c0", "c1", "c2"] {
        let said = host
            .says_in("reach", conversation, "get conversation n\nget bot n")
            .await;
        assert_eq!(said, "ok 20 @20\nok 60 @60");
    }
}

#[tokio::test]
async fn keys_that_look_like_paths_or_like_one_another_are_their_own() {
    let host = keeping(&ALL, |_| {}).await;
    let keys = [
        "../other",
        "a/../b",
        "b",
        "\u{e9}",
        "e\u{301}",
        "..%2f",
        "\u{202e}b",
    ];
    for key in keys {
        assert_eq!(
            host.says("reach", &format!("get bot {key}")).await,
            "none",
            "{key:?}"
        );
        assert!(
            host.says("reach", &format!("set bot {key} {key}"))
                .await
                .starts_with("ok"),
            "{key:?}"
        );
    }
}

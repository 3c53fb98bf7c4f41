use jiff::Timestamp;
use uuid::Uuid;

use super::{Recent, Settings, Turn};
use crate::capabilities::log::{Line, Lines};
use crate::tenant::{Address, Environment};

fn turn(said: &str) -> Turn {
    let line = Line {
        level: "info",
        message: said.to_owned(),
    };
    Turn {
        number: 0,
        id: Uuid::nil(),
        ended: Timestamp::UNIX_EPOCH,
        at: Address {
            tenant: "acme".parse().expect("a tenant"),
            bot: "a".parse().expect("a bot"),
            environment: Environment::draft(),
        }
        .into(),
        revision: "".into(),
        outcome: "replied",
        fault: None,
        cause: None,
        sent: "reply",
        took_us: 0,
        wall_us: 0,
        waited_us: 0,
        fuel: 0,
        memory_peak_bytes: 0,
        host_calls: 0,
        log: Lines {
            lines: vec![line],
            dropped: 0,
        },
    }
}

fn ring(recent: &Recent, bot: &str) -> std::sync::Arc<super::Ring> {
    let tenant = "acme".parse().expect("a tenant");
    recent.of(&tenant, &bot.parse().expect("a bot"))
}

/// What is remembered of a bot.
fn said(recent: &Recent, bot: &str) -> Vec<String> {
    let turns = ring(recent, bot).after(0, usize::MAX, |_| true).into_iter();
    let lines = turns.flat_map(|turn| turn.log.lines);
    lines.map(|line| line.message).collect()
}

#[test]
fn a_bot_has_so_many_turns_and_the_newest_push_out_the_oldest() {
    let turns = 2;
    let recent = Recent::new(Settings {
        turns,
        ..Settings::default()
    });
    for word in ["one", "two", "three"] {
        ring(&recent, "a").keep(turn(word));
    }
    ring(&recent, "b").keep(turn("other"));
    assert_eq!(said(&recent, "a"), ["two", "three"]);
    assert_eq!(said(&recent, "b"), ["other"]);
    let ring = ring(&recent, "a");
    assert_eq!(ring.last(), 3);
    assert_eq!(ring.after(2, 10, |_| true)[0].number, 3);
    assert!(ring.after(3, 10, |_| true).is_empty());
    assert_eq!(ring.after(0, 1, |_| true)[0].number, 3);
    assert_eq!(ring.after(0, 1, |turn| turn.number == 2)[0].number, 2);
}

#[test]
fn a_bot_has_so_many_bytes_and_a_turn_above_them_loses_its_lines() {
    let bot_bytes = 2_000;
    let recent = Recent::new(Settings {
        bot_bytes,
        ..Settings::default()
    });
    let long = "x".repeat(1_000);
    ring(&recent, "a").keep(turn(&long));
    ring(&recent, "a").keep(turn(&long));
    assert_eq!(said(&recent, "a"), [long]);
    ring(&recent, "a").keep(turn(&"y".repeat(2_000)));
    let turns = ring(&recent, "a").after(2, 10, |_| true);
    assert_eq!((turns[0].number, turns[0].log.dropped), (3, 1));
    ring(&recent, "a").keep(Turn {
        cause: Some("z".repeat(2_000)),
        ..turn("")
    });
    assert!(said(&recent, "a").is_empty());
    assert_eq!(ring(&recent, "a").last(), 4);
}

#[test]
fn all_bots_have_so_many_bytes_and_none_pushes_out_anothers_turns() {
    let memory_bytes = 5_000;
    let recent = Recent::new(Settings {
        memory_bytes,
        ..Settings::default()
    });
    ring(&recent, "a").keep(turn("first"));
    for n in 0..20 {
        ring(&recent, "b").keep(turn(&format!("{n}{}", "x".repeat(500))));
    }
    assert_eq!(said(&recent, "a"), ["first"]);
    let of_b = said(&recent, "b");
    assert!((1..20).contains(&of_b.len()), "{}", of_b.len());
    assert!(of_b.last().is_some_and(|last| last.starts_with("19")));
    ring(&recent, "a").keep(turn(&"y".repeat(1_000)));
    assert!(said(&recent, "b").len() == of_b.len());
}

#[test]
fn a_turn_is_explained_later_as_far_as_it_is_there_and_there_is_room() {
    let recent = Recent::new(Settings {
        bot_bytes: 2 * size_of::<Turn>(),
        ..Settings::default()
    });
    let ring = ring(&recent, "a");
    ring.keep(turn("one"));
    let cause = || ring.after(0, 1, |_| true).pop().expect("a turn").cause;
    ring.explain(Uuid::max(), "another's".to_owned());
    ring.explain(Uuid::nil(), "x".repeat(2 * size_of::<Turn>()));
    assert_eq!(cause(), None);
    for words in ["in f at src/lib.rs:1", "in f"] {
        ring.explain(Uuid::nil(), words.to_owned());
        assert_eq!(cause().as_deref(), Some(words));
    }
}

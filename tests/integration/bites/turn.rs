//! Limits of a turn and of its reply: how the turn of a bot ends that runs into one.

use harness::bots::{ByHand, by_hand};
use harness::host::text as saying;
use retort::chat::InvalidReply;
use retort::invocation::{Invocation, InvokeError};
use retort::limit::Exceeded;
use retort::sandbox::Failure;

use super::configured::{Low, Text, text};

async fn turn(text: Text, bot: &[u8], says: &str) -> Invocation {
    let host = text.bot("bot", bot.to_owned()).serve().await;
    host.served.ask("bot", &saying(says)).await
}

fn exceeded(turn: &Invocation) -> Exceeded {
    match &turn.result {
        Err(
            InvokeError::Failed(Failure::Exceeded(exceeded))
            | InvokeError::InvalidReply(InvalidReply::Exceeded(exceeded)),
        ) => *exceeded,
        other => panic!("no limit but {other:?}"),
    }
}

/// A turn runs into the limit of that key, at the value that was set.
pub(super) async fn exceeds(low: Low, code: &str, bot: Vec<u8>, says: &str) {
    let turn = turn(text().low(low), &bot, says).await;
    assert_eq!(turn.outcome(), code);
    let exceeded = exceeded(&turn);
    assert_eq!(
        (exceeded.limit.key(), exceeded.limit.code()),
        (low.key, code)
    );
    assert_eq!(exceeded.allowed, low.value);
}

/// A turn ends with a code that it does not end with by default.
pub(super) async fn ends(low: Low, code: &str, bot: Vec<u8>, says: &str) {
    let by_default = turn(text(), &bot, says).await;
    assert!(by_default.result.is_ok(), "{:?}", by_default.result);
    let turn = turn(text().low(low), &bot, says).await;
    assert_eq!(turn.outcome(), code);
}

/// A reply that is sent by default, by one of the platform's contracts at least, is refused where the switch is on.
pub(super) async fn refuses(switch: &'static str, bot: Vec<u8>, says: &str) {
    let by_default = turn(text(), &bot, says).await;
    assert_eq!(by_default.outcome(), "replied");
    let turn = turn(text().with(switch, true), &bot, says).await;
    let cause = turn.result.as_ref().map_err(ToString::to_string);
    let told = cause.expect_err("it is refused");
    assert!(told.contains(&format!("`{switch}`")), "{told}");
    assert_eq!(turn.outcome(), "reply-refused");
}

/// A turn's log loses what it keeps by default, and the turn goes on.
pub(super) async fn drops(low: Low, bot: Vec<u8>, says: &str) {
    let by_default = turn(text(), &bot, says).await;
    assert_eq!((by_default.log.lines.len(), by_default.log.dropped), (3, 0));
    let turn = turn(text().low(low), &bot, says).await;
    assert_eq!(turn.outcome(), "replied");
    assert_eq!((turn.log.lines.len(), turn.log.dropped), (1, 2));
}

/// A bot whose calls go five thousand deep and come back has a stack for them by default.
pub(super) async fn recurses(low: Low) {
    let dives = by_hand(ByHand {
        module: "(func $dive (param $left i64) (result i64)
                   (if (i64.eqz (local.get $left)) (then (return (i64.const 0))))
                   (i64.add (i64.const 1) (call $dive (i64.sub (local.get $left) (i64.const 1)))))",
        respond: "(drop (call $dive (i64.const 5000)))",
        ..ByHand::default()
    });
    ends(low, "stack-exhausted", dives, "go").await;
}

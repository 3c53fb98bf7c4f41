//! The traffic that an attack must not touch: a bot that behaves well, asked at an even rate. Knows nothing of
//! what is attacked.

use std::time::Duration;

use tokio::runtime::Handle;

use super::stage;
use super::target::Target;
use super::traffic::{AtOnce, Steady, Traffic, at_once};

/// The bot that they ask.
pub(super) const BOT: &str = "neighbour";

/// As many as can wait at a time without holding up the next one.
const CALLERS: usize = 32;
/// As many as keep the host busy, without a queue of their own.
const CALLERS_AT_CAPACITY: usize = 8;

/// How many turns in a second the host answers when as many are asked for as it answers.
pub(super) async fn capacity(clients: &Handle, to: &Target, time: Duration) -> f64 {
    let asked = AtOnce::saying("hello", &stage::path(BOT), CALLERS_AT_CAPACITY);
    at_once(clients, to.clone(), &asked, time)
        .await
        .per_second("replied")
}

/// Their requests, until they are ended.
pub(super) fn traffic(clients: &Handle, to: &Target, per_second: f64) -> std::io::Result<Traffic> {
    let steady = Steady {
        path: stage::path(BOT),
        per_second,
        callers: CALLERS,
    };
    Traffic::start(clients, to.clone(), &steady)
}

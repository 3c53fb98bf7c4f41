//! The clock of the sandbox: one thread that advances the engine's epoch. A thread, since a task could be
//! starved by the very guests that it has to stop.

use std::io;
use std::time::{Duration, Instant};

use wasmtime::Engine;

/// A running ticker. It ends when its engine is gone.
pub(super) struct Ticker;

impl Ticker {
    pub(super) fn start(engine: &Engine, every: Duration) -> io::Result<Self> {
        let engine = engine.weak();
        let mut next = Instant::now();
        let tick = move || {
            loop {
                next = following(next, every, Instant::now());
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        };
        std::thread::Builder::new()
            .name("epoch".to_owned())
            .spawn(tick)?;
        Ok(Self)
    }
}

/// When to tick after `last`. The schedule is absolute: sleeping the same time each round would add each
/// late wake-up to all later ticks. Ticks that a suspended machine slept through are not made up for.
fn following(last: Instant, every: Duration, now: Instant) -> Instant {
    let next = last + every;
    if next + every < now { now } else { next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_wake_up_delays_no_later_tick_and_a_long_sleep_is_not_made_up_for() {
        let (start, every) = (Instant::now(), Duration::from_millis(10));
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(following(start, every, at(0)), at(10));
        assert_eq!(following(at(10), every, at(14)), at(20));
        assert_eq!(following(at(20), every, at(5_000)), at(5_000));
    }
}

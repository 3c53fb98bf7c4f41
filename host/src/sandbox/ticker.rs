//! The clock of the sandbox: one thread that advances the engine's epoch. A thread, since a task could be
//! starved by the very guests that it has to stop.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wasmtime::Engine;

/// A running ticker. It ends when its engine is gone.
pub(super) struct Ticker(Arc<Beats>);

/// How the ticks go, for who watches over them: microseconds, so that an atomic number holds them.
#[derive(Debug)]
pub(super) struct Beats {
    began: Instant,
    last_us: AtomicU64,
    worst_us: AtomicU64,
}

impl Beats {
    fn begin() -> Self {
        Self {
            began: Instant::now(),
            last_us: AtomicU64::new(0),
            worst_us: AtomicU64::new(0),
        }
    }

    fn beat(&self, due: Instant, now: Instant) {
        let late = now.saturating_duration_since(due);
        self.worst_us.fetch_max(micros(late), Ordering::Relaxed);
        self.last_us
            .store(micros(now.duration_since(self.began)), Ordering::Relaxed);
    }

    /// Since the last tick.
    pub(super) fn age(&self) -> Duration {
        let last = Duration::from_micros(self.last_us.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(last)
    }

    /// How late the latest one was since this was asked the last time.
    pub(super) fn take_worst(&self) -> Duration {
        Duration::from_micros(self.worst_us.swap(0, Ordering::Relaxed))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Ticker {
    pub(super) fn start(engine: &Engine, every: Duration) -> io::Result<Self> {
        let engine = engine.weak();
        let beats = Arc::new(Beats::begin());
        let ticker = Self(Arc::clone(&beats));
        let mut next = Instant::now();
        let tick = move || {
            loop {
                next = following(next, every, Instant::now());
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
                beats.beat(next, Instant::now());
            }
        };
        std::thread::Builder::new()
            .name("epoch".to_owned())
            .spawn(tick)?;
        Ok(ticker)
    }

    pub(super) fn beats(&self) -> &Beats {
        &self.0
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
    fn the_latest_tick_is_told_once_and_the_last_one_always() {
        let beats = Beats::begin();
        let at = |ms| beats.began + Duration::from_millis(ms);
        beats.beat(at(10), at(17));
        beats.beat(at(20), at(23));
        assert_eq!(beats.take_worst(), Duration::from_millis(7));
        assert_eq!(beats.take_worst(), Duration::ZERO);
        std::thread::sleep(at(30).saturating_duration_since(Instant::now()));
        assert!(beats.age() >= Duration::from_millis(7), "{beats:?}");
    }

    #[test]
    fn a_late_wake_up_delays_no_later_tick_and_a_long_sleep_is_not_made_up_for() {
        let (start, every) = (Instant::now(), Duration::from_millis(10));
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(following(start, every, at(0)), at(10));
        assert_eq!(following(at(10), every, at(14)), at(20));
        assert_eq!(following(at(20), every, at(5_000)), at(5_000));
    }
}

//! Times that were measured, summed up. Knows nothing of what was timed.

use std::time::Duration;

use serde::Serialize;

/// Times, in any order.
#[derive(Clone, Debug, Default)]
pub struct Samples(pub Vec<Duration>);

/// What they come to, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// How many there were.
    pub count: usize,
    /// Half of them took this or less.
    pub p50_ms: f64,
    /// 99 of a hundred took this or less.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl Samples {
    /// Sorts them, and picks.
    pub fn summary(mut self) -> Summary {
        self.0.sort_unstable();
        Summary {
            count: self.0.len(),
            p50_ms: self.at(50),
            p99_ms: self.at(99),
            max_ms: self.at(100),
        }
    }

    /// The nearest rank: that many per cent of all are this or less.
    fn at(&self, per_cent: usize) -> f64 {
        let rank = (self.0.len() * per_cent).div_ceil(100);
        let sample = self.0.get(rank.saturating_sub(1));
        sample.copied().map_or(0.0, ms)
    }
}

/// Milliseconds, to the microsecond.
pub(super) fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_time_that_was_measured() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let summary = Samples(times).summary();
        let Summary {
            count,
            p50_ms,
            p99_ms,
            max_ms,
        } = summary;
        assert_eq!((count, p50_ms, p99_ms, max_ms), (200, 100.0, 198.0, 200.0));
        assert_eq!(Samples::default().summary(), Summary::default());
    }
}

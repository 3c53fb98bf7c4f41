//! How many turns were kept, and how many were to be and are not: counted, and told in the log now and then.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A bot that fails at each turn is not to fill the log with that.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Why a turn is not kept that was to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Dropped {
    #[error("others wait to be kept, as many as may")]
    Busy,
    #[error("their bots had as many in a minute as `capsules.minute` allows")]
    Minute,
    #[error("each takes more than `capsules.bytes`, or all of `capsules.tenant_bytes`")]
    Bytes,
    #[error("less than `state.disk_reserve_bytes` is free on the disk")]
    Disk,
    #[error("secrets of their tenants cannot be read, or were changed while they ran")]
    Secrets,
    #[error("what may not stand there cannot be taken out of them")]
    Redaction,
    #[error("their conversations were erased")]
    Erased,
    #[error("the store failed")]
    Store,
}

const ALL: [Dropped; 8] = [
    Dropped::Busy,
    Dropped::Minute,
    Dropped::Bytes,
    Dropped::Disk,
    Dropped::Secrets,
    Dropped::Redaction,
    Dropped::Erased,
    Dropped::Store,
];

impl Dropped {
    /// The word for metrics.
    fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Minute => "minute",
            Self::Bytes => "bytes",
            Self::Disk => "disk",
            Self::Secrets => "secrets",
            Self::Redaction => "redaction",
            Self::Erased => "erased",
            Self::Store => "store",
        }
    }
}

/// How many turns were kept, and how many were not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// How many were.
    pub kept: u64,
    /// How many were to be and are not, by why.
    pub dropped: Vec<(&'static str, u64)>,
}

/// Counts them. Whoever drops a turn pays for a few atomic operations.
#[derive(Debug, Default)]
pub(super) struct Tally {
    kept: AtomicU64,
    dropped: [AtomicU64; ALL.len()],
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    last: Option<Instant>,
    /// How many there were by then.
    counts: [u64; ALL.len()],
}

impl Tally {
    pub(super) fn kept(&self) {
        self.kept.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn dropped(&self, why: Dropped) {
        if let Some(count) = self.dropped.get(why as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        // What an operator has erased is not there: that is no news.
        if why != Dropped::Erased {
            self.tell();
        }
    }

    pub(super) fn figures(&self) -> Figures {
        let dropped = ALL.iter().zip(self.counts());
        Figures {
            kept: self.kept.load(Ordering::Relaxed),
            dropped: dropped.map(|(why, count)| (why.as_str(), count)).collect(),
        }
    }

    fn counts(&self) -> [u64; ALL.len()] {
        self.dropped
            .each_ref()
            .map(|count| count.load(Ordering::Relaxed))
    }

    fn tell(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if told.last.is_some_and(|last| now < last + TOLD_EVERY) {
            return;
        }
        let counts = self.counts();
        let before = std::mem::replace(&mut told.counts, counts);
        told.last = Some(now);
        drop(told);
        for ((why, count), before) in ALL.iter().zip(counts).zip(before) {
            let more = count.saturating_sub(before);
            if more > 0 && *why != Dropped::Erased {
                tracing::warn!("{more} turns were not kept whole: {why}");
            }
        }
    }
}

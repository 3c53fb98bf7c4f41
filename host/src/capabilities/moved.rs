//! How many bytes a turn had its capabilities move, so that the host's work can be charged for. Knows nothing of
//! prices.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One turn's count. Cheap to clone: all of its capabilities add to the same one.
#[derive(Clone, Debug, Default)]
pub struct Moved(Arc<AtomicU64>);

impl Moved {
    /// So many bytes more.
    pub fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// What has been moved since that was last taken.
    pub fn so_far(&self) -> usize {
        usize::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    /// The same, taken.
    pub fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

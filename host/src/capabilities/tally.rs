//! How often a turn called its capabilities, and how that ended, so that it can be counted and told. Knows nothing of
//! metrics.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A capability, and how a call of it ended: `ok`, or the case of its error.
pub type Call = (&'static str, &'static str);

/// One turn's count. Cheap to clone: all of its capabilities count with the same one.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<BTreeMap<Call, u64>>>);

impl Tally {
    /// One call more.
    pub fn add(&self, capability: &'static str, outcome: &'static str) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry((capability, outcome)).or_default() += 1;
    }

    /// All of them so far.
    pub fn take(&self) -> Vec<(Call, u64)> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *calls).into_iter().collect()
    }
}

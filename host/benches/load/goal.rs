//! What was set out to be reached, and whether it was. Knows nothing of how anything was measured.

use std::fmt;

/// A goal, and the figure that decides it.
pub(crate) struct Goal {
    pub(crate) goal: String,
    pub(crate) measured: String,
    /// None if there was nothing to measure.
    pub(crate) is_met: Option<bool>,
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.is_met {
            Some(true) => "met     ",
            Some(false) => "NOT MET ",
            None => "UNKNOWN ",
        };
        write!(f, "{word} {}: {}", self.goal, self.measured)
    }
}

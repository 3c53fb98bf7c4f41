//! What was set out to be reached, and whether it was. Knows nothing of how anything was measured.

use std::fmt;

/// A goal, and the figure that decides it.
pub(crate) struct Goal {
    pub(crate) goal: String,
    pub(crate) measured: String,
    pub(crate) is_met: bool,
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.is_met { "met    " } else { "NOT MET" };
        write!(f, "{word}  {}: {}", self.goal, self.measured)
    }
}

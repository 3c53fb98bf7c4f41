//! What a turn reaches beyond its sandbox, gathered: each capability takes its own part of it.

use std::sync::Arc;

use super::granted::Granted;
use crate::state;

/// What one turn reaches. Nothing, unless somebody says otherwise.
#[derive(Debug, Default)]
pub struct Reach {
    /// What it may.
    pub granted: Arc<Granted>,
    /// What it keeps.
    pub state: state::Turn,
}

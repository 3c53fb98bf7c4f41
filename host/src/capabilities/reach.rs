//! What a turn reaches beyond its sandbox, gathered: each capability takes its own part of it.

use std::sync::Arc;

use super::granted::Granted;
use super::http::Sent;
use super::tape::Again;
use crate::egress::Egress;
use crate::state;
use crate::tenant::TenantId;
use crate::vault::Vault;

/// What one turn reaches. Nothing, unless somebody says otherwise.
#[derive(Debug, Default)]
pub struct Reach {
    /// What it may.
    pub granted: Arc<Granted>,
    /// What it keeps.
    pub state: state::Turn,
    /// Its tenant, and where that has its secrets.
    pub vault: Option<(TenantId, Vault)>,
    /// What sends its requests.
    pub egress: Option<Egress>,
    /// What it sent when it ran before, if it did.
    pub before: Vec<Sent>,
    /// How much is noted of what it is told, in bytes; 0 is nothing.
    pub notes: usize,
    /// What it is told in the place of all that, if it is run again from what was noted of it.
    pub again: Option<Again>,
}

//! What a bot may reach: what it asks for and is also granted. Knows nothing of who decides that.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::egress::Rule;
use crate::state::Scope;
use crate::tenant::SecretName;

/// What one turn may reach.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// The platform's own event, the visitor's data and the engagement attributes.
    pub personal_data: bool,
    /// The memories that it keeps.
    pub state: BTreeSet<Scope>,
    /// The secrets that it reads.
    pub secrets: BTreeSet<SecretName>,
    /// What it may send out.
    pub http: Vec<Rule>,
}

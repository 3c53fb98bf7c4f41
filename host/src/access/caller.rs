//! Who asks, and what a role is.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::token::Kept;
use crate::chat::one_line;
use crate::registry::ledger::By;
use crate::tenant::TenantId;

/// What is kept of a note.
const NOTE_CHARACTERS: usize = 1_000;
/// What somebody may do. Roles combine.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Say what bots may reach, make and revoke tokens, read the audit log.
    Admin,
    /// Give the host bots, say what serves where, fetch turns that were kept, read the audit log.
    Developer,
    /// Ask bots.
    Invoker,
}

impl Role {
    /// All of them: who has any may look at what is served.
    pub const ANY: &[Self] = &[Self::Admin, Self::Developer, Self::Invoker];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Invoker => "invoker",
        }
    }
}

/// Who asks, once they have shown a token for it.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Kept>);

impl Caller {
    pub(super) fn of(token: &Arc<Kept>) -> Self {
        Self(Arc::clone(token))
    }

    /// Their name, and what they say of what they do, as far as it is a note and not a book.
    pub fn by(&self, note: impl AsRef<str>) -> By {
        By {
            who: self.0.name.clone(),
            token: Some(self.0.id.clone()),
            note: one_line(note.as_ref(), NOTE_CHARACTERS),
        }
    }

    /// Whether they may look at a tenant's.
    pub fn sees(&self, tenant: &TenantId) -> bool {
        self.0
            .tenants
            .as_ref()
            .is_none_or(|tenants| tenants.contains(tenant))
    }

    pub(super) fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.0.roles.contains(role))
    }

    /// Whether they have all of this.
    pub(super) fn has(&self, roles: &BTreeSet<Role>, tenants: Option<&BTreeSet<TenantId>>) -> bool {
        let tenants = match (&self.0.tenants, tenants) {
            (None, _) => true,
            (Some(own), Some(wanted)) => wanted.is_subset(own),
            (Some(_), None) => false,
        };
        tenants && roles.is_subset(&self.0.roles)
    }

    /// The tenants that they are for; none if that is all.
    pub fn tenants(&self) -> Option<&BTreeSet<TenantId>> {
        self.0.tenants.as_ref()
    }

    /// Whether they have a role.
    pub fn has_role(&self, role: Role) -> bool {
        self.has_any(&[role])
    }

    /// Whether they answer for the host itself, and not for some tenants only.
    pub fn is_for_the_host(&self) -> bool {
        self.is_for_all() && self.has_any(&[Role::Admin])
    }

    /// Whether they are for all tenants, and with that for the host's own matters.
    pub fn is_for_all(&self) -> bool {
        self.0.tenants.is_none()
    }
}

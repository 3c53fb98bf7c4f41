//! The lines that turns wait in, one for each bot of each tenant. Knows nothing of who waits.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::tenant::{BotName, TenantId};

/// A bot's line: its tenant's number and weight, and its own number within the tenant. Lines are never taken
/// back; one is a few words of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub(super) tenant: usize,
    pub(super) bot: usize,
    pub(super) weight: u16,
}

/// All lines, by name.
#[derive(Debug)]
pub(super) struct Lines {
    weights: BTreeMap<TenantId, u16>,
    numbers: Mutex<HashMap<TenantId, Bots>>,
}

#[derive(Debug)]
struct Bots {
    tenant: usize,
    numbers: HashMap<BotName, usize>,
}

impl Lines {
    pub(super) fn new(weights: BTreeMap<TenantId, u16>) -> Self {
        Self {
            weights,
            numbers: Mutex::default(),
        }
    }

    pub(super) fn of(&self, tenant: &TenantId, bot: &BotName) -> Line {
        let mut tenants = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let next = tenants.len();
        let bots = tenants.entry(tenant.clone()).or_insert_with(|| Bots {
            tenant: next,
            numbers: HashMap::new(),
        });
        let next = bots.numbers.len();
        Line {
            tenant: bots.tenant,
            bot: *bots.numbers.entry(bot.clone()).or_insert(next),
            weight: self.weights.get(tenant).copied().unwrap_or(1).max(1),
        }
    }
}

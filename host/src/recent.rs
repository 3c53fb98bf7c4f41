//! The turns that each bot has had lately, for who asks why one failed: in memory, a few of each bot's and so many bytes
//! in all. Knows nothing of who may see them.

mod ring;

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

pub use ring::{Ring, Turn};

use crate::tenant::{BotName, TenantId};

/// How much is remembered.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Turns of each bot, in whatever environment. Who looks for one comes soon after it.
    pub turns: usize,
    /// Bytes of each bot's, with all that it logged in them.
    pub bot_bytes: usize,
    /// Bytes of all bots' together. Where there is no more room a bot gives up its own older turns for a new one, and
    /// never another bot's.
    pub memory_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            turns: 100,
            bot_bytes: 256 << 10,
            memory_bytes: 64 << 20,
        }
    }
}

/// The turns of all bots of a host.
#[derive(Debug)]
pub struct Recent {
    settings: Settings,
    used: Arc<AtomicUsize>,
    rings: Mutex<HashMap<(TenantId, BotName), Arc<Ring>>>,
}

impl Recent {
    /// None yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            used: Arc::default(),
            rings: Mutex::default(),
        }
    }

    /// Where a bot's turns are remembered, from its first deployment on.
    pub fn of(&self, tenant: &TenantId, bot: &BotName) -> Arc<Ring> {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = rings.entry((tenant.clone(), bot.clone()));
        let ring = ring
            .or_insert_with(|| Arc::new(Ring::new(self.settings.clone(), Arc::clone(&self.used))));
        Arc::clone(ring)
    }

    /// The same, of a bot that has been deployed.
    pub fn known(&self, tenant: &TenantId, bot: &BotName) -> Option<Arc<Ring>> {
        let rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        rings.get(&(tenant.clone(), bot.clone())).cloned()
    }
}

#[cfg(test)]
mod tests;

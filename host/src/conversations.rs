//! What the platform says once, when a conversation begins, and the host has to remember for its events.
//! Knows nothing of the bodies it came in.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use serde::{Deserialize, Serialize};

use crate::chat::Conversation;
use crate::tenant::Address;

/// How long conversations are remembered, and how many.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Minutes after the last event. The platform sends the beginning again for one that is forgotten, so
    /// this trades memory for a second request.
    pub idle_minutes: u64,
    /// Bytes of all of them together; the least used ones are forgotten first.
    pub memory_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle_minutes: 180,
            memory_bytes: 64 << 20,
        }
    }
}

/// A conversation's key: the same id may be in use at another bot.
type Key = (Address, String);

/// The conversations that have begun. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Conversations(Cache<Key, Arc<Conversation>>);

impl Conversations {
    /// None yet.
    pub fn new(settings: &Settings) -> Self {
        let cache = Cache::builder()
            .max_capacity(settings.memory_bytes)
            .weigher(|key: &Key, conversation: &Arc<Conversation>| bytes(key, conversation))
            .time_to_idle(Duration::from_secs(settings.idle_minutes * 60));
        Self(cache.build())
    }

    /// Remembers a beginning. One that is known already stays as it was: the platform may repeat itself.
    pub fn begin(&self, at: &Address, id: &str, conversation: Conversation) {
        self.0
            .get_with((at.clone(), id.to_owned()), || Arc::new(conversation));
    }

    /// The beginning of a conversation, if it is remembered.
    pub fn get(&self, at: &Address, id: &str) -> Option<Arc<Conversation>> {
        self.0.get(&(at.clone(), id.to_owned()))
    }
}

/// Roughly what an entry holds, with the cache's own share.
fn bytes((address, id): &Key, conversation: &Conversation) -> u32 {
    const OVERHEAD: usize = 512;
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let held = length(&conversation.visitor) + length(&conversation.engagement_attributes);
    let names = address.tenant.as_str().len()
        + address.bot.as_str().len()
        + address.environment.as_str().len();
    u32::try_from(OVERHEAD + held + names + 2 * id.len()).unwrap_or(u32::MAX)
}

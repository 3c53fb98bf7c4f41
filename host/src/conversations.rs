//! What the platform says once, when a conversation begins, and the host has to remember for its events.
//! Knows nothing of the bodies it came in.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use serde::{Deserialize, Serialize};

use crate::chat::{Channel, Conversation};
use crate::store::Digest;
use crate::tenant::{Address, TenantId};

/// How long conversations are remembered, and how many.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Minutes after the last event. The platform sends the beginning again for one that is forgotten, so
    /// this trades memory for a second request.
    pub idle_minutes: u64,
    /// Bytes of all of them together; the least used ones are forgotten first.
    pub memory_bytes: u64,
    /// Days after the last event that the state is kept which bots have of a conversation.
    pub keep_days: u64,
}

impl Settings {
    /// How long after its last event what is kept of a conversation is kept.
    pub fn keep(&self) -> Duration {
        Duration::from_secs(self.keep_days * 24 * 60 * 60)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle_minutes: 180,
            memory_bytes: 64 << 20,
            keep_days: 7,
        }
    }
}

/// Longer than any id of the platform's: messaging uses UUIDs, live chat about 70 characters. One stands in the audit log once
/// it is erased.
pub const MOST_ID_BYTES: usize = 256;

/// What the keys of all records begin with that belong to a conversation, whatever bot it has to do with: ids are of any
/// length and of any characters, so their digest stands for them.
pub fn key(tenant: &TenantId, id: &str) -> String {
    format!("{}{}/", all(tenant), Digest::of(id.as_bytes()))
}

/// The key of the record that says when a conversation was erased. Not one of the conversation's own, which go with it.
pub fn erased_key(tenant: &TenantId, id: &str) -> String {
    format!("erased/{tenant}/{}", Digest::of(id.as_bytes()))
}

/// What the keys of all records begin with that belong to a tenant's conversations.
pub fn all(tenant: &TenantId) -> String {
    format!("{KEY}{tenant}/")
}

/// Whether a record belongs to a conversation.
pub fn is_key(key: &str) -> bool {
    key.starts_with(KEY)
}

const KEY: &str = "conversation/";

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

    /// How many there are; some that have just come or gone are not yet seen.
    pub fn count(&self) -> u64 {
        self.0.entry_count()
    }

    /// Forgets a tenant's conversation, whichever bots it had to do with; how many beginnings that were.
    pub fn forget(&self, tenant: &TenantId, id: &str) -> usize {
        let is_of_it = |(at, own): &Key| at.tenant == *tenant && own == id;
        let found: Vec<_> = self.0.iter().map(|(key, _)| key).collect();
        let found = found.into_iter().filter(|key| is_of_it(key));
        found.map(|key| self.0.invalidate(&*key)).count()
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
    // Each field by its name: one that is added has to be counted too.
    let Conversation {
        id: own_id,
        channel,
        skill_id,
        campaign_id,
        engagement_id,
        visitor,
        engagement_attributes,
    } = conversation;
    let channel = match channel {
        Channel::Messaging | Channel::Chat => 0,
        Channel::Other(name) => name.len(),
    };
    let facts = [
        own_id,
        skill_id,
        campaign_id,
        engagement_id,
        visitor,
        engagement_attributes,
    ];
    let held: usize = facts.into_iter().map(length).sum();
    let Address {
        tenant,
        bot,
        environment,
    } = address;
    let names = tenant.as_str().len() + bot.as_str().len() + environment.as_str().len();
    u32::try_from(OVERHEAD + held + channel + names + id.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address {
            tenant: "acme".parse().expect("a tenant"),
            bot: "echo".parse().expect("a bot"),
            environment: "draft".parse().expect("an environment"),
        }
    }

    #[test]
    fn a_conversation_is_forgotten_once_it_has_been_idle_for_its_time() {
        // No minute at all: the time of a cache cannot be made to pass.
        for (idle_minutes, is_remembered) in [(0, false), (1, true)] {
            let conversations = Conversations::new(&Settings {
                idle_minutes,
                ..Settings::default()
            });
            conversations.begin(&address(), "c1", Conversation::default());
            let remembered = conversations.get(&address(), "c1");
            assert_eq!(remembered.is_some(), is_remembered);
            let idle = conversations.0.policy().time_to_idle();
            assert_eq!(idle, Some(Duration::from_secs(60 * idle_minutes)));
        }
    }

    #[test]
    fn whatever_is_large_in_a_conversation_counts_against_the_memory() {
        let address = address();
        let large = || Some("x".repeat(100_000));
        let fill: [fn(&mut Conversation, Option<String>); 6] = [
            |it, large| it.skill_id = large,
            |it, large| it.campaign_id = large,
            |it, large| it.engagement_id = large,
            |it, large| it.visitor = large,
            |it, large| it.engagement_attributes = large,
            |it, large| it.channel = Channel::Other(large.unwrap_or_default()),
        ];
        for fill in fill {
            let conversations = Conversations::new(&Settings {
                idle_minutes: 1,
                memory_bytes: 1 << 20,
                ..Settings::default()
            });
            for number in 0..100 {
                let mut conversation = Conversation::default();
                fill(&mut conversation, large());
                conversations.begin(&address, &number.to_string(), conversation);
            }
            conversations.0.run_pending_tasks();
            let kept = conversations.0.entry_count();
            assert!(
                (1..=10).contains(&kept),
                "{kept} of 100 are kept in room for 10"
            );
        }
    }
}

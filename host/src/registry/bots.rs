//! A tenant's bots, and what finds them otherwise than by their names: their UUIDs, and the events that what they serve in
//! production listens to. Copies share what has not changed, so that a change costs the same however many there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use rpds::{HashTrieMapSync, RedBlackTreeSetSync};
use uuid::Uuid;

use super::{Environments, Serving};
use crate::tenant::{BotName, Environment, EventId, TenantId};

/// A tenant's bots.
#[derive(Clone, Debug, Default)]
pub(super) struct Bots {
    by_name: HashTrieMapSync<BotName, Environments>,
    by_uuid: HashTrieMapSync<Uuid, BotName>,
    by_event: HashTrieMapSync<EventId, RedBlackTreeSetSync<BotName>>,
}

impl Bots {
    pub(super) fn get(&self, bot: &BotName) -> Option<&Environments> {
        self.by_name.get(bot)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&BotName, &Environments)> {
        self.by_name.iter()
    }

    /// The bot of a UUID.
    pub(super) fn named(&self, uuid: &Uuid) -> Option<&BotName> {
        self.by_uuid.get(uuid)
    }

    /// The bots whose production listens to an event, by name.
    pub(super) fn listening(&self, event: &EventId) -> impl Iterator<Item = &BotName> {
        let bots = self.by_event.get(event);
        bots.into_iter().flat_map(RedBlackTreeSetSync::iter)
    }

    /// Has a bot serve other things.
    pub(super) fn set(&mut self, tenant: &TenantId, bot: &BotName, environments: Environments) {
        let before = events(self.by_name.get(bot));
        let after = events(Some(&environments));
        let gone = before.difference(&after).map(|event| (event, false));
        let come = after.difference(&before).map(|event| (event, true));
        for (event, listens) in gone.chain(come) {
            let mut bots = self.by_event.get(event).cloned().unwrap_or_default();
            match listens {
                true => bots.insert_mut(bot.clone()),
                false => _ = bots.remove_mut(bot),
            }
            match bots.is_empty() {
                true => _ = self.by_event.remove_mut(event),
                false => self.by_event.insert_mut(event.clone(), bots),
            }
        }
        if self.by_name.get(bot).is_none() {
            self.by_uuid.insert_mut(bot.uuid(tenant), bot.clone());
        }
        self.by_name.insert_mut(bot.clone(), environments);
    }
}

/// What a bot's production listens to: of a split, what either side does.
fn events(environments: Option<&Environments>) -> BTreeSet<EventId> {
    let serving = environments.and_then(|all| all.get(&Environment::production()));
    let sides = serving.map(Arc::as_ref).into_iter().flat_map(Serving::each);
    sides.flat_map(|side| side.events.iter().cloned()).collect()
}

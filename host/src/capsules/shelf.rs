//! What each tenant has of capsules, and what has to go for one more: in memory, read from the store when a tenant is first met.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::Settings;
use super::kept::{self, Header, PAGE, Position};
use crate::store::{Failed, Records};
use crate::tenant::{BotName, TenantId};

/// Capsules that are known of all tenants, at some 150 bytes each; then the tenant is forgotten that was met the longest ago.
const MOST: usize = 100_000;

/// The tenants that were met lately.
#[derive(Debug, Default)]
pub(super) struct Shelves {
    tenants: HashMap<TenantId, Shelf>,
    /// Counts the times that one was met.
    clock: u64,
}

/// A tenant's capsules.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    all: BTreeMap<Position, Entry>,
    bots: HashMap<BotName, Own>,
    bytes: u64,
    met: u64,
}

/// A bot's.
#[derive(Debug, Default)]
struct Own {
    failed: BTreeSet<Position>,
    well: BTreeSet<Position>,
}

impl Own {
    fn len(&self) -> usize {
        self.failed.len() + self.well.len()
    }

    /// What goes where there are so many already and one more comes: whoever looks for a turn that failed is not to find a
    /// hundred others.
    fn next(&self, has_failed: bool, number: usize) -> Option<Position> {
        let (failed, well) = (self.failed.first(), self.well.first());
        let well_then = self.well.len() + usize::from(!has_failed);
        match well_then > number.div_ceil(2) {
            true => well.or(failed).copied(),
            false => failed.into_iter().chain(well).min().copied(),
        }
    }
}

#[derive(Debug)]
struct Entry {
    bot: BotName,
    bytes: u64,
}

impl Shelves {
    /// A tenant's.
    pub(super) async fn of(
        &mut self,
        records: &dyn Records,
        tenant: &TenantId,
    ) -> Result<&mut Shelf, Failed> {
        self.clock += 1;
        if !self.tenants.contains_key(tenant) {
            let shelf = Shelf::read(records, tenant).await?;
            self.tenants.insert(tenant.clone(), shelf);
            self.forget_old(tenant);
        }
        let shelf = self.tenants.entry(tenant.clone()).or_default();
        shelf.met = self.clock;
        Ok(shelf)
    }

    /// What is in the store may be something else: it is read again when the tenant is met the next time.
    pub(super) fn forget(&mut self, tenant: &TenantId) {
        self.tenants.remove(tenant);
    }

    fn forget_old(&mut self, but: &TenantId) {
        let mut known: usize = self.tenants.values().map(|shelf| shelf.all.len()).sum();
        while known > MOST {
            let others = self.tenants.iter().filter(|(tenant, _)| *tenant != but);
            let Some((oldest, shelf)) = others.min_by_key(|(_, shelf)| shelf.met) else {
                return;
            };
            let oldest = oldest.clone();
            known -= shelf.all.len();
            self.tenants.remove(&oldest);
        }
    }
}

impl Shelf {
    async fn read(records: &dyn Records, tenant: &TenantId) -> Result<Self, Failed> {
        let (mut shelf, prefix) = (Self::default(), kept::of_tenant(tenant));
        let mut after: Option<String> = None;
        loop {
            let found = records.list(&prefix, after.as_deref(), PAGE).await?;
            for record in &found {
                let header = Header::read(record)?;
                let bytes = header.bytes + record.value.len() as u64;
                shelf.add(kept::bot_of(record)?, &header, bytes);
            }
            let Some(last) = found.last() else { break };
            after = Some(last.key.clone());
            tokio::task::yield_now().await;
        }
        Ok(shelf)
    }

    pub(super) fn add(&mut self, bot: BotName, header: &Header, bytes: u64) {
        let position = header.position();
        let own = self.bots.entry(bot.clone()).or_default();
        match header.fault {
            Some(_) => own.failed.insert(position),
            None => own.well.insert(position),
        };
        self.all.insert(position, Entry { bot, bytes });
        self.bytes += bytes;
    }

    /// Takes out what has to go so that a bot may have this one more, of so many bytes. What has ended by itself before that moment
    /// is not among it.
    pub(super) fn make_room(
        &mut self,
        bot: &BotName,
        (header, bytes): (&Header, u64),
        settings: &Settings,
        ended: Timestamp,
    ) -> Vec<(BotName, Position)> {
        while let Some(oldest) = self.oldest()
            && oldest.is_before(ended)
        {
            self.remove(oldest);
        }
        let mut gone = Vec::new();
        while let Some(own) = self.bots.get(bot)
            && own.len() >= settings.number
            && let Some(next) = own.next(header.fault.is_some(), settings.number)
        {
            gone.extend(self.remove(next));
        }
        while self.bytes + bytes > settings.tenant_bytes
            && let Some(oldest) = self.oldest()
        {
            gone.extend(self.remove(oldest));
        }
        gone
    }

    fn oldest(&self) -> Option<Position> {
        self.all.keys().next().copied()
    }

    fn remove(&mut self, position: Position) -> Option<(BotName, Position)> {
        let Entry { bot, bytes } = self.all.remove(&position)?;
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(own) = self.bots.get_mut(&bot) {
            own.failed.remove(&position);
            own.well.remove(&position);
            if own.len() == 0 {
                self.bots.remove(&bot);
            }
        }
        Some((bot, position))
    }
}

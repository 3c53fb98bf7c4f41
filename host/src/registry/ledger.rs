//! What is kept of bots, revisions and deployments, and who changed what: records of the store. A change and its entry in
//! the audit log are one commit, so there is never one without the other.

mod changing;
mod kept;

use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

pub use changing::{Changing, NotKept};
pub use kept::{By, Changed, Entry, Kept, KeptBot, KeptGrant, KeptRevision, Side};

use super::routing::Rule;
use crate::store::{Digest, Failed, Record, Store};
use crate::tenant::{Address, BotName, Environment, TenantId};

/// What is kept. One change at a time.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
    /// The number of the last entry of the audit log.
    last: Mutex<u64>,
}

const ALL: usize = usize::MAX;

impl Ledger {
    /// The ledger of a store.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be read.
    pub async fn open(store: Store) -> Result<Self, Failed> {
        let last: Option<u64> = read(&store, LAST_ENTRY).await?;
        let last = Mutex::new(last.unwrap_or_default());
        Ok(Self { store, last })
    }

    /// Where blobs are.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Begins a change. Another one waits until this one is kept or dropped.
    pub async fn change(&self) -> Changing<'_> {
        Changing {
            store: &self.store,
            last: self.last.lock().await,
            changes: Vec::new(),
            entries: 0,
        }
    }

    /// All records whose keys begin like this, in order.
    ///
    /// # Errors
    /// [`Failed`] if one cannot be read.
    pub async fn all<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>, Failed> {
        read_all(&self.store, prefix, None, ALL).await
    }

    /// At most so many of the tenants that have bots, by name, after one of them.
    ///
    /// # Errors
    /// [`Failed`] as for all that reads.
    pub async fn tenants(
        &self,
        after: Option<TenantId>,
        at_most: usize,
    ) -> Result<Vec<TenantId>, Failed> {
        let mut tenants = Vec::new();
        // From one tenant past all its bots to the next: a tenant may have thousands.
        let mut past = after.map(|tenant| past_bots(&tenant));
        while tenants.len() < at_most {
            let found = self.store.records.list("bot/", past.as_deref(), 1).await?;
            let Some(record) = found.first() else { break };
            let tenant = record.key.split('/').nth(1).unwrap_or_default().parse();
            let tenant: TenantId = tenant.map_err(|error| unreadable(&record.key, &error))?;
            past = Some(past_bots(&tenant));
            tenants.push(tenant);
        }
        Ok(tenants)
    }

    /// At most so many of a tenant's bots, by name, after one of them.
    ///
    /// # Errors
    /// As above.
    pub async fn bots(
        &self,
        tenant: &TenantId,
        after: Option<BotName>,
        at_most: usize,
    ) -> Result<Vec<KeptBot>, Failed> {
        let after = after.map(|bot| bot_key(tenant, &bot));
        let prefix = format!("bot/{tenant}/");
        read_all(&self.store, &prefix, after.as_deref(), at_most).await
    }

    /// A bot's revisions.
    ///
    /// # Errors
    /// As above.
    pub async fn revisions(
        &self,
        tenant: &TenantId,
        bot: &BotName,
    ) -> Result<Vec<KeptRevision>, Failed> {
        let prefix = format!("revision/{tenant}/{bot}/");
        let mut revisions: Vec<KeptRevision> = read_all(&self.store, &prefix, None, ALL).await?;
        revisions.sort_by_key(|revision| revision.at);
        Ok(revisions)
    }

    /// One of them.
    ///
    /// # Errors
    /// As above.
    pub async fn revision(
        &self,
        tenant: &TenantId,
        bot: &BotName,
        digest: &Digest,
    ) -> Result<Option<KeptRevision>, Failed> {
        read(&self.store, &revision_key(tenant, bot, digest)).await
    }

    /// What an environment serves.
    ///
    /// # Errors
    /// As above.
    pub async fn deployment(&self, at: &Address) -> Result<Option<Kept>, Failed> {
        read(&self.store, &deployment_key(at)).await
    }

    /// What it served when that was its deployment of this number.
    ///
    /// # Errors
    /// As above.
    pub async fn past(&self, at: &Address, number: u64) -> Result<Option<Kept>, Failed> {
        read(&self.store, &past_key(at, number)).await
    }

    /// At most so many of its deployments after that of a number, the oldest first.
    ///
    /// # Errors
    /// As above.
    pub async fn history(
        &self,
        at: &Address,
        after: u64,
        at_most: usize,
    ) -> Result<Vec<Kept>, Failed> {
        let prefix = format!("history/{}/{}/{}/", at.tenant, at.bot, at.environment);
        let after = past_key(at, after);
        read_all(&self.store, &prefix, Some(&after), at_most).await
    }

    /// What every environment of every tenant serves; one record that cannot be read is that environment's alone.
    ///
    /// # Errors
    /// As above, of all of them.
    pub async fn deployments(&self) -> Result<Vec<(Address, Result<Kept, Failed>)>, Failed> {
        self.served("deployment/").await
    }

    /// What each environment of a bot serves.
    ///
    /// # Errors
    /// As above.
    pub async fn environments(
        &self,
        tenant: &TenantId,
        bot: &BotName,
    ) -> Result<Vec<(Environment, Kept)>, Failed> {
        let served = self.served(&format!("deployment/{tenant}/{bot}/")).await?;
        let environments = served
            .into_iter()
            .map(|(at, kept)| Ok((at.environment, kept?)));
        environments.collect()
    }

    async fn served(&self, prefix: &str) -> Result<Vec<(Address, Result<Kept, Failed>)>, Failed> {
        let mut found = Vec::new();
        for record in self.store.records.list(prefix, None, ALL).await? {
            let address =
                address(&record.key).ok_or_else(|| unreadable(&record.key, &"its key"))?;
            found.push((address, parse(&record)));
        }
        Ok(found)
    }

    /// What the bot at an address was granted.
    ///
    /// # Errors
    /// As above.
    pub async fn grants(&self, at: &Address) -> Result<Vec<KeptGrant>, Failed> {
        let kept = read(&self.store, &grants_key(at)).await?;
        Ok(kept.unwrap_or_default())
    }

    /// A tenant's routing rules.
    ///
    /// # Errors
    /// As above.
    pub async fn rules(&self, tenant: &TenantId) -> Result<Vec<Rule>, Failed> {
        let kept = read(&self.store, &rules_key(tenant)).await?;
        Ok(kept.unwrap_or_default())
    }

    /// Every tenant's that has some.
    ///
    /// # Errors
    /// As above.
    pub async fn all_rules(&self) -> Result<Vec<(TenantId, Vec<Rule>)>, Failed> {
        let mut found = Vec::new();
        for record in self.store.records.list(RULES, None, ALL).await? {
            let tenant = record.key.trim_start_matches(RULES).parse();
            let tenant = tenant.map_err(|error| unreadable(&record.key, &error))?;
            found.push((tenant, parse(&record)?));
        }
        Ok(found)
    }

    /// The number of the last entry of the audit log; 0 if there is none.
    pub async fn last_entry(&self) -> u64 {
        *self.last.lock().await
    }

    /// At most so many entries of the audit log after one of them, the oldest first.
    ///
    /// # Errors
    /// As above.
    pub async fn audit(&self, after: u64, at_most: usize) -> Result<Vec<Entry>, Failed> {
        let after = audit_key(after);
        read_all(&self.store, "audit/", Some(&after), at_most).await
    }
}

/// The number of the last entry of the audit log.
const LAST_ENTRY: &str = "last-entry";
const RULES: &str = "rules/";

fn rules_key(tenant: &TenantId) -> String {
    format!("{RULES}{tenant}")
}

fn bot_key(tenant: &TenantId, bot: &BotName) -> String {
    format!("bot/{tenant}/{bot}")
}

/// Past all keys of a tenant's bots, and before those of any other tenant: `0` comes right after `/`.
fn past_bots(tenant: &TenantId) -> String {
    format!("bot/{tenant}0")
}

fn revision_key(tenant: &TenantId, bot: &BotName, digest: &Digest) -> String {
    format!("revision/{tenant}/{bot}/{digest}")
}

fn deployment_key(at: &Address) -> String {
    format!("deployment/{}/{}/{}", at.tenant, at.bot, at.environment)
}

fn grants_key(at: &Address) -> String {
    format!("grants/{}/{}/{}", at.tenant, at.bot, at.environment)
}

fn past_key(at: &Address, number: u64) -> String {
    format!(
        "history/{}/{}/{}/{number:020}",
        at.tenant, at.bot, at.environment
    )
}

fn audit_key(number: u64) -> String {
    format!("audit/{number:020}")
}

fn address(key: &str) -> Option<Address> {
    let mut parts = key.split('/').skip(1);
    let (tenant, bot, environment): (TenantId, BotName, Environment) = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    Some(Address {
        tenant,
        bot,
        environment,
    })
}

async fn read<T: DeserializeOwned>(store: &Store, key: &str) -> Result<Option<T>, Failed> {
    let record = store.records.get(key).await?;
    record.map(|record| parse(&record)).transpose()
}

async fn read_all<T: DeserializeOwned>(
    store: &Store,
    prefix: &str,
    after: Option<&str>,
    at_most: usize,
) -> Result<Vec<T>, Failed> {
    let records = store.records.list(prefix, after, at_most).await?;
    records.iter().map(parse).collect()
}

fn parse<T: DeserializeOwned>(record: &Record) -> Result<T, Failed> {
    serde_json::from_slice(&record.value).map_err(|error| unreadable(&record.key, &error))
}

fn unreadable(key: &str, error: &dyn std::fmt::Display) -> Failed {
    Failed::because(format_args!(
        "the record \"{key}\" is not what it should be: {error}"
    ))
}

//! What is kept of bots, revisions and deployments, and who changed what: records of the store. A change and its entry in
//! the audit log are one commit, so there is never one without the other.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use super::routing::Rule;
use super::settings::Settings;
use crate::store::{Change, Digest, Expected, Failed, NotCommitted, Record, Revision, Store};
use crate::tenant::{Address, BotName, Environment, TenantId};

/// A bot of a tenant.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct KeptBot {
    /// Its name within the tenant.
    pub name: BotName,
    /// The same for as long as it is there, whatever it serves.
    pub id: Uuid,
    /// When it was first deployed.
    pub created: Timestamp,
    /// By whom.
    pub by: String,
}

/// An artifact that was taken for a bot. Never changes.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct KeptRevision {
    /// Of the component's bytes, the manifest in it included.
    pub digest: Digest,
    /// Who it says it is.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// The contract that it was built for.
    pub contract: String,
    /// Of the component.
    pub bytes: u64,
    /// What its manifest asks for.
    pub wants: Vec<super::settings::Grant>,
    /// When it was taken.
    pub at: Timestamp,
    /// From whom.
    pub by: String,
    /// What they said of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What an environment serves, or served.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Kept {
    /// Counts the deployments of an environment from 1.
    pub number: u64,
    /// One revision, two with a split, or none once it is undeployed.
    pub sides: Vec<Side>,
    /// The deployment that a rollback restores, if there is one.
    pub before: Option<u64>,
    /// Since when.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// How it came to be.
    pub change: Changed,
    /// What they said of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A revision's part in a deployment.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Side {
    /// Which revision.
    pub digest: Digest,
    /// How many of a hundred new conversations are its.
    pub weight: u8,
    /// How it is run.
    #[serde(default)]
    pub settings: Settings,
}

/// What was done.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// A revision was given to an environment.
    Deployed,
    /// A split got other weights.
    Weighted,
    /// Another environment's deployment was taken over.
    Promoted,
    /// The one before was restored.
    RolledBack,
    /// Nothing is served any more.
    Undeployed,
    /// An artifact was taken.
    RevisionAdded,
    /// A tenant got other routing rules.
    Routed,
    /// A token was made.
    TokenMade,
    /// A token was made invalid.
    TokenRevoked,
    /// Somebody asked with a token that is none.
    TokenRefused,
}

/// A line of the audit log.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Entry {
    /// Counts them from 1, without a gap.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What.
    pub change: Changed,
    /// Whose; none for what is the host's own.
    pub tenant: Option<TenantId>,
    /// To which bot, revision, environment or token.
    pub of: String,
    /// What came of it.
    pub detail: String,
}

/// Why nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// Somebody else was faster.
    #[error("somebody else has changed the same meanwhile; look at it and try again")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Failed),
}

impl NotKept {
    /// A stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict => "changed-meanwhile",
            Self::Failed(_) => "host-fault",
        }
    }
}

impl From<NotCommitted> for NotKept {
    fn from(error: NotCommitted) -> Self {
        match error {
            NotCommitted::Conflict { .. } => Self::Conflict,
            NotCommitted::Failed(failed) => Self::Failed(failed),
        }
    }
}

/// Who does something, and what they say of it.
#[derive(Clone, Debug)]
pub struct By {
    /// Their token's name.
    pub who: String,
    /// May be empty.
    pub note: String,
}

/// What is kept. One change at a time.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
    /// The number of the last entry of the audit log.
    last: Mutex<u64>,
}

/// A change in the making: nothing of it is there before [`Changing::keep`].
#[derive(Debug)]
pub struct Changing<'a> {
    store: &'a Store,
    last: MutexGuard<'a, u64>,
    changes: Vec<Change>,
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
        }
    }

    /// All records whose keys begin like this, in order.
    ///
    /// # Errors
    /// [`Failed`] if one cannot be read.
    pub async fn all<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>, Failed> {
        read_all(&self.store, prefix, None, ALL).await
    }

    /// Every tenant that has a bot.
    ///
    /// # Errors
    /// [`Failed`] as for all that reads.
    pub async fn tenants(&self) -> Result<Vec<TenantId>, Failed> {
        let mut tenants = Vec::new();
        for record in self.store.records.list("bot/", None, ALL).await? {
            let tenant = record
                .key
                .split('/')
                .nth(1)
                .and_then(|name| name.parse().ok());
            tenants.extend(tenant);
        }
        tenants.dedup();
        Ok(tenants)
    }

    /// A tenant's bots, by name.
    ///
    /// # Errors
    /// As above.
    pub async fn bots(&self, tenant: &TenantId) -> Result<Vec<KeptBot>, Failed> {
        read_all(&self.store, &format!("bot/{tenant}/"), None, ALL).await
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
        let key = format!("revision/{tenant}/{bot}/{digest}");
        read(&self.store, &key).await
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

    /// All that it ever served, the oldest first.
    ///
    /// # Errors
    /// As above.
    pub async fn history(&self, at: &Address) -> Result<Vec<Kept>, Failed> {
        let prefix = format!("history/{}/{}/{}/", at.tenant, at.bot, at.environment);
        read_all(&self.store, &prefix, None, ALL).await
    }

    /// What all environments of a tenant serve, or of all tenants.
    ///
    /// # Errors
    /// As above.
    pub async fn deployments(
        &self,
        tenant: Option<&TenantId>,
    ) -> Result<Vec<(Address, Kept)>, Failed> {
        let prefix = tenant.map_or("deployment/".to_owned(), |tenant| {
            format!("deployment/{tenant}/")
        });
        let mut found = Vec::new();
        for record in self.store.records.list(&prefix, None, ALL).await? {
            let address =
                address(&record.key).ok_or_else(|| unreadable(&record.key, &"its key"))?;
            found.push((address, parse(&record)?));
        }
        Ok(found)
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

    /// At most so many entries of the audit log after one of them, the oldest first.
    ///
    /// # Errors
    /// As above.
    pub async fn audit(&self, after: u64, at_most: usize) -> Result<Vec<Entry>, Failed> {
        let after = audit_key(after);
        read_all(&self.store, "audit/", Some(&after), at_most).await
    }
}

impl Changing<'_> {
    /// Adds a bot, unless it is there.
    ///
    /// # Errors
    /// [`Failed`] if that cannot be read.
    pub async fn bot(&mut self, tenant: &TenantId, bot: &BotName, by: &By) -> Result<(), Failed> {
        let key = format!("bot/{tenant}/{bot}");
        if self.store.records.get(&key).await?.is_none() {
            let kept = KeptBot {
                name: bot.clone(),
                id: Uuid::new_v4(),
                created: Timestamp::now(),
                by: by.who.clone(),
            };
            self.put(key, Expected::Absent, &kept)?;
        }
        Ok(())
    }

    /// Adds a revision.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written.
    pub fn revision(
        &mut self,
        tenant: &TenantId,
        bot: &BotName,
        revision: &KeptRevision,
    ) -> Result<(), Failed> {
        let key = format!("revision/{tenant}/{bot}/{}", revision.digest);
        self.put(key, Expected::Absent, revision)
    }

    /// What an environment serves now, with its revision in the store.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be read.
    pub async fn now(&self, at: &Address) -> Result<Option<(Kept, Revision)>, Failed> {
        let record = self.store.records.get(&deployment_key(at)).await?;
        record
            .map(|record| Ok((parse(&record)?, record.revision)))
            .transpose()
    }

    /// Has an environment serve something else from then on, in place of what it serves `now`.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written.
    pub fn deployment(
        &mut self,
        at: &Address,
        now: Option<Revision>,
        next: &Kept,
    ) -> Result<(), Failed> {
        let expected = now.map_or(Expected::Absent, Expected::At);
        self.put(deployment_key(at), expected, next)?;
        self.put(past_key(at, next.number), Expected::Absent, next)
    }

    /// Gives a tenant other routing rules.
    ///
    /// # Errors
    /// [`Failed`] if they cannot be written.
    pub fn rules(&mut self, tenant: &TenantId, rules: &[Rule]) -> Result<(), Failed> {
        self.put(rules_key(tenant), Expected::Anything, &rules)
    }

    /// Any other record.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written.
    pub fn put(
        &mut self,
        key: String,
        expected: Expected,
        value: &impl Serialize,
    ) -> Result<(), Failed> {
        let bytes = serde_json::to_vec(value).map_err(|error| unreadable(&key, &error))?;
        self.changes.push(Change::put(key, expected, bytes));
        Ok(())
    }

    /// Makes the change, with its line in the audit log, and answers when it is there to stay. No other change is made
    /// before this is dropped, so that what it brings into force comes in the same order.
    ///
    /// # Errors
    /// [`NotKept`]; then nothing of it is there.
    pub async fn keep(
        &mut self,
        by: &By,
        change: Changed,
        tenant: Option<&TenantId>,
        of: impl Into<String>,
        detail: impl Into<String>,
    ) -> Result<(), NotKept> {
        let number = *self.last + 1;
        let entry = Entry {
            number,
            at: Timestamp::now(),
            by: by.who.clone(),
            change,
            tenant: tenant.cloned(),
            of: of.into(),
            detail: detail.into(),
        };
        self.put(audit_key(number), Expected::Absent, &entry)?;
        self.put(LAST_ENTRY.to_owned(), Expected::Anything, &number)?;
        let changes = std::mem::take(&mut self.changes);
        self.store.records.commit(changes).await?;
        *self.last = number;
        Ok(())
    }
}

/// The number of the last entry of the audit log.
const LAST_ENTRY: &str = "last-entry";
const RULES: &str = "rules/";

fn rules_key(tenant: &TenantId) -> String {
    format!("{RULES}{tenant}")
}

fn deployment_key(at: &Address) -> String {
    format!("deployment/{}/{}/{}", at.tenant, at.bot, at.environment)
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

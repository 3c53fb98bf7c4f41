//! A change of what is kept: one commit with its entry in the audit log.

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::MutexGuard;

use super::{
    By, Changed, Entry, Kept, KeptBot, KeptGrant, KeptRevision, LAST_ENTRY, audit_key, bot_key,
    deployment_key, grants_key, parse, past_key, revision_key, rules_key, unreadable,
};
use crate::registry::routing::Rule;
use crate::store::{Change, Expected, Failed, NotCommitted, Revision, Store};
use crate::tenant::{Address, BotName, TenantId};

/// Deployments of an environment that are remembered, and can be gone back to.
const MOST_PAST: u64 = 100;

/// A change in the making: nothing of it is there before [`Changing::keep`].
#[derive(Debug)]
pub struct Changing<'a> {
    pub(super) store: &'a Store,
    pub(super) last: MutexGuard<'a, u64>,
    pub(super) changes: Vec<Change>,
    /// How many entries of the audit log are among them.
    pub(super) entries: u64,
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
            NotCommitted::Late => Self::Failed(Failed::because(error)),
            NotCommitted::Failed(failed) => Self::Failed(failed),
        }
    }
}

impl Changing<'_> {
    /// Adds a bot, unless it is there.
    ///
    /// # Errors
    /// [`Failed`] if that cannot be read.
    pub async fn bot(&mut self, tenant: &TenantId, bot: &BotName, by: &By) -> Result<(), Failed> {
        let key = bot_key(tenant, bot);
        if self.store.records.get(&key).await?.is_none() {
            let kept = KeptBot {
                name: bot.clone(),
                created: Timestamp::now(),
                by: by.who.clone(),
            };
            self.put(key, Expected::Absent, &kept)?;
        }
        Ok(())
    }

    /// Adds a revision, or changes what is kept of one beside its component.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written.
    pub fn revision(
        &mut self,
        tenant: &TenantId,
        bot: &BotName,
        expected: Expected,
        revision: &KeptRevision,
    ) -> Result<(), Failed> {
        let key = revision_key(tenant, bot, &revision.digest);
        self.put(key, expected, revision)
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
        // What a rollback restores stays, however often a split has been weighed since.
        let old = next.number.checked_sub(MOST_PAST);
        if let Some(old) = old.filter(|old| next.before != Some(*old)) {
            let old = past_key(at, old);
            self.changes.push(Change::remove(old, Expected::Anything));
        }
        self.put(past_key(at, next.number), Expected::Absent, next)
    }

    /// Gives a tenant other routing rules.
    ///
    /// # Errors
    /// [`Failed`] if they cannot be written.
    pub fn rules(&mut self, tenant: &TenantId, rules: &[Rule]) -> Result<(), Failed> {
        self.put(rules_key(tenant), Expected::Anything, &rules)
    }

    /// Has this be all that the bot at an address is granted.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written.
    pub fn grants(&mut self, at: &Address, grants: &[KeptGrant]) -> Result<(), Failed> {
        self.put(grants_key(at), Expected::Anything, &grants)
    }

    /// Any other change.
    pub fn also(&mut self, change: Change) {
        self.changes.push(change);
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
        self.entry(by, change, tenant, of, detail)?;
        self.commit().await
    }

    /// Adds a line of the audit log to the change.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written.
    pub fn entry(
        &mut self,
        by: &By,
        change: Changed,
        tenant: Option<&TenantId>,
        of: impl Into<String>,
        detail: impl Into<String>,
    ) -> Result<(), Failed> {
        self.entries += 1;
        let number = *self.last + self.entries;
        let entry = Entry {
            number,
            at: Timestamp::now(),
            by: by.who.clone(),
            token: by.token.clone(),
            change,
            tenant: tenant.cloned(),
            of: of.into(),
            detail: detail.into(),
            note: by.note.clone(),
        };
        self.put(audit_key(number), Expected::Absent, &entry)
    }

    /// Makes the change with all the lines that were added. One without any is none.
    ///
    /// # Errors
    /// [`NotKept`]; then nothing of it is there.
    pub async fn commit(&mut self) -> Result<(), NotKept> {
        if self.entries == 0 {
            return Ok(());
        }
        let number = *self.last + std::mem::take(&mut self.entries);
        self.put(LAST_ENTRY.to_owned(), Expected::Anything, &number)?;
        let changes = std::mem::take(&mut self.changes);
        self.store.records.commit(changes, None).await?;
        *self.last = number;
        Ok(())
    }
}

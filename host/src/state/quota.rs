//! How much the bots of a tenant may keep, all together, so that none can fill the disk that all are kept on. The count
//! goes up as memories grow; what has expired is seen when a tenant is nearly full and is counted anew. Where it is not
//! known whether something is among what was counted, it counts twice until the next time, and never not at all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::NotKept;
use crate::conversations;
use crate::store::{Change, Expected, Failed, Records};
use crate::tenant::TenantId;

/// How often a tenant is counted anew that is full.
const EVERY: Duration = Duration::from_secs(10);
/// Records that are looked at in one go.
const PAGE: usize = 256;

/// The quota of each tenant.
#[derive(Debug)]
pub(super) struct Quota {
    records: Arc<dyn Records>,
    most: u64,
    tenants: Mutex<HashMap<TenantId, Count>>,
}

/// What a tenant keeps.
#[derive(Clone, Copy, Debug)]
struct Count {
    /// With what is on its way.
    bytes: u64,
    /// What it grows by with commits that are on their way.
    underway: u64,
    /// What it has grown by since it began to be counted by looking, which is going on.
    grown: Option<u64>,
    /// When it was last counted by looking.
    counted: Option<Instant>,
}

impl Count {
    fn of(bytes: u64) -> Self {
        Self {
            bytes,
            underway: 0,
            grown: None,
            counted: None,
        }
    }

    fn moved(&mut self, from: u64, to: u64) {
        let growth = to.saturating_sub(from);
        self.bytes = (self.bytes + to).saturating_sub(from);
        self.underway += growth;
        self.grown = self.grown.map(|grown| grown + growth);
    }
}

/// What a commit takes of a quota, until it is known what became of it.
#[derive(Debug)]
pub(super) struct Taken {
    quota: Arc<Quota>,
    tenant: TenantId,
    old: u64,
    new: u64,
    is_given_back: bool,
}

impl Taken {
    /// It is not kept.
    pub(super) fn give_back(mut self) {
        self.is_given_back = true;
    }
}

/// Whoever is dropped in the middle of a commit may have kept it.
impl Drop for Taken {
    fn drop(&mut self) {
        let growth = self.new.saturating_sub(self.old);
        self.quota.with(&self.tenant, |count| {
            count.underway = count.underway.saturating_sub(growth);
            if self.is_given_back {
                count.bytes = (count.bytes + self.old).saturating_sub(self.new);
                count.grown = count.grown.map(|grown| grown.saturating_sub(growth));
            }
        });
    }
}

impl Quota {
    pub(super) fn new(records: &Arc<dyn Records>, most: u64) -> Self {
        Self {
            records: Arc::clone(records),
            most,
            tenants: Mutex::default(),
        }
    }

    /// Takes what a tenant's memories grow by, and gives back what they shrink by. It is to be kept, with the change that
    /// is returned.
    ///
    /// # Errors
    /// [`NotKept::Full`] if there is not so much left.
    pub(super) async fn take(
        self: &Arc<Self>,
        tenant: &TenantId,
        old: u64,
        new: u64,
    ) -> Result<(Change, Taken), NotKept> {
        if self.with(tenant, |_| ()).is_none() {
            let count = Count::of(self.written_down(tenant).await?);
            self.tenants().entry(tenant.clone()).or_insert(count);
        }
        let taken = Taken {
            quota: Arc::clone(self),
            tenant: tenant.clone(),
            old,
            new,
            is_given_back: false,
        };
        let moved = self.with(tenant, |count| {
            count.moved(old, new);
            count.bytes
        });
        let bytes = moved.unwrap_or_default();
        // Before it is full: what has expired is no reason to refuse anything.
        if bytes > self.most - self.most / 8 {
            self.count_anew(tenant);
        }
        if new > old && bytes > self.most {
            taken.give_back();
            return Err(NotKept::Full { most: self.most });
        }
        let bytes = bytes.to_be_bytes().into();
        let change = Change::put(key(tenant), Expected::Anything, bytes);
        Ok((change, taken))
    }

    fn tenants(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Count>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, tenant: &TenantId, look: impl FnOnce(&mut Count) -> T) -> Option<T> {
        self.tenants().get_mut(tenant).map(look)
    }

    /// What this or another run of the host has counted so far.
    async fn written_down(&self, tenant: &TenantId) -> Result<u64, Failed> {
        let record = self.records.get(&key(tenant)).await?;
        let bytes = record
            .as_ref()
            .and_then(|record| record.value.first_chunk());
        Ok(bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes)))
    }

    /// Looks at all that a tenant keeps, now and then, and lets nobody wait for it.
    fn count_anew(self: &Arc<Self>, tenant: &TenantId) {
        let is_due = self.with(tenant, |count| {
            let is_due = count.counted.is_none_or(|last| last.elapsed() >= EVERY);
            if is_due {
                count.counted = Some(Instant::now());
                // What is on its way may be seen or not.
                count.grown = Some(count.underway);
            }
            is_due
        });
        if is_due != Some(true) {
            return;
        }
        let (quota, tenant) = (Arc::clone(self), tenant.clone());
        tokio::spawn(async move {
            match quota.counted(&tenant).await {
                Ok(bytes) => {
                    quota.with(&tenant, |count| {
                        count.bytes = bytes + count.grown.take().unwrap_or_default();
                    });
                }
                Err(error) => tracing::warn!("what {tenant} keeps cannot be counted: {error}"),
            }
        });
    }

    async fn counted(&self, tenant: &TenantId) -> Result<u64, Failed> {
        let mut bytes = 0;
        for prefix in [conversations::all(tenant), super::all(tenant)] {
            let mut after: Option<String> = None;
            loop {
                let found = self.records.list(&prefix, after.as_deref(), PAGE).await?;
                bytes += found
                    .iter()
                    .map(|record| record.value.len() as u64)
                    .sum::<u64>();
                let Some(last) = found.last() else { break };
                after = Some(last.key.clone());
                tokio::task::yield_now().await;
            }
        }
        Ok(bytes)
    }
}

fn key(tenant: &TenantId) -> String {
    format!("state-bytes/{tenant}")
}

//! How much the bots of a tenant may keep, all together, so that none can fill the disk that all are kept on. The count
//! goes up as memories grow; what has expired or was erased is seen when a tenant is full and is counted anew.

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
    bytes: u64,
    /// When it was last counted by looking.
    counted: Option<Instant>,
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
    ) -> Result<Change, NotKept> {
        if self.known(tenant).is_none() {
            let bytes = self.written_down(tenant).await?;
            let count = Count {
                bytes,
                counted: None,
            };
            self.tenants().entry(tenant.clone()).or_insert(count);
        }
        let bytes = self.moved(tenant, old, new);
        // Before it is full: what has expired is no reason to refuse anything.
        if bytes > self.most - self.most / 8 {
            self.count_anew(tenant);
        }
        if new > old && bytes > self.most {
            self.moved(tenant, new, old);
            return Err(NotKept::Full { most: self.most });
        }
        let key = key(tenant);
        Ok(Change::put(
            key,
            Expected::Anything,
            bytes.to_be_bytes().into(),
        ))
    }

    /// Undoes what was taken and is not kept.
    pub(super) fn give_back(&self, tenant: &TenantId, old: u64, new: u64) {
        self.moved(tenant, new, old);
    }

    fn tenants(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Count>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, tenant: &TenantId) -> Option<Count> {
        self.tenants().get(tenant).copied()
    }

    fn moved(&self, tenant: &TenantId, from: u64, to: u64) -> u64 {
        let mut tenants = self.tenants();
        let Some(count) = tenants.get_mut(tenant) else {
            return 0;
        };
        count.bytes = (count.bytes + to).saturating_sub(from);
        count.bytes
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
        {
            let mut tenants = self.tenants();
            let Some(count) = tenants.get_mut(tenant) else {
                return;
            };
            if count.counted.is_some_and(|last| last.elapsed() < EVERY) {
                return;
            }
            count.counted = Some(Instant::now());
        }
        let (quota, tenant) = (Arc::clone(self), tenant.clone());
        tokio::spawn(async move {
            match quota.counted(&tenant).await {
                Ok(bytes) => {
                    if let Some(count) = quota.tenants().get_mut(&tenant) {
                        count.bytes = bytes;
                    }
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

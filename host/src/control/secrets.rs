//! The secrets that operators keep for a tenant's bots: set, listed by name, and removed. No value comes back.

use super::{Control, NotChanged};
use crate::registry::ledger::{By, Changed};
use crate::store::{Change, Expected, Failed};
use crate::tenant::{SecretName, TenantId};
use crate::vault::{self, Secret};

/// Secrets of a tenant.
const MOST_SECRETS: usize = 100;

impl Control {
    /// Sets a secret, in place of what it was. Bots read it from their next turn on.
    ///
    /// # Errors
    /// [`NotChanged`] if the tenant has too many, or this host has no key to keep it with.
    pub async fn set_secret(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        secret: &Secret,
        by: By,
    ) -> Result<(), NotChanged> {
        let kept = self.0.host.vault().seal(tenant, name, secret, &by.who)?;
        let mut changing = self.0.ledger.change().await;
        let names = self.secrets(tenant).await?;
        let is_new = names.iter().all(|(known, _)| known != name);
        if is_new && names.len() >= MOST_SECRETS {
            return Err(NotChanged::Secrets(MOST_SECRETS));
        }
        changing.put(vault::key(tenant, name), Expected::Anything, &kept)?;
        let set = changing.keep(&by, Changed::SecretSet, Some(tenant), name.as_str(), "");
        Ok(set.await?)
    }

    /// The names of a tenant's secrets, with when each was set and by whom.
    ///
    /// # Errors
    /// [`Failed`] if they cannot be read.
    pub async fn secrets(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<(SecretName, vault::Kept)>, Failed> {
        let prefix = vault::prefix(tenant);
        let records = &self.0.ledger.store().records;
        let found = records.list(&prefix, None, MOST_SECRETS).await?;
        let named = found.into_iter().map(|record| {
            let name = record.key.trim_start_matches(&prefix).parse();
            let name = name.map_err(Failed::because)?;
            let kept = serde_json::from_slice(&record.value).map_err(Failed::because)?;
            Ok((name, kept))
        });
        named.collect()
    }

    /// Puts it into the audit log that all secrets were removed, since nobody had the key to them.
    ///
    /// # Errors
    /// [`NotChanged::NotKept`] if the store failed.
    pub async fn secrets_forgotten(&self, count: usize) -> Result<(), NotChanged> {
        let by = By {
            who: "the host".to_owned(),
            token: None,
            note: "--forget-secrets".to_owned(),
        };
        let mut changing = self.0.ledger.change().await;
        let detail = format!("{count} secrets of all tenants");
        let told = changing.keep(&by, Changed::SecretRemoved, None, "all", detail);
        Ok(told.await?)
    }

    /// Removes a secret: bots have none from their next turn on.
    ///
    /// # Errors
    /// [`NotChanged::NoSecret`] if it is not set.
    pub async fn remove_secret(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        by: By,
    ) -> Result<(), NotChanged> {
        let mut changing = self.0.ledger.change().await;
        let key = vault::key(tenant, name);
        if self.0.ledger.store().records.get(&key).await?.is_none() {
            return Err(NotChanged::NoSecret(name.clone()));
        }
        changing.also(Change::remove(key, Expected::Anything));
        let removed = changing.keep(&by, Changed::SecretRemoved, Some(tenant), name.as_str(), "");
        Ok(removed.await?)
    }
}

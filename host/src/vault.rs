//! Secrets: values that operators keep for their bots. The store has them encrypted, with a key that it has not; nobody is
//! shown one again. Knows nothing of who may read which.

mod forms;
mod key;
mod redactions;
mod secret;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use forms::forms;
pub use key::{BadKey, Key};
pub use redactions::Redactions;
pub use secret::{BadSecret, MOST_BYTES, Secret};

use crate::store::{Change, Expected, Failed, Record, Records, Store};
use crate::tenant::{SecretName, TenantId};

/// The secrets of a host. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Room>);

struct Room {
    records: Arc<dyn Records>,
    /// None: this host has no key, and keeps none.
    cipher: Option<XChaCha20Poly1305>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

/// Where the key is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A file outside of the data folder, which is made with a new key if it is missing. None: this host keeps no
    /// secrets.
    pub key_file: Option<PathBuf>,
}

/// A secret as it is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Kept {
    /// The nonce and what it was encrypted to, as base64.
    sealed: String,
    /// When it was set.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// A secret that was read.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What bots read it by.
    pub name: SecretName,
    /// When it was set.
    pub at: Timestamp,
    /// Its value.
    pub value: Secret,
}

/// Why a vault does not open.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// There are secrets, and nothing to read them with.
    #[error(
        "the store has secrets, and this host has no key to them: give it the file with `secrets.key_file` or \
         --secrets-key; if that is lost, remove the secrets with --forget-secrets"
    )]
    NoKey,
    /// The key is not the one that they were kept with.
    #[error(
        "the key is not the one that this store's secrets were kept with: give the host the file that it had before; if \
         that is lost, remove the secrets with --forget-secrets"
    )]
    OtherKey,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Failed),
}

/// Why a secret could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum NotSealed {
    /// There is nothing to encrypt it with.
    #[error(
        "this host has no key for secrets: start it with --secrets-key FILE, which makes the file if it is missing"
    )]
    NoKey,
    /// It could not be encrypted.
    #[error(transparent)]
    Failed(#[from] Failed),
}

/// What tells the right key from another one: a record that is encrypted like a secret.
const CHECK: &str = "vault/check";
const CHECKED: &[u8] = b"retort";
const NONCE_BYTES: usize = 24;

impl Vault {
    /// The secrets of a store, and the key to them if there is one.
    pub fn new(store: &Store, key: Option<&Key>) -> Self {
        Self(Arc::new(Room {
            records: Arc::clone(&store.records),
            cipher: key.map(|key| XChaCha20Poly1305::new(&key.bytes().into())),
        }))
    }

    /// Sees whether the key is the right one.
    ///
    /// # Errors
    /// [`NotOpened`] if there are secrets that it does not open.
    pub async fn open(&self) -> Result<(), NotOpened> {
        let has_secrets = !self.0.records.list(SECRETS, None, 1).await?.is_empty();
        if self.0.cipher.is_none() {
            return if has_secrets {
                Err(NotOpened::NoKey)
            } else {
                Ok(())
            };
        }
        let check = self.0.records.get(CHECK).await?;
        let is_the_same = check.is_some_and(|check| {
            let sealed = String::from_utf8_lossy(&check.value);
            self.unsealed(CHECK, &sealed).is_ok()
        });
        match (is_the_same, has_secrets) {
            (true, _) => Ok(()),
            (false, true) => Err(NotOpened::OtherKey),
            (false, false) => self.begin().await,
        }
    }

    /// Whether a store has secrets, which one key alone opens.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be read.
    pub async fn has_secrets(store: &Store) -> Result<bool, Failed> {
        Ok(!store.records.list(SECRETS, None, 1).await?.is_empty())
    }

    /// Removes all secrets of all tenants: of what nobody has the key to, nothing is left anyway. How many there were.
    ///
    /// # Errors
    /// [`Failed`] if they cannot be removed.
    pub async fn forget(store: &Store) -> Result<usize, Failed> {
        let found = store.records.list(SECRETS, None, usize::MAX).await?;
        let count = found.len();
        let removals = found
            .into_iter()
            .map(|record| Change::remove(record.key, Expected::Anything));
        let committed = store.records.commit(removals.collect(), None).await;
        committed.map_err(Failed::because)?;
        Ok(count)
    }

    /// From now on this is the key.
    async fn begin(&self) -> Result<(), NotOpened> {
        let sealed = self.sealed(CHECK, CHECKED).map_err(Failed::because)?;
        let change = Change::put(CHECK, Expected::Anything, sealed.into_bytes());
        let begun = self.0.records.commit(vec![change], None).await;
        begun.map_err(Failed::because)?;
        Ok(())
    }

    /// A secret as it is to be kept.
    ///
    /// # Errors
    /// [`NotSealed::NoKey`] on a host without one.
    pub fn seal(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        secret: &Secret,
        by: &str,
    ) -> Result<Kept, NotSealed> {
        let sealed = self.sealed(&key(tenant, name), secret.expose().as_bytes())?;
        let at = Timestamp::now();
        let by = by.to_owned();
        Ok(Kept { sealed, at, by })
    }

    /// Keeps a secret, where nobody has to be told who did it.
    ///
    /// # Errors
    /// [`NotSealed`] if it cannot be kept.
    pub async fn set(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        secret: &Secret,
    ) -> Result<(), NotSealed> {
        let kept = self.seal(tenant, name, secret, "")?;
        let bytes = serde_json::to_vec(&kept).map_err(Failed::because)?;
        let change = Change::put(key(tenant, name), Expected::Anything, bytes);
        let committed = self.0.records.commit(vec![change], None).await;
        committed.map_err(Failed::because)?;
        Ok(())
    }

    /// A tenant's secret, if it is set.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be read.
    pub async fn get(
        &self,
        tenant: &TenantId,
        name: &SecretName,
    ) -> Result<Option<Secret>, Failed> {
        let key = key(tenant, name);
        let Some(record) = self.0.records.get(&key).await? else {
            return Ok(None);
        };
        let (_, secret) = self.opened(&record)?;
        Ok(Some(secret))
    }

    /// All of a tenant's.
    ///
    /// # Errors
    /// [`Failed`] if one of them cannot be read.
    pub async fn all(&self, tenant: &TenantId) -> Result<Vec<Opened>, Failed> {
        let prefix = prefix(tenant);
        let found = self.0.records.list(&prefix, None, usize::MAX).await?;
        let opened = found.iter().map(|record| {
            let name = record.key.trim_start_matches(&prefix).parse();
            let (at, value) = self.opened(record)?;
            Ok(Opened {
                name: name.map_err(Failed::because)?,
                at,
                value,
            })
        });
        opened.collect()
    }

    /// A secret, and when it was set.
    fn opened(&self, record: &Record) -> Result<(Timestamp, Secret), Failed> {
        let unreadable = || unreadable(&record.key);
        let kept: Kept = serde_json::from_slice(&record.value).map_err(|_| unreadable())?;
        let value = self.unsealed(&record.key, &kept.sealed)?;
        let value = String::from_utf8(value).map_err(|_| unreadable())?;
        Ok((kept.at, Secret::known(value)))
    }

    /// Encrypted so that it is that of this record and of no other: what is moved to another name does not open there.
    fn sealed(&self, key: &str, value: &[u8]) -> Result<String, NotSealed> {
        let cipher = self.0.cipher.as_ref().ok_or(NotSealed::NoKey)?;
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload {
            msg: value,
            aad: key.as_bytes(),
        };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Failed::because("a secret cannot be encrypted"))?;
        Ok(STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    fn unsealed(&self, key: &str, sealed: &str) -> Result<Vec<u8>, Failed> {
        let unreadable = || unreadable(key);
        let cipher = self.0.cipher.as_ref().ok_or_else(unreadable)?;
        let bytes = STANDARD.decode(sealed).map_err(|_| unreadable())?;
        let (nonce, msg) = bytes.split_first_chunk().ok_or_else(unreadable)?;
        let aad = key.as_bytes();
        let nonce: &[u8; NONCE_BYTES] = nonce;
        let opened = cipher.decrypt(&XNonce::from(*nonce), Payload { msg, aad });
        opened.map_err(|_| unreadable())
    }
}

const SECRETS: &str = "secret/";

/// The key of a secret's record.
pub fn key(tenant: &TenantId, name: &SecretName) -> String {
    format!("{}{name}", prefix(tenant))
}

/// What the keys of all of a tenant's secrets begin with.
pub fn prefix(tenant: &TenantId) -> String {
    format!("{SECRETS}{tenant}/")
}

fn unreadable(key: &str) -> Failed {
    Failed::because(format_args!("\"{key}\" cannot be decrypted"))
}

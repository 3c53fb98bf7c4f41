//! `secrets`: values that operators keep for a bot. What a turn has read is taken out of whatever is said of the turn.

use std::sync::Arc;

use tracing::instrument;
use wasmtime::Result;

use super::granted::Granted;
use super::moved::Moved;
use super::tally::Tally;
use super::tape::{self, Tape};
use crate::bindings::secrets::{Host, SecretError};
use crate::tenant::{SecretName, TenantId};
use crate::vault::{Redactions, Secret, Vault};

/// One turn's view of its tenant's secrets.
#[derive(Debug)]
pub struct Secrets {
    /// Which of them it may read.
    pub granted: Arc<Granted>,
    /// Whose they are, and where; none for a turn of nobody's.
    pub vault: Option<(TenantId, Vault)>,
    /// Where what was read is noted.
    pub redactions: Redactions,
    /// Where its bytes are counted.
    pub moved: Moved,
    /// Where the calls are.
    pub tally: Tally,
    /// Where it is noted what came of them.
    pub tape: Tape,
}

impl Secrets {
    async fn read(&mut self, name: &str) -> Result<String, SecretError> {
        let name = self.granted(name)?;
        let found = match self.tape.secret_before(&name) {
            Some(before) => before.inspect(|value| self.hide(&name, value)),
            None => self.find(&name).await,
        };
        let came = match &found {
            Ok(value) => tape::Secret::Bytes(value.len()),
            Err(other) => other.clone(),
        };
        self.tape.secret(&name, came);
        self.moved.add(found.as_ref().map_or(0, String::len));
        found.map_err(|came| match came {
            tape::Secret::Unread(why) => SecretError::Other(why),
            tape::Secret::Bytes(_) | tape::Secret::NotSet => SecretError::NotSet,
        })
    }

    /// What stands for a secret is taken out of what is said, as the secret was.
    fn hide(&self, name: &SecretName, value: &str) {
        if let Ok(secret) = Secret::new(value.to_owned()) {
            self.redactions.add(name, &secret);
        }
    }

    async fn find(&self, name: &SecretName) -> Result<String, tape::Secret> {
        let (tenant, vault) = self.vault.as_ref().ok_or(tape::Secret::NotSet)?;
        let found = vault.get(tenant, name).await.map_err(|error| {
            tracing::error!("a secret cannot be read: {error}");
            tape::Secret::Unread("the host cannot read the secret".to_owned())
        })?;
        let secret = found.ok_or(tape::Secret::NotSet)?;
        self.redactions.add(name, &secret);
        Ok(secret.expose().to_owned())
    }

    fn granted(&self, name: &str) -> Result<SecretName, SecretError> {
        let parsed: Result<SecretName, _> = name.parse();
        match parsed {
            Ok(name) if self.granted.secrets.contains(&name) => Ok(name),
            Ok(name) => Err(SecretError::Denied(format!(
                "the secret \"{name}\" is not granted: it takes `secrets = [\"{name}\"]` under `[wants]` in its manifest, and \
                 a grant of `secret:{name}`"
            ))),
            Err(error) => Err(SecretError::Denied(error.to_string())),
        }
    }
}

impl Host for Secrets {
    #[instrument(name = "secrets.get", level = "debug", skip_all)]
    async fn get(&mut self, name: String) -> Result<Result<String, SecretError>> {
        self.moved.add(name.len());
        self.tape.begin()?;
        let read = self.read(&name).await;
        self.tape.end();
        let outcome = match &read {
            Ok(_) => "ok",
            Err(SecretError::Denied(_)) => "denied",
            Err(SecretError::NotSet) => "not-set",
            Err(SecretError::Other(_)) => "other",
        };
        self.tally.add("secrets", outcome);
        Ok(read)
    }
}

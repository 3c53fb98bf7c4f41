//! What an operator sets for the calls of LivePerson's: the keys to its tokens, and what a token has to say.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::NotOpened;
use super::keys::Keys;
use super::published::{Published, is_safe};
use crate::tenant::TenantId;

/// How LivePerson's calls are told from others, and answered.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// RSA keys in PEM. They are long, and stand in no log.
    #[serde(skip_serializing)]
    pub public_keys: Vec<String>,
    /// Files with one of them, or with a set of keys in JSON (JWKS); relative to the configuration file.
    pub key_files: Vec<PathBuf>,
    /// Where sets of keys are published, and change.
    pub jwks_urls: Vec<String>,
    /// Who issues the tokens; the platform's authorization server calls itself so.
    pub issuers: Vec<String>,
    /// Scopes of which a token for the Custom Endpoint has one. The first is what LivePerson's reference service wants
    /// now, the second what its documentation names. An empty list asks for none.
    pub scopes: Vec<String>,
    /// The account whose bots answer whoever asks, without a token: for a person's own machine.
    pub open_tenant: Option<TenantId>,
    /// Seconds for which published keys are used before they are fetched anew; LivePerson's reference service takes as
    /// long. A key that is taken back is trusted that much longer.
    pub jwks_refresh_seconds: u64,
    /// Seconds that at least lie between two fetches, however many tokens name keys that are not known: who makes such
    /// tokens up must not make this host a burden on others.
    pub jwks_retry_seconds: u64,
    /// The status that a conversation's beginning is answered with, 200 or 204: the platform's own document has one, and
    /// its reference service answers with the other.
    pub put_status: PutStatus,
    /// The status for a function that failed: 901, 500 or 422. The first is LivePerson's, which no standard knows and some
    /// proxies do not let through.
    pub function_error_status: FunctionErrorStatus,
}

impl Default for Settings {
    fn default() -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            public_keys: Vec::new(),
            key_files: Vec::new(),
            jwks_urls: Vec::new(),
            issuers: texts(&["Sentinel"]),
            scopes: texts(&[
                "thirdpartybots.customendpoint.bot",
                "ihub.tpb.customendpoint",
            ]),
            open_tenant: None,
            jwks_refresh_seconds: 300,
            jwks_retry_seconds: 10,
            put_status: PutStatus::default(),
            function_error_status: FunctionErrorStatus::default(),
        }
    }
}

/// 200 or 204.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PutStatus(u16);

impl Default for PutStatus {
    fn default() -> Self {
        Self(204)
    }
}

impl TryFrom<u16> for PutStatus {
    type Error = String;

    fn try_from(given: u16) -> Result<Self, String> {
        match given {
            200 | 204 => Ok(Self(given)),
            _ => Err(format!("{given}; 200 and 204 are possible")),
        }
    }
}

impl From<PutStatus> for u16 {
    fn from(status: PutStatus) -> Self {
        status.0
    }
}

/// 901, 500 or 422.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct FunctionErrorStatus(u16);

impl Default for FunctionErrorStatus {
    fn default() -> Self {
        Self(901)
    }
}

impl TryFrom<u16> for FunctionErrorStatus {
    type Error = String;

    fn try_from(given: u16) -> Result<Self, String> {
        match given {
            422 | 500 | 901 => Ok(Self(given)),
            _ => Err(format!("{given}; 901, 500 and 422 are possible")),
        }
    }
}

impl From<FunctionErrorStatus> for u16 {
    fn from(status: FunctionErrorStatus) -> Self {
        status.0
    }
}

impl Settings {
    /// Whether there is anything to tell tokens by.
    pub fn has_keys(&self) -> bool {
        !(self.public_keys.is_empty() && self.key_files.is_empty() && self.jwks_urls.is_empty())
    }

    pub(super) fn check(&self) -> Result<(), NotOpened> {
        if self.open_tenant.is_some() && self.has_keys() {
            return Err(NotOpened::Contradiction);
        }
        if self.issuers.is_empty() {
            return Err(NotOpened::NoIssuer);
        }
        Ok(())
    }

    /// The keys of the configuration and of its files.
    pub(super) fn fixed_keys(&self) -> Result<Keys, NotOpened> {
        let mut all = Keys::default();
        for (key, number) in self.public_keys.iter().zip(1..) {
            all.extend(Keys::of_pem(key).map_err(|source| NotOpened::Key { number, source })?);
        }
        for path in &self.key_files {
            let path = path.clone();
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(source) => return Err(NotOpened::Unreadable { path, source }),
            };
            all.extend(Keys::read(&text).map_err(|source| NotOpened::File { path, source })?);
        }
        Ok(all)
    }

    pub(super) fn published_keys(&self) -> Result<Vec<Arc<Published>>, NotOpened> {
        let refresh = Duration::from_secs(self.jwks_refresh_seconds);
        let retry = Duration::from_secs(self.jwks_retry_seconds);
        let each = self.jwks_urls.iter().map(|url| {
            if !is_safe(url) {
                return Err(NotOpened::Url(url.clone()));
            }
            Ok(Arc::new(Published::new(url.clone(), refresh, retry)))
        });
        each.collect()
    }
}

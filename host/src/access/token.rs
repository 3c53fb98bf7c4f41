//! Tokens: what is kept of one, and how one is made.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::{NotMade, Refused, Role};
use crate::chat::one_line;
use crate::registry::ledger::By;
use crate::tenant::TenantId;

/// What every token begins with, so that one that lies about is known for what it is.
const PREFIX: &str = "retort";
/// Who tries a token that is none.
pub(super) const NOBODY: &str = "nobody";
/// Who does what nobody asked for.
pub(super) const THE_HOST: &str = "the host";
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;

/// What is kept of a token.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The part of it that is no secret.
    pub id: String,
    /// Who has it, as the audit log names them.
    pub name: String,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// With whose bots; none is everybody's, and the host's own matters.
    pub tenants: Option<BTreeSet<TenantId>>,
    /// When it was made.
    pub made: Timestamp,
    /// By whom.
    pub by: String,
    /// From then on it is not valid.
    pub expires: Option<Timestamp>,
    /// Since when it is not.
    pub revoked: Option<Timestamp>,
    /// Of the secret part.
    digest: String,
}

/// A token to be made.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TokenWanted)]
pub struct Wanted {
    /// Who is to have it, as the audit log is to name them: 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// What they may do; one at least.
    #[schema(min_items = 1, value_type = Vec<Role>)]
    pub roles: BTreeSet<Role>,
    /// With whose bots; none is everybody's.
    #[serde(default)]
    #[schema(value_type = Option<Vec<TenantId>>)]
    pub tenants: Option<BTreeSet<TenantId>>,
    /// When it ends.
    #[serde(default)]
    pub expires: Option<Timestamp>,
}

impl Kept {
    /// Of digests, so the time that it takes tells nothing of the secret.
    pub(super) fn is_secret(&self, secret: &str) -> bool {
        digest(secret) == self.digest
    }

    pub(super) fn is_valid(&self) -> Result<(), Refused> {
        let is_over = |expires: Timestamp| expires <= Timestamp::now();
        match (self.revoked, self.expires) {
            (Some(_), _) => Err(Refused::Revoked),
            (None, Some(expires)) if is_over(expires) => Err(Refused::Expired),
            (None, _) => Ok(()),
        }
    }

    pub(super) fn revoked_now(&self) -> Self {
        Self {
            revoked: Some(Timestamp::now()),
            ..self.clone()
        }
    }

    pub(super) fn is_for_everything(&self) -> bool {
        let mut all = Role::ANY.iter();
        self.tenants.is_none() && all.all(|role| self.roles.contains(role))
    }
}

/// Whether a person can read it, and takes it for nobody else.
fn is_name(name: &str) -> bool {
    let characters = name.chars().count();
    (1..=64).contains(&characters)
        && one_line(name, characters) == name
        && name.trim() == name
        && ![NOBODY, THE_HOST].contains(&name)
}

/// The id and the secret of a token.
pub(super) fn parts(token: &str) -> Option<(&str, &str)> {
    token
        .strip_prefix(PREFIX)?
        .strip_prefix('_')?
        .split_once('_')
}

/// A token, and what is to be kept of it.
pub(super) fn drafted(by: &By, wanted: Wanted) -> Result<(Kept, String), NotMade> {
    if !is_name(&wanted.name) {
        return Err(NotMade::Name);
    }
    if wanted.roles.is_empty() || wanted.tenants.as_ref().is_some_and(BTreeSet::is_empty) {
        return Err(NotMade::Nothing);
    }
    let (id, secret) = (random::<ID_BYTES>(), random::<SECRET_BYTES>());
    let token = format!("{PREFIX}_{id}_{secret}");
    let kept = Kept {
        id,
        name: wanted.name,
        roles: wanted.roles,
        tenants: wanted.tenants,
        made: Timestamp::now(),
        by: by.who.clone(),
        expires: wanted.expires,
        revoked: None,
        digest: digest(&secret),
    };
    Ok((kept, token))
}

fn random<const BYTES: usize>() -> String {
    let bytes: [u8; BYTES] = rand::random();
    hex(&bytes)
}

fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

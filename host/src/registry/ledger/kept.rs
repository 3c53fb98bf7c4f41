//! The records that are kept: bots, revisions, what environments serve, and who did what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::registry::grant::Grant;
use crate::registry::settings::Settings;
use crate::sandbox::World;
use crate::store::Digest;
use crate::tenant::{BotName, TenantId};

/// A bot of a tenant.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Bot)]
pub struct KeptBot {
    /// Its name within the tenant.
    pub name: BotName,
    /// When it was first deployed.
    pub created: Timestamp,
    /// By whom.
    pub by: String,
}

/// An artifact that was taken for a bot. Never changes, but for what it is tried by.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Revision)]
pub struct KeptRevision {
    /// Of the component's bytes, the manifest in it included.
    pub digest: Digest,
    /// Who it says it is.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// The contract that it was built for.
    pub contract: String,
    /// The world of it that it was built for.
    #[serde(default)]
    pub world: World,
    /// Of the component.
    pub bytes: u64,
    /// What its manifest asks for.
    pub wants: Vec<Grant>,
    /// When it was taken.
    pub at: Timestamp,
    /// From whom.
    pub by: String,
    /// What they said of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The conversations that it is tried by, a blob. They can be given anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversations: Option<Digest>,
}

/// What an environment serves, or served.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[schema(as = Deployment)]
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
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Side {
    /// Which revision.
    pub digest: Digest,
    /// How many of a hundred new conversations are its.
    pub weight: u8,
    /// How it is run.
    #[serde(default)]
    pub settings: Settings,
}

/// Something that a bot was granted in one of its environments.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Granted)]
pub struct KeptGrant {
    /// What.
    pub grant: Grant,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// The id of their token.
    pub token: Option<String>,
}

/// What was done.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
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
    /// A revision was given the conversations that it is tried by.
    ConversationsGiven,
    /// A revision was tried by what an environment requires.
    Tried,
    /// An environment requires something of what it is to serve.
    GateSet,
    /// It requires nothing any more.
    GateRemoved,
    /// A tenant got other routing rules.
    Routed,
    /// A bot was granted something that it asks for.
    Granted,
    /// What it was granted was taken back.
    Revoked,
    /// A secret got a value.
    SecretSet,
    /// A secret was removed.
    SecretRemoved,
    /// All that was kept of a conversation was removed.
    Erased,
    /// A turn that was kept whole was given to somebody.
    CapsuleFetched,
    /// A revision's component was.
    ComponentFetched,
    /// A token was made.
    TokenMade,
    /// A token was made invalid.
    TokenRevoked,
    /// Somebody asked with a token that is none.
    TokenRefused,
}

/// A line of the audit log.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct Entry {
    /// Counts them from 1, without a gap.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// The id of their token, whatever its name; none of what the host did itself.
    #[serde(default)]
    pub token: Option<String>,
    /// What.
    pub change: Changed,
    /// Whose; none for what is the host's own.
    pub tenant: Option<TenantId>,
    /// To which bot, revision, environment or token.
    pub of: String,
    /// What came of it.
    pub detail: String,
    /// What they said of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Who does something, and what they say of it.
#[derive(Clone, Debug)]
pub struct By {
    /// Their token's name.
    pub who: String,
    /// Its id; none of what the host does itself.
    pub token: Option<String>,
    /// May be empty.
    pub note: String,
}

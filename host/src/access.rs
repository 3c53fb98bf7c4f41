//! Who may do what: tokens, each with its roles and its tenants. Of a token only a digest is kept; the token itself is
//! shown once, to who makes it.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::registry::ledger::{By, Changed, Ledger, NotKept};
use crate::store::{Expected, Failed};
use crate::tenant::TenantId;

/// What somebody may do. Roles combine.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Make and revoke tokens, read the audit log.
    Admin,
    /// Give the host bots, say what serves where, read the audit log.
    Developer,
    /// Ask bots.
    Invoker,
}

impl Role {
    /// All of them: who has any may look at what is served.
    pub const ANY: &[Self] = &[Self::Admin, Self::Developer, Self::Invoker];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Invoker => "invoker",
        }
    }
}

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

/// Who asks, once they have shown a token for it.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Kept>);

/// Why somebody may not do what they asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No token was sent.
    #[error("this needs a token: send it as `authorization: Bearer TOKEN`")]
    Missing,
    /// There is no such token.
    #[error("this token is not known here")]
    Unknown,
    /// It was valid.
    #[error("this token has expired; have a new one made")]
    Expired,
    /// It was valid.
    #[error("this token was revoked; have a new one made")]
    Revoked,
    /// It is valid, and not for this.
    #[error("this token may not do this: that takes the role {}", .0.as_str())]
    Role(Role),
    /// It is valid, and not for this tenant.
    #[error("this token is for other tenants")]
    Tenant,
    /// Nobody mistakes a token so often.
    #[error("too many calls came with a token that is not valid; try again in a minute")]
    TooMany,
}

impl Refused {
    /// A stable name, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "no-token",
            Self::Unknown => "unknown-token",
            Self::Expired => "expired-token",
            Self::Revoked => "revoked-token",
            Self::Role(_) => "not-your-role",
            Self::Tenant => "not-your-tenant",
            Self::TooMany => "too-many-attempts",
        }
    }

    /// Whether a token was tried that is not valid.
    pub fn is_attempt(self) -> bool {
        matches!(self, Self::Unknown | Self::Expired | Self::Revoked)
    }
}

/// A token that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// Nobody can give what they have not.
    #[error("a token can be made only for roles and tenants that one's own token has")]
    More,
    /// Its name is none.
    #[error("the name of a token has 1 to 64 visible characters")]
    Name,
    /// It could do nothing.
    #[error("a token without a role, or for no tenant, can do nothing: give it some")]
    Nothing,
    /// There is none to be revoked.
    #[error("there is no token \"{0}\"")]
    NoSuch(String),
    /// It could not be kept.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

impl NotMade {
    /// A stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::More => "more-than-yours",
            Self::Name | Self::Nothing => "bad-token",
            Self::NoSuch(_) => "no-such-token",
            Self::NotKept(error) => error.code(),
        }
    }
}

impl From<Failed> for NotMade {
    fn from(failed: Failed) -> Self {
        Self::NotKept(failed.into())
    }
}

/// The tokens of a host.
#[derive(Debug)]
pub struct Access {
    ledger: Arc<Ledger>,
    tokens: ArcSwap<HashMap<String, Arc<Kept>>>,
    attempts: Mutex<Attempts>,
}

/// Calls with a token that is not valid, of one minute.
#[derive(Debug)]
struct Attempts {
    since: Instant,
    count: u32,
}

/// Such calls that are told what is wrong, and stand in the audit log. Whoever has a valid token is never held up.
const ATTEMPTS: u32 = 20;
const MINUTE: Duration = Duration::from_secs(60);

/// What every token begins with, so that one that lies about is known for what it is.
const PREFIX: &str = "retort";
/// What is kept of the path of such a call.
const PATH_CHARACTERS: usize = 200;
/// What is kept of a note.
const NOTE_CHARACTERS: usize = 1_000;
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;

impl Access {
    /// The tokens that a ledger has.
    ///
    /// # Errors
    /// [`Failed`] if they cannot be read.
    pub async fn open(ledger: Arc<Ledger>) -> Result<Self, Failed> {
        let kept: Vec<Kept> = ledger.all("token/").await?;
        let tokens = kept
            .into_iter()
            .map(|token| (token.id.clone(), Arc::new(token)));
        let tokens = ArcSwap::from_pointee(tokens.collect());
        let attempts = Mutex::new(Attempts {
            since: Instant::now(),
            count: 0,
        });
        Ok(Self {
            ledger,
            tokens,
            attempts,
        })
    }

    /// Whether somebody can make tokens of every kind. Where nobody can, nobody ever will, but for
    /// [`Access::make_first`].
    pub fn has_admin(&self) -> bool {
        let tokens = self.tokens.load();
        let mut tokens = tokens.values();
        tokens.any(|token| token.is_valid().is_ok() && token.is_for_everything())
    }

    /// Who has this token, if they have one of these roles, and may use it for this tenant.
    ///
    /// # Errors
    /// [`Refused`] says what is missing.
    pub fn check(
        &self,
        token: Option<&str>,
        roles: &[Role],
        tenant: Option<&TenantId>,
    ) -> Result<Caller, Refused> {
        let caller = self.know(token.ok_or(Refused::Missing)?)?;
        if !roles.iter().any(|role| caller.0.roles.contains(role)) {
            return Err(Refused::Role(roles.first().copied().unwrap_or(Role::Admin)));
        }
        match tenant {
            Some(tenant) if !caller.sees(tenant) => Err(Refused::Tenant),
            Some(_) | None => Ok(caller),
        }
    }

    /// What somebody is told whose token is not valid; and the audit log, so that guessing does not go unseen. Only so
    /// many a minute are told and written.
    pub async fn attempted(&self, refused: Refused, at: &str) -> Refused {
        if !self.may_attempt() {
            return Refused::TooMany;
        }
        let by = By {
            who: "nobody".to_owned(),
            note: String::new(),
        };
        let at: String = at.chars().take(PATH_CHARACTERS).collect();
        let mut changing = self.ledger.change().await;
        let kept = changing
            .keep(&by, Changed::TokenRefused, None, at, refused.code())
            .await;
        if let Err(error) = kept {
            tracing::warn!(
                "a call with a token that is not valid is not in the audit log: {error}"
            );
        }
        refused
    }

    fn may_attempt(&self) -> bool {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.since.elapsed() >= MINUTE {
            *attempts = Attempts {
                since: Instant::now(),
                count: 0,
            };
        }
        attempts.count += 1;
        attempts.count <= ATTEMPTS
    }

    fn know(&self, token: &str) -> Result<Caller, Refused> {
        let mut parts = token.splitn(3, '_');
        let (Some(PREFIX), Some(id), Some(secret)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(Refused::Unknown);
        };
        let tokens = self.tokens.load();
        let kept = tokens.get(id).ok_or(Refused::Unknown)?;
        // Of digests, so the time that it takes tells nothing of the secret.
        if digest(secret) != kept.digest {
            return Err(Refused::Unknown);
        }
        kept.is_valid()?;
        Ok(Caller(Arc::clone(kept)))
    }

    /// The tokens that somebody may see, the oldest first.
    pub fn seen_by(&self, caller: &Caller) -> Vec<Arc<Kept>> {
        let tokens = self.tokens.load();
        let seen = tokens
            .values()
            .filter(|token| caller.has(&token.roles, token.tenants.as_ref()));
        let mut seen: Vec<_> = seen.cloned().collect();
        seen.sort_by_key(|token| token.made);
        seen
    }

    /// Makes a token, and gives it together with what is kept of it.
    ///
    /// # Errors
    /// [`NotMade`] says why there is none.
    pub async fn make(&self, by: &Caller, wanted: Wanted) -> Result<(Arc<Kept>, String), NotMade> {
        if !by.has(&wanted.roles, wanted.tenants.as_ref()) {
            return Err(NotMade::More);
        }
        let by = by.by("");
        let (kept, token) = drafted(&by, wanted)?;
        Ok((self.keep(&by, kept).await?, token))
    }

    /// Makes a token that may do everything, for who has the host itself: the first one, or one in place of what is lost. It is written down before it is kept: one that is kept
    /// and that nobody has would shut everybody out.
    ///
    /// # Errors
    /// [`NotMade`] if it cannot be written down or kept.
    pub async fn make_first(
        &self,
        write_down: impl FnOnce(&str) -> io::Result<()>,
    ) -> Result<(), NotMade> {
        let by = By {
            who: "the host".to_owned(),
            note: String::new(),
        };
        let wanted = Wanted {
            name: "admin".to_owned(),
            roles: Role::ANY.iter().copied().collect(),
            tenants: None,
            expires: None,
        };
        let (kept, token) = drafted(&by, wanted)?;
        write_down(&token).map_err(Failed::because)?;
        self.keep(&by, kept).await?;
        Ok(())
    }

    async fn keep(&self, by: &By, kept: Kept) -> Result<Arc<Kept>, NotMade> {
        let mut changing = self.ledger.change().await;
        let key = format!("token/{}", kept.id);
        changing.put(key, Expected::Absent, &kept)?;
        changing
            .keep(by, Changed::TokenMade, None, &kept.id, &kept.name)
            .await?;
        let kept = Arc::new(kept);
        self.know_of(&kept);
        Ok(kept)
    }

    /// Makes a token invalid.
    ///
    /// # Errors
    /// [`NotMade`] if there is none of that id that the caller may see, or it cannot be kept.
    pub async fn revoke(&self, by: &Caller, id: &str) -> Result<Arc<Kept>, NotMade> {
        let mut changing = self.ledger.change().await;
        let token = self.tokens.load().get(id).cloned();
        let token = token.filter(|token| by.has(&token.roles, token.tenants.as_ref()));
        let token = token.ok_or_else(|| NotMade::NoSuch(id.to_owned()))?;
        if token.revoked.is_some() {
            return Ok(token);
        }
        let revoked = Kept {
            revoked: Some(Timestamp::now()),
            ..Kept::clone(&token)
        };
        changing.put(format!("token/{id}"), Expected::Anything, &revoked)?;
        let by = by.by("");
        changing
            .keep(&by, Changed::TokenRevoked, None, id, &revoked.name)
            .await?;
        let revoked = Arc::new(revoked);
        self.know_of(&revoked);
        Ok(revoked)
    }

    /// While the change is still held, so that a later one is not undone.
    fn know_of(&self, token: &Arc<Kept>) {
        self.tokens.rcu(|tokens| {
            let mut tokens = HashMap::clone(tokens);
            tokens.insert(token.id.clone(), Arc::clone(token));
            tokens
        });
    }
}

impl Kept {
    fn is_valid(&self) -> Result<(), Refused> {
        let is_over = |expires: Timestamp| expires <= Timestamp::now();
        match (self.revoked, self.expires) {
            (Some(_), _) => Err(Refused::Revoked),
            (None, Some(expires)) if is_over(expires) => Err(Refused::Expired),
            (None, _) => Ok(()),
        }
    }

    fn is_for_everything(&self) -> bool {
        let mut all = Role::ANY.iter();
        self.tenants.is_none() && all.all(|role| self.roles.contains(role))
    }
}

impl Caller {
    /// Their name, and what they say of what they do, as far as it is a note and not a book.
    pub fn by(&self, note: impl AsRef<str>) -> By {
        By {
            who: self.0.name.clone(),
            note: note.as_ref().chars().take(NOTE_CHARACTERS).collect(),
        }
    }

    /// Whether they may look at a tenant's.
    pub fn sees(&self, tenant: &TenantId) -> bool {
        self.0
            .tenants
            .as_ref()
            .is_none_or(|tenants| tenants.contains(tenant))
    }

    /// Whether they have all of this.
    fn has(&self, roles: &BTreeSet<Role>, tenants: Option<&BTreeSet<TenantId>>) -> bool {
        let tenants = match (&self.0.tenants, tenants) {
            (None, _) => true,
            (Some(own), Some(wanted)) => wanted.is_subset(own),
            (Some(_), None) => false,
        };
        tenants && roles.is_subset(&self.0.roles)
    }

    /// The tenants that they are for; none if that is all.
    pub fn tenants(&self) -> Option<&BTreeSet<TenantId>> {
        self.0.tenants.as_ref()
    }

    /// Whether they are for all tenants, and with that for the host's own matters.
    pub fn is_for_all(&self) -> bool {
        self.0.tenants.is_none()
    }
}

/// A token, and what is to be kept of it.
fn drafted(by: &By, wanted: Wanted) -> Result<(Kept, String), NotMade> {
    let characters = wanted.name.chars().count();
    if !(1..=64).contains(&characters) || wanted.name.chars().any(char::is_control) {
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

//! Who may do what: tokens, each with its roles and its tenants. Of a token only a digest is kept; the token itself is
//! shown once, to who makes it.

mod caller;
mod refused;
mod token;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;

pub use caller::{Caller, Role};
pub use refused::{NotMade, Refused};
pub use token::{Kept, Wanted};

use crate::registry::ledger::{By, Changed, Ledger};
use crate::store::{Expected, Failed};
use crate::tenant::TenantId;
use token::{NOBODY, THE_HOST, drafted, parts};

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

/// What is kept of the path of such a call.
const PATH_CHARACTERS: usize = 200;
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
        if !caller.has_any(roles) {
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
            who: NOBODY.to_owned(),
            token: None,
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
        let (id, secret) = parts(token).ok_or(Refused::Unknown)?;
        let tokens = self.tokens.load();
        let kept = tokens.get(id).filter(|kept| kept.is_secret(secret));
        let kept = kept.ok_or(Refused::Unknown)?;
        kept.is_valid()?;
        Ok(Caller::of(kept))
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
            who: THE_HOST.to_owned(),
            token: None,
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
        let revoked = token.revoked_now();
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

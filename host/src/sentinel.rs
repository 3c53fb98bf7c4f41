//! Whose calls are LivePerson's: its tokens, which its authorization server Sentinel signs, and for which account each
//! one is. Knows nothing of routes, and nothing of what an account has here.

mod keys;
mod published;
mod refused;
mod rs256;
mod settings;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

pub use keys::Unusable;
pub use refused::{NotOpened, Refused};
pub use settings::{FunctionErrorStatus, PutStatus, Settings};

use crate::tenant::TenantId;
use keys::{Keys, Verdict};
use published::Published;
use token::Claims;

/// Whoever has more than this to say is not LivePerson: its tokens have less than 1 KiB.
const MOST_TOKEN_BYTES: usize = 8 << 10;

/// Tokens that are remembered, some 300 bytes each. An account's connector shows the same one for an hour.
const REMEMBERED: u64 = 10_000;
/// As long as a token is valid, and no longer if it is shown no more.
const REMEMBERED_IDLE: Duration = Duration::from_secs(3_600);

/// What is called with a token: each takes scopes of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A bot, by the Third-Party Bots connector.
    CustomEndpoint,
    /// A function, by whoever may invoke those of the account.
    Function,
}

/// The scope of an app that may invoke functions.
const INVOKE_SCOPE: &str = "faas.lambda.invoke";

/// Who looks at tokens. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Sentinel(Arc<Post>);

#[derive(Debug, Default)]
enum Post {
    /// Nobody's calls are answered.
    #[default]
    Closed,
    /// All calls are taken for those of one account.
    Open(TenantId),
    Guarded(Guard),
}

struct Guard {
    issuers: Vec<String>,
    scopes: Vec<String>,
    retry_seconds: u64,
    fixed: Keys,
    published: Vec<Arc<Published>>,
    /// Tokens that were found to be signed, by their digests: looking at one again is looking it up.
    remembered: Cache<[u8; 32], Arc<Claims>>,
}

impl Sentinel {
    /// One that knows the keys of some settings. Those that are published are not asked for yet.
    ///
    /// # Errors
    /// [`NotOpened`] if the settings contradict themselves, or a key cannot be read.
    pub fn open(settings: &Settings) -> Result<Self, NotOpened> {
        settings.check()?;
        if let Some(tenant) = &settings.open_tenant {
            return Ok(Self::open_to(tenant.clone()));
        }
        if !settings.has_keys() {
            return Ok(Self::default());
        }
        rs256::install();
        Ok(Self(Arc::new(Post::Guarded(Guard {
            issuers: settings.issuers.clone(),
            scopes: settings.scopes.clone(),
            retry_seconds: settings.jwks_retry_seconds,
            fixed: settings.fixed_keys()?,
            published: settings.published_keys()?,
            remembered: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_idle(REMEMBERED_IDLE)
                .build(),
        }))))
    }

    /// One that asks for no token, and takes every call for one of this account's: for a person's own machine.
    pub fn open_to(account: TenantId) -> Self {
        Self(Arc::new(Post::Open(account)))
    }

    /// Whether it asks for tokens.
    pub fn is_guarded(&self) -> bool {
        matches!(&*self.0, Post::Guarded(_))
    }

    /// Asks for the keys that are published, without waiting: the first call need not, and what is wrong with them is in
    /// the log early.
    pub fn begin(&self) {
        if let Post::Guarded(guard) = &*self.0 {
            guard.published.iter().for_each(Published::refresh);
        }
    }

    /// The account whose token this is, if it is one, and is for such a call at that moment.
    ///
    /// A token that was shown before costs a hash and a lookup. One that is signed with a key that is not known here may
    /// wait for the keys to be fetched.
    ///
    /// # Errors
    /// [`Refused`] says what is wrong with it.
    pub async fn account(
        &self,
        token: Option<&str>,
        call: Call,
        now: Timestamp,
    ) -> Result<TenantId, Refused> {
        match &*self.0 {
            Post::Closed => Err(Refused::Closed),
            Post::Open(account) => Ok(account.clone()),
            Post::Guarded(guard) => {
                let token = token.ok_or(Refused::Missing)?;
                Ok(guard.check(token, call, now).await?.account.clone())
            }
        }
    }
}

impl Guard {
    async fn check(&self, token: &str, call: Call, now: Timestamp) -> Result<Arc<Claims>, Refused> {
        if token.len() > MOST_TOKEN_BYTES {
            return Err(Refused::NotAToken);
        }
        let digest = Sha256::digest(token).into();
        if let Some(claims) = self.remembered.get(&digest) {
            self.may(&claims, call, now)?;
            return Ok(claims);
        }
        // Nothing that it says is believed yet: what would be refused anyhow is refused before its signature costs
        // anything.
        let (key, claims) = token::read(token, &self.issuers)?;
        self.may(&claims, call, now)?;
        self.see_signed(token, key.as_deref()).await?;
        let claims = Arc::new(claims);
        self.remembered.insert(digest, Arc::clone(&claims));
        Ok(claims)
    }

    fn may(&self, claims: &Claims, call: Call, now: Timestamp) -> Result<(), Refused> {
        claims.are_valid_at(now)?;
        let may = match call {
            Call::CustomEndpoint => self.scopes.is_empty() || claims.have_any(&self.scopes),
            Call::Function => claims.have_any(&[INVOKE_SCOPE]),
        };
        if may { Ok(()) } else { Err(Refused::Scope) }
    }

    async fn see_signed(&self, token: &str, key: Option<&str>) -> Result<(), Refused> {
        let mut verdict = self.verdict(token, key);
        if verdict == Verdict::KeyNotKnown {
            // From all at once, and until one has the key: another one may hang.
            let mut fetching = JoinSet::new();
            for published in self.published.iter().map(Arc::clone) {
                fetching.spawn(async move { published.fetched().await });
            }
            while verdict == Verdict::KeyNotKnown && fetching.join_next().await.is_some() {
                verdict = self.verdict(token, key);
            }
        }
        match verdict {
            Verdict::Signed => Ok(()),
            Verdict::Forged => Err(Refused::Signature),
            // It may be signed with a key that is new: who knows would be asked, and does not answer.
            Verdict::KeyNotKnown if self.published.iter().any(|from| from.is_down()) => {
                Err(Refused::KeysNotThere(self.retry_seconds))
            }
            Verdict::KeyNotKnown => Err(Refused::KeyNotKnown),
        }
    }

    fn verdict(&self, token: &str, key: Option<&str>) -> Verdict {
        let published = self.published.iter().map(Published::keys);
        let verdicts = published.map(|keys| keys.verdict(token, key));
        verdicts.fold(self.fixed.verdict(token, key), Verdict::max)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("published", &self.published)
            .finish_non_exhaustive()
    }
}

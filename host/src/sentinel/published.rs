//! Keys that somebody publishes, and changes: fetched once for all who wait for them, seldom, and within bounds.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::Instant;
use ureq::Agent;
use ureq::http::{StatusCode, Uri};

use super::keys::{Keys, Unusable};

/// A call waits for a fetch: the platform gives it a minute, and its consumer less.
const FETCH_TIME: Duration = Duration::from_secs(5);
/// A hundred keys and more; the platform publishes a few.
const MOST_BYTES: u64 = 64 << 10;

/// A place where keys are published.
pub(super) struct Published {
    url: String,
    refresh: Duration,
    retry: Duration,
    state: ArcSwap<State>,
    /// Who has it fetches; one at a time.
    fetching: Arc<Mutex<()>>,
}

/// What is known of it.
#[derive(Clone, Default)]
struct State {
    /// As they were last fetched.
    keys: Arc<Keys>,
    /// When that was tried last.
    tried: Option<Instant>,
    /// Whether it failed then.
    is_down: bool,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
enum NotFetched {
    #[error("{0}")]
    Unanswered(#[from] ureq::Error),
    #[error("the answer has status {0}; it has to be 200, and redirects are not followed")]
    Status(StatusCode),
    #[error("the answer cannot be used: {0}")]
    Unusable(#[from] Unusable),
    #[error("the fetch was given up")]
    GivenUp,
}

impl Published {
    pub(super) fn new(url: String, refresh: Duration, retry: Duration) -> Self {
        Self {
            url,
            refresh,
            retry,
            state: ArcSwap::default(),
            fetching: Arc::default(),
        }
    }

    /// The keys that are known, at once; if they are old, new ones are fetched meanwhile.
    pub(super) fn keys(self: &Arc<Self>) -> Arc<Keys> {
        self.refresh();
        Arc::clone(&self.state.load().keys)
    }

    /// Whether the last fetch failed.
    pub(super) fn is_down(&self) -> bool {
        self.state.load().is_down
    }

    /// Fetches the keys if it is time for that, without waiting.
    pub(super) fn refresh(self: &Arc<Self>) {
        let every = match self.is_down() {
            true => self.retry,
            false => self.refresh,
        };
        if !self.was_tried_within(every)
            && let Ok(alone) = Arc::clone(&self.fetching).try_lock_owned()
            // Whoever had it meanwhile has fetched.
            && !self.was_tried_within(every)
        {
            drop(self.fetch(alone));
        }
    }

    /// Waits until the keys are as new as they can be for who looks for one that is not among them: fetched just now, or
    /// so lately that nobody is to be asked again.
    ///
    /// # Cancel safety
    /// A fetch that has begun goes on, so that nobody has it begun anew by hanging up.
    pub(super) async fn fetched(self: &Arc<Self>) {
        let alone = Arc::clone(&self.fetching).lock_owned().await;
        if !self.was_tried_within(self.retry) {
            let _over = self.fetch(alone).await;
        }
    }

    fn was_tried_within(&self, time: Duration) -> bool {
        let tried = self.state.load().tried;
        tried.is_some_and(|tried| tried.elapsed() < time)
    }

    fn fetch(self: &Arc<Self>, alone: OwnedMutexGuard<()>) -> JoinHandle<()> {
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let url = this.url.clone();
            let fetched = spawn_blocking(move || fetch(&url)).await;
            let fetched = fetched.unwrap_or(Err(NotFetched::GivenUp));
            if let Err(error) = &fetched {
                let url = &this.url;
                tracing::warn!(
                    "the keys at {url} cannot be fetched; those that are known, if any are, stay in use: {error}"
                );
            }
            let is_down = fetched.is_err();
            let known = || Arc::clone(&this.state.load().keys);
            let keys = fetched.map_or_else(|_| known(), Arc::new);
            let tried = Some(Instant::now());
            this.state.store(Arc::new(State {
                keys,
                tried,
                is_down,
            }));
            drop(alone);
        })
    }
}

/// On a thread that may wait.
fn fetch(url: &str) -> Result<Keys, NotFetched> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // Only who was named is trusted, and is asked directly.
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(FETCH_TIME));
    let mut response = config.build().new_agent().get(url).call()?;
    if response.status() != StatusCode::OK {
        return Err(NotFetched::Status(response.status()));
    }
    let body = response.body_mut().with_config().limit(MOST_BYTES);
    Ok(Keys::of_jwks(&body.read_to_vec()?)?)
}

/// Whether nobody on the way can answer in place of who is asked.
pub(super) fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => is_this_machine(host),
        _ => false,
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Published").field(&self.url).finish()
    }
}

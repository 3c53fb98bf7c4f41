//! A certificate and its key, read again when they have changed. Their content is compared, not their times: a file can
//! be replaced by one that is older, or reached through a link that is turned. Looking needs nobody to tell the host,
//! as a signal would: who renews certificates often knows nothing of those that show them.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use super::pair::{Digest, Files, NotUsable, Pair};

/// What is known of the files, and what is shown of them.
pub(super) struct Renewal {
    files: Files,
    /// What the last look came to: an error is told once, not at each look.
    seen: Result<Digest, String>,
    shown: Arc<ArcSwap<ServerConfig>>,
}

impl Renewal {
    pub(super) fn of(files: Files, seen: Digest, shown: Arc<ArcSwap<ServerConfig>>) -> Self {
        let seen = Ok(seen);
        Self { files, seen, shown }
    }

    pub(super) async fn go_on(mut self, every: Duration) {
        let mut looks = interval(every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first one is at once, and the files were read just now.
        looks.tick().await;
        loop {
            looks.tick().await;
            let files = self.files.clone();
            // On a thread that may wait: the files can be on a disk that is far away.
            if let Ok(read) = spawn_blocking(move || files.read()).await {
                self.look_at(read);
            }
        }
    }

    /// Shows what is new and can be shown. Whatever else is there, the pair that was shown is shown on.
    fn look_at(&mut self, read: Result<Pair, NotUsable>) {
        let now = read
            .as_ref()
            .map(Pair::digest)
            .map_err(NotUsable::to_string);
        if now == self.seen {
            return;
        }
        self.seen = now;
        match read.and_then(|pair| pair.shown(&self.files)) {
            Ok(renewed) => {
                self.shown.store(renewed);
                tracing::info!(
                    "the certificate has changed, and the new one is shown to who connects from now on"
                );
            }
            Err(error) => tracing::error!(
                "the certificate or its key has changed and cannot be shown; the pair before is shown on: {error}"
            ),
        }
    }
}

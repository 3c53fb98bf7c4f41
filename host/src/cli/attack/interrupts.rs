//! Whoever ends the command before it is over. Knows nothing of what is left to be done then.

use std::future::pending;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Ended;

/// Ctrl-C and SIGTERM, as soon as somebody watches for them.
pub(super) struct Interrupts(Option<[Signal; 2]>);

impl Interrupts {
    /// What they do by themselves: end the process at once.
    pub(super) fn left_alone() -> Self {
        Self(None)
    }

    /// From here on they are to be asked for.
    pub(super) fn watched() -> Result<Self, Ended> {
        let failed = |error| Ended::Host(format!("signals cannot be waited for: {error}"));
        let watched = |kind| signal(kind).map_err(failed);
        Ok(Self(Some([
            watched(SignalKind::interrupt())?,
            watched(SignalKind::terminate())?,
        ])))
    }

    /// Waits for the next one.
    ///
    /// # Cancel safety
    /// One that comes while nobody waits is not lost.
    pub(super) async fn next(&mut self) {
        let Some([interrupt, terminate]) = &mut self.0 else {
            return pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

//! Who may run now: permits, and the wait for one. Knows nothing of bots and tenants.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::fault::Fault;

/// How many turns run at a time, and how many may wait.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Turns that hold an instance at a time. Below the pool's size, so that the pool never refuses:
    /// an instance that is being torn down still holds its slot for a moment.
    pub concurrent_turns: usize,
    /// Turns that may wait for one of those. Each holds its request in memory meanwhile.
    pub waiting_turns: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrent_turns: 96,
            waiting_turns: 1024,
        }
    }
}

/// Why a turn was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// As many are waiting as may wait.
    #[error("the host is full: {waiting} turns are waiting already")]
    Full {
        /// How many were waiting.
        waiting: usize,
    },
    /// The turn's time went by while it waited.
    #[error("the turn waited until its deadline and was not let in")]
    WaitedTooLong,
}

impl Refused {
    /// A full host is the host's own doing.
    pub fn fault(self) -> Fault {
        Fault::Host
    }
}

/// The right to run one turn. Dropping it lets the next one in.
#[derive(Debug)]
pub struct Permit(#[expect(dead_code, reason = "held for its `Drop`")] OwnedSemaphorePermit);

/// How many turns there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancy {
    /// Turns that hold a permit.
    pub running: usize,
    /// Turns that wait for one.
    pub waiting: usize,
}

/// The gate in front of the sandbox.
#[derive(Debug)]
pub struct Admission {
    running: Arc<Semaphore>,
    may_run: usize,
    waiting: AtomicUsize,
    may_wait: usize,
}

impl Admission {
    /// A gate with these settings.
    pub fn new(settings: &Settings) -> Self {
        Self {
            running: Arc::new(Semaphore::new(settings.concurrent_turns)),
            may_run: settings.concurrent_turns,
            waiting: AtomicUsize::new(0),
            may_wait: settings.waiting_turns,
        }
    }

    /// Waits for a permit, at most until `deadline`: waiting counts against the turn's own time.
    ///
    /// # Errors
    /// [`Refused::Full`] at once if too many wait already; [`Refused::WaitedTooLong`] at `deadline`, even if there
    /// would be room then.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the queue.
    pub async fn admit(&self, deadline: Instant) -> Result<Permit, Refused> {
        if Instant::now() >= deadline {
            return Err(Refused::WaitedTooLong);
        }
        if let Ok(permit) = Arc::clone(&self.running).try_acquire_owned() {
            return Ok(Permit(permit));
        }
        let _place = self.wait()?;
        match timeout_at(deadline, Arc::clone(&self.running).acquire_owned()).await {
            Ok(permit) => Ok(Permit(permit.expect("the semaphore is never closed"))),
            Err(_) => Err(Refused::WaitedTooLong),
        }
    }

    /// How many turns run and how many wait, right now.
    pub fn occupancy(&self) -> Occupancy {
        Occupancy {
            running: self
                .may_run
                .saturating_sub(self.running.available_permits()),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    fn wait(&self) -> Result<Place<'_>, Refused> {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.waiting);
        if waiting < self.may_wait {
            Ok(place)
        } else {
            Err(Refused::Full { waiting })
        }
    }
}

/// A place in the queue, given back on drop.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(100)
    }

    fn one_runs_one_waits() -> Admission {
        Admission::new(&Settings {
            concurrent_turns: 1,
            waiting_turns: 1,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_waits_past_its_deadline_is_refused() {
        let admission = one_runs_one_waits();
        let _running = admission.admit(soon()).await.expect("the first is let in");
        assert_eq!(
            admission.admit(soon()).await.map(|_| ()),
            Err(Refused::WaitedTooLong)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_is_refused_at_once_when_the_queue_is_full_and_gives_its_place_back() {
        let admission = one_runs_one_waits();
        let running = admission.admit(soon()).await.expect("the first is let in");
        let mut second = Box::pin(admission.admit(soon()));
        tokio::select! { biased; _ = &mut second => panic!("there is no permit yet"), () = std::future::ready(()) => {} }
        assert_eq!(
            admission.admit(soon()).await.map(|_| ()),
            Err(Refused::Full { waiting: 1 })
        );
        let occupancy = |running, waiting| Occupancy { running, waiting };
        assert_eq!(admission.occupancy(), occupancy(1, 1));

        drop(second);
        assert_eq!(admission.occupancy(), occupancy(1, 0));
        drop(running);
        assert_eq!(admission.occupancy(), occupancy(0, 0));
        admission
            .admit(soon())
            .await
            .expect("both places are free again");
    }
}

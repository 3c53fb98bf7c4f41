//! Places that are given out fairly: the next one goes to the tenant that holds least for its weight, and within
//! it to such a bot. Knows nothing of names and of what a place is for.

mod party;
mod state;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Line, Occupancy, Refused};
use state::State;

/// How many places there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Places.
    pub(super) places: usize,
    /// How many may wait for one.
    pub(super) waiting: usize,
    /// How many of either one tenant may have for each that is free; none: all of them.
    pub(super) share: Option<usize>,
}

/// The places, and who waits for one.
#[derive(Debug)]
pub(super) struct Fair {
    state: Mutex<State>,
}

/// A place that is held. Dropping it hands it on.
#[derive(Debug)]
pub(super) struct Place {
    fair: Arc<Fair>,
    line: Line,
    since: Instant,
}

impl Drop for Place {
    fn drop(&mut self) {
        let granted = self.fair.state().leave(self.line, self.since.elapsed());
        for (line, waiter) in granted {
            // Who gave up in this moment drops the place, which hands it on.
            drop(waiter.send(self.fair.place(line)));
        }
    }
}

/// Someone in a queue, who leaves it on drop.
struct Queued {
    fair: Arc<Fair>,
    line: Line,
    ticket: u64,
    granted: oneshot::Receiver<Place>,
    is_over: bool,
}

impl Queued {
    async fn place(mut self) -> Place {
        let place = (&mut self.granted).await;
        self.is_over = true;
        place.expect("a queue that this one keeps alive forgets nobody who is in it")
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        if !self.is_over {
            self.fair.state().give_up(self.line, self.ticket);
        }
    }
}

impl Fair {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            state: Mutex::new(State::new(rules)),
        }
    }

    /// A place now or after a wait, unless that is bound to take longer than `left`.
    pub(super) fn enter(
        self: &Arc<Self>,
        line: Line,
        left: Duration,
    ) -> Result<impl Future<Output = Place> + use<>, Refused> {
        let mut state = self.state();
        let queued = if state.take(line) {
            None
        } else {
            let (grant, granted) = oneshot::channel();
            let ticket = state.queue(line, left, grant)?;
            Some((ticket, granted))
        };
        drop(state);

        let fair = Arc::clone(self);
        let entering = match queued {
            None => Ok(fair.place(line)),
            Some((ticket, granted)) => Err(Queued {
                fair,
                line,
                ticket,
                granted,
                is_over: false,
            }),
        };
        Ok(async move {
            match entering {
                Ok(place) => place,
                Err(queued) => queued.place().await,
            }
        })
    }

    pub(super) fn occupancy(&self) -> Occupancy {
        self.state().occupancy()
    }

    /// Whether there are places, and none for this line.
    pub(super) fn is_over_share(&self, line: Line) -> bool {
        self.state().is_over_share(line)
    }

    /// Whether at least half of the places that are taken are this line's.
    pub(super) fn has_most(&self, line: Line) -> bool {
        self.state().has_most(line)
    }

    fn place(self: &Arc<Self>, line: Line) -> Place {
        Place {
            fair: Arc::clone(self),
            line,
            since: Instant::now(),
        }
    }

    // What a thread that panicked left behind is whole: nothing in there panics between two changes.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Places of which there are few: one party has a part of them at most, so that those it holds for long are not all.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A party has at most one of so many places.
const SHARE: usize = 4;

/// The places of all parties.
#[derive(Debug)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    each: usize,
    parties: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// A place, and its part of the party's share.
pub(super) struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_party: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(all: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            each: all.div_ceil(SHARE),
            parties: Mutex::default(),
        }
    }

    /// A place for a party, once there is one that it may have.
    pub(super) async fn take(&self, party: &str) -> io::Result<Place> {
        let of_party = self.party(party).acquire_owned().await;
        let of_all = Arc::clone(&self.all).acquire_owned().await;
        Ok(Place {
            _of_all: of_all.map_err(io::Error::other)?,
            _of_party: of_party.map_err(io::Error::other)?,
        })
    }

    fn party(&self, party: &str) -> Arc<Semaphore> {
        let mut parties = self.parties.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = parties.get(party).and_then(Weak::upgrade) {
            return known;
        }
        // Only those that hold or want a place are known: there are never many more.
        parties.retain(|_, known| known.strong_count() > 0);
        let new = Arc::new(Semaphore::new(self.each));
        parties.insert(party.to_owned(), Arc::downgrade(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_party_cannot_hold_all_places() {
        let places = Places::new(8);
        let moment = Duration::from_millis(10);
        let (one, two) = (
            places.take("a").await.unwrap(),
            places.take("a").await.unwrap(),
        );
        assert!(timeout(moment, places.take("a")).await.is_err());
        let other = timeout(moment, places.take("b")).await.unwrap();
        drop((one, other));
        assert!(timeout(moment, places.take("a")).await.is_ok());
        drop(two);
    }
}

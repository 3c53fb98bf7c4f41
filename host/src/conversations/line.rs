//! Whose turn it is in a conversation: one event at a time, and of those that wait the one with the lowest number.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::EventId;

/// Events of a conversation that wait at a time. Who is one too many would be late anyway, and must not wait for that
/// where nobody counts who waits.
pub(super) const WAITING: usize = 64;

/// The conversations that have a turn now, each with those who wait.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<HashMap<String, Vec<Waiter>>>);

#[derive(Debug)]
struct Waiter {
    event: Option<EventId>,
    go: oneshot::Sender<Held>,
}

/// A conversation that nobody else has a turn of until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    lines: Arc<Lines>,
    /// Empty once it was handed on.
    key: String,
    /// Whether others had their turns first.
    pub(super) has_waited: bool,
}

impl Lines {
    /// Waits for a conversation until then; none if it was not free in that time.
    pub(super) async fn hold(
        self: &Arc<Self>,
        key: &str,
        event: Option<&EventId>,
        until: Instant,
    ) -> Option<Held> {
        let waiting = {
            let mut lines = self.lines();
            match lines.get_mut(key) {
                None => {
                    lines.insert(key.to_owned(), Vec::new());
                    return Some(self.held(key.to_owned(), false));
                }
                Some(waiters) if waiters.len() >= WAITING => return None,
                Some(waiters) => {
                    let (go, gone) = oneshot::channel();
                    let event = event.cloned();
                    waiters.push(Waiter { event, go });
                    gone
                }
            }
        };
        let held = timeout_at(until, waiting).await.ok()?.ok()?;
        // It may have become free in the very moment in which the time was over.
        (Instant::now() < until).then_some(held)
    }

    fn held(self: &Arc<Self>, key: String, has_waited: bool) -> Held {
        Held {
            lines: Arc::clone(self),
            key,
            has_waited,
        }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<String, Vec<Waiter>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is next, if anybody is; the line is gone with its last.
    fn next(&self, key: &str) -> Option<Waiter> {
        let mut lines = self.lines();
        let waiters = lines.get_mut(key)?;
        match next(waiters) {
            Some(at) => Some(waiters.remove(at)),
            None => {
                lines.remove(key);
                None
            }
        }
    }
}

/// Of those who wait in the dialogue of whoever has waited longest, the lowest number.
fn next(waiters: &[Waiter]) -> Option<usize> {
    let first = waiters.first()?;
    let Some(event) = &first.event else {
        return Some(0);
    };
    let numbered = waiters.iter().enumerate().filter_map(|(at, waiter)| {
        let other = waiter.event.as_ref()?;
        (other.dialog == event.dialog).then_some((other.sequence, at))
    });
    numbered.min().map(|(_, at)| at)
}

impl Drop for Held {
    fn drop(&mut self) {
        let key = std::mem::take(&mut self.key);
        if key.is_empty() {
            return;
        }
        while let Some(waiter) = self.lines.next(&key) {
            match waiter.go.send(self.lines.held(key.clone(), true)) {
                Ok(()) => return,
                // It has given up; what was not taken must not be handed on a second time.
                Err(mut held) => held.key.clear(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::JoinSet;

    use super::*;

    fn event(sequence: u64) -> EventId {
        EventId::new("d", sequence, "text")
    }

    /// Waiters of these numbers, and the order in which they had their turns.
    async fn order(numbers: &[Option<u64>]) -> Vec<Option<u64>> {
        let lines = Arc::new(Lines::default());
        let until = Instant::now() + Duration::from_secs(60);
        let first = lines.hold("c", None, until).await.expect("free");
        let (mut waiting, order) = (JoinSet::new(), Arc::new(Mutex::new(Vec::new())));
        for number in numbers.iter().copied() {
            let (lines, order) = (Arc::clone(&lines), Arc::clone(&order));
            waiting.spawn(async move {
                let event = number.map(event);
                let held = lines.hold("c", event.as_ref(), until).await;
                let _held = held.expect("it is its turn before long");
                order.lock().expect("a list").push(number);
                tokio::task::yield_now().await;
            });
            tokio::task::yield_now().await;
        }
        drop(first);
        waiting.join_all().await;
        assert!(lines.lines().is_empty(), "nobody waits any more");
        order.lock().expect("a list").clone()
    }

    #[tokio::test(start_paused = true)]
    async fn events_that_wait_have_their_turns_in_the_order_of_their_numbers() {
        let shuffled = [Some(5), Some(2), Some(9), Some(3)];
        assert_eq!(order(&shuffled).await, [Some(2), Some(3), Some(5), Some(9)]);
        // What has no number keeps its place among them.
        let mixed = [None, Some(4), Some(1), None];
        assert_eq!(order(&mixed).await, [None, Some(1), Some(4), None]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_is_passed_over_and_holds_up_nobody() {
        let lines = Arc::new(Lines::default());
        let until = Instant::now() + Duration::from_secs(60);
        let first = lines.hold("c", None, until).await.expect("free");
        let soon = Instant::now() + Duration::from_millis(1);
        assert!(lines.hold("c", None, soon).await.is_none());
        let (gives_up, waits) = (lines.hold("c", None, until), lines.hold("c", None, until));
        let (mut gives_up, mut waits) = (Box::pin(gives_up), Box::pin(waits));
        assert!(futures_are_pending(&mut gives_up, &mut waits).await);
        // It is given the conversation, and is gone before it looks.
        drop(first);
        drop(gives_up);
        let held = waits.await.expect("it is passed on");
        drop(held);
        assert!(lines.lines().is_empty());
    }

    async fn futures_are_pending<F: Future + Unpin>(one: &mut F, other: &mut F) -> bool {
        let now = Duration::ZERO;
        tokio::time::timeout(now, one).await.is_err()
            && tokio::time::timeout(now, other).await.is_err()
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_wait_in_a_line_and_one_more_is_told_at_once() {
        let lines = Arc::new(Lines::default());
        let until = Instant::now() + Duration::from_secs(60);
        let first = lines.hold("c", None, until).await.expect("free");
        let mut waiting = JoinSet::new();
        for _ in 0..WAITING {
            let lines = Arc::clone(&lines);
            waiting.spawn(async move { lines.hold("c", None, until).await.is_some() });
        }
        // Until all of them stand in it.
        for _ in 0..WAITING {
            tokio::task::yield_now().await;
        }
        let begun = Instant::now();
        assert!(lines.hold("c", None, until).await.is_none());
        assert_eq!(Instant::now(), begun, "it did not wait");
        drop(first);
        assert!(waiting.join_all().await.iter().all(|held| *held));
    }
}

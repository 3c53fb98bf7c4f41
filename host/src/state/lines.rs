//! Who may change a memory: one turn of this host at a time, in the order they came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Line, OwnedMutexGuard};
use tokio::time::{Instant, timeout_at};

use super::NotKept;

/// Turns that wait for a memory at a time. Who is one too many would be late anyway, and must not wait for that where
/// nobody counts who waits.
const WAITING: usize = 64;

/// A line for each memory that somebody holds or waits for.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    lines: HashMap<String, Weak<Line<()>>>,
    /// How many there may be before those are looked for that nobody holds any more.
    most: usize,
}

/// What a turn holds; given back when this is dropped.
#[derive(Debug, Default)]
pub struct Held(Vec<(String, OwnedMutexGuard<()>)>);

impl Lines {
    /// Waits for a memory, unless it is held already.
    pub(super) async fn hold(
        &self,
        held: &mut Held,
        key: &str,
        until: Instant,
    ) -> Result<(), NotKept> {
        if held.0.iter().any(|(own, _)| own == key) {
            return Ok(());
        }
        let line = self.line(key);
        if Arc::strong_count(&line) > WAITING + 1 {
            return Err(NotKept::Late);
        }
        let guard = timeout_at(until, line.lock_owned()).await;
        let guard = guard.map_err(|_| NotKept::Late)?;
        // The line may have been free in the very moment in which the time was over.
        if Instant::now() >= until {
            return Err(NotKept::Late);
        }
        held.0.push((key.to_owned(), guard));
        Ok(())
    }

    fn line(&self, key: &str) -> Arc<Line<()>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = kept.lines.get(key).and_then(Weak::upgrade) {
            return line;
        }
        if kept.lines.len() >= kept.most {
            kept.lines.retain(|_, line| line.strong_count() > 0);
            // Twice what is in use: looking through them costs little for each that comes.
            kept.most = 64.max(kept.lines.len() * 2);
        }
        let line = Arc::default();
        kept.lines.insert(key.to_owned(), Arc::downgrade(&line));
        line
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_wait_in_a_line_and_one_more_is_told_at_once() {
        let lines = Arc::new(Lines::default());
        let until = Instant::now() + Duration::from_secs(60);
        let mut first = Held::default();
        lines.hold(&mut first, "k", until).await.expect("free");
        let mut waiting = JoinSet::new();
        for _ in 0..WAITING {
            let lines = Arc::clone(&lines);
            waiting.spawn(async move {
                let mut held = Held::default();
                lines.hold(&mut held, "k", until).await
            });
        }
        // Until all of them stand in it.
        for _ in 0..WAITING {
            tokio::task::yield_now().await;
        }
        let begun = Instant::now();
        let refused = lines.hold(&mut Held::default(), "k", until).await;
        assert!(matches!(refused, Err(NotKept::Late)), "{refused:?}");
        assert_eq!(Instant::now(), begun, "it did not wait");
        drop(first);
        assert!(waiting.join_all().await.iter().all(Result::is_ok));
        let late = lines.hold(&mut Held::default(), "k", Instant::now()).await;
        assert!(matches!(late, Err(NotKept::Late)), "{late:?}");
    }
}

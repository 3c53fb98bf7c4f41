//! Who may change a memory: one turn of this host at a time, in the order they came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Line, OwnedMutexGuard};
use tokio::time::{Instant, timeout_at};

use super::NotKept;

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
        let line = self.line(key).lock_owned();
        let held_line = timeout_at(until, line).await;
        let guard = held_line.map_err(|_| NotKept::Late)?;
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

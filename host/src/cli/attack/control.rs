//! How late this machine wakes anybody up: the part of a delay that is not the host's. Knows nothing of the host.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::samples::{Samples, Summary};

const EVERY: Duration = Duration::from_millis(1);

/// A thread that does nothing but wake up every millisecond, on an absolute schedule.
pub struct Control(Arc<Shared>);

#[derive(Default)]
struct Shared {
    late: Mutex<Vec<Duration>>,
    is_over: AtomicBool,
}

impl Control {
    /// Starts the thread, which ends when this is dropped.
    ///
    /// # Errors
    /// The system's own, if it gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let watched = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || watch(&watched))?;
        Ok(Self(shared))
    }

    /// How late it was since this was asked last.
    pub fn take(&self) -> Summary {
        let mut late = self.0.late.lock().unwrap_or_else(PoisonError::into_inner);
        Samples(std::mem::take(&mut *late)).summary()
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

fn watch(shared: &Shared) {
    let mut next = Instant::now();
    while !shared.is_over.load(Ordering::Relaxed) {
        next += EVERY;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        let late = next.elapsed();
        let mut samples = shared.late.lock().unwrap_or_else(PoisonError::into_inner);
        samples.push(late);
        // What a long sleep of the machine left behind is one delay, not many.
        if late > EVERY {
            next = Instant::now();
        }
    }
}

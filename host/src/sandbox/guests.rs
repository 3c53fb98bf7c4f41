//! Which thread a guest runs on. Most turns end within a tick, and changing threads would cost them more than
//! running does; so a guest begins on the thread that asks, and one that is still running at its first tick goes
//! on elsewhere, on threads where guests spin among themselves and take nothing from accept, health and metrics.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinHandle};

/// The threads of guests that take longer.
pub(super) struct Guests(Option<Runtime>);

/// Whether a guest has run into a tick. Shared by the guest, which says so, and by who asks it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ticked(Arc<AtomicBool>);

impl Ticked {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Guests {
    pub(super) fn start(threads: usize) -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if threads == 0 {
            cores.saturating_sub(1).max(1)
        } else {
            threads
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("guest")
            .enable_time()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs a turn to its end. Dropping the future ends it.
    pub(super) async fn run<F>(&self, turn: F, ticked: &Ticked) -> Result<F::Output, JoinError>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let mut turn = Box::pin(turn);
        match poll_fn(|cx| until_tick(turn.as_mut(), ticked, cx)).await {
            Some(ended) => Ok(ended),
            None => {
                let runtime = self.0.as_ref().expect("the runtime is there until drop");
                Running(runtime.spawn(turn)).await
            }
        }
    }
}

/// The end of a turn, or none when it has run into a tick. One that waits in a host call takes no thread, and
/// stays where it is.
fn until_tick<F: Future>(
    turn: Pin<&mut F>,
    ticked: &Ticked,
    cx: &mut Context<'_>,
) -> Poll<Option<F::Output>> {
    match turn.poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if ticked.is_set() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    }
}

// A runtime that is dropped waits for its threads, which may not be done inside another runtime.
impl Drop for Guests {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A turn on another thread, which ends when nobody waits for it any more.
struct Running<T>(JoinHandle<T>);

impl<T> Future for Running<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

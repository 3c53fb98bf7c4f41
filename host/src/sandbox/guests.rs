//! Which thread a guest runs on. Most turns end within a tick, and changing threads would cost them more than
//! running does; so a guest begins on the thread that asks, and one that is still running at its first tick goes
//! on elsewhere, on threads that are of lower priority than all others and that guests share slice by slice.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout_at;

use super::Settings;
use crate::admission::Lane;

/// The threads of guests that take longer.
pub(super) struct Guests(Option<Runtime>);

/// How a turn is to be scheduled.
pub(super) struct Schedule {
    /// Set by the guest when it runs into a tick.
    pub(super) ticked: Ticked,
    /// Where it queues for its slices.
    pub(super) lane: Lane,
    /// When it no longer waits for one.
    pub(super) deadline: Instant,
}

/// Whether a guest has run into a tick. Shared by the guest, which says so, and by who asks it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ticked(Arc<AtomicBool>);

impl Ticked {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// What a guest waits for at a tick: to be run again, which nobody has to tell it.
pub(super) fn next_slice() -> impl Future<Output = ()> + Send + 'static {
    let mut is_next = false;
    poll_fn(move |_| {
        if std::mem::replace(&mut is_next, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
}

impl Guests {
    pub(super) fn start(settings: &Settings) -> io::Result<Self> {
        let niceness = settings.guest_niceness;
        let runtime = Builder::new_multi_thread()
            .worker_threads(settings.guest_threads())
            .thread_name("guest")
            .on_thread_start(move || lower_priority(niceness))
            .enable_time()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs a turn to its end, from its beginning on the guests' own threads if it is `long`. Also says whether
    /// that is where it ended. Dropping the future ends the turn.
    pub(super) async fn run<F>(
        &self,
        turn: F,
        schedule: Schedule,
        long: bool,
    ) -> (Result<F::Output, JoinError>, bool)
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let mut turn = Box::pin(turn);
        let ticked = &schedule.ticked;
        let short = poll_fn(|cx| until_tick(turn.as_mut(), ticked, cx));
        let ended = if long { None } else { short.await };
        if let Some(ended) = ended {
            return (Ok(ended), false);
        }
        let runtime = self.0.as_ref().expect("the runtime is there until drop");
        (
            Running(runtime.spawn(in_slices(turn, schedule))).await,
            true,
        )
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
        Poll::Pending if ticked.take() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    }
}

/// Runs a turn slice by slice: it holds a slice while it runs, and none while it waits in a host call.
async fn in_slices<F: Future>(mut turn: Pin<Box<F>>, schedule: Schedule) -> F::Output {
    loop {
        // At its deadline it is run once more, to be cut in its own words.
        let slice = timeout_at(schedule.deadline.into(), schedule.lane.slice()).await;
        let polled = poll_fn(|cx| Poll::Ready(turn.as_mut().poll(cx))).await;
        drop(slice);
        match polled {
            Poll::Ready(ended) => return ended,
            // Those that have just come have to get in line before the next slice is given out.
            Poll::Pending if schedule.ticked.take() => tokio::task::yield_now().await,
            // It waits in a host call, which will wake this task.
            Poll::Pending => next_slice().await,
        }
    }
}

/// So that a guest that spins gives way to whatever else has work: accept, health, short turns.
fn lower_priority(niceness: u8) {
    // Where the system does not let it, the guests' threads have the priority of all others.
    if let Err(error) = rustix::process::nice(i32::from(niceness)) {
        tracing::debug!("guests run at the priority of the host: {error}");
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

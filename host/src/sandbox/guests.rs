//! Which thread a guest runs on. Most turns end within a tick, and changing threads would cost them more than
//! running does; so a guest begins on the thread that asks, and one that is still running at its first tick goes
//! on elsewhere, on threads that are of lower priority than all others and that guests share slice by slice.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout_at;

use super::Settings;
use crate::admission::{Lane, Slice};

/// The threads of guests that take longer.
pub(super) struct Guests(Option<Runtime>);

/// How a turn is to be scheduled.
pub(super) struct Schedule {
    /// What the guest and its threads tell of it.
    pub(super) progress: Progress,
    /// Where it queues for its slices.
    pub(super) lane: Lane,
    /// When it no longer waits for one.
    pub(super) deadline: Instant,
}

impl Schedule {
    /// A slice; none at the deadline, when a turn is run once more all the same, to be cut in its own words.
    async fn wait_for(&self, slice: impl Future<Output = Slice>) -> Option<Slice> {
        self.progress.waits();
        let slice = timeout_at(self.deadline.into(), slice).await;
        self.progress.waits_no_more();
        slice.ok()
    }
}

/// How a guest gets on. Shared by the guest, its threads, and who asks it.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    ticked: AtomicBool,
    waited_us: AtomicU64,
    /// When the wait began that is not over, in microseconds since the first look at it; 0: there is none.
    waits_since_us: AtomicU64,
    begun: OnceLock<Instant>,
}

impl Progress {
    /// The guest has run into a tick.
    pub(super) fn tick(&self) {
        self.0.ticked.store(true, Ordering::Relaxed);
    }

    /// How long it waited for its slices: time that others had.
    pub(super) fn waited(&self) -> Duration {
        let over = self.0.waited_us.load(Ordering::Relaxed);
        let open = match self.0.waits_since_us.load(Ordering::Relaxed) {
            0 => 0,
            since => self.now_us().saturating_sub(since),
        };
        Duration::from_micros(over + open)
    }

    fn has_ticked(&self) -> bool {
        self.0.ticked.swap(false, Ordering::Relaxed)
    }

    fn waits(&self) {
        self.0
            .waits_since_us
            .store(self.now_us(), Ordering::Relaxed);
    }

    fn waits_no_more(&self) {
        let since = self.0.waits_since_us.swap(0, Ordering::Relaxed);
        let micros = self.now_us().saturating_sub(since);
        self.0.waited_us.fetch_add(micros, Ordering::Relaxed);
    }

    fn now_us(&self) -> u64 {
        let begun = self.0.begun.get_or_init(Instant::now);
        u64::try_from(begun.elapsed().as_micros()).map_or(u64::MAX, |micros| micros + 1)
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
            // What a guest waits for, it may begin to wait for on these threads.
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs a turn to its end, from its beginning on the guests' own threads if it is bound to be `long`. Dropping
    /// the future ends the turn.
    pub(super) async fn run<F>(
        &self,
        turn: F,
        schedule: Schedule,
        long: bool,
    ) -> Result<F::Output, JoinError>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let mut turn = Box::pin(turn);
        let progress = &schedule.progress;
        let short = poll_fn(|cx| until_tick(turn.as_mut(), progress, cx));
        let ended = if long { None } else { short.await };
        if let Some(ended) = ended {
            return Ok(ended);
        }
        let runtime = self.0.as_ref().expect("the runtime is there until drop");
        Running(runtime.spawn(in_slices(turn, schedule))).await
    }
}

/// The end of a turn, or none when it has run into a tick. One that waits in a host call takes no thread, and
/// stays where it is.
fn until_tick<F: Future>(
    turn: Pin<&mut F>,
    progress: &Progress,
    cx: &mut Context<'_>,
) -> Poll<Option<F::Output>> {
    match turn.poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if progress.has_ticked() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    }
}

/// Runs a turn slice by slice: it holds a slice while it runs, and none while it waits in a host call.
async fn in_slices<F: Future>(mut turn: Pin<Box<F>>, schedule: Schedule) -> F::Output {
    let mut next = schedule.lane.slice();
    loop {
        let slice = schedule.wait_for(next).await;
        match poll_fn(|cx| Poll::Ready(turn.as_mut().poll(cx))).await {
            Poll::Ready(ended) => return ended,
            Poll::Pending if schedule.progress.has_ticked() => {
                // In line before the slice is given back, and so is whoever has just come.
                next = schedule.lane.slice();
                tokio::task::yield_now().await;
                drop(slice);
            }
            Poll::Pending => {
                drop(slice);
                // It waits in a host call, which will wake this task.
                next_slice().await;
                next = schedule.lane.slice();
            }
        }
    }
}

/// Runs a turn on a thread that it has for itself: it goes on at each tick.
pub(super) async fn alone<F: Future>(turn: F, progress: Progress) -> F::Output {
    let mut turn = pin!(turn);
    poll_fn(|cx| {
        let polled = turn.as_mut().poll(cx);
        if polled.is_pending() && progress.has_ticked() {
            cx.waker().wake_by_ref();
        }
        polled
    })
    .await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::{Admission, Settings as Gate};

    /// A turn that runs into so many ticks, and says which threads it ran on.
    async fn turn(ticks: usize, progress: Progress) -> Vec<Option<String>> {
        let thread = || std::thread::current().name().map(str::to_owned);
        let mut threads = vec![thread()];
        for _ in 0..ticks {
            progress.tick();
            next_slice().await;
            threads.push(thread());
        }
        threads
    }

    #[tokio::test]
    async fn a_turn_moves_at_its_first_tick_unless_it_began_where_it_would_go() {
        let guests = Guests::start(&Settings::default()).expect("threads");
        let gate = Admission::new(&Gate::default(), 1);
        let line = gate.line(
            &"acme".parse().expect("a tenant"),
            &"bot".parse().expect("a bot"),
        );
        let deadline = Instant::now() + Duration::from_secs(60);
        let on_guest_threads = async |ticks: usize, long: bool| {
            let permit = gate.admit(line, deadline.into()).await.expect("a permit");
            let progress = Progress::default();
            let schedule = Schedule {
                progress: progress.clone(),
                lane: permit.lane(),
                deadline,
            };
            let ran = guests.run(turn(ticks, progress.clone()), schedule, long);
            let threads = ran.await.expect("no panic").into_iter();
            let moved = threads.map(|thread| thread.as_deref() == Some("guest"));
            moved.collect::<Vec<bool>>()
        };
        assert_eq!(on_guest_threads(0, false).await, vec![false]);
        assert_eq!(on_guest_threads(2, false).await, vec![false, true, true]);
        assert_eq!(on_guest_threads(0, true).await, vec![true]);
    }
}

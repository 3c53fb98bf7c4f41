//! The threads that guests run on. Apart from the host's own, so that guests that spin take no thread from
//! accept, health and metrics.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinHandle};

pub(super) struct Guests(Option<Runtime>);

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

    /// Starts a turn on one of the threads. Dropping what is returned ends it.
    pub(super) fn spawn<F>(&self, turn: F) -> Running<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let runtime = self.0.as_ref().expect("the runtime is there until drop");
        Running(runtime.spawn(turn))
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

pub(super) struct Running<T>(JoinHandle<T>);

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

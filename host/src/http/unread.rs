//! A connection whose other end has to take what it is sent, in time. Knows nothing of what that is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream that fails when something is still unsent so long after the first write that had to wait. It is not
/// enough to take a byte now and then: the time runs until all is sent.
pub(super) struct Unread<S> {
    stream: S,
    time: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> Unread<S> {
    pub(super) fn at_most(time: Duration, stream: S) -> Self {
        Self {
            stream,
            time,
            waiting: None,
        }
    }

    /// What a write that has to wait comes to.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let time = self.time;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unread<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unread<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Pending => self.wait(cx),
            written => written,
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(cx, slices) {
            Poll::Pending => self.wait(cx),
            written => written,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// The writer comes here when it has written all that it had.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(cx));
        self.waiting = None;
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::advance;

    const TIME: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_byte_now_and_then_is_out_of_time_all_the_same() {
        let (end, mut other) = duplex(8);
        let mut end = Unread::at_most(TIME, end);
        let reading = tokio::spawn(async move {
            while other.read_u8().await.is_ok() {
                tokio::time::sleep(TIME / 4).await;
            }
        });
        let error = end.write_all(&[0; 1000]).await.expect_err("it is given up");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(end);
        reading.await.expect("no panic");
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_taken_all_has_the_whole_time_again() {
        let (end, mut other) = duplex(8);
        let mut end = Unread::at_most(TIME, end);
        for _ in 0..3 {
            let taking = async {
                advance(TIME * 3 / 4).await;
                other.read_exact(&mut [0; 16]).await.expect("it was sent");
            };
            let (written, ()) = tokio::join!(end.write_all(&[0; 16]), taking);
            written.expect("it was taken in time");
            end.flush().await.expect("nothing is left");
        }
    }
}

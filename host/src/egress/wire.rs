//! The bytes of one connection: how many went by, and when it is enough.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection that can be read and written, secured or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// More came in than a response of the allowed size can take.
#[derive(Debug, thiserror::Error)]
#[error("more came in than a response can take")]
pub(super) struct Flood;

/// A connection that counts its bytes, and ends when too many come in.
pub(super) struct Wire<'a> {
    stream: Box<dyn Stream>,
    moved: &'a mut u64,
    readable: usize,
}

impl<'a> Wire<'a> {
    /// Lets `readable` bytes in, or a few more, and adds what goes either way to `moved`.
    pub(super) fn new(stream: Box<dyn Stream>, readable: usize, moved: &'a mut u64) -> Self {
        Self {
            stream,
            moved,
            readable,
        }
    }

    fn count(&mut self, bytes: usize) {
        *self.moved = self.moved.saturating_add(bytes as u64);
    }
}

impl AsyncRead for Wire<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.readable == 0 {
            return Poll::Ready(Err(io::Error::other(Flood)));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().len().saturating_sub(before);
        self.readable = self.readable.saturating_sub(read);
        self.count(read);
        polled
    }
}

impl AsyncWrite for Wire<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = polled {
            self.count(written);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

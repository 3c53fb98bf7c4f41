//! A connection under TLS, whose handshake is a part of its first read. So it is done by the connection's own task, in
//! the time that a head has, and is ended by whatever ends a connection that has not asked for anything yet.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::Accept;
use tokio_rustls::server::TlsStream;

/// A stream of what is said under TLS. What it is over must be the one that limits writing: here bytes are taken that
/// the other end has not read.
pub(in crate::http) struct Encrypted<S>(State<S>);

enum State<S> {
    Beginning(Accept<S>),
    Open(TlsStream<S>),
    Failed,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Encrypted<S> {
    pub(super) fn beginning(handshake: Accept<S>) -> Self {
        Self(State::Beginning(handshake))
    }

    /// The stream, once the handshake is done.
    fn open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Pin<&mut TlsStream<S>>>> {
        if let State::Beginning(handshake) = &mut self.0 {
            let opened = ready!(Pin::new(handshake).poll(cx));
            // A handshake that has ended may not be asked again.
            self.0 = State::Failed;
            self.0 = State::Open(opened?);
        }
        Poll::Ready(self.opened().ok_or(io::ErrorKind::NotConnected.into()))
    }

    fn opened(&mut self) -> Option<Pin<&mut TlsStream<S>>> {
        match &mut self.0 {
            State::Open(stream) => Some(Pin::new(stream)),
            State::Beginning(_) | State::Failed => None,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.open(cx))?.poll_read(cx, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.open(cx))?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.open(cx))?.poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Before the handshake is done there is nothing to be flushed.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.opened()
            .map_or(Poll::Ready(Ok(())), |stream| stream.poll_flush(cx))
    }

    /// Before the handshake is done there is nobody to take leave of.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.opened()
            .map_or(Poll::Ready(Ok(())), |stream| stream.poll_shutdown(cx))
    }
}

//! Connections: how many at a time, and for how long one may keep its other end waiting. Knows nothing of routes.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::Settings;
use super::problem::Problem;
use super::tls::Tls;
use super::unread::Unread;

/// How long to leave a system alone that gives no connection: it is out of something that others give back.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown` is done and the requests in flight have been answered, or their time for that is over:
/// who sends half a request must not keep a host from ending.
///
/// # Cancel safety
/// Dropping the future cuts every connection.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    serve_at(listener, Door::open(router, settings), shutdown).await;
}

/// The same under TLS, with a certificate that is read again when it has changed.
///
/// # Cancel safety
/// Dropping the future cuts every connection.
pub async fn serve_tls(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    tls: Tls,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let mut renewing = JoinSet::new();
    renewing.spawn(tls.kept_renewed());
    let door = Door::open(router, settings).under(tls);
    serve_at(listener, door, shutdown).await;
}

async fn serve_at(
    listener: TcpListener,
    mut door: Door,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let mut unaccepted = Seldom::default();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            // Nothing is to be learnt from it, but it takes memory until it is seen.
            Some(_) = door.connections.join_next() => {}
            stream = accept(&listener, &mut unaccepted) => door.take(stream).await,
        }
    }
    // Who comes now is told so by the system, and may ask another host.
    drop(listener);
    door.drain().await;
}

/// The next connection. An error is either that connection's own, or a want of the system's that may pass.
async fn accept(listener: &TcpListener, untold: &mut Seldom) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if untold.is_due() {
                    tracing::error!("connections cannot be accepted: {error}");
                }
                sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// The connections that there are, and what each is served with.
struct Door {
    protocol: Builder,
    router: Router,
    tls: Option<Tls>,
    write_time: Duration,
    drain_time: Duration,
    most: usize,
    places: Arc<Semaphore>,
    connections: JoinSet<()>,
    ending: GracefulShutdown,
    refusal: Vec<u8>,
    untold: Seldom,
}

impl Door {
    fn open(router: Router, settings: &Settings) -> Self {
        Self {
            protocol: protocol(settings),
            router,
            tls: None,
            write_time: Duration::from_millis(settings.write_ms),
            drain_time: Duration::from_millis(settings.drain_ms),
            most: settings.connections,
            places: Arc::new(Semaphore::new(settings.connections)),
            connections: JoinSet::new(),
            ending: GracefulShutdown::new(),
            refusal: Problem::too_many_connections(settings.connections).on_the_wire(),
            untold: Seldom::default(),
        }
    }

    /// Who is one too many cannot be told so any more: it expects a handshake, and that would take time.
    fn under(self, tls: Tls) -> Self {
        Self {
            tls: Some(tls),
            refusal: Vec::new(),
            ..self
        }
    }

    /// Serves a connection, if there is a place for it.
    async fn take(&mut self, stream: TcpStream) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            if self.untold.is_due() {
                tracing::warn!(
                    "connections are refused: there are {} already, which is all that this port may have",
                    self.most
                );
            }
            return refuse(stream, &self.refusal).await;
        };
        // A reply is one small write: waiting to fill a packet would only delay it.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("a connection keeps its packets back: {error}");
        }
        // Below TLS, which takes what is to be sent before anybody has read it.
        let stream = Unread::at_most(self.write_time, stream);
        match &self.tls {
            None => self.spawn(stream, place),
            Some(tls) => {
                let encrypted = tls.accept(stream);
                self.spawn(encrypted, place);
            }
        }
    }

    fn spawn<S>(&mut self, stream: S, place: OwnedSemaphorePermit)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let service = TowerToHyperService::new(self.router.clone());
        let connection = self
            .protocol
            .serve_connection(TokioIo::new(stream), service);
        let watcher: Watcher = self.ending.watcher();
        self.connections.spawn(async move {
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!("a connection has ended: {error}");
            }
            drop(place);
        });
    }

    /// Lets requests in flight be answered, and cuts what is left once their time is over.
    async fn drain(self) {
        if timeout(self.drain_time, self.ending.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("not all requests were answered in time; they are cut");
        }
    }
}

fn protocol(settings: &Settings) -> Builder {
    let mut protocol = Builder::new();
    protocol
        .timer(TokioTimer::new())
        // Runs from when the last request was answered, so it is the limit on idling as well.
        .header_read_timeout(Duration::from_millis(settings.header_ms))
        .max_header_size(settings.header_bytes)
        .max_headers(settings.headers);
    protocol
}

/// Answers before anything is asked, with what the system takes at once, and hangs up: a place is what there is
/// not, so this must take no time. What was sent already is read, since hanging up on it would undo the answer.
async fn refuse(mut stream: TcpStream, refusal: &[u8]) {
    let refused = async {
        stream.try_write(refusal)?;
        stream.shutdown().await?;
        stream.try_read(&mut [0; 4096])
    };
    // The other end has gone, or has sent nothing yet: both as well.
    drop(refused.await);
}

/// When to say something again that goes on happening: a flood is one line of the log now and then.
#[derive(Default)]
struct Seldom(Option<Instant>);

impl Seldom {
    const EVERY: Duration = Duration::from_secs(60);

    fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|last| last.elapsed() >= Self::EVERY);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_goes_on_happening_is_said_once_a_minute() {
        let mut untold = Seldom::default();
        assert!(untold.is_due());
        tokio::time::advance(Seldom::EVERY / 2).await;
        assert!(!untold.is_due());
        tokio::time::advance(Seldom::EVERY / 2).await;
        assert!(untold.is_due());
    }
}

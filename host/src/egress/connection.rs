//! One connection for one request: dialled, secured, used and closed. Knows nothing of rules, and trusts the addresses.
//!
//! Nothing is spawned: who drops the future drops the connection.

mod broken;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::headers;
use super::not_sent::NotSent;
use super::redirect;
use super::response::Answer;
use super::target;
use super::wire::{Stream, Wire};
use broken::Broken;

/// A name with more addresses is served well enough by these.
const MOST_DIALLED: usize = 8;
/// What the head of a response may have: twice what servers are told to keep within, and what we take from a bot.
const HEAD_BYTES: usize = 32 * 1024;
/// How many headers a response may have.
const HEADERS: usize = 64;

/// Connects to the first of the checked addresses that answers.
pub(super) async fn open(
    tls: &Arc<ClientConfig>,
    url: &Url,
    addresses: &[SocketAddr],
    deadline: Instant,
) -> Result<Box<dyn Stream>, NotSent> {
    let origin = target::origin(url);
    let stream = dial(addresses, deadline).await.map_err(|error| {
        let kind = error.kind();
        NotSent::connection(format!("{origin} cannot be connected to: {kind}"))
    })?;
    // A request is written whole; waiting for more of it only adds delay.
    let _ = stream.set_nodelay(true);
    if url.scheme() != "https" {
        return Ok(Box::new(stream));
    }
    let connector = TlsConnector::from(Arc::clone(tls));
    let secured = connector.connect(server_name(url)?, stream).await;
    let secured = secured.map_err(|error| {
        let why = broken::tls(&error);
        NotSent::connection(format!("{origin} cannot be trusted: {why}"))
    })?;
    Ok(Box::new(secured))
}

/// Tries one after the other. One that does not answer may use its share of the time, so that the next has some.
async fn dial(addresses: &[SocketAddr], deadline: Instant) -> io::Result<TcpStream> {
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    let dialled = addresses.len().min(MOST_DIALLED);
    for (address, others) in addresses.iter().zip((0..dialled as u32).rev()) {
        if others == 0 {
            return TcpStream::connect(address).await;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match timeout(left / (others + 1), TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failed = error,
            Err(_) => failed = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(failed)
}

fn server_name(url: &Url) -> Result<ServerName<'static>, NotSent> {
    match target::host(url)? {
        Host::Ipv4(address) => Ok(ServerName::from(IpAddr::from(address))),
        Host::Ipv6(address) => Ok(ServerName::from(IpAddr::from(address))),
        Host::Domain(name) => ServerName::try_from(name.to_owned())
            .map_err(|_| NotSent::invalid(format!("\"{name}\" cannot be a server's name in TLS"))),
    }
}

/// A request and its answer, over a connection of their own.
pub(super) struct Exchange {
    pub(super) stream: Box<dyn Stream>,
    /// For what is said when it fails.
    pub(super) origin: String,
    /// What the answer's body may have.
    pub(super) most_bytes: usize,
}

impl Exchange {
    /// Sends the request and reads the whole answer.
    pub(super) async fn run(
        self,
        request: hyper::Request<Full<Bytes>>,
        moved: &mut u64,
    ) -> Result<Answer, NotSent> {
        let Self {
            stream,
            origin,
            most_bytes,
        } = self;
        let wire = Wire::new(stream, readable(most_bytes), moved);
        let exchanged = exchange(wire, request, most_bytes).await;
        exchanged.map_err(|broken| broken.told_of(&origin))
    }
}

/// What an answer takes at most: a body of chunks of one byte is six times its size, and the rest is for heads.
fn readable(most_bytes: usize) -> usize {
    most_bytes.saturating_mul(8).saturating_add(2 * HEAD_BYTES)
}

async fn exchange(
    wire: Wire<'_>,
    request: hyper::Request<Full<Bytes>>,
    most_bytes: usize,
) -> Result<Answer, Broken> {
    let mut builder = http1::Builder::new();
    builder.max_headers(HEADERS).max_header_size(HEAD_BYTES);
    // What is read ahead is held in memory.
    builder.max_buf_size(HEAD_BYTES);
    let (sender, driver) = builder.handshake(TokioIo::new(wire)).await?;
    let mut driver = Box::pin(driver);
    let mut answer = pin!(receive(sender, request, most_bytes));
    let driven = tokio::select! {
        answer = &mut answer => return answer,
        driven = &mut driver => driven,
    };
    // The connection is over, and what it read is in the answer's hands; dropping the driver tells it so.
    drop(driver);
    let answered = answer.await;
    match driven {
        // The driver knows why, where the answer only knows that there is none.
        Err(error) if matches!(&answered, Err(Broken::Http(told)) if told.is_canceled()) => {
            Err(Broken::Http(error))
        }
        _ => answered,
    }
}

async fn receive(
    mut sender: http1::SendRequest<Full<Bytes>>,
    request: hyper::Request<Full<Bytes>>,
    most_bytes: usize,
) -> Result<Answer, Broken> {
    let response = sender.send_request(request).await?;
    let (mut head, body) = response.into_parts();
    if head.status.is_informational() {
        return Err(Broken::Switched);
    }
    // Whoever relies on one of the two reads another message than who relies on the other.
    if head.headers.contains_key(CONTENT_LENGTH) && head.headers.contains_key(TRANSFER_ENCODING) {
        return Err(Broken::TwoLengths);
    }
    headers::strip_hop_by_hop(&mut head.headers);
    let status = head.status.as_u16();
    let body = if redirect::is_followed(status, &head.headers) {
        Vec::new()
    } else {
        whole(body, most_bytes).await?
    };
    Ok(Answer::new(status, &head.headers, body))
}

async fn whole(mut body: Incoming, most_bytes: usize) -> Result<Vec<u8>, Broken> {
    let too_large = Broken::TooLarge { most_bytes };
    // A stated length that is too large need not be waited for.
    if body.size_hint().lower() > most_bytes as u64 {
        return Err(too_large);
    }
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue; // trailers
        };
        if data.len() > most_bytes - whole.len() {
            return Err(too_large);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole)
}

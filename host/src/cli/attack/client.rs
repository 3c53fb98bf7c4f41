//! Whoever calls the host: HTTP connections that are kept open, on threads of their own. Knows nothing of what
//! the bots behind the host are.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::target::Target;

/// Far past any deadline: a host that has not answered by then does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The threads that callers run on, apart from the host's.
pub struct Clients(Option<Runtime>);

impl Clients {
    /// Starts one thread: what the machine has beside it is for the host.
    ///
    /// # Errors
    /// The system's own, if it gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("client")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Where their tasks are spawned.
    pub fn handle(&self) -> Handle {
        let runtime = self.0.as_ref().expect("the runtime is there until drop");
        runtime.handle().clone()
    }
}

// A runtime that is dropped waits for its threads, which may not be done inside another runtime.
impl Drop for Clients {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The word in `retort-outcome`, or the status of a response without one.
    pub outcome: String,
    /// The status of the response.
    pub status: u16,
    /// Its body.
    pub body: Bytes,
    /// From the request being written to the response being read.
    pub took: Duration,
}

impl Answer {
    /// The first text of a reply.
    pub fn said(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body.pointer("/messages/0")?.as_str().map(str::to_owned)
    }
}

/// One connection, closed when it is dropped, even in the middle of a request.
pub(super) struct Connection {
    to: Target,
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Connection {
    pub(super) async fn open(to: Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(to.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Its end is seen by the request that it was for.
        let driver = tokio::spawn(async { drop(connection.await) });
        Ok(Self { to, sender, driver })
    }

    /// Says something to a bot.
    ///
    /// # Cancel safety
    /// None: drop the connection as well, since an answer may be on its way.
    pub(super) async fn say(&mut self, path: &str, message: &str) -> anyhow::Result<Answer> {
        self.post(path, saying(message)).await
    }

    async fn post(&mut self, path: &str, payload: Bytes) -> anyhow::Result<Answer> {
        timeout(PATIENCE, self.exchange(path, payload)).await?
    }

    async fn exchange(&mut self, path: &str, payload: Bytes) -> anyhow::Result<Answer> {
        let request = self.to.post(path).body(Full::new(payload))?;
        let began = Instant::now();
        let response = self.sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        let took = began.elapsed();
        let outcome = head.headers.get("retort-outcome");
        let outcome = outcome.and_then(|word| word.to_str().ok());
        Ok(Answer {
            outcome: outcome.map_or_else(|| format!("status {}", head.status), str::to_owned),
            status: head.status.as_u16(),
            body,
            took,
        })
    }
}

/// The bare payload of a text, which begins a conversation of its own: those of one conversation wait for one another.
pub fn saying(message: &str) -> Bytes {
    static CONVERSATION: AtomicU64 = AtomicU64::new(1);
    let conversation = CONVERSATION.fetch_add(1, Ordering::Relaxed);
    let payload = json!({ "convId": format!("c{conversation}"), "message": message });
    payload.to_string().into()
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Someone who asks again and again, over one connection as long as that lasts.
pub struct Caller {
    to: Target,
    connection: Option<Connection>,
}

impl Caller {
    /// Nobody is called yet.
    pub fn new(to: impl Into<Target>) -> Self {
        Self {
            to: to.into(),
            connection: None,
        }
    }

    /// Says something to a bot.
    ///
    /// # Errors
    /// What kept it from being answered; the next time is on a new connection.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    pub async fn ask(&mut self, path: &str, message: &str) -> anyhow::Result<Answer> {
        self.post(path, saying(message)).await
    }

    /// Sends a payload as it is.
    ///
    /// # Errors
    /// As for [`Caller::ask`].
    ///
    /// # Cancel safety
    /// As for [`Caller::ask`].
    pub async fn post(&mut self, path: &str, payload: Bytes) -> anyhow::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.to.clone()).await?,
        };
        let answer = connection.post(path, payload).await?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

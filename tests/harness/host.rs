//! A host for one test: a bot, settings, and what a client sees.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use retort::chat::{Contract, Returned};
use retort::control::Control;
use retort::http::{self, Platform};
use retort::invocation::{Host, Invocation, Purpose, Settings};
use retort::liveperson::custom_integration::{self, Payload};
use retort::registry::ledger::By;
use retort::registry::settings::Defaults;
use retort::registry::{FailurePolicy, NotDeployable, Wanted};
use retort::sandbox::{Input, PoolUse};
use retort::store::Store;
use retort::tenant::Address;
use retort::vault::{Key, Secret};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};
use tower::ServiceExt;

/// A host without a bot.
pub fn host() -> Served {
    Served::with(Settings::default())
}

/// A host whose bots may take half a minute, on a machine that is busy with more: for what time has no part in.
pub fn patient_host() -> Served {
    let mut settings = Settings::default();
    settings.sandbox.deadline_ceiling_ms = 30_000;
    Served::with(settings).in_time(30_000)
}

/// A host on which a tenant has a secret, whose bots may take as long as on a patient one.
pub async fn host_with_secret(
    mut settings: Settings,
    tenant: &str,
    name: &str,
    value: &str,
) -> Served {
    settings.sandbox.deadline_ceiling_ms = 30_000;
    settings.secrets_key = Some(Key::random());
    let served = Served::with(settings);
    let control = Control::open(served.host.clone(), Defaults::default(), BTreeSet::new());
    let control = control.await.expect("the operators' side");
    let by = By {
        who: "a test".to_owned(),
        token: None,
        note: String::new(),
    };
    let (tenant, name) = (
        tenant.parse().expect("a tenant"),
        name.parse().expect("a name"),
    );
    let secret = Secret::new(value.to_owned()).expect("a secret");
    let set = control.set_secret(&tenant, &name, &secret, by);
    set.await.expect("it is kept");
    served.in_time(30_000)
}

/// A host, and how its next bot is to be served.
#[derive(Clone)]
pub struct Served {
    /// The host itself.
    pub host: Host,
    wanted: Wanted,
    operations: http::operations::Settings,
    platform: Platform,
    /// The operators' side, for a test that has one.
    pub control: Option<Control>,
}

/// What a client got.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null if it was empty, and a text if it was no JSON.
    pub body: Value,
}

impl Answer {
    /// How the turn ended, as the client is told.
    pub fn outcome(&self) -> &str {
        self.headers
            .get("retort-outcome")
            .map_or("", |value| value.to_str().expect("a word"))
    }

    /// The code in the body of an error.
    pub fn code(&self) -> &str {
        self.body
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// Where a bot of the tenant `acme` is served.
pub fn address(bot: &str) -> Address {
    let name = "acme".parse().expect("a tenant");
    Address {
        tenant: name,
        bot: bot.parse().expect("a bot"),
        environment: "draft".parse().expect("an environment"),
    }
}

/// All calls of LivePerson's are taken for those of `acme`.
fn open() -> Platform {
    Platform::open_to("acme".parse().expect("a tenant"))
}

/// The path that a bot of `acme` responds at.
pub fn respond_path(bot: &str) -> String {
    format!("/tenants/acme/bots/{bot}/environments/draft/respond")
}

/// A consumer's text, as the platform sends it: each the first of a conversation of its own, since those of one
/// conversation wait for one another.
pub fn text(message: &str) -> Value {
    static CONVERSATION: AtomicU64 = AtomicU64::new(1);
    let conversation = CONVERSATION.fetch_add(1, Ordering::Relaxed);
    event(&format!("text-{conversation}"), 1, message)
}

/// A text of a conversation, with its number.
pub fn event(conversation: &str, sequence: u64, message: &str) -> Value {
    let event = json!({ "lpEvent": { "sequence": sequence } });
    json!({ "convId": conversation, "message": message, "context": event })
}

/// One request on a connection of its own; all that comes back, as text.
pub async fn request(address: SocketAddr, method: &str, path: &str, body: &str) -> String {
    request_with(address, "", method, path, body).await
}

/// The same, with headers, each ended by a line's end.
pub async fn request_with(
    address: SocketAddr,
    headers: &str,
    method: &str,
    path: &str,
    body: &str,
) -> String {
    let stream = TcpStream::connect(address).await.expect("a connection");
    request_over(stream, headers, method, path, body).await
}

/// The same, over a connection that there is.
pub async fn request_over(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    headers: &str,
    method: &str,
    path: &str,
    body: &str,
) -> String {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: retort\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(body.as_bytes()).await.expect("sent");
    stream.flush().await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

/// A host that listens.
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Listening {
    /// Stops it, and waits until it has answered what was in flight.
    pub async fn end(self) {
        drop(self.stop);
        self.serving.await.expect("no panic");
    }
}

impl Served {
    /// A host with settings of its own.
    pub fn with(settings: Settings) -> Self {
        Self::on(settings, Store::in_memory())
    }

    /// The same, whose bots keep what they keep in a store of its own.
    pub fn on(settings: Settings, store: Store) -> Self {
        Self {
            host: Host::new(settings, store).expect("a host"),
            wanted: Wanted::default(),
            operations: http::operations::Settings::default(),
            platform: open(),
            control: None,
        }
    }

    /// A host with its operators' side.
    pub(crate) fn of(host: Host, control: Control) -> Self {
        Self {
            host,
            wanted: Wanted::default(),
            operations: http::operations::Settings::default(),
            platform: open(),
            control: Some(control),
        }
    }

    /// Changes how the host is watched.
    pub fn watched(mut self, change: impl FnOnce(&mut http::operations::Settings)) -> Self {
        change(&mut self.operations);
        self
    }

    /// Answers LivePerson's calls in another way.
    pub fn answering(mut self, platform: Platform) -> Self {
        self.platform = platform;
        self
    }

    /// Changes how the bots that follow are served.
    pub fn wanting(mut self, change: impl FnOnce(&mut Wanted)) -> Self {
        change(&mut self.wanted);
        self
    }

    /// The bots that follow get this little time, so that a test of a deadline is short.
    pub fn in_time(self, deadline_ms: u64) -> Self {
        self.wanting(|wanted| wanted.limits.deadline_ms = deadline_ms)
    }

    /// The bots that follow fail like this.
    pub fn failing_as(self, policy: FailurePolicy) -> Self {
        self.wanting(|wanted| wanted.failure = policy)
    }

    /// The bots that follow may have this of what they ask for.
    pub fn granting(self, grants: &[&str]) -> Self {
        let grants = grants.iter().map(|grant| grant.parse().expect("a grant"));
        let grants = grants.collect();
        self.wanting(|wanted| wanted.grants = grants)
    }

    /// Serves a bot.
    pub async fn with_bot(self, name: &str, component: &[u8]) -> Self {
        self.deploy(name, component).await.expect("it is deployed");
        self
    }

    /// Serves a bot, or says why not.
    pub async fn deploy(&self, name: &str, component: &[u8]) -> Result<(), NotDeployable> {
        let at = address(name);
        let deployed = self.host.deploy(&at, component, self.wanted.clone());
        deployed.await.map(drop)
    }

    /// Has a bot answer a payload, past HTTP.
    pub async fn ask(&self, bot: &str, payload: &Value) -> Invocation {
        let read =
            custom_integration::read_payload(payload.to_string().as_bytes()).expect("a payload");
        let (Payload::Event(incoming) | Payload::ConnectionTest(incoming)) = read;
        self.host
            .respond(
                &address(bot),
                incoming,
                Purpose::Answer(Contract::CustomIntegration),
                Instant::now(),
            )
            .await
    }

    /// Has a function handle a payload, past HTTP.
    pub async fn invoke(
        &self,
        function: &str,
        headers: Vec<(String, String)>,
        payload: Value,
    ) -> Invocation<Returned> {
        let payload = payload.to_string();
        let input = Input { headers, payload };
        let to = address(function);
        self.host.invoke(&to, Arc::new(input), Instant::now()).await
    }

    /// The JSON that a function returns to a payload.
    pub async fn returns(&self, function: &str, payload: Value) -> String {
        let invoked = self.invoke(function, Vec::new(), payload).await;
        let returned = invoked
            .result
            .unwrap_or_else(|error| panic!("{function} failed: {error}"));
        returned.json().get().to_owned()
    }

    /// The first text of a bot's answer to a text.
    pub async fn says(&self, bot: &str, message: &str) -> String {
        self.says_in(bot, "c1", message).await
    }

    /// The same, in a conversation.
    pub async fn says_in(&self, bot: &str, conversation: &str, message: &str) -> String {
        let payload = json!({ "convId": conversation, "message": message });
        let invocation = self.ask(bot, &payload).await;
        let reply = invocation
            .result
            .unwrap_or_else(|error| panic!("{bot} failed: {error}"));
        let body = custom_integration::write_reply(&reply);
        body.pointer("/messages/0")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// Sends a request through the router.
    pub async fn send(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        self.answer(request.body(body.into()).expect("a request"))
            .await
    }

    /// Sends a request through the router with a header that says who asks.
    pub async fn get_as(&self, path: &str, authorization: &str) -> Answer {
        let request = Request::builder().uri(path);
        let request = request.header("authorization", authorization);
        self.answer(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// Sends a request through the router with a token.
    pub async fn send_as(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {token}"));
        self.answer(request.body(body.into()).expect("a request"))
            .await
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        let response = http::router(
            self.host.clone(),
            self.control.clone(),
            self.platform.clone(),
            &http::Settings::default(),
            &self.operations,
        )
        .oneshot(request)
        .await
        .expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let is_json = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| {
            let kind = kind.to_str().expect("a media type");
            kind.ends_with("json")
        });
        let body = match (bytes.is_empty(), is_json) {
            (true, _) => Value::Null,
            (false, true) => serde_json::from_slice(&bytes).expect("JSON"),
            (false, false) => String::from_utf8_lossy(&bytes).into_owned().into(),
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Sends a payload to a bot's `respond`.
    pub async fn post(&self, bot: &str, payload: &Value) -> Answer {
        self.send("POST", &respond_path(bot), payload.to_string())
            .await
    }

    /// Serves on a port of its own.
    pub async fn listen(&self) -> Listening {
        self.listen_with(http::Settings {
            body_ms: 200,
            drain_ms: 2_000,
            ..http::Settings::default()
        })
        .await
    }

    /// Serves on a port of its own, with a front door of its own.
    pub async fn listen_with(&self, settings: http::Settings) -> Listening {
        let router = http::router(
            self.host.clone(),
            self.control.clone(),
            self.platform.clone(),
            &settings,
            &self.operations,
        );
        listening(router, settings).await
    }

    /// Serves operators on a port of their own.
    pub async fn listen_for_operators(&self) -> Listening {
        let settings = http::Settings::default();
        let router = http::operators_router(self.host.clone(), &settings, &self.operations);
        listening(router, settings).await
    }

    /// Waits until so many instances live.
    pub async fn has_instances(&self, count: u64) {
        let until = Instant::now() + Duration::from_secs(20);
        let living = || {
            self.host
                .sandbox()
                .pool()
                .map(|pool| pool.component_instances)
        };
        while living() < Some(count) {
            assert!(Instant::now() < until, "only {:?} live", living());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until nothing of the pool is taken: a caller is answered before the last instance is torn down.
    pub async fn is_empty_again(&self) {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let pool = self.host.sandbox().pool().expect("there is a pool");
            if pool == EMPTY {
                return;
            }
            assert!(
                Instant::now() < until,
                "ten seconds later the pool still has {pool:?}"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn listening(router: axum::Router, settings: http::Settings) -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let shutdown = async { drop(stopped.await) };
        http::serve(listener, router, &settings, shutdown).await;
    });
    Listening {
        address,
        stop,
        serving,
    }
}

const EMPTY: PoolUse = PoolUse {
    component_instances: 0,
    core_instances: 0,
    memories: 0,
    tables: 0,
    stacks: 0,
};

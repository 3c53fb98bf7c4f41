//! The host's front door: which route is answered by what. Knows nothing of how a turn is run.

mod accounts;
mod admin;
mod callers;
mod custom_endpoint;
mod document;
mod functions;
mod health;
pub mod operations;
mod problem;
mod received;
mod respond;
mod serving;
pub mod tls;
mod unread;

use std::sync::Arc;
use std::time::Duration;

pub use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

pub use serving::{serve, serve_tls};

use crate::control::Control;
use crate::invocation::Host;
use crate::sentinel::{self, FunctionErrorStatus, NotOpened, PutStatus, Sentinel};
use crate::tenant::TenantId;
use operations::Access;
use problem::Problem;

/// How the front door is set up.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Connections at a time; one more is refused. Each costs a file descriptor and some 20 KiB of memory, and a
    /// system gives a process 1024 descriptors or more.
    pub connections: usize,
    /// Bytes of a request's line and headers. Browsers and proxies send 8 KiB at most.
    pub header_bytes: usize,
    /// Headers of a request. The platform and what stands before it send some twenty.
    pub headers: usize,
    /// Milliseconds until a request's headers are there, from when its connection was free for it: who opens one
    /// and says nothing, sends half a head, or is done and stays, holds a place that others need. A handshake of TLS
    /// is a part of that time.
    pub header_ms: u64,
    /// The largest body that is read. A payload with engagement attributes has tens of KiB; a file's preview
    /// may add some hundreds.
    pub body_bytes: usize,
    /// Bytes of all bodies above 32 KiB that are in memory at a time; one more is told to come back. Not less than
    /// `body_bytes`. As JSON is read it takes up to thirty times as much.
    pub large_bodies_bytes: usize,
    /// Milliseconds that a body may take to arrive. Who sends one byte at a time holds a connection, not a turn.
    pub body_ms: u64,
    /// Milliseconds until what is sent has been taken. Only who does not read, or hardly, makes it wait at all: the
    /// system keeps an ordinary answer ready for its reader.
    pub write_ms: u64,
    /// Milliseconds between the host being told to end and its port being closed: in that time it goes on answering, and
    /// says of its health and of its bots' state that it is about to end, so that whoever looks goes elsewhere.
    pub notice_ms: u64,
    /// Milliseconds that requests in flight have once the port is closed.
    pub drain_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: 1024,
            header_bytes: 16 << 10,
            headers: 64,
            header_ms: 5_000,
            body_bytes: 1 << 20,
            large_bodies_bytes: 16 << 20,
            body_ms: 5_000,
            write_ms: 5_000,
            notice_ms: 0,
            drain_ms: 5_000,
        }
    }
}

/// How LivePerson's calls are answered, and whose they are.
#[derive(Clone, Debug, Default)]
pub struct Platform {
    /// Who looks at their tokens.
    pub sentinel: Sentinel,
    /// What a conversation's beginning is answered with.
    pub put_status: PutStatus,
    /// What a function that failed is answered with.
    pub function_error_status: FunctionErrorStatus,
}

impl Platform {
    /// One by the settings of a host.
    ///
    /// # Errors
    /// [`NotOpened`] if the settings contradict themselves, or a key cannot be read.
    pub fn open(settings: &sentinel::Settings) -> Result<Self, NotOpened> {
        Ok(Self {
            sentinel: Sentinel::open(settings)?,
            put_status: settings.put_status,
            function_error_status: settings.function_error_status,
        })
    }

    /// One whose calls are all taken for those of one account.
    pub fn open_to(account: TenantId) -> Self {
        Self {
            sentinel: Sentinel::open_to(account),
            ..Self::default()
        }
    }
}

/// What every handler can reach.
#[derive(Clone)]
struct FrontDoor {
    host: Host,
    platform: Platform,
    body_bytes: usize,
    body_time: Duration,
    /// In KiB.
    room_for_bodies: Arc<Semaphore>,
    access: Access,
    canary_late: Duration,
    control: Option<Control>,
    uploads: admin::Uploads,
}

impl FrontDoor {
    fn new(
        host: Host,
        platform: Platform,
        settings: &Settings,
        operations: &operations::Settings,
        access: Access,
    ) -> Self {
        Self {
            host,
            platform,
            body_bytes: settings.body_bytes,
            body_time: Duration::from_millis(settings.body_ms),
            room_for_bodies: Arc::new(Semaphore::new(settings.large_bodies_bytes >> 10)),
            access,
            canary_late: Duration::from_millis(operations.canary_ms),
            control: None,
            uploads: admin::Uploads::default(),
        }
    }
}

/// All routes of a host. Needs no port, so a test can call it as it is. Without the operators' side there is no admin
/// API, and whoever reaches the host may ask its bots.
pub fn router(
    host: Host,
    control: Option<Control>,
    platform: Platform,
    settings: &Settings,
    operations: &operations::Settings,
) -> Router {
    let access = Access::at_the_main_port(operations);
    let door = FrontDoor {
        control,
        ..FrontDoor::new(host, platform, settings, operations, access)
    };
    let routes = operators_routes()
        .merge(admin::routes())
        .merge(custom_endpoint::routes())
        .route(
            "/tenants/{tenant}/bots/{bot}/environments/{environment}/respond",
            post(respond::respond),
        )
        .merge(functions_routes())
        .layer(DefaultBodyLimit::max(settings.body_bytes));
    answering(routes, door)
}

/// What an operators' own listener answers: to whoever reaches it, and nothing else.
pub fn operators_router(
    host: Host,
    settings: &Settings,
    operations: &operations::Settings,
) -> Router {
    let door = FrontDoor::new(host, Platform::default(), settings, operations, Access::All);
    answering(operators_routes(), door)
}

fn functions_routes() -> Router<FrontDoor> {
    Router::new()
        .route(
            "/api/account/{tenant}/lambdas/{uuid}/invoke",
            post(functions::invoke_by_uuid),
        )
        .route(
            "/api/account/{tenant}/events/{event}/invoke",
            post(functions::invoke_by_event),
        )
        .route(
            "/api/account/{tenant}/events/{event}/isImplemented",
            get(functions::is_implemented),
        )
        // The first version's, however it is written, and the second's.
        .route(
            "/api/account/{tenant}/lambdas/",
            get(functions::list_functions),
        )
        .route(
            "/api/account/{tenant}/lambdas",
            get(functions::list_functions),
        )
        .route(
            "/api/account/{tenant}/functions",
            get(functions::list_functions),
        )
}

fn operators_routes() -> Router<FrontDoor> {
    Router::new()
        .route("/healthz", get(health::get_health))
        .route("/metrics", get(health::get_metrics))
}

/// Routes that answer whatever is asked, in one shape.
fn answering(routes: Router<FrontDoor>, door: FrontDoor) -> Router {
    routes
        .fallback(Problem::no_such_route)
        .method_not_allowed_fallback(Problem::method_not_allowed)
        .layer(CatchPanicLayer::custom(Problem::panicked))
        .with_state(door)
}

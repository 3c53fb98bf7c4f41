//! The host's front door: which route is answered by what. Knows nothing of how a turn is run.

mod custom_endpoint;
mod health;
mod problem;
mod received;
mod respond;

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};
use axum::serve::ListenerExt;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_http::catch_panic::CatchPanicLayer;

use crate::invocation::Host;
use crate::tenant::TenantId;
use problem::Problem;

/// How the front door is set up.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The largest body that is read. A payload with engagement attributes has tens of KiB; a file's preview
    /// may add some hundreds.
    pub body_bytes: usize,
    /// Milliseconds that a body may take to arrive. Who sends one byte at a time holds a connection, not a turn.
    pub body_ms: u64,
    /// Milliseconds that requests in flight have once the host is told to end.
    pub drain_ms: u64,
    /// The tenant whose bots answer LivePerson's Custom Endpoint calls. None: nobody's do.
    pub custom_endpoint_tenant: Option<TenantId>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            body_ms: 5_000,
            drain_ms: 5_000,
            custom_endpoint_tenant: None,
        }
    }
}

/// What every handler can reach.
#[derive(Clone)]
struct FrontDoor {
    host: Host,
    custom_endpoint_tenant: Option<TenantId>,
    body_bytes: usize,
    body_time: Duration,
}

/// All routes of a host. Needs no port, so a test can call it as it is.
pub fn router(host: Host, settings: &Settings) -> Router {
    let door = FrontDoor {
        host,
        custom_endpoint_tenant: settings.custom_endpoint_tenant.clone(),
        body_bytes: settings.body_bytes,
        body_time: Duration::from_millis(settings.body_ms),
    };
    Router::new()
        .route(
            "/tenants/{tenant}/bots/{bot}/environments/{environment}/respond",
            post(respond::respond),
        )
        .route(
            "/v1/bots/{bot}/environments",
            get(custom_endpoint::list_environments),
        )
        .route(
            "/v1/bots/{bot}/environments/{environment}/state",
            get(custom_endpoint::get_state),
        )
        .route(
            "/v1/bots/{bot}/environments/{environment}/conversations/{conversation}",
            put(custom_endpoint::put_conversation),
        )
        .route(
            "/v1/bots/{bot}/environments/{environment}/conversations/{conversation}/events",
            post(custom_endpoint::post_event),
        )
        .route("/healthz", get(health::get_health))
        .fallback(Problem::no_such_route)
        .method_not_allowed_fallback(Problem::method_not_allowed)
        .layer(DefaultBodyLimit::max(settings.body_bytes))
        .layer(CatchPanicLayer::custom(Problem::panicked))
        .with_state(door)
}

/// Serves until `shutdown` is done and the requests in flight have been answered, or their time for that is over:
/// who sends half a request must not keep a host from ending.
///
/// # Errors
/// Those of the listener.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    // A reply is one small write: waiting to fill a packet would only delay it.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("a connection keeps its packets back: {error}");
        }
    });
    let (ending, ended) = oneshot::channel();
    let shutdown = async move {
        shutdown.await;
        // Nobody waits for it when serving has ended by itself.
        let _ = ending.send(());
    };
    let drained = async {
        // Also when the sender is gone: then serving has ended by itself.
        drop(ended.await);
        tokio::time::sleep(Duration::from_millis(settings.drain_ms)).await;
        tracing::warn!("not all requests were answered in time; they are cut");
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(shutdown) => served,
        () = drained => Ok(()),
    }
}

//! The floor: the web server and the JSON alone. It reads the payload that the bare route takes, answers what `echo`
//! would, and runs no bot. With the bare engine behind it a bot is run as well, under an engine's own limits, and nothing is
//! done with what it says: the most that is left to a host here.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router, body};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::bare::Bare;

/// What a response is called that names no outcome of a turn.
pub(crate) const OUTCOME: &str = "status 200 OK";

/// A payload: what an answer needs, and what is parsed without being needed.
#[derive(Deserialize)]
struct Payload {
    message: String,
    #[serde(rename = "convId")]
    _conversation: String,
    #[serde(rename = "context")]
    _context: Value,
}

/// A server until it is dropped.
pub(crate) struct Floor {
    pub(crate) address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Floor {
    pub(crate) async fn start(bare: Option<Bare>) -> anyhow::Result<Self> {
        let route = "/tenants/{tenant}/bots/{bot}/environments/{environment}/respond";
        let router = Router::new().route(route, post(respond));
        let router = router.with_state(bare.map(Arc::new));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let listener = listener.tap_io(|stream| {
            // Without it the measurement is of packets that wait for more.
            drop(stream.set_nodelay(true));
        });
        let mut serving = JoinSet::new();
        serving.spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self {
            address,
            _serving: serving,
        })
    }
}

async fn respond(
    State(bare): State<Option<Arc<Bare>>>,
    Path(_names): Path<(String, String, String)>,
    body: body::Bytes,
) -> Result<Json<Value>, StatusCode> {
    let payload: Payload =
        serde_json::from_slice(&body).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    if let Some(bare) = bare {
        let ran = bare.turn().await;
        ran.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    }
    Ok(Json(
        json!({ "messages": [payload.message], "context": {} }),
    ))
}

//! The floor: the web server and the JSON alone. It reads the payload that the bare route takes, answers what `echo`
//! would, and runs no bot.

use std::net::SocketAddr;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router, body};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

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
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let route = "/tenants/{tenant}/bots/{bot}/environments/{environment}/respond";
        let router = Router::new().route(route, post(respond));
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
    Path(_names): Path<(String, String, String)>,
    body: body::Bytes,
) -> Result<Json<Value>, StatusCode> {
    let payload: Payload =
        serde_json::from_slice(&body).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    Ok(Json(
        json!({ "messages": [payload.message], "context": {} }),
    ))
}

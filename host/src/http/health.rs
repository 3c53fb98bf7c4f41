//! Is the host well? Open to all, so it says nothing of tenants.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::FrontDoor;

pub(super) async fn get_health(State(door): State<FrontDoor>) -> Json<Value> {
    let allocator = door.host.sandbox().allocator().to_string();
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION"), "allocator": allocator }))
}

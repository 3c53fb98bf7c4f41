//! Is the host well? Shallow health is open to all, so it says nothing of tenants; deep health runs a bot that loops,
//! and is for operators.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::FrontDoor;
use super::operations::Denied;
use super::problem::Problem;
use crate::invocation::{CANARY_TIME, Host};
use crate::metrics::MEDIA_TYPE;
use crate::sandbox::{Canary, NotStopped};

/// So many ticks without one, and the clock that ends bots which spin has stopped.
const STALLED_TICKS: u32 = 100;

/// How closely to look.
#[derive(Deserialize)]
pub(super) struct Look {
    deep: Option<String>,
}

pub(super) async fn get_health(
    State(door): State<FrontDoor>,
    query: Result<Query<Look>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Denied> {
    // Whoever writes `deep=true` must not take the shallow answer for the deep one.
    let is_deep = query.is_ok_and(|Query(look)| look.deep.is_some_and(|deep| deep != "0"));
    if !is_deep {
        let is_well = door.host.store().records.is_well();
        let (status, word) = in_short(&door.host, is_well);
        return Ok((status, Json(health(&door.host, word, None))).into_response());
    }
    door.access.check(&headers)?;
    Ok(look(&door.host, door.canary_late).await.into_response())
}

pub(super) async fn get_metrics(
    State(door): State<FrontDoor>,
    headers: HeaderMap,
) -> Result<Response, Denied> {
    door.access.check(&headers)?;
    let text = spawn_blocking(move || door.host.metrics()).await;
    Ok(match text {
        Ok(text) => ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(_) => Problem::host_fault().into_response(),
    })
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    allocator: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Value>,
}

fn health(host: &Host, status: &'static str, checks: Option<Value>) -> Health {
    Health {
        status,
        version: env!("CARGO_PKG_VERSION"),
        allocator: host.sandbox().allocator().to_string(),
        checks,
    }
}

/// Looks at all that can be looked at.
async fn look(host: &Host, late: Duration) -> (StatusCode, Json<Health>) {
    let canary = host.sandbox().canary(CANARY_TIME).await;
    let (canary_is_well, canary) = of_canary(canary, late);
    let (ticker_is_well, ticker) = of_ticker(host);
    let store_is_well = host.store().records.is_well();
    let store = json!({ "ok": store_is_well });
    let (status, word) = in_short(host, canary_is_well && ticker_is_well && store_is_well);
    let checks = json!({ "canary": canary, "ticker": ticker, "pool": pool(host), "store": store });
    (status, Json(health(host, word, Some(checks))))
}

/// Whoever is about to end is not to be asked anything new, however well it is.
fn in_short(host: &Host, is_well: bool) -> (StatusCode, &'static str) {
    match is_well {
        _ if host.is_ending() => (StatusCode::SERVICE_UNAVAILABLE, "ending"),
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "failing"),
    }
}

fn of_canary(canary: Result<Canary, NotStopped>, late: Duration) -> (bool, Value) {
    match canary {
        Ok(canary) => {
            let is_well = canary.late_by <= late;
            let figures = json!({
                "ok": is_well,
                "stopped_after_ms": ms(canary.stopped_after),
                "late_by_ms": ms(canary.late_by),
                "may_be_late_by_ms": ms(late),
            });
            (is_well, figures)
        }
        Err(error) => (false, json!({ "ok": false, "problem": error.to_string() })),
    }
}

fn of_ticker(host: &Host) -> (bool, Value) {
    let (age, every) = (
        host.sandbox().tick_age(),
        Duration::from_millis(host.sandbox().settings().tick_ms),
    );
    let stalled = every * STALLED_TICKS;
    let is_well = age < stalled;
    let figures = json!({ "ok": is_well, "age_ms": ms(age), "stalled_ms": ms(stalled) });
    (is_well, figures)
}

/// Instances beyond the turns that run are what a leak would look like; one that is just being made or torn down is
/// one of them, so this tells and does not judge.
fn pool(host: &Host) -> Value {
    let sandbox = host.sandbox();
    let (Some(taken), Some(size)) = (sandbox.pool(), sandbox.pool_size()) else {
        return Value::Null;
    };
    let turns = host.occupancy();
    json!({
        "instances": taken.component_instances,
        "size": size.component_instances,
        "running_turns": turns.running,
        "waiting_turns": turns.waiting,
    })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

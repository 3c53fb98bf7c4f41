//! The turns that a bot has had lately.

use axum::Json;
use axum::extract::Query;
use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::asked;
use super::bots::OfBot;
use super::paging::limit;
use super::problems::Problems;
use crate::http::FrontDoor;
use crate::http::callers::{Operator, Reads};
use crate::http::problem::Problem;
use crate::http::received::Names;
use crate::recent;
use crate::registry::NotDeployed;
use crate::tenant::Environment;

/// Which turns.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Only turns after this number: the `next` of the answer before.
    after: Option<u64>,
    /// How many of the newest: 1 to 1000, and 100 unless it is given.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// Only those that this environment answered.
    environment: Option<Environment>,
    /// Only those whose answer took so many milliseconds or more.
    slower_ms: Option<u64>,
    /// Only those that failed.
    #[param(default = false)]
    failed: Option<bool>,
}

impl Part {
    fn has(&self, turn: &recent::Turn) -> bool {
        let failed = self.failed.unwrap_or_default();
        let environment = self.environment.as_ref();
        let slower_us = self.slower_ms.unwrap_or_default().saturating_mul(1_000);
        (!failed || turn.fault.is_some())
            && turn.took_us >= slower_us
            && environment.is_none_or(|environment| *environment == turn.at.environment)
    }
}

/// Turns of a bot, since the host started.
#[derive(Serialize, ToSchema)]
pub(super) struct Turns {
    turns: Vec<Turn>,
    /// What to ask for `after` to learn of later ones.
    next: u64,
}

/// A turn, and what became of it.
#[derive(Serialize, ToSchema)]
struct Turn {
    /// Counts the turns of a bot from 1, since the host started.
    number: u64,
    /// As the caller was told it in `retort-invocation`, and as it is in the host's log.
    id: Uuid,
    /// When it ended.
    at: Timestamp,
    /// Which environment answered.
    environment: Environment,
    /// The revision that was asked.
    revision: String,
    /// How it ended, in one of the host's codes.
    outcome: &'static str,
    /// Whose fault it is: `caller`, `bot` or `host`; none of a turn that was well.
    fault: Option<&'static str>,
    /// Why it failed, for the bot's author.
    cause: Option<String>,
    /// What the caller got: `reply`, `stand-in` by the failure policy, `replay` of an earlier answer, `error`, or
    /// `nothing` for one who hung up.
    sent: &'static str,
    /// Microseconds from the request read to the answer: the waits for its conversation and its permit, the bot, the check
    /// and the disk.
    took_us: u64,
    /// Microseconds in the sandbox, the waits for its slices included.
    wall_us: u64,
    /// Microseconds that it waited there.
    waited_us: u64,
    fuel: u64,
    memory_peak_bytes: usize,
    /// Calls out of the sandbox.
    host_calls: u64,
    /// What the bot logged.
    log: Vec<Line>,
    /// How many more lines there were past the limits.
    dropped_lines: usize,
}

/// A line that a bot wrote.
#[derive(Serialize, ToSchema)]
#[schema(as = LogLine)]
struct Line {
    /// `debug`, `info`, `warn` or `error`.
    level: &'static str,
    message: String,
}

impl From<recent::Turn> for Turn {
    fn from(turn: recent::Turn) -> Self {
        let lines = turn.log.lines.into_iter().map(|line| Line {
            level: line.level,
            message: line.message,
        });
        Self {
            number: turn.number,
            id: turn.id,
            at: turn.ended,
            environment: turn.at.environment.clone(),
            revision: turn.revision.to_string(),
            outcome: turn.outcome,
            fault: turn.fault.map(|fault| fault.as_str()),
            cause: turn.cause,
            sent: turn.sent,
            took_us: turn.took_us,
            wall_us: turn.wall_us,
            waited_us: turn.waited_us,
            fuel: turn.fuel,
            memory_peak_bytes: turn.memory_peak_bytes,
            host_calls: turn.host_calls,
            log: lines.collect(),
            dropped_lines: turn.log.dropped,
        }
    }
}

/// Lists the turns that a bot has had lately, with what it logged in them. Takes any role.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/bots/{bot}/turns",
    tag = "bots",
    params(OfBot, Part),
    responses((status = 200, description = "Turns, the oldest first", body = Turns), Problems)
)]
pub(super) async fn list_turns(
    State(door): State<FrontDoor>,
    _: Operator<Reads>,
    Names(OfBot { tenant, bot }): Names<OfBot>,
    query: Result<Query<Part>, QueryRejection>,
) -> Result<Json<Turns>, Problem> {
    let part = asked(query)?;
    let limit = limit(part.limit)?;
    let ring = door.host.recent().known(&tenant, &bot);
    let ring = ring.ok_or(NotDeployed::Bot { tenant, bot })?;
    // Before the turns are read: one that ends meanwhile must not be passed over.
    let next = ring.last();
    let turns = ring.after(part.after.unwrap_or(0), limit, |turn| part.has(turn));
    let next = turns.last().map_or(next, |turn| turn.number.max(next));
    let turns = turns.into_iter().map(Turn::from).collect();
    Ok(Json(Turns { turns, next }))
}

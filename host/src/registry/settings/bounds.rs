//! Which numbers make sense for a deployment, and which of them only who has the host may raise.

use serde::Serialize;
use serde_json::{Value, json};

use super::{BadSetting, Defaults};
use crate::registry::Wanted;

/// A table of settings: its numbers by their names, and the bounds of each.
pub type Bounds = &'static [(&'static str, u64, u64)];

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// The milliseconds of a day.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Of `limits`. The deadline's upper bound is the operator's own ceiling, and is checked with it.
pub const LIMITS: Bounds = &[
    ("deadline_ms", 1, DAY_MS),
    ("fuel", 1, u64::MAX),
    ("host_call_fuel", 0, GIB),
    ("host_byte_fuel", 0, MIB),
    ("memory_bytes", 64 * KIB, 4 * GIB),
    ("table_elements", 1, 10_000_000),
    ("host_calls", 1, u64::MAX),
    ("transfer_bytes", KIB, GIB),
    ("handles", 1, MIB),
    ("random_bytes", 1, 16 * MIB),
    ("log_lines", 0, MIB),
    ("log_bytes", 0, 64 * MIB),
    ("state_keys", 0, 10_000),
    ("state_bytes", 0, 16 * MIB),
    ("http_requests", 0, 1_000),
    ("http_ms", 1, DAY_MS),
    ("http_request_bytes", 0, 64 * MIB),
    ("http_response_bytes", 0, 64 * MIB),
];
/// Of `reply`.
pub const REPLY: Bounds = &[
    ("bytes", 1, GIB),
    ("parts", 1, 10_000),
    ("intents", 0, 10_000),
    ("delay_seconds", 1, 86_400),
];

/// Of `capsules`.
const CAPSULES: Bounds = &[("sample_permille", 0, 1000)];

/// Those with a ceiling of the host's own, which is checked when a deployment is prepared.
const WITH_CEILINGS: [&str; 3] = ["deadline_ms", "memory_bytes", "table_elements"];
/// What a turn is charged: less of it is more for the bot.
const CHARGES: [&str; 2] = ["host_call_fuel", "host_byte_fuel"];

/// What is out of bounds in a deployment's settings.
pub fn problem(wanted: &Wanted) -> Option<BadSetting> {
    out_of_bounds("limits", &written(&wanted.limits), LIMITS)
        .or_else(|| out_of_bounds("reply", &written(&wanted.reply), REPLY))
        .or_else(|| out_of_bounds("capsules", &capsules(wanted), CAPSULES))
}

fn capsules(wanted: &Wanted) -> Value {
    json!({ "sample_permille": wanted.sample.unwrap_or_default() })
}

/// What is out of bounds in a table.
pub fn out_of_bounds(table: &str, settings: &Value, bounds: Bounds) -> Option<BadSetting> {
    bounds.iter().find_map(|(key, least, most)| {
        let value = settings.get(key)?.as_u64()?;
        let is_within = (*least..=*most).contains(&value);
        (!is_within).then(|| BadSetting {
            at: format!("{table}.{key}"),
            problem: format!("is {value}; {least} to {most} are possible"),
        })
    })
}

/// What gives a bot more than the host gives every bot. The limits are what keeps tenants from one another, so whoever
/// answers for one tenant may only lower them.
pub fn raised(wanted: &Wanted, host: &Defaults) -> Option<BadSetting> {
    let limits = (written(&wanted.limits), written(&host.limits));
    let reply = (written(&wanted.reply), written(&host.reply));
    let table = |table, (own, host): &(Value, Value), bounds: Bounds| {
        bounds.iter().find_map(|(key, ..)| {
            let (own, host) = (own.get(key)?.as_u64()?, host.get(key)?.as_u64()?);
            let is_raised = match *key {
                key if WITH_CEILINGS.contains(&key) => false,
                key if CHARGES.contains(&key) => own < host,
                _ => own > host,
            };
            is_raised.then(|| BadSetting {
                at: format!("{table}.{key}"),
                problem: format!(
                    "is {own} and the host's own {host}; to give a bot more takes a token for all tenants with the role \
                     admin, or the host's configuration"
                ),
            })
        })
    };
    table("limits", &limits, LIMITS).or_else(|| table("reply", &reply, REPLY))
}

/// A table of settings as JSON.
pub fn written(table: &impl Serialize) -> Value {
    serde_json::to_value(table).expect("a table of settings has text keys and plain values")
}

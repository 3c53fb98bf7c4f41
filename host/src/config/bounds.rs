//! Which numbers make sense: a setting outside of its bounds is told at start, not found out in a turn.

use super::Config;
use crate::registry::settings::bounds::{Bounds, DAY_MS, LIMITS, REPLY, out_of_bounds};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const HTTP: Bounds = &[
    ("connections", 1, 1_000_000),
    ("header_bytes", KIB, 256 * KIB),
    ("headers", 1, 1_000),
    ("header_ms", 1, DAY_MS),
    ("body_bytes", KIB, GIB),
    ("large_bodies_bytes", MIB, 64 * GIB),
    ("body_ms", 1, DAY_MS),
    ("write_ms", 1, DAY_MS),
    ("notice_ms", 0, DAY_MS),
    ("drain_ms", 0, DAY_MS),
];
const TLS: Bounds = &[("reread_seconds", 1, 86_400)];
const LIVEPERSON: Bounds = &[
    ("jwks_refresh_seconds", 1, 86_400),
    ("jwks_retry_seconds", 1, 3_600),
    // Only these two, as its type sees to.
    ("put_status", 200, 204),
    // And only these three.
    ("function_error_status", 422, 901),
];
const ADMISSION: Bounds = &[
    ("concurrent_turns", 1, 10_000),
    ("waiting_turns", 0, 1_000_000),
    ("share", 1, 10_000),
];
const CONVERSATIONS: Bounds = &[
    ("keep_days", 1, 3650),
    // The platform asks up to three times, waits up to a minute for each, and half a minute between them.
    ("replay_minutes", 5, 1_440),
    ("answers_bytes", 0, GIB),
    ("memory_bytes", MIB, 1024 * GIB),
];
const STATE: Bounds = &[
    ("tenant_bytes", 0, 1024 * GIB),
    ("disk_reserve_bytes", 0, 1024 * GIB),
];
const EGRESS: Bounds = &[("lookups", 1, 65_536), ("connections", 1, 65_536)];
const QUARANTINE: Bounds = &[
    ("minimum_turns", 1, 1_000_000),
    ("failure_percent", 1, 101),
    ("window_seconds", 1, 86_400),
    ("probe_seconds", 1, 86_400),
];
const CAPSULES: Bounds = &[
    ("sample_permille", 0, 1000),
    ("bytes", KIB, 16 * MIB),
    ("number", 0, 100_000),
    ("tenant_bytes", 0, 1024 * GIB),
    ("minute", 0, 100_000),
    ("days", 1, 3650),
];
const RECENT: Bounds = &[
    ("turns", 0, 1_000_000),
    ("bot_bytes", 0, GIB),
    ("memory_bytes", 0, 1024 * GIB),
];
const METRICS: Bounds = &[("tenants", 0, 10_000)];
const OPERATIONS: Bounds = &[("connections", 1, 10_000), ("canary_ms", 1, 60_000)];
const SANDBOX: Bounds = &[
    ("guest_threads", 0, 1024),
    ("guest_niceness", 0, 19),
    ("tick_ms", 1, 100),
    // Each takes 8 GiB of the 128 TiB of address space that a process has.
    ("instances", 1, 10_000),
    ("memory_ceiling_bytes", 64 * KIB, 4 * GIB),
    ("table_elements_ceiling", 1, 10_000_000),
    ("keep_resident_bytes", 0, 4 * GIB),
    ("wasm_stack_bytes", 64 * KIB, 64 * MIB),
    ("deadline_ceiling_ms", 1, DAY_MS),
    ("clock_resolution_us", 1, 1_000_000),
];
/// The validator's own bounds are the upper ones, where it has any.
const COMPONENT: Bounds = &[
    ("bytes", KIB, GIB),
    ("nesting", 0, 1000),
    ("parts", 1, 2000),
    ("instances", 1, 10_000),
    ("nested_instances", 0, 10_000),
    ("memories", 1, 100),
    ("tables", 1, 1000),
    ("functions", 1, 1_000_000),
    ("imports", 0, 1_000_000),
    ("custom_section_bytes", 0, GIB),
];
/// Below the least memory the compiler itself does not start.
const COMPILE: Bounds = &[
    ("cpu_seconds", 1, 3600),
    ("wall_seconds", 1, 3600),
    ("memory_bytes", 16 * MIB, 1024 * GIB),
    ("artifact_bytes", 64 * KIB, 4 * GIB),
    ("concurrent", 1, 64),
];

/// Below the least memory no host starts.
const TRIAL: Bounds = &[
    ("cpu_seconds", 1, 3600),
    ("wall_seconds", 1, 3600),
    ("memory_bytes", 64 * MIB, 1024 * GIB),
];

/// The bounds of each table.
const TABLES: &[(&str, Bounds)] = &[
    ("limits", LIMITS),
    ("reply", REPLY),
    ("http", HTTP),
    ("tls", TLS),
    ("liveperson", LIVEPERSON),
    ("egress", EGRESS),
    ("admission", ADMISSION),
    ("quarantine", QUARANTINE),
    ("conversations", CONVERSATIONS),
    ("state", STATE),
    ("recent", RECENT),
    ("capsules", CAPSULES),
    ("metrics", METRICS),
    ("operations", OPERATIONS),
    ("sandbox", SANDBOX),
    ("component", COMPONENT),
    ("compile", COMPILE),
    ("trial", TRIAL),
];

/// What is out of bounds in a host's settings, or contradicts another.
pub(super) fn problem(config: &Config) -> Option<String> {
    let tables = config.tables().into_iter();
    let numbers = tables
        .zip(TABLES)
        .find_map(|((table, values), (_, bounds))| out_of_bounds(table, &values, bounds));
    let numbers = numbers.map(|problem| problem.to_string());
    numbers
        .or_else(|| a_weight(config))
        .or_else(|| more_turns_than_instances(config))
        .or_else(|| operators_from_afar(config))
        .or_else(|| config.tls.files().err().map(|error| error.to_string()))
}

/// What a tenant may count for; none may count for nothing.
const WEIGHTS: std::ops::RangeInclusive<u16> = 1..=1000;

fn a_weight(config: &Config) -> Option<String> {
    let mut weights = config.admission.weights.iter();
    let (tenant, weight) = weights.find(|(_, weight)| !WEIGHTS.contains(weight))?;
    let (least, most) = (WEIGHTS.start(), WEIGHTS.end());
    Some(format!(
        "`admission.weights.{tenant}` is {weight}; {least} to {most} are possible"
    ))
}

/// An instance that is torn down still holds its slot when the next turn is let in.
fn more_turns_than_instances(config: &Config) -> Option<String> {
    let (turns, instances) = (
        config.admission.concurrent_turns,
        config.sandbox.instances as usize,
    );
    (turns >= instances).then(|| {
        format!(
            "`admission.concurrent_turns` is {turns} and `sandbox.instances` {instances}; the pool \
             has to be larger, by a quarter or so"
        )
    })
}

/// Whoever reaches that listener is taken for an operator.
fn operators_from_afar(config: &Config) -> Option<String> {
    let listen = config.operations.listen?;
    (!listen.ip().is_loopback()).then(|| {
        format!(
            "`operations.listen` is {listen}, which others can reach; give an address of loopback, such as \
             127.0.0.1:{}, or use `operations.token` at the main port",
            listen.port()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_bounds_and_its_default_keeps_to_them() {
        let config = Config::default();
        assert_eq!(problem(&config), None);
        for ((table, values), (bounded, bounds)) in config.tables().into_iter().zip(TABLES) {
            assert_eq!(table, *bounded);
            let values = values.as_object().expect("a table");
            let numbers = values.iter().filter(|(_, value)| value.is_u64());
            let keys: Vec<&str> = numbers.map(|(key, _)| key.as_str()).collect();
            let bounds: Vec<&str> = bounds.iter().map(|(key, ..)| *key).collect();
            assert_eq!(keys, bounds, "{table}");
        }
        assert_eq!(config.tables().len(), TABLES.len());
    }
}

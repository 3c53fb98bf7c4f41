//! What the host counts and measures of itself, and the text that a Prometheus server reads it in. Knows nothing of
//! where a figure comes from: it is told the end of every turn, and the state of the rooms when it is asked.
//!
//! Labels are tenants, a bounded number of them, and the host's own words; never a conversation's id or a text.

mod moment;
mod process;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use serde::{Deserialize, Serialize};

pub use moment::{Moment, PoolPart};

use crate::fault::Fault;
use crate::tenant::TenantId;

/// The media type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the names of all of the host's own metrics begin with.
const PREFIX: &str = "retort";
/// The label of tenants that are not told apart.
const OTHER: &str = "other";

/// How finely is counted.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Tenants that are counted by their name, the first to be deployed; all later ones are `other`. Each has a series
    /// for each way that its turns end, some twenty at most, and a Prometheus server keeps every one in memory.
    pub tenants: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tenants: 100 }
    }
}

/// A turn that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// Whose.
    pub tenant: &'a TenantId,
    /// How, in the host's own words.
    pub outcome: &'static str,
    /// Whose fault that was, if it was one.
    pub fault: Option<Fault>,
    /// How long it took; none if there was nobody to ask.
    pub took: Option<Duration>,
    /// What its guest used; none if it never ran to an end of its own.
    pub used: Option<Used>,
    /// How often it called a capability that ended in a way: the capability, that way, and how often.
    pub calls: &'a [((&'static str, &'static str), u64)],
}

/// What a guest used.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// Fuel.
    pub fuel: u64,
    /// The most linear memory at a time, in bytes.
    pub memory_peak_bytes: usize,
    /// Calls out of the sandbox.
    pub host_calls: u64,
}

/// The metrics of one host.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    names: Names,
    turns: Family<Ended, Counter>,
    turn: Histogram,
    waited: Histogram,
    fuel: Histogram,
    memory_peak: Histogram,
    host_calls: Histogram,
    calls: Family<Called, Counter>,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Called {
    capability: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Ended {
    tenant: Arc<str>,
    outcome: &'static str,
    fault: &'static str,
}

impl Metrics {
    /// None counted yet.
    pub fn new(settings: &Settings) -> Self {
        let metrics = Self {
            registry: Registry::with_prefix(PREFIX),
            names: Names::at_most(settings.tenants),
            turns: Family::default(),
            // From a turn of the shortest bot to the second that the platform waits.
            turn: Histogram::new([
                50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3, 50e-3, 0.1, 0.2,
                0.4, 0.6, 0.8, 1.0,
            ]),
            waited: Histogram::new([
                1e-6, 10e-6, 100e-6, 1e-3, 5e-3, 10e-3, 50e-3, 0.1, 0.2, 0.4, 0.8,
            ]),
            fuel: Histogram::new([
                1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9, 3e9, 1e10,
            ]),
            memory_peak: Histogram::new((18..=28).map(|power| f64::from(1 << power))),
            host_calls: Histogram::new([0., 1., 2., 5., 10., 20., 50., 100., 1e3, 1e4]),
            calls: Family::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register(
            "turns",
            "Turns by tenant, how they ended, and whose fault that was",
            self.turns.clone(),
        );
        registry.register(
            "turn_seconds",
            "From the request read to the reply checked, waiting included",
            self.turn.clone(),
        );
        registry.register(
            "turn_wait_seconds",
            "How long turns waited to be let in",
            self.waited.clone(),
        );
        registry.register(
            "turn_fuel",
            "Fuel that turns used: WebAssembly instructions, roughly",
            self.fuel.clone(),
        );
        registry.register(
            "turn_memory_peak_bytes",
            "The most linear memory that a turn's instance had",
            self.memory_peak.clone(),
        );
        registry.register(
            "turn_host_calls",
            "Calls of a turn out of the sandbox",
            self.host_calls.clone(),
        );
        registry.register(
            "capability_calls",
            "Calls of state, secrets and http, and how they ended",
            self.calls.clone(),
        );
        self
    }

    /// Counts a tenant by its name from now on, if there is room for one more.
    pub fn know(&self, tenant: &TenantId) {
        self.names.add(tenant);
    }

    /// Counts a turn that has ended. Takes some hundred nanoseconds: every turn pays for it.
    pub fn ended(&self, turn: &Turn<'_>) {
        let ended = Ended {
            tenant: self.names.of(turn.tenant),
            outcome: turn.outcome,
            fault: turn.fault.map_or("none", Fault::as_str),
        };
        self.turns.get_or_create(&ended).inc();
        if let Some(took) = turn.took {
            self.turn.observe(took.as_secs_f64());
        }
        if let Some(used) = turn.used {
            self.fuel.observe(used.fuel as f64);
            self.memory_peak.observe(used.memory_peak_bytes as f64);
            self.host_calls.observe(used.host_calls as f64);
        }
        for &((capability, outcome), count) in turn.calls {
            let called = Called {
                capability,
                outcome,
            };
            self.calls.get_or_create(&called).inc_by(count);
        }
    }

    /// Counts how long a turn waited until it was let in or refused.
    pub fn waited(&self, time: Duration) {
        self.waited.observe(time.as_secs_f64());
    }

    /// All of it as text, with the state that the rooms are in.
    ///
    /// Reads what the system says of this process, so it is for a thread that may take some milliseconds.
    pub fn text(&self, moment: &Moment) -> String {
        let mut text = String::new();
        let written = encode_registry(&mut text, &self.registry)
            .and_then(|()| encode_registry(&mut text, &moment.registry()))
            .and_then(|()| match process::Figures::read() {
                Ok(figures) => encode_registry(&mut text, &figures.registry()),
                Err(error) => {
                    tracing::debug!("the system says nothing of this process: {error}");
                    Ok(())
                }
            })
            .and_then(|()| encode_eof(&mut text));
        written.expect("a text takes whatever is written to it");
        text
    }
}

/// The tenants that are counted by their names. Read by every turn, changed by a deployment.
#[derive(Debug)]
struct Names {
    most: usize,
    known: ArcSwap<HashMap<TenantId, Arc<str>>>,
    other: Arc<str>,
}

impl Names {
    fn at_most(most: usize) -> Self {
        Self {
            most,
            known: ArcSwap::default(),
            other: OTHER.into(),
        }
    }

    fn add(&self, tenant: &TenantId) {
        self.known.rcu(|known| {
            let mut known = HashMap::clone(known);
            if known.len() < self.most {
                let name = tenant.as_str().into();
                known.entry(tenant.clone()).or_insert(name);
            }
            known
        });
    }

    fn of(&self, tenant: &TenantId) -> Arc<str> {
        let known = self.known.load();
        Arc::clone(known.get(tenant).unwrap_or(&self.other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(metrics: &Metrics) -> String {
        metrics.text(&Moment::default())
    }

    fn ended(metrics: &Metrics, tenant: &str) {
        metrics.ended(&Turn {
            tenant: &tenant.parse().expect("a tenant"),
            outcome: "replied",
            fault: None,
            took: Some(Duration::from_micros(70)),
            used: Some(Used {
                fuel: 20_000,
                memory_peak_bytes: 1 << 20,
                host_calls: 1,
            }),
            calls: &[(("state", "ok"), 2)],
        });
    }

    #[track_caller]
    fn has(text: &str, line: &str) {
        assert!(text.lines().any(|has| has == line), "no {line:?} in {text}");
    }

    #[test]
    fn the_first_tenants_have_their_names_and_all_others_share_one() {
        let metrics = Metrics::new(&Settings { tenants: 2 });
        for tenant in ["a", "b", "a", "c"] {
            metrics.know(&tenant.parse().expect("a tenant"));
        }
        for tenant in ["a", "b", "b", "c", "nobody"] {
            ended(&metrics, tenant);
        }
        let text = text(&metrics);
        for (tenant, count) in [("a", 1), ("b", 2), ("other", 2)] {
            let labels = format!("tenant=\"{tenant}\",outcome=\"replied\",fault=\"none\"");
            has(&text, &format!("retort_turns_total{{{labels}}} {count}"));
        }
        assert_eq!(text.matches("retort_turns_total{").count(), 3, "{text}");
    }

    #[test]
    fn what_is_measured_falls_into_its_bucket() {
        let metrics = Metrics::new(&Settings::default());
        ended(&metrics, "a");
        metrics.waited(Duration::from_millis(3));
        let text = text(&metrics);
        for line in [
            "retort_turn_seconds_bucket{le=\"0.00005\"} 0",
            "retort_turn_seconds_bucket{le=\"0.0001\"} 1",
            "retort_turn_wait_seconds_bucket{le=\"0.001\"} 0",
            "retort_turn_wait_seconds_bucket{le=\"0.005\"} 1",
            "retort_turn_fuel_bucket{le=\"10000.0\"} 0",
            "retort_turn_fuel_bucket{le=\"30000.0\"} 1",
            "retort_turn_memory_peak_bytes_bucket{le=\"524288.0\"} 0",
            "retort_turn_memory_peak_bytes_bucket{le=\"1048576.0\"} 1",
            "retort_turn_host_calls_bucket{le=\"0.0\"} 0",
            "retort_turn_host_calls_bucket{le=\"1.0\"} 1",
            "retort_capability_calls_total{capability=\"state\",outcome=\"ok\"} 2",
        ] {
            has(&text, line);
        }
    }
}

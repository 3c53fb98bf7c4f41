//! The state that a host is in when it is asked: figures that go up and down, gathered by who knows the rooms.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::PREFIX;

/// The state of a host's rooms.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// Turns that hold a permit.
    pub running_turns: usize,
    /// Turns that wait for one.
    pub waiting_turns: usize,
    /// Bots in quarantine.
    pub quarantined_bots: usize,
    /// Conversations that are remembered.
    pub conversations: u64,
    /// Turns that were kept whole since the host started.
    pub kept_capsules: u64,
    /// Turns that were to be and were not, by why.
    pub dropped_capsules: Vec<(&'static str, u64)>,
    /// The parts of the pool of instances; none without a pool.
    pub pool: Vec<PoolPart>,
    /// How long ago the last tick was.
    pub tick_age: Duration,
    /// How late the latest tick was since this was asked the last time.
    pub tick_lateness: Duration,
}

/// What of one thing in the pool is taken, and how much of it there is.
#[derive(Clone, Copy, Debug)]
pub struct PoolPart {
    /// Which thing.
    pub of: &'static str,
    /// How many are taken.
    pub taken: u64,
    /// How many there are.
    pub size: u64,
}

type Unsigned = Gauge<u64, AtomicU64>;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Dropped {
    why: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Of {
    of: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Build {
    version: &'static str,
}

impl Moment {
    /// The same, to be written as text.
    pub(super) fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register(
            "turns_running",
            "Turns that hold a permit to run",
            ConstGauge::new(self.running_turns as u64),
        );
        registry.register(
            "turns_waiting",
            "Turns that wait to be let in",
            ConstGauge::new(self.waiting_turns as u64),
        );
        registry.register(
            "quarantined_bots",
            "Bots that are taken out for a while, since they went over their budget again and again",
            ConstGauge::new(self.quarantined_bots as u64),
        );
        registry.register(
            "conversations",
            "Conversations that are remembered, roughly",
            ConstGauge::new(self.conversations),
        );
        self.register_capsules(&mut registry);
        self.register_pool(&mut registry);
        self.register_ticks(&mut registry);
        let version = env!("CARGO_PKG_VERSION");
        registry.register("build", "The host that runs", Info::new(Build { version }));
        registry
    }

    fn register_capsules(&self, registry: &mut Registry) {
        registry.register(
            "capsules_kept",
            "Turns that were kept whole",
            ConstCounter::new(self.kept_capsules),
        );
        let dropped = Family::<Dropped, Counter>::default();
        for (why, count) in &self.dropped_capsules {
            dropped.get_or_create(&Dropped { why }).inc_by(*count);
        }
        registry.register(
            "capsules_dropped",
            "Turns that were to be kept whole and were not, by why",
            dropped,
        );
    }

    fn register_pool(&self, registry: &mut Registry) {
        let (taken, size) = (
            Family::<Of, Unsigned>::default(),
            Family::<Of, Unsigned>::default(),
        );
        for part in &self.pool {
            taken.get_or_create(&Of { of: part.of }).set(part.taken);
            size.get_or_create(&Of { of: part.of }).set(part.size);
        }
        registry.register("pool_taken", "What of the instance pool is taken", taken);
        registry.register("pool_size", "What the instance pool has in all", size);
    }

    fn register_ticks(&self, registry: &mut Registry) {
        registry.register(
            "tick_age_seconds",
            "Since the last tick of the clock that ends bots which spin",
            ConstGauge::new(self.tick_age.as_secs_f64()),
        );
        registry.register(
            "tick_lateness_seconds",
            "How late that clock's latest tick was since this was read the last time",
            ConstGauge::new(self.tick_lateness.as_secs_f64()),
        );
    }
}

//! The state of all rooms at one moment, for metrics and for health. Only this room may know them all.

use std::time::Duration;

use super::{Host, Rooms};
use crate::admission::Occupancy;
use crate::metrics::{Moment, PoolPart};
use crate::sandbox::{PoolUse, Sandbox};

/// The time of a canary, when the host looks whether it ends guests that loop: long enough for some ticks.
pub const CANARY_TIME: Duration = Duration::from_millis(20);

impl Host {
    /// How many turns run and wait.
    pub fn occupancy(&self) -> Occupancy {
        self.0.admission.occupancy()
    }

    /// What the host counts and measures of itself, as text of the type [`crate::metrics::MEDIA_TYPE`].
    ///
    /// Takes some milliseconds, for the system's own figures.
    pub fn metrics(&self) -> String {
        let Rooms {
            conversations,
            quarantine,
            admission,
            capsules,
            sandbox,
            metrics,
            ..
        } = &*self.0;
        let occupancy = admission.occupancy();
        let capsules = capsules.figures();
        metrics.text(&Moment {
            running_turns: occupancy.running,
            waiting_turns: occupancy.waiting,
            quarantined_bots: quarantine.count(),
            conversations: conversations.count(),
            kept_capsules: capsules.kept,
            dropped_capsules: capsules.dropped,
            pool: pool(sandbox),
            tick_age: sandbox.tick_age(),
            tick_lateness: sandbox.take_tick_lateness(),
        })
    }
}

fn pool(sandbox: &Sandbox) -> Vec<PoolPart> {
    let (Some(taken), Some(size)) = (sandbox.pool(), sandbox.pool_size()) else {
        return Vec::new();
    };
    let part = |of, figure: fn(&PoolUse) -> u64| PoolPart {
        of,
        taken: figure(&taken),
        size: figure(&size),
    };
    vec![
        part("component-instances", |pool| pool.component_instances),
        part("core-instances", |pool| pool.core_instances),
        part("memories", |pool| pool.memories as u64),
        part("tables", |pool| pool.tables as u64),
        part("stacks", |pool| pool.stacks as u64),
    ]
}

//! The trials that a host orders: one at a time, and of each tenant one that waits for its turn, so that nobody who deploys all
//! day holds up others.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::order::{NoReport, Order, Tried};
use super::{Limits, child};
use crate::chat::one_line;
use crate::fault::Fault;
use crate::tenant::TenantId;

/// Of a tenant's that wait at a time: each holds a connection meanwhile.
const WAITING: usize = 4;
/// Of the reasons that come from a bot, as much is told as anyone would read.
const MOST_WORDS: usize = 1_000;

/// Where trials are held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trying {
    /// Here, with no limit on time and memory: for tests of the library, whose bots are their own, and whose executable is not
    /// the one that could be started anew.
    #[default]
    InProcess,
    /// In a process of its own for each, that limits itself before it reads a byte.
    Child {
        /// The executable that has [`child::SUBCOMMAND`]: that of this host.
        program: PathBuf,
    },
}

/// Holds trials.
#[derive(Debug)]
pub struct Trials {
    limits: Limits,
    trying: Trying,
    place: Semaphore,
    tenants: Mutex<HashMap<TenantId, Arc<Semaphore>>>,
}

/// Whose turn it is.
#[derive(Debug)]
struct Place<'a> {
    _tenant: OwnedSemaphorePermit,
    _all: SemaphorePermit<'a>,
}

/// Why there is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untried {
    /// It took too much of the processor.
    #[error(
        "trying the bot took more than {limit_seconds} s of processor time; have it do less, hold fewer conversations, or raise `trial.cpu_seconds`"
    )]
    CpuTime {
        /// The limit.
        limit_seconds: u64,
    },
    /// It took too long.
    #[error(
        "trying the bot took more than {limit_seconds} s; have it do less, hold fewer conversations, or raise `trial.wall_seconds`"
    )]
    WallTime {
        /// The limit.
        limit_seconds: u64,
    },
    /// It took too much memory.
    #[error(
        "trying the bot took more than {limit_bytes} bytes of memory; build it smaller, or raise `trial.memory_bytes`"
    )]
    Memory {
        /// The limit.
        limit_bytes: u64,
    },
    /// It ended in a way that it should not.
    #[error("the trial ended on this bot, which is a fault in the host: {0}")]
    Crashed(String),
    /// It is nothing that could be tried.
    #[error("the bot cannot be tried: {0}")]
    NotTried(String),
    /// Others are being tried.
    #[error("other bots are being tried, and this one found no place in time; try again")]
    Busy,
    /// The machine or the host did not do its part.
    #[error("the bot could not be tried: {0}")]
    Host(String),
}

impl Untried {
    /// A stable name for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CpuTime { .. } => "trial-out-of-cpu-time",
            Self::WallTime { .. } => "trial-too-slow",
            Self::Memory { .. } => "trial-out-of-memory",
            Self::Crashed(_) => "trial-crashed",
            Self::NotTried(_) => "cannot-be-tried",
            Self::Busy => "too-many-trials",
            Self::Host(_) => "host-fault",
        }
    }

    /// Whose fault it is. A trial that crashes is ours, and a bot that makes it do so its author's.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Host(_) | Self::Busy => Fault::Host,
            _ => Fault::Bot,
        }
    }

    /// Whether what was tried last has ended it, and not whatever holds trials.
    pub(super) fn is_of_bot(&self) -> bool {
        self.fault() == Fault::Bot
    }

    pub(super) fn of(why: NoReport, limits: &Limits) -> Self {
        match why {
            NoReport::NotTried(why) => Self::NotTried(one_line(&why, MOST_WORDS)),
            NoReport::Memory => Self::Memory {
                limit_bytes: limits.memory_bytes,
            },
            NoReport::Host(why) => Self::Host(one_line(&why, MOST_WORDS)),
        }
    }
}

impl Default for Trials {
    fn default() -> Self {
        Self::new(Limits::default(), Trying::default())
    }
}

impl Trials {
    /// Trials under limits.
    pub fn new(limits: Limits, trying: Trying) -> Self {
        Self {
            limits,
            trying,
            place: Semaphore::new(1),
            tenants: Mutex::default(),
        }
    }

    /// Holds one for a tenant, once it is its turn.
    ///
    /// # Errors
    /// [`Untried`]; the bot is not seen to be good or bad.
    ///
    /// # Cancel safety
    /// Dropping the future ends a trial that runs as a child.
    pub async fn hold(&self, tenant: &TenantId, order: Order) -> Result<Tried, Untried> {
        let _place = self.place(tenant).await?;
        match &self.trying {
            Trying::Child { program } => child::hold(program, &self.limits, &order).await,
            Trying::InProcess => {
                let tried = order.carry_out(|_| ()).await;
                tried.map_err(|why| Untried::of(why, &self.limits))
            }
        }
    }

    /// Its turn, until what is given is dropped.
    async fn place(&self, tenant: &TenantId) -> Result<Place<'_>, Untried> {
        let own = self.of(tenant);
        // Itself, the one under way, and the table.
        if Arc::strong_count(&own) > WAITING + 2 {
            return Err(Untried::Busy);
        }
        let place = async {
            // First among its own: who waits for them is in nobody else's way.
            let _tenant = own.acquire_owned().await.ok()?;
            let _all = self.place.acquire().await.ok()?;
            Some(Place { _tenant, _all })
        };
        // As long as the one before it may take.
        let wait = Duration::from_secs(self.limits.wall_seconds);
        let place = timeout(wait, place).await.ok().flatten();
        place.ok_or(Untried::Busy)
    }

    fn of(&self, tenant: &TenantId) -> Arc<Semaphore> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever has its place, or waits for it, holds on to it.
        tenants.retain(|_, own| Arc::strong_count(own) > 1);
        let own = tenants.entry(tenant.clone());
        Arc::clone(own.or_insert_with(|| Arc::new(Semaphore::new(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        name.parse().expect("a tenant")
    }

    #[tokio::test(start_paused = true)]
    async fn one_is_held_at_a_time_and_who_finds_no_place_in_time_is_told_so() {
        let trials = Trials::default();
        let first = trials.place(&tenant("a")).await.expect("a place");
        for name in ["a", "b"] {
            let begun = tokio::time::Instant::now();
            let late = trials.place(&tenant(name)).await;
            assert_eq!(late.expect_err("there is none").code(), "too-many-trials");
            assert_eq!(begun.elapsed().as_secs(), trials.limits.wall_seconds);
        }
        drop(first);
        trials.place(&tenant("b")).await.expect("a place");
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_of_a_tenants_wait_and_those_of_others_come_between_them() {
        let trials = Arc::new(Trials::default());
        let first = trials.place(&tenant("a")).await.expect("a place");
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = tokio::task::JoinSet::new();
        for name in ["a", "a", "a", "a", "b"] {
            let (trials, order) = (Arc::clone(&trials), Arc::clone(&order));
            waiting.spawn(async move {
                let place = trials.place(&tenant(name)).await.expect("a place");
                order.lock().expect("no panic").push(name);
                drop(place);
            });
            tokio::task::yield_now().await;
        }
        let begun = tokio::time::Instant::now();
        assert!(trials.place(&tenant("a")).await.is_err());
        assert_eq!(begun.elapsed(), Duration::ZERO);
        drop(first);
        waiting.join_all().await;
        assert_eq!(order.lock().expect("no panic")[0], "b");
    }
}

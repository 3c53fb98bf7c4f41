//! Runs a bot's code: one fresh instance per turn, under fuel, epoch, memory and wall-clock limits.
//! Knows nothing of tenants, deployments and HTTP.

mod artifacts;
mod asked;
mod bot;
mod canary;
pub mod compile;
mod engine;
mod failure;
mod guests;
mod image;
mod instance;
mod javascript;
mod limits;
mod loaded;
mod program;
mod refusing_wasi;
pub mod script;
pub mod structure;
mod ticker;
pub mod trace;
mod usage;
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::time::timeout_at;
use wasmtime::Engine;

pub use asked::{Ask, CheckConfig, Describe, Input, Invoke, Respond};
pub use bot::{Bot, Unloadable};
pub use canary::{Canary, NotStopped};
pub use engine::{Allocator, PoolUse};
pub use failure::{Failure, TrapKind};
pub use instance::{Requests, Terms};
pub use javascript::script_engine;
pub use limits::Limits;
pub use loaded::{Source, Wasm};
pub use usage::Usage;
pub use world::{Exports, World};

use crate::admission::Permit;
use crate::capabilities::log::{Lines, Log};
use crate::capabilities::made_up::MadeUp;
use crate::capabilities::moved::Moved;
use crate::capabilities::tally::{Call, Tally};
use crate::capabilities::tape::{Tape, Told};
use crate::limit::Limit;
use crate::state::Staged;
use crate::vault::Redactions;
use artifacts::Artifacts;
use canary::Cage;
use compile::{Compiler, Compiling};
use guests::{Guests, Progress, Schedule};
use instance::{Asking, Done};
use loaded::Loaded;
use ticker::Ticker;
use trace::Traces;

/// How long past a turn's deadline its caller waits for the guest's own word on why it ended. The inner
/// reason is worth more than ours; one tick and a busy machine's wake-up have to fit in.
const GRACE: Duration = Duration::from_millis(5);

/// What all bots of a host share.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Threads for guests that run longer than a tick, and for nothing else. 0: one less than the machine has
    /// cores, at least 1, so that guests that spin leave a core to accept, health and metrics.
    pub guest_threads: usize,
    /// How far those threads stand back behind all others, as the system's nice value has it: 0 not at all, 19
    /// most. 5 leaves them a fourth of a core that
    /// others want too, of whatever process.
    pub guest_niceness: u8,
    /// Milliseconds between two ticks of the epoch: how late a spinning guest may be stopped.
    pub tick_ms: u64,
    /// Instances that the pool holds ready. Each reserves 4 GiB of address space, not of memory.
    pub instances: u32,
    /// The most memory that any deployment may allow its bot. 256 MiB: a Python or JavaScript bot fits.
    pub memory_ceiling_bytes: usize,
    /// The most table elements that any deployment may allow its bot. JavaScript and Python need 60,000.
    pub table_elements_ceiling: usize,
    /// Memory that a free slot keeps instead of giving it back to the system; page faults cost more than
    /// anything else in a short turn. The resident size grows by this times the instances, at most: a slot keeps no more
    /// than the largest bot had that used it. 2 MiB are what a script's engine has.
    pub keep_resident_bytes: usize,
    /// The WebAssembly stack. 2 MiB let a script's engine see that it is about to be full before it is, whatever fills it:
    /// calls of its own functions take twenty times what it counts of them.
    pub wasm_stack_bytes: usize,
    /// The longest deadline that any deployment may have, in milliseconds. A second is what the platform asks
    /// for; going past it is the operator's own decision.
    pub deadline_ceiling_ms: u64,
    /// Microseconds that a bot's clocks advance by: fine clocks help to spy on what runs beside. A millisecond is
    /// what `budget` tells too.
    pub clock_resolution_us: u64,
    /// What a component may be made of. A table of its own in the configuration.
    #[serde(skip)]
    pub component: structure::Limits,
    /// What compiling one may use. A table of its own in the configuration.
    #[serde(skip)]
    pub compile: compile::Limits,
    /// Where compiling happens. No key of the configuration: who starts the host knows.
    #[serde(skip)]
    pub compiling: Compiling,
    /// The folder for compiled code. None is a temporary one, which goes with the host.
    #[serde(skip)]
    pub compiled: Option<PathBuf>,
    /// Whether other processes use that folder as well.
    #[serde(skip)]
    pub shares_compiled: bool,
    /// Where turns have their time and chance from, for who tries a bot. No key of the configuration: what serves has the
    /// machine's.
    #[serde(skip)]
    pub made_up: Option<MadeUp>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            guest_threads: 0,
            guest_niceness: 5,
            tick_ms: 1,
            instances: 128,
            memory_ceiling_bytes: 256 << 20,
            table_elements_ceiling: 100_000,
            keep_resident_bytes: 2 << 20,
            wasm_stack_bytes: 2 << 20,
            deadline_ceiling_ms: 1000,
            clock_resolution_us: 1000,
            component: structure::Limits::default(),
            compile: compile::Limits::default(),
            compiling: Compiling::default(),
            compiled: None,
            shares_compiled: false,
            made_up: None,
        }
    }
}

impl Settings {
    /// How many threads there are for guests that run longer than a tick.
    pub fn guest_threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        match self.guest_threads {
            0 => cores.saturating_sub(1).max(1),
            threads => threads,
        }
    }
}

/// The sandbox could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The engine does not take these settings.
    #[error("the WebAssembly engine cannot be set up with these settings: {0:#}")]
    Engine(wasmtime::Error),
    /// The system gave no thread.
    #[error("a thread for the sandbox could not be started: {0}")]
    Thread(std::io::Error),
    /// The folder for compiled code cannot be used.
    #[error("the folder for compiled code cannot be used: {0}")]
    Folder(std::io::Error),
}

/// One engine, its ticker and its threads.
pub struct Sandbox {
    engine: Engine,
    allocator: Allocator,
    guests: Guests,
    loaded: Arc<Loaded>,
    settings: Settings,
    ticker: Ticker,
    canary: Cage,
    traces: Traces,
}

/// What came of asking a bot something.
#[derive(Debug)]
pub struct Ran<T> {
    /// What it said, or how it failed. What it said is not yet trusted.
    pub result: Result<T, Failure>,
    /// What it used.
    pub usage: Usage,
    /// What it logged, on every path.
    pub log: Lines,
    /// How it called its capabilities, and how that ended.
    pub calls: Vec<(Call, u64)>,
    /// What it wrote to `state`, which is nobody's yet.
    pub staged: Staged,
    /// What it sent out.
    pub requests: Requests,
    /// What it was told from outside, if that was noted.
    pub told: Option<Told>,
    /// The secrets that it had to do with, for whoever tells of it.
    pub redactions: Redactions,
    /// Whether at least half of the turns that ran beside it were its own bot's.
    pub had_most: bool,
}

/// A turn of more fuel than this, a quarter of a tick's worth, has its bot's next one begin among the long ones,
/// where the order of tenants rules: many turns of just under a tick would take a host's threads from all others.
/// Fuel and not time, since a bot is not to blame for what the machine does meanwhile.
const SHORT_FUEL: u64 = 1_000_000;

/// A turn from which its bot's next one is judged. Only one that ended well after little fuel speaks for its bot: the
/// fuel of one that was cut is not known, and a failure may cost the host far more than fuel tells.
struct Judged<'a> {
    bot: &'a Bot,
    was_short: bool,
}

impl Judged<'_> {
    fn ended<T>(&mut self, result: &Result<T, Failure>, usage: &Usage) {
        self.was_short = result.is_ok() && usage.fuel <= SHORT_FUEL;
    }
}

impl Drop for Judged<'_> {
    fn drop(&mut self) {
        self.bot.was_long(!self.was_short);
    }
}

impl<T> Ran<T> {
    /// One whose guest never began.
    fn failed(failure: Failure, started: Instant) -> Self {
        Self {
            result: Err(failure),
            usage: Usage {
                wall: started.elapsed(),
                ..Usage::default()
            },
            log: Lines::default(),
            calls: Vec::new(),
            staged: Staged::default(),
            requests: Requests::default(),
            told: None,
            redactions: Redactions::default(),
            had_most: false,
        }
    }

    /// The code of the outcome if the bot went over its budget by its own doing. Not one that was cut at its
    /// deadline after other bots' guests, or the wait for a permit, had most of its time.
    pub fn over_budget(&self) -> Option<&'static str> {
        let failure = self.result.as_ref().err()?;
        let own = self.usage.wall.saturating_sub(self.usage.waited);
        let is_own_doing = match failure {
            Failure::Exceeded(over) if over.limit == Limit::Deadline => {
                self.had_most || own >= Duration::from_millis(over.allowed) / 2
            }
            Failure::Exceeded(_) => true,
            Failure::Trapped { kind, .. } => *kind == TrapKind::StackExhausted,
            Failure::Faulted { .. } | Failure::Host(_) => false,
        };
        is_own_doing.then(|| failure.code())
    }
}

/// Which engine this executable has.
///
/// # Errors
/// In words, if it cannot be set up on this machine.
pub fn own_engine() -> Result<String, String> {
    let own = engine::for_compiling().map_err(|error| format!("{error:#}"))?;
    Ok(engine::fingerprint(&own))
}

impl Sandbox {
    /// Sets up the engine, its ticker and the threads that guests run on.
    ///
    /// # Errors
    /// [`NotStarted`] if the settings contradict each other or the system gives no thread. An address space
    /// too small for the pool is no error: see [`Sandbox::allocator`].
    pub fn new(settings: Settings) -> Result<Self, NotStarted> {
        let (engine, allocator) = engine::start(&settings).map_err(NotStarted::Engine)?;
        let ticker = Ticker::start(&engine, Duration::from_millis(settings.tick_ms.max(1)));
        let guests = Guests::start(&settings).map_err(NotStarted::Thread)?;
        let (limits, compiling) = (settings.compile, settings.compiling.clone());
        let compiler = Compiler::new(engine.clone(), limits, compiling);
        let artifacts = Artifacts::open(
            settings.compiled.as_deref(),
            settings.shares_compiled,
            &engine,
            compiler,
        );
        let artifacts = artifacts.map_err(NotStarted::Folder)?;
        let canary = Cage::new(&engine).map_err(NotStarted::Engine)?;
        Ok(Self {
            loaded: Arc::new(Loaded::new(engine.clone(), artifacts, settings.component)),
            engine,
            allocator,
            guests,
            traces: Traces::new(settings.compiling.clone()),
            ticker: ticker.map_err(NotStarted::Thread)?,
            canary,
            settings,
        })
    }

    /// Where instances come from; worth a warning when it is not the pool.
    pub fn allocator(&self) -> &Allocator {
        &self.allocator
    }

    /// What of the pool is taken, by the pool's own account; none without a pool.
    pub fn pool(&self) -> Option<PoolUse> {
        PoolUse::of(&self.engine)
    }

    /// All that the pool has, taken or not; none without a pool.
    pub fn pool_size(&self) -> Option<PoolUse> {
        self.pool().map(|_| PoolUse::most(&self.settings))
    }

    /// How long ago the last tick was: the clock that ends guests which spin has stopped if it is many ticks.
    pub fn tick_age(&self) -> Duration {
        self.ticker.beats().age()
    }

    /// How late the latest tick was since this was asked the last time.
    pub fn take_tick_lateness(&self) -> Duration {
        self.ticker.beats().take_worst()
    }

    /// Runs a guest that loops for ever, under the limits of a turn that has so much time, and sees it ended. Needs no
    /// permit: it is the machinery that is looked at, and one looks at a time.
    ///
    /// # Errors
    /// [`NotStopped`] if its deadline did not end it.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the guest to its deadline.
    pub async fn canary(&self, time: Duration) -> Result<Canary, NotStopped> {
        self.canary.run(time, canary::PATIENCE).await
    }

    /// The folder of compiled code, for another process that has [the same engine](Self::engine).
    pub fn compiled(&self) -> &Path {
        self.loaded.folder()
    }

    /// Which engine its compiled code is for.
    pub fn engine(&self) -> String {
        engine::fingerprint(&self.engine)
    }

    /// The settings that it runs with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Checks a component, compiles it unless its code is kept, and links it. Nothing of it holds up a turn.
    ///
    /// # Errors
    /// [`Unloadable`] says what the bytes are instead of a bot for this host.
    ///
    /// # Cancel safety
    /// Dropping the future ends a compiler that runs as a child, and keeps nothing that is not whole.
    pub async fn load(&self, component: &[u8]) -> Result<Bot, Unloadable> {
        let wasm: Arc<[u8]> = component.into();
        let (digest, world) = self.loaded.add(&wasm).await?;
        Ok(Bot::new(&digest, world, Arc::new(wasm)))
    }

    /// Sees to it that a bot which was loaded once can be loaded again without a compiler, and compiles it if not.
    ///
    /// # Errors
    /// [`Unloadable`] if that cannot be done.
    pub async fn make_ready(&self, bot: &Bot) -> Result<(), Unloadable> {
        self.loaded.compiled(&bot.digest, &*bot.source).await
    }

    /// Why compiled code could not be kept, where it is shared with other processes and goes on in memory without that; to
    /// be told once.
    pub fn first_not_kept(&self) -> Option<&str> {
        self.loaded.first_not_kept()
    }

    /// Puts into a failure of a bot's the lines of its source that are known already; false if somebody would have to look
    /// for them, which takes time.
    pub fn recall_lines(&self, bot: &Bot, failure: &mut Failure) -> bool {
        self.traces.recall(bot, failure)
    }

    /// A failure of a bot's with the lines of its source, if its component tells them: for after the turn. One lookup goes
    /// on at a time, in a process of its own that has two seconds and is given up after ten.
    ///
    /// # Cancel safety
    /// Dropping the future ends the lookup.
    pub async fn find_lines(&self, bot: &Bot, failure: Failure) -> Failure {
        self.traces.find(bot, failure).await
    }

    /// Asks a bot one thing in a fresh instance.
    ///
    /// The instance is gone when this returns or soon after, on every path: nothing that a bot keeps in
    /// memory can reach another turn. The permit goes with the instance, not with the caller.
    ///
    /// # Cancel safety
    /// Dropping the future ends the guest at its next tick or host call.
    pub async fn run<A: Ask>(
        &self,
        permit: Permit,
        bot: &Arc<Bot>,
        mut terms: Terms,
        ask: A,
    ) -> Ran<A::Said> {
        let tape = Tape::new(terms.reach.again.take(), terms.reach.notes);
        let (moved, tally) = (Moved::default(), Tally::default());
        let redactions = Redactions::default();
        let log = Log::new(terms.limits.log(), moved.clone(), redactions.clone());
        let deadline = terms.deadline;
        let late = terms.late();
        let schedule = Schedule {
            progress: Progress::default(),
            lane: permit.lane(),
            deadline,
        };
        let started = Instant::now();
        let loading = self.loaded.of(&bot.digest, &bot.source);
        let linked = match timeout_at(deadline.into(), loading).await {
            Ok(Ok(linked)) => linked,
            Ok(Err(unloadable)) => {
                return Ran::failed(Failure::Host(unloadable.to_string()), started);
            }
            Err(_) => return Ran::failed(late.now().into(), started),
        };
        let turn = instance::run(
            self.engine.clone(),
            terms,
            instance::Given {
                log: log.clone(),
                moved,
                tally: tally.clone(),
                redactions: redactions.clone(),
                tape: tape.clone(),
                clock_resolution: Duration::from_micros(self.settings.clock_resolution_us),
                made_up: self.settings.made_up.as_ref().map(MadeUp::turn),
                made_of: self.settings.component,
            },
            Asking { bot: linked, ask },
            permit,
            schedule.progress.clone(),
        );

        let progress = schedule.progress.clone();
        let lane = schedule.lane.clone();
        let mut judged = Judged {
            bot,
            was_short: false,
        };
        let running = self.guests.run(turn, schedule, bot.is_long());
        let ended = timeout_at((deadline + GRACE).into(), running).await;
        let seen = || Usage {
            wall: started.elapsed(),
            ..Usage::default()
        };
        let done = match ended {
            Ok(Ok(done)) => done,
            Ok(Err(panicked)) => Done::failed(Failure::Host(panicked.to_string()), seen()),
            // Every guest thread was busy until now: the turn ends all the same.
            Err(_) => Done::failed(late.now().into(), seen()),
        };
        let Done {
            result,
            mut usage,
            staged,
            requests,
        } = done;
        usage.waited = progress.waited();
        judged.ended(&result, &usage);
        let had_most = lane.has_most();
        // A guest that ends in the same moment as its time may be seen first, and is late all the same.
        let is_late = result.is_ok() && Instant::now() > deadline + GRACE;
        let result = if is_late {
            Err(late.now().into())
        } else {
            result
        };
        Ran {
            result,
            usage,
            log: log.take(),
            calls: tally.take(),
            staged,
            requests,
            told: tape.take(),
            redactions,
            had_most,
        }
    }
}

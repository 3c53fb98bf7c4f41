//! One instance, from its store to its end. Knows nothing of queues and threads.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout_at;
use wasmtime::component::ResourceTable;
use wasmtime::{CallHook, Engine, Result, Store, StoreContextMut, Trap, UpdateDeadline};
use wasmtime_wasi::clocks::WasiClocksView;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::asked::Ask;
use super::failure::{self, Failure};
use super::guests::{Progress, next_slice};
use super::image::Shown;
use super::limits::{Limits, Meter};
use super::loaded::Linked;
use super::structure;
use super::usage::Usage;
use crate::bindings::log::Level;
use crate::capabilities::budget::Budget;
use crate::capabilities::clocks::{MonotonicClock, Waiting, WallClock};
use crate::capabilities::config::{Config, Values};
use crate::capabilities::http::{Http, Sent};
use crate::capabilities::log::Log;
use crate::capabilities::made_up::Now;
use crate::capabilities::moved::Moved;
use crate::capabilities::polls::Polls;
use crate::capabilities::random::Random;
use crate::capabilities::reach::Reach;
use crate::capabilities::secrets::Secrets;
use crate::capabilities::state::State;
use crate::capabilities::stdio::LoggedStream;
use crate::capabilities::tally::Tally;
use crate::capabilities::tape::{Cut, Tape};
use crate::limit::{Exceeded, Limit};
use crate::state::Staged;
use crate::vault::Redactions;

/// What an instance may use, and what it is given.
#[derive(Debug)]
pub struct Terms {
    /// What it may use.
    pub limits: Limits,
    /// What `config` gives it.
    pub config: Values,
    /// What it reaches beyond its sandbox.
    pub reach: Reach,
    /// When it is cut.
    pub deadline: Instant,
}

/// What to say of a turn that takes too long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Late {
    deadline: Instant,
    limit_ms: u64,
}

impl Late {
    pub(super) fn now(self) -> Exceeded {
        let over = Instant::now().saturating_duration_since(self.deadline);
        let over_ms = u64::try_from(over.as_millis()).unwrap_or(u64::MAX);
        Exceeded {
            limit: Limit::Deadline,
            used: self.limit_ms.saturating_add(over_ms),
            allowed: self.limit_ms,
        }
    }
}

impl Terms {
    /// For a guest of the host's own, which reaches nothing.
    pub(super) fn alone(limits: Limits, deadline: Instant) -> Self {
        Self {
            limits,
            config: Arc::default(),
            reach: Reach::default(),
            deadline,
        }
    }

    pub(super) fn late(&self) -> Late {
        Late {
            deadline: self.deadline,
            limit_ms: self.limits.deadline_ms,
        }
    }
}

/// What the sandbox adds to the terms.
pub(super) struct Given {
    pub(super) log: Log,
    pub(super) moved: Moved,
    pub(super) tally: Tally,
    pub(super) redactions: Redactions,
    pub(super) tape: Tape,
    pub(super) clock_resolution: Duration,
    pub(super) made_up: Option<Now>,
    pub(super) made_of: structure::Limits,
}

impl Given {
    /// For a guest of the host's own.
    pub(super) fn alone(limits: &Limits) -> Self {
        let (moved, redactions) = (Moved::default(), Redactions::default());
        Self {
            log: Log::new(limits.log(), moved.clone(), redactions.clone()),
            moved,
            tally: Tally::default(),
            redactions,
            tape: Tape::default(),
            clock_resolution: Duration::from_millis(1),
            made_up: None,
            made_of: structure::Limits::default(),
        }
    }
}

/// All that one instance can reach.
pub struct TurnState {
    pub(super) log: Log,
    pub(super) config: Config,
    pub(super) budget: Budget,
    pub(super) http: Http,
    pub(super) secrets: Secrets,
    pub(super) state: State,
    pub(super) random: Random,
    pub(super) shown: Shown,
    wasi: WasiCtx,
    made_up: Option<Now>,
    tape: Tape,
    table: ResourceTable,
    meter: Meter,
    tab: Tab,
}

impl TurnState {
    /// The monotonic clock, and what is waited for by it.
    pub(super) fn waiting(&mut self) -> Waiting<'_> {
        let made_up = self.made_up.clone();
        let tape = self.tape.clone();
        let clocks = WasiClocksView::clocks(self);
        Waiting {
            clocks,
            made_up,
            tape,
        }
    }

    /// What is waited for.
    pub(super) fn polls(&mut self) -> Polls<'_> {
        Polls {
            table: &mut self.table,
            tape: &self.tape,
        }
    }
}

/// What a turn's host calls come to.
struct Tab {
    calls: u64,
    most_calls: u64,
    call_fuel: u64,
    byte_fuel: u64,
    /// What the bot has more than the store, whose fuel ends where this turn was cut when it ran first.
    beyond: u64,
    moved: Moved,
    /// Whether what the engine calls the host for is a tick, and none of the bot's doing.
    is_tick: bool,
}

impl WasiView for TurnState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// What is done with one store, from making an instance in it on.
pub(super) trait Work: Send + 'static {
    /// What comes of it.
    type Said: Send + 'static;

    /// Does it.
    fn done(
        self,
        store: &mut Store<TurnState>,
    ) -> impl Future<Output = Result<Self::Said, Ended>> + Send;
}

/// What came of a store: what was said, what was used, and what was written.
pub(super) struct Done<T> {
    pub(super) result: Result<T, Failure>,
    pub(super) usage: Usage,
    pub(super) staged: Staged,
    pub(super) requests: Requests,
}

/// What a turn has sent.
#[derive(Debug, Default)]
pub struct Requests {
    /// Each of them, with its answer.
    pub sent: Vec<Sent>,
    /// Whether it was run again, and wanted to send something else than before.
    pub has_strayed: bool,
}

impl<T> Done<T> {
    /// Of a guest that gave no account of itself.
    pub(super) fn failed(failure: Failure, usage: Usage) -> Self {
        Self {
            result: Err(failure),
            usage,
            staged: Staged::default(),
            requests: Requests::default(),
        }
    }
}

/// Has work done under the limits, and measures it. The permit is given back when the instance is gone.
pub(super) async fn run<W: Work, P: Send>(
    engine: Engine,
    mut terms: Terms,
    given: Given,
    work: W,
    permit: P,
    progress: Progress,
) -> Done<W::Said> {
    let started = Instant::now();
    let reach = std::mem::take(&mut terms.reach);
    let redactions = given.redactions.clone();
    let cut = given.tape.cut();
    let mut store = match store(&engine, &terms, reach, given, progress) {
        Ok(store) => store,
        Err(error) => return Done::failed(Failure::Host(format!("{error:#}")), Usage::default()),
    };
    // The guest is cut from inside where it runs, and from here where it waits in a host call.
    let ended = timeout_at(terms.deadline.into(), work.done(&mut store)).await;
    let usage = measure(&store, &terms.limits, started);
    let staged = store.data_mut().state.staged();
    let http = &mut store.data_mut().http;
    let requests = Requests {
        sent: std::mem::take(&mut http.sent),
        has_strayed: http.has_strayed(),
    };
    drop(store);
    drop(permit);

    let result = match ended {
        Ok(Ok(said)) => Ok(said),
        Ok(Err(Ended { error, starting })) => {
            let redacted = |words: &str| redactions.redact(words).into_owned();
            Err(
                match failure::of(&error, &terms.limits, starting, redacted) {
                    Failure::Exceeded(over) if over.limit == Limit::Fuel => at_cut(over, cut),
                    failure => failure,
                },
            )
        }
        Err(_) => Err(terms.late().now().into()),
    };
    Done {
        result,
        usage,
        staged,
        requests,
    }
}

/// Of a turn that is run again up to where its time was over, running out of fuel is that.
fn at_cut(over: Exceeded, cut: Option<Cut>) -> Failure {
    cut.map_or(over, |cut| cut.exceeded).into()
}

/// The engine's own word on why it ended a guest, and whether that was still starting.
pub(super) struct Ended {
    pub(super) error: wasmtime::Error,
    pub(super) starting: bool,
}

/// A bot, and what it is asked.
pub(super) struct Asking<A> {
    pub(super) bot: Arc<Linked>,
    pub(super) ask: A,
}

impl<A: Ask> Work for Asking<A> {
    type Said = A::Said;

    async fn done(self, store: &mut Store<TurnState>) -> Result<A::Said, Ended> {
        let ended = |starting| move |error| Ended { error, starting };
        let exports = self.bot.instance(store, A::IS_MORE).await;
        let exports = exports.map_err(ended(true))?;
        self.ask.ask(&exports, store).await.map_err(ended(false))
    }
}

fn store(
    engine: &Engine,
    terms: &Terms,
    reach: Reach,
    given: Given,
    progress: Progress,
) -> Result<Store<TurnState>> {
    let limits = &terms.limits;
    let mut store = Store::new(engine, TurnState::new(terms, reach, given));
    store.limiter(|turn| &mut turn.meter);
    store.set_fuel(limits.fuel - store.data().tab.beyond)?;
    store.set_hostcall_fuel(limits.transfer_bytes);
    store.set_max_component_handles(limits.handles);
    // The next tick may be any moment: two of them leave a short turn its whole one.
    store.set_epoch_deadline(2);
    let late = terms.late();
    store.epoch_deadline_callback(move |turn| {
        progress.tick();
        at_tick(turn, late)
    });
    store.call_hook(at_boundary);
    Ok(store)
}

/// A guest at a tick makes way for the others, and goes on when it is its turn again.
fn at_tick(mut turn: StoreContextMut<'_, TurnState>, late: Late) -> Result<UpdateDeadline> {
    turn.data_mut().tab.is_tick = true;
    if Instant::now() >= late.deadline {
        return Err(late.now().into());
    }
    Ok(UpdateDeadline::YieldCustom(1, Box::pin(next_slice())))
}

/// Sees every call out of the sandbox, whatever it calls.
fn at_boundary(mut turn: StoreContextMut<'_, TurnState>, hook: CallHook) -> Result<()> {
    match hook {
        CallHook::CallingHost => {
            let fuel_left = turn.get_fuel()?;
            let turn = turn.data_mut();
            turn.budget.fuel_left = fuel_left + turn.tab.beyond;
            Ok(())
        }
        CallHook::ReturningFromHost => settle(turn),
        CallHook::CallingWasm | CallHook::ReturningFromWasm => Ok(()),
    }
}

/// Ends a turn whose time is made up once what it waited for took too long, whatever the machine's clock says.
fn in_made_up_time(budget: &Budget) -> Result<()> {
    let Some(now) = &budget.made_up else {
        return Ok(());
    };
    let (gone_by, most) = (now.gone_by(), budget.all);
    if gone_by <= most {
        return Ok(());
    }
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let exceeded = Exceeded {
        limit: Limit::Deadline,
        used: ms(gone_by),
        allowed: ms(most),
    };
    Err(exceeded.into())
}

/// Puts a call on the tab. Paid when it is over, when it is known what it came to.
fn settle(mut turn: StoreContextMut<'_, TurnState>) -> Result<()> {
    let tab = &mut turn.data_mut().tab;
    // The fuel of a guest at a tick is in its registers, and not ours to change.
    if std::mem::take(&mut tab.is_tick) {
        return Ok(());
    }
    tab.calls += 1;
    if tab.calls > tab.most_calls {
        return Err(Exceeded::by_one(Limit::HostCalls, tab.most_calls).into());
    }
    let bytes = tab.moved.take().saturating_mul(tab.byte_fuel);
    let price = bytes.saturating_add(tab.call_fuel);
    in_made_up_time(&turn.data().budget)?;
    match turn.get_fuel()?.checked_sub(price) {
        Some(left) => turn.set_fuel(left),
        None => {
            turn.set_fuel(0)?;
            Err(Trap::OutOfFuel.into())
        }
    }
}

impl TurnState {
    fn new(terms: &Terms, reach: Reach, given: Given) -> Self {
        let limits = &terms.limits;
        let cut = given.tape.cut();
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self {
            config: Config {
                values: Arc::clone(&terms.config),
                moved: given.moved.clone(),
            },
            budget: Budget {
                deadline: terms.deadline,
                fuel_left: limits.fuel,
                all: limits.deadline(),
                made_up: given.made_up.clone(),
                tape: given.tape.clone(),
            },
            http: Http {
                granted: Arc::clone(&reach.granted),
                vault: reach.vault.clone(),
                egress: reach.egress,
                limits: limits.http(),
                deadline: terms.deadline,
                before: reach.before.into(),
                sent: Vec::new(),
                has_strayed: false,
                redactions: given.redactions.clone(),
                moved: given.moved.clone(),
                tally: given.tally.clone(),
                tape: given.tape.clone(),
            },
            secrets: Secrets {
                granted: Arc::clone(&reach.granted),
                vault: reach.vault,
                redactions: given.redactions.clone(),
                moved: given.moved.clone(),
                tally: given.tally.clone(),
                tape: given.tape.clone(),
            },
            state: State {
                granted: reach.granted,
                turn: reach.state,
                limits: limits.state(),
                moved: given.moved.clone(),
                tally: given.tally.clone(),
                tape: given.tape.clone(),
            },
            random: Random {
                limit: limits.random_bytes,
                moved: given.moved.clone(),
                source: given.made_up.as_ref().map(Now::chance),
                tape: given.tape.clone(),
            },
            shown: Shown::default(),
            wasi: wasi(&given),
            made_up: given.made_up,
            tape: given.tape,
            table,
            meter: Meter::new(limits, given.made_of),
            tab: Tab {
                calls: 0,
                most_calls: limits.host_calls,
                call_fuel: limits.host_call_fuel,
                byte_fuel: limits.host_byte_fuel,
                beyond: cut.map_or(0, |cut| limits.fuel.saturating_sub(cut.fuel)),
                moved: given.moved,
                is_tick: false,
            },
            log: given.log,
        }
    }
}

/// An empty environment, no input, output that goes to the log, and coarse clocks.
fn wasi(given: &Given) -> WasiCtx {
    let resolution = given.clock_resolution;
    let mut wasi = WasiCtx::builder();
    wasi.stdout(LoggedStream::new(given.log.clone(), Level::Info));
    wasi.stderr(LoggedStream::new(given.log.clone(), Level::Warn));
    let made_up = given.made_up.clone();
    wasi.wall_clock(WallClock {
        resolution,
        made_up: made_up.clone(),
        tape: given.tape.clone(),
    });
    wasi.monotonic_clock(MonotonicClock {
        begun: Instant::now(),
        resolution,
        made_up,
        tape: given.tape.clone(),
    });
    wasi.build()
}

fn measure(store: &Store<TurnState>, limits: &Limits, started: Instant) -> Usage {
    Usage {
        wall: started.elapsed(),
        waited: Duration::ZERO,
        fuel: limits
            .fuel
            .saturating_sub(store.data().tab.beyond)
            .saturating_sub(store.get_fuel().unwrap_or_default()),
        memory_peak_bytes: store.data().meter.memory_peak,
        host_calls: store.data().tab.calls,
    }
}

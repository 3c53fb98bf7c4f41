//! One instance, from its store to its end. Knows nothing of queues and threads.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::time::timeout_at;
use wasmtime::component::ResourceTable;
use wasmtime::{CallHook, Engine, Result, Store, StoreContextMut, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::bot::Bot;
use super::failure::{self, Cut, Failure};
use super::guests::Ticked;
use super::limits::{Limits, Meter};
use crate::bindings::handler::Guest;
use crate::bindings::log::Level;
use crate::bindings::types;
use crate::capabilities::NotOffered;
use crate::capabilities::budget::Budget;
use crate::capabilities::config::{Config, Values};
use crate::capabilities::log::Log;
use crate::capabilities::stdio::LoggedStream;

/// What an instance may use, and what it is given.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What it may use.
    pub limits: Limits,
    /// What `config` gives it.
    pub config: Values,
    /// When it is cut.
    pub deadline: Instant,
}

/// What an instance used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Wall-clock time from making the store to the last word of the guest.
    pub wall: Duration,
    /// Fuel: WebAssembly instructions, roughly.
    pub fuel: u64,
    /// The most linear memory that it had at a time, in bytes.
    pub memory_peak_bytes: usize,
    /// Calls out of the sandbox.
    pub host_calls: u64,
}

/// Something to ask a bot.
pub trait Ask: Send + 'static {
    /// What it says.
    type Said: Send + 'static;

    /// Calls the export.
    fn ask(
        self,
        bot: &Guest,
        store: &mut Store<TurnState>,
    ) -> impl Future<Output = Result<Self::Said>> + Send;
}

/// Who are you?
#[derive(Clone, Copy, Debug)]
pub struct Describe;

impl Ask for Describe {
    type Said = types::Description;

    async fn ask(self, bot: &Guest, store: &mut Store<TurnState>) -> Result<Self::Said> {
        bot.call_describe(store).await
    }
}

/// Is your configuration well?
#[derive(Clone, Copy, Debug)]
pub struct CheckConfig;

impl Ask for CheckConfig {
    type Said = Result<(), Vec<types::ConfigProblem>>;

    async fn ask(self, bot: &Guest, store: &mut Store<TurnState>) -> Result<Self::Said> {
        bot.call_check_config(store).await
    }
}

/// What do you say to this?
#[derive(Debug)]
pub struct Respond(pub types::Turn);

impl Ask for Respond {
    type Said = Result<types::Reply, types::Fault>;

    async fn ask(self, bot: &Guest, store: &mut Store<TurnState>) -> Result<Self::Said> {
        bot.call_respond(store, &self.0).await
    }
}

/// All that one instance can reach.
pub struct TurnState {
    pub(super) log: Log,
    pub(super) config: Config,
    pub(super) budget: Budget,
    pub(super) not_offered: NotOffered,
    wasi: WasiCtx,
    table: ResourceTable,
    meter: Meter,
    host_calls: u64,
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

/// Has work done under the limits, and measures it. The permit is given back when the instance is gone.
pub(super) async fn run<W: Work, P: Send>(
    engine: Engine,
    terms: Terms,
    log: Log,
    work: W,
    permit: P,
    ticked: Ticked,
) -> (Result<W::Said, Failure>, Usage) {
    let started = Instant::now();
    let mut store = match store(&engine, &terms, log, ticked) {
        Ok(store) => store,
        Err(error) => return (Err(Failure::Host(format!("{error:#}"))), Usage::default()),
    };
    // The guest is cut from inside where it runs, and from here where it waits in a host call.
    let ended = timeout_at(terms.deadline.into(), work.done(&mut store)).await;
    let usage = measure(&store, &terms.limits, started);
    drop(store);
    drop(permit);

    let result = match ended {
        Ok(Ok(said)) => Ok(said),
        Ok(Err(Ended { error, starting })) => Err(failure::of(&error, &terms.limits, starting)),
        Err(_) => Err(Failure::DeadlineExceeded {
            limit_ms: terms.limits.deadline_ms,
        }),
    };
    (result, usage)
}

/// The engine's own word on why it ended a guest, and whether that was still starting.
pub(super) struct Ended {
    pub(super) error: wasmtime::Error,
    pub(super) starting: bool,
}

/// A bot, and what it is asked.
pub(super) struct Asking<A> {
    pub(super) bot: Arc<Bot>,
    pub(super) ask: A,
}

impl<A: Ask> Work for Asking<A> {
    type Said = A::Said;

    async fn done(self, store: &mut Store<TurnState>) -> Result<A::Said, Ended> {
        let ended = |starting| move |error| Ended { error, starting };
        let instance = self
            .bot
            .linked
            .instantiate_async(&mut *store)
            .await
            .map_err(ended(true))?;
        self.ask
            .ask(instance.retort_bot_handler(), store)
            .await
            .map_err(ended(false))
    }
}

fn store(engine: &Engine, terms: &Terms, log: Log, ticked: Ticked) -> Result<Store<TurnState>> {
    let limits = &terms.limits;
    let mut store = Store::new(engine, TurnState::new(terms, log));
    store.limiter(|turn| &mut turn.meter);
    store.set_fuel(limits.fuel)?;
    store.set_hostcall_fuel(limits.transfer_bytes);
    store.set_max_component_handles(limits.handles);
    // The next tick may be any moment: two of them leave a short turn its whole one.
    store.set_epoch_deadline(2);
    let deadline = terms.deadline;
    store.epoch_deadline_callback(move |turn| {
        ticked.set();
        at_tick(turn, deadline)
    });
    let most = limits.host_calls;
    store.call_hook(move |turn, hook| at_host_call(turn, hook, most));
    Ok(store)
}

/// A guest past its first tick makes way for the others, and goes on after them.
fn at_tick(mut turn: StoreContextMut<'_, TurnState>, deadline: Instant) -> Result<UpdateDeadline> {
    // The tick came in as a call to the host, and is none of the bot's.
    turn.data_mut().host_calls = turn.data().host_calls.saturating_sub(1);
    if Instant::now() >= deadline {
        return Err(Cut::Deadline.into());
    }
    // Not a plain yield: the runtime would take the same task up again at once.
    Ok(UpdateDeadline::YieldCustom(
        1,
        Box::pin(tokio::task::yield_now()),
    ))
}

/// Sees every call out of the sandbox, whatever it calls.
fn at_host_call(mut turn: StoreContextMut<'_, TurnState>, hook: CallHook, most: u64) -> Result<()> {
    if !matches!(hook, CallHook::CallingHost) {
        return Ok(());
    }
    let fuel_left = turn.get_fuel()?;
    let turn = turn.data_mut();
    turn.budget.fuel_left = fuel_left;
    turn.host_calls += 1;
    if turn.host_calls > most {
        Err(Cut::HostCalls.into())
    } else {
        Ok(())
    }
}

impl TurnState {
    fn new(terms: &Terms, log: Log) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(terms.limits.handles);
        Self {
            config: Config(Arc::clone(&terms.config)),
            budget: Budget {
                deadline: terms.deadline,
                fuel_left: terms.limits.fuel,
            },
            not_offered: NotOffered,
            wasi: wasi(&terms.limits, &log),
            table,
            meter: Meter::new(&terms.limits),
            host_calls: 0,
            log,
        }
    }
}

/// An empty environment, no input, and output that goes to the log.
fn wasi(limits: &Limits, log: &Log) -> WasiCtx {
    let mut wasi = WasiCtx::builder();
    wasi.stdout(LoggedStream::new(log.clone(), Level::Info));
    wasi.stderr(LoggedStream::new(log.clone(), Level::Warn));
    wasi.max_random_size(limits.random_bytes);
    wasi.build()
}

fn measure(store: &Store<TurnState>, limits: &Limits, started: Instant) -> Usage {
    Usage {
        wall: started.elapsed(),
        fuel: limits
            .fuel
            .saturating_sub(store.get_fuel().unwrap_or_default()),
        memory_peak_bytes: store.data().meter.memory_peak,
        host_calls: store.data().host_calls,
    }
}

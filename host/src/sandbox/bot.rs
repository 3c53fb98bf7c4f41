//! What a component has to be to be a bot or a function, and how it is linked. Knows nothing of whose it is.

pub(super) mod misfit;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::p2::bindings as wasi;
use wasmtime_wasi_io::bindings::wasi::io;

use super::compile::NotCompiled;
use super::image::Shown;
use super::instance::TurnState;
use super::loaded::Source;
use super::program::ScriptEngine;
use super::refusing_wasi;
use super::structure;
use super::world::{Pre, World};
use crate::bindings;
use crate::capabilities::budget::Budget;
use crate::capabilities::clocks::Waits;
use crate::capabilities::config::Config;
use crate::capabilities::http::Http;
use crate::capabilities::log::Log;
use crate::capabilities::polls::Polled;
use crate::capabilities::random::Random;
use crate::capabilities::secrets::Secrets;
use crate::capabilities::state::State;
use crate::chat::one_line;
use crate::fault::Fault;

/// Why bytes are not a bot for this host.
#[derive(Debug, thiserror::Error)]
pub enum Unloadable {
    /// Larger than a component may be, or made of more.
    #[error(transparent)]
    Structure(#[from] structure::Refused),
    /// No WebAssembly at all.
    #[error("this is not a WebAssembly component: it does not begin as one")]
    NotWasm,
    /// Machine code from some engine's cache.
    #[error("this is precompiled machine code, which is never taken: give the component itself")]
    Precompiled,
    /// WebAssembly, and not a component.
    #[error(
        "this is a core WebAssembly module, not a component: build for the target `wasm32-wasip2`, as `retort build` does"
    )]
    CoreModule,
    /// A component that is broken, or cannot be compiled within the limits.
    #[error(transparent)]
    NotCompiled(#[from] NotCompiled),
    /// A bot for hosts of another contract.
    #[error("{0}")]
    Contract(String),
    /// A component that wants something that this host does not have.
    #[error("the component imports what this host does not offer: {0}")]
    Import(String),
    /// A component that does not offer what a bot must, nor what a function must.
    #[error(
        "the component is neither a bot nor a function for the contract `retort:bot@1.0.0`: {0}; build it against that \
         contract's world `bot`, or its world `function`"
    )]
    Export(String),
    /// A script that its engine does not take.
    #[error("the script is not valid: {0}")]
    Script(String),
}

/// A bot of one deployment, or a function. Its component is loaded when it is asked.
#[derive(Debug)]
pub struct Bot {
    pub(super) digest: Arc<str>,
    world: World,
    pub(super) source: Arc<dyn Source>,
    /// Whether its last turn was long: then the next one begins where it would end up.
    long: AtomicBool,
}

impl Unloadable {
    /// A stable name for it.
    pub fn code(&self) -> &'static str {
        match self {
            Unloadable::Structure(refused) => refused.code(),
            Unloadable::NotWasm => "not-wasm",
            Unloadable::Precompiled => "precompiled",
            Unloadable::CoreModule => "core-module",
            Unloadable::NotCompiled(error) => error.code(),
            Unloadable::Contract(_) => "other-contract",
            Unloadable::Import(_) => "import-not-offered",
            Unloadable::Export(_) => "not-a-bot",
            Unloadable::Script(_) => "script-not-valid",
        }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Unloadable::NotCompiled(error) => error.fault(),
            _ => Fault::Bot,
        }
    }
}

impl Bot {
    /// The bot whose component has this digest, 64 hexadecimal digits, is of this world, and comes from there.
    pub fn new(digest: &str, world: World, source: Arc<dyn Source>) -> Self {
        Self {
            digest: digest.into(),
            world,
            source,
            long: AtomicBool::new(false),
        }
    }

    /// The hex digest of the component's bytes, by SHA-256.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What it can be asked.
    pub fn world(&self) -> World {
        self.world
    }

    pub(super) fn is_long(&self) -> bool {
        self.long.load(Ordering::Relaxed)
    }

    pub(super) fn was_long(&self, long: bool) {
        // Read before written: the word is shared by all threads, and hardly ever changes.
        if self.is_long() != long {
            self.long.store(long, Ordering::Relaxed);
        }
    }
}

/// Links what was compiled.
pub(super) fn link(engine: &Engine, component: &Component) -> Result<Pre, Unloadable> {
    let version = misfit::version(engine, component);
    if let Some(version) = version {
        return Err(Unloadable::Contract(version));
    }
    let linked = linker(engine, component).and_then(|linker| linker.instantiate_pre(component));
    let linked = linked.map_err(|error| Unloadable::Import(words(&error)))?;
    Pre::of(linked, engine, component).map_err(|error| {
        let told = misfit::export(engine, component);
        // What is there and does not fit has another type: the engine says which and how.
        Unloadable::Export(told.unwrap_or_else(|| words(&error)))
    })
}

/// Links the engine of scripts, which is ours, and has what a bot has.
pub(super) fn link_engine(
    engine: &Engine,
    component: &Component,
) -> Result<ScriptEngine, Unloadable> {
    let linked = || {
        let mut linker = linker(engine, component)?;
        bindings::memory::add_to_linker::<_, HasSelf<Shown>>(&mut linker, |turn| &mut turn.shown)?;
        ScriptEngine::of(linker.instantiate_pre(component)?)
    };
    linked().map_err(|error| NotCompiled::Host(words(&error)).into())
}

/// What the bytes are and what they ask for, before a compiler sees them.
pub(super) fn check(bytes: &[u8], limits: &structure::Limits) -> Result<(), Unloadable> {
    structure::check_size(bytes, limits)?;
    if Engine::detect_precompiled(bytes).is_some() {
        return Err(Unloadable::Precompiled);
    }
    if wasmparser::Parser::is_core_wasm(bytes) {
        return Err(Unloadable::CoreModule);
    }
    if !wasmparser::Parser::is_component(bytes) {
        return Err(Unloadable::NotWasm);
    }
    Ok(structure::check(bytes, limits)?)
}

fn words(error: &wasmtime::Error) -> String {
    // Names in it are the component's own.
    one_line(&format!("{error:#}"), 1_000)
}

/// In hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything that a bot may import. Built anew for each component: the stubs follow what it imports.
fn linker(engine: &Engine, component: &Component) -> wasmtime::Result<Linker<TurnState>> {
    let mut linker = Linker::new(engine);
    link_contract(&mut linker)?;
    link_wasi(&mut linker)?;
    refusing_wasi::link(&mut linker, engine, component)?;
    Ok(linker)
}

fn link_contract(linker: &mut Linker<TurnState>) -> wasmtime::Result<()> {
    bindings::log::add_to_linker::<_, HasSelf<Log>>(linker, |turn| &mut turn.log)?;
    bindings::config::add_to_linker::<_, HasSelf<Config>>(linker, |turn| &mut turn.config)?;
    bindings::budget::add_to_linker::<_, HasSelf<Budget>>(linker, |turn| &mut turn.budget)?;
    bindings::secrets::add_to_linker::<_, HasSelf<Secrets>>(linker, |turn| &mut turn.secrets)?;
    bindings::state::add_to_linker::<_, HasSelf<State>>(linker, |turn| &mut turn.state)?;
    bindings::http::add_to_linker::<_, HasSelf<Http>>(linker, |turn| &mut turn.http)
}

/// Of WASI only what a language's runtime needs to start.
fn link_wasi(linker: &mut Linker<TurnState>) -> wasmtime::Result<()> {
    type Turn = TurnState;
    io::error::add_to_linker::<Turn, HasSelf<ResourceTable>>(linker, |turn| turn.ctx().table)?;
    io::poll::add_to_linker::<Turn, Polled>(linker, Turn::polls)?;
    io::streams::add_to_linker::<Turn, HasSelf<ResourceTable>>(linker, |turn| turn.ctx().table)?;
    wasi::clocks::wall_clock::add_to_linker::<Turn, WasiClocks>(linker, Turn::clocks)?;
    wasi::clocks::monotonic_clock::add_to_linker::<Turn, Waits>(linker, Turn::waiting)?;
    wasi::random::random::add_to_linker::<_, HasSelf<Random>>(linker, |turn| &mut turn.random)?;
    wasi::random::insecure::add_to_linker::<_, HasSelf<Random>>(linker, |turn| &mut turn.random)?;
    wasi::random::insecure_seed::add_to_linker::<_, HasSelf<Random>>(linker, |turn| {
        &mut turn.random
    })?;
    wasi::cli::exit::add_to_linker::<Turn, WasiCli>(linker, Turn::cli)?;
    wasi::cli::environment::add_to_linker::<Turn, WasiCli>(linker, Turn::cli)?;
    wasi::cli::stdin::add_to_linker::<Turn, WasiCli>(linker, Turn::cli)?;
    wasi::cli::stdout::add_to_linker::<Turn, WasiCli>(linker, Turn::cli)?;
    wasi::cli::stderr::add_to_linker::<Turn, WasiCli>(linker, Turn::cli)?;
    wasi::cli::terminal_input::add_to_linker::<Turn, WasiCli>(linker, Turn::cli)?;
    wasi::cli::terminal_output::add_to_linker::<Turn, WasiCli>(linker, Turn::cli)?;
    wasi::cli::terminal_stdin::add_to_linker::<Turn, WasiCli>(linker, Turn::cli)?;
    wasi::cli::terminal_stdout::add_to_linker::<Turn, WasiCli>(linker, Turn::cli)?;
    wasi::cli::terminal_stderr::add_to_linker::<Turn, WasiCli>(linker, Turn::cli)
}

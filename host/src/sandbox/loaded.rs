//! Components that are loaded: each once, however many deployments it serves, and so many at a time. One that is not is
//! loaded again when it is asked, which takes a file and no compiler.

use std::fmt::Debug;
use std::future::{Future, ready};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use moka::future::Cache;
use moka::policy::EvictionPolicy;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use wasmtime::{Engine, Result, Store};

use super::artifacts::Artifacts;
use super::bot::{self, Unloadable};
use super::compile::NotCompiled;
use super::instance::TurnState;
use super::javascript;
use super::program::{self, Program, ScriptEngine};
use super::script::Script;
use super::structure;
use super::world::{Exports, Pre, World};

/// Loaded at a time. Each takes a handful of the 65,530 mappings that a system gives a process, and of memory what its
/// turns have touched. A script takes none, and counts once more for each 64 KiB of its image.
const MOST: u64 = 1_000;

/// The bytes of a component once they are there, or why there are none.
pub type Wasm<'a> =
    Pin<Box<dyn Future<Output = std::result::Result<Arc<[u8]>, String>> + Send + 'a>>;

/// Where the bytes of a component are.
pub trait Source: Debug + Send + Sync {
    /// The bytes, or why there are none.
    fn wasm(&self) -> Wasm<'_>;
}

/// Bytes that are in memory.
impl Source for Arc<[u8]> {
    fn wasm(&self) -> Wasm<'_> {
        Box::pin(ready(Ok(Arc::clone(self))))
    }
}

/// A bot that is ready for instances.
pub(super) struct Linked(Option<Runs>);

enum Runs {
    /// Its own code.
    Component(Pre),
    /// A script, on the engine of all of its kind.
    Script(Arc<ScriptEngine>, Program),
}

impl Linked {
    fn runs(&self) -> &Runs {
        self.0.as_ref().expect("it is there until it is dropped")
    }

    fn weight(&self) -> u32 {
        match self.runs() {
            Runs::Component(_) => 1,
            Runs::Script(_, program) => 1 + (program.bytes() >> 16) as u32,
        }
    }

    /// What it can be asked.
    pub(super) fn world(&self) -> World {
        match self.runs() {
            Runs::Component(pre) => pre.world(),
            Runs::Script(_, program) => program.world(),
        }
    }

    /// A fresh instance of it, for who asks more than who it is or just that.
    pub(super) async fn instance(
        &self,
        store: &mut Store<TurnState>,
        asks_more: bool,
    ) -> Result<Exports> {
        match self.runs() {
            Runs::Component(pre) => pre.instance(store).await,
            Runs::Script(engine, program) => engine.instance(store, program, asks_more).await,
        }
    }
}

/// Unmapping code takes the longer the more there is of it: no turn is to wait for that.
impl Drop for Linked {
    fn drop(&mut self) {
        let linked = self.0.take();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(linked));
        }
    }
}

pub(super) struct Loaded {
    engine: Engine,
    artifacts: Artifacts,
    limits: structure::Limits,
    /// By digest.
    linked: Cache<Arc<str>, Arc<Linked>>,
    /// The engine of scripts, once there is a script.
    javascript: OnceCell<Arc<ScriptEngine>>,
}

impl Loaded {
    pub(super) fn new(engine: Engine, artifacts: Artifacts, limits: structure::Limits) -> Self {
        Self {
            engine,
            artifacts,
            limits,
            linked: Cache::builder()
                .max_capacity(MOST)
                // What was asked last stays, whatever it weighs.
                .eviction_policy(EvictionPolicy::lru())
                .weigher(|_, linked: &Arc<Linked>| linked.weight())
                .build(),
            javascript: OnceCell::new(),
        }
    }

    /// The component of a digest, loaded now if it is not. Loading goes on if nobody waits for it any more: whoever asks
    /// next finds what it came to, and does not begin anew.
    pub(super) async fn of(
        self: &Arc<Self>,
        digest: &Arc<str>,
        source: &Arc<dyn Source>,
    ) -> std::result::Result<Arc<Linked>, Arc<Unloadable>> {
        if let Some(linked) = self.linked.get(digest).await {
            return Ok(linked);
        }
        let (this, digest, source) = (Arc::clone(self), Arc::clone(digest), Arc::clone(source));
        let loading = tokio::spawn(async move {
            let load = this.load(&digest, &*source);
            this.linked.try_get_with(Arc::clone(&digest), load).await
        });
        let failed = |panicked| NotCompiled::host("it cannot be loaded", &panicked);
        loading
            .await
            .map_err(|error| Arc::new(failed(error).into()))?
    }

    /// Checks bytes, and loads them for the first time; their digest, and what they can be asked.
    pub(super) async fn add(
        &self,
        wasm: &Arc<[u8]>,
    ) -> std::result::Result<(Arc<str>, World), Unloadable> {
        let (bytes, limits) = (Arc::clone(wasm), self.limits);
        let digest: Arc<str> = blocking(move || {
            bot::check(&bytes, &limits)?;
            Ok(bot::digest(&bytes).into())
        })
        .await?;
        if let Some(linked) = self.linked.get(&digest).await {
            return Ok((digest, linked.world()));
        }
        let linked = self.load(&digest, wasm).await?;
        let world = linked.world();
        self.linked.insert(Arc::clone(&digest), linked).await;
        Ok((digest, world))
    }

    /// The folder of compiled code, for who shares it.
    pub(super) fn folder(&self) -> &Path {
        self.artifacts.folder()
    }

    /// Why code could not be kept, if it could not; to be told once.
    pub(super) fn first_not_kept(&self) -> Option<&str> {
        self.artifacts.first_not_kept()
    }

    /// Sees to it that the code of a component is there, and compiles it if not.
    pub(super) async fn compiled(
        &self,
        digest: &Arc<str>,
        source: &dyn Source,
    ) -> std::result::Result<(), Unloadable> {
        match self.script(digest, source).await? {
            // Its engine is all that takes long.
            Some(_) => self.javascript().await.map(drop),
            None if self.artifacts.has(digest) => Ok(()),
            None => self.load(digest, source).await.map(drop),
        }
    }

    async fn load(
        &self,
        digest: &Arc<str>,
        source: &dyn Source,
    ) -> std::result::Result<Arc<Linked>, Unloadable> {
        let runs = match self.script(digest, source).await? {
            Some(script) => {
                let on = self.javascript().await?;
                let program = program::compile(&self.engine, on, script).await?;
                Runs::Script(Arc::clone(on), program)
            }
            None => {
                let component = self.artifacts.component(source, digest).await?;
                let engine = self.engine.clone();
                Runs::Component(blocking(move || bot::link(&engine, &component)).await?)
            }
        };
        Ok(Arc::new(Linked(Some(runs))))
    }

    /// The script that a bot is; none if it is code, of which there may be some already.
    async fn script(
        &self,
        digest: &str,
        source: &dyn Source,
    ) -> std::result::Result<Option<Script>, Unloadable> {
        if self.artifacts.has(digest) {
            return Ok(None);
        }
        let bytes = source.wasm().await.map_err(NotCompiled::Host)?;
        Script::of(&bytes)
    }

    /// The engine of scripts, from its kept image or started now.
    async fn javascript(&self) -> std::result::Result<&Arc<ScriptEngine>, Unloadable> {
        let load = async || {
            let digest = bot::digest(javascript::Image::component());
            let component = self
                .artifacts
                .component(&javascript::Image, &digest)
                .await?;
            let engine = self.engine.clone();
            let linked = blocking(move || bot::link_engine(&engine, &component)).await?;
            Ok(Arc::new(linked))
        };
        self.javascript.get_or_try_init(load).await
    }
}

/// On a thread where it holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, Unloadable> + Send + 'static,
) -> std::result::Result<T, Unloadable> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|panicked| NotCompiled::host("it cannot be loaded", &panicked))?
}

//! Scripts on their engine: how one is made ready, and what an instance of it costs a turn.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use wasmtime::component::InstancePre;
use wasmtime::{Engine, Store};

use super::bot::Unloadable;
use super::compile::NotCompiled;
use super::failure::Failure;
use super::guests::{self, Progress};
use super::instance::{self, Ended, Given, Terms, TurnState, Work};
use super::limits::Limits;
use super::script::{FILE_CHARS, Head, Script};
use super::world::{Exports, World};
use crate::bindings::types::Fault;
use crate::bindings::{BotIndices, EngineGuest, EngineIndices, FunctionIndices};
use crate::chat::one_line;

/// An engine that is linked, ready for instances.
pub(super) struct ScriptEngine {
    pre: InstancePre<TurnState>,
    engine: EngineIndices,
    bot: BotIndices,
    function: FunctionIndices,
}

impl ScriptEngine {
    /// The engine that a component is.
    pub(super) fn of(pre: InstancePre<TurnState>) -> wasmtime::Result<Self> {
        Ok(Self {
            engine: EngineIndices::new(&pre)?,
            bot: BotIndices::new(&pre)?,
            function: FunctionIndices::new(&pre)?,
            pre,
        })
    }

    /// An instance that runs a program from now on, whose own lines have run if it is asked more than who it is.
    pub(super) async fn instance(
        &self,
        store: &mut Store<TurnState>,
        program: &Program,
        runs: bool,
    ) -> wasmtime::Result<Exports> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        let engine = self.engine.load(&mut *store, &instance)?;
        let scripts = engine.retort_engine_scripts();
        scripts.call_restore(&mut *store, &program.image).await?;
        if runs {
            let ran = scripts.call_run(&mut *store).await?;
            ran.map_err(NotLoaded)?;
        }
        Ok(match program.world {
            World::Bot => {
                let bot = self.bot.load(store, &instance)?;
                Exports::Bot(bot.retort_bot_handler().clone())
            }
            World::Function => {
                let function = self.function.load(store, &instance)?;
                Exports::Function(function.retort_bot_function_handler().clone())
            }
        })
    }
}

/// A script's own lines failed, in its engine's words.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub(super) struct NotLoaded(pub(super) Fault);

/// A script that is ready to run.
pub(super) struct Program {
    /// As long as it was to be that it lies where it was made for.
    image: Vec<u8>,
    world: World,
}

impl Program {
    /// What it takes of memory while nobody asks it.
    pub(super) fn bytes(&self) -> usize {
        self.image.len()
    }

    /// What it can be asked.
    pub(super) fn world(&self) -> World {
        self.world
    }
}

/// Makes a script ready, in instances of its engine: its source is as hostile as what it does later.
pub(super) async fn compile(
    engine: &Engine,
    on: &Arc<ScriptEngine>,
    script: Script,
) -> Result<Program, Unloadable> {
    let making = Making {
        engine: engine.clone(),
        on: Arc::clone(on),
        head: script.head,
    };
    let runtime = Handle::current();
    let made = spawn_blocking(move || runtime.block_on(making.program(script.source))).await;
    made.map_err(|panicked| NotCompiled::host("it cannot be compiled", &panicked))?
}

/// How much longer than its code an image is, roughly.
const IMAGE_OF_CODE: usize = 3;
/// Where a program lies moves what else lies in memory, so that the length of its image changes a little with it: so much of
/// it may be to spare, and it is made anew until it is no more than that.
const SPARE: usize = 8;
const ATTEMPTS: usize = 8;

struct Making {
    engine: Engine,
    on: Arc<ScriptEngine>,
    head: Head,
}

impl Making {
    async fn program(&self, source: String) -> Result<Program, Unloadable> {
        let file = self.head.file.clone();
        let code = self.done(Compiling { file, source }).await?;
        let head = json!({
            "file": self.head.file,
            "name": self.head.name,
            "version": self.head.version,
            "code-bytes": code.len(),
        });
        let program = [format!("{head}\n").as_bytes(), &code].concat();
        let least = program.len();
        let mut room = least + IMAGE_OF_CODE * code.len();
        for _ in 0..ATTEMPTS {
            let mut program = program.clone();
            program.resize(room, 0);
            let mut image = self.done(Loading { program }).await?;
            let spare = image.len() / SPARE + 1_024;
            let is_close = room == least || room <= image.len() + spare;
            if image.len() <= room && is_close {
                image.resize(room, 0);
                image.shrink_to_fit();
                let world = self.head.world;
                return Ok(Program { image, world });
            }
            room = least.max(image.len() + spare / 2);
        }
        Err(NotCompiled::Host("the image of a script has another length each time".into()).into())
    }

    /// What comes of something in a fresh instance of the engine.
    async fn done<J: Job>(&self, job: J) -> Result<J::Made, Unloadable> {
        // Its fuel bounds what it does; the time is for a machine that has others to run.
        let limits = Limits {
            deadline_ms: 10_000,
            transfer_bytes: 32 << 20,
            ..Limits::default()
        };
        let (progress, given) = (Progress::default(), Given::alone(&limits));
        let deadline = Instant::now() + limits.deadline();
        let terms = Terms::alone(limits, deadline);
        let (on, permit) = (Arc::clone(&self.on), ());
        let (engine, work) = (self.engine.clone(), On { on, job });
        let done = instance::run(engine, terms, given, work, permit, progress.clone());
        match guests::alone(done, progress).await.result {
            Ok(made) => made.map_err(Unloadable::Script),
            Err(failure) => Err(self.cannot(&failure)),
        }
    }

    fn cannot(&self, failure: &Failure) -> Unloadable {
        let file = one_line(&self.head.file, FILE_CHARS);
        match failure {
            Failure::Host(problem) => NotCompiled::Host(problem.clone()).into(),
            Failure::Exceeded(over) => {
                let (limit, most) = (over.limit.code(), over.allowed);
                Unloadable::Script(format!(
                    "{file} takes more than a script may to be compiled ({limit}, {most} at most): make it smaller, or \
                     nest less in it"
                ))
            }
            failure => Unloadable::Script(format!("{file} cannot be compiled: {failure}")),
        }
    }
}

/// What an engine is asked of a script before any turn.
trait Job: Send + 'static {
    type Made: Send + 'static;

    /// What comes of it, or what is wrong with the script.
    fn made(
        self,
        engine: &EngineGuest,
        store: &mut Store<TurnState>,
    ) -> impl Future<Output = wasmtime::Result<Result<Self::Made, String>>> + Send;
}

struct Compiling {
    file: String,
    source: String,
}

impl Job for Compiling {
    type Made = Vec<u8>;

    async fn made(
        self,
        engine: &EngineGuest,
        store: &mut Store<TurnState>,
    ) -> wasmtime::Result<Result<Vec<u8>, String>> {
        let scripts = engine.retort_engine_scripts();
        scripts.call_compile(store, &self.file, &self.source).await
    }
}

struct Loading {
    program: Vec<u8>,
}

impl Job for Loading {
    type Made = Vec<u8>;

    async fn made(
        self,
        engine: &EngineGuest,
        store: &mut Store<TurnState>,
    ) -> wasmtime::Result<Result<Vec<u8>, String>> {
        let scripts = engine.retort_engine_scripts();
        let loaded = scripts.call_load(&mut *store, &self.program).await?;
        let image = store.data_mut().shown.image.take();
        Ok(loaded.and_then(|()| image.ok_or_else(|| "its engine shows no image".to_owned())))
    }
}

/// A job, and the engine that it is for.
struct On<J> {
    on: Arc<ScriptEngine>,
    job: J,
}

impl<J: Job> Work for On<J> {
    type Said = Result<J::Made, String>;

    async fn done(self, store: &mut Store<TurnState>) -> Result<Self::Said, Ended> {
        let made = async {
            let instance = self.on.pre.instantiate_async(&mut *store).await?;
            let engine = self.on.engine.load(&mut *store, &instance)?;
            self.job.made(&engine, store).await
        };
        made.await.map_err(|error| Ended {
            error,
            starting: false,
        })
    }
}

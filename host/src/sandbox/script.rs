//! Bots that are scripts: how one travels, as a component that has nothing but a script in it, and how it is made ready
//! for its engine.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use wasm_encoder::{Component, CustomSection};
use wasmtime::component::InstancePre;
use wasmtime::{Engine, Store};

use super::bot::Unloadable;
use super::compile::NotCompiled;
use super::failure::Failure;
use super::guests::{self, Progress};
use super::instance::{self, Ended, Given, Terms, TurnState, Work};
use super::limits::Limits;
use super::world::{Exports, World};
use crate::bindings::types::Fault;
use crate::bindings::{BotIndices, EngineIndices, FunctionIndices, scripts};
use crate::chat::one_line;

/// The custom section of a component that holds a script: a line of JSON that says what it is, and its source.
const SECTION: &str = "retort:javascript";

/// What a script is.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The name of its file, which is what its author is told lines of.
    pub file: String,
    /// The bot's name.
    pub name: String,
    /// The bot's own version.
    pub version: String,
    /// What it can be asked.
    pub world: World,
}

/// A script with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// What it is.
    pub head: Head,
    /// Its source, as its author wrote it.
    pub source: String,
}

/// What a script may be longer than by no means: a hundred thousand characters are what LivePerson takes.
const MOST_BYTES: usize = 1 << 20;
/// The name of a file stands in each of its lines.
const FILE_CHARS: usize = 100;

impl Script {
    /// The component that it travels as.
    pub fn package(&self) -> Vec<u8> {
        let head = serde_json::to_string(&self.head).expect("it is texts only");
        let data = format!("{head}\n{}", self.source);
        let mut component = Component::new();
        component.section(&CustomSection {
            name: Cow::Borrowed(SECTION),
            data: Cow::Borrowed(data.as_bytes()),
        });
        component.finish()
    }

    /// The script that a component is; none if it is another one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn of(component: &[u8]) -> Result<Option<Self>, Unloadable> {
        use wasmparser::Payload;
        let mut data = None;
        let mut is_more = false;
        for payload in wasmparser::Parser::new(0).parse_all(component) {
            match payload {
                Ok(Payload::CustomSection(section)) if section.name() == SECTION => {
                    is_more |= data.replace(section.data()).is_some();
                }
                Ok(Payload::CustomSection(_) | Payload::Version { .. } | Payload::End(_)) => {}
                // What is broken is told of where components are checked.
                _ => is_more = true,
            }
        }
        let Some(data) = data else { return Ok(None) };
        let bad = |problem: &str| Unloadable::Script(format!("its section `{SECTION}` {problem}"));
        if is_more {
            return Err(bad("has to be the only thing in it, beside its manifest"));
        }
        let text = std::str::from_utf8(data).map_err(|_| bad("is not UTF-8"))?;
        let (head, source) = text.split_once('\n').ok_or_else(|| bad("has no source"))?;
        let head: Head = serde_json::from_str(head)
            .map_err(|error| bad(&format!("does not say what it is: {error}")))?;
        if head.file != one_line(&head.file, FILE_CHARS) {
            return Err(bad(&format!(
                "names a file of more than {FILE_CHARS} characters, or of other than visible ones"
            )));
        }
        if source.len() > MOST_BYTES {
            return Err(Unloadable::Script(format!(
                "{} has {} bytes, and may have {MOST_BYTES}",
                one_line(&head.file, FILE_CHARS),
                source.len()
            )));
        }
        Ok(Some(Self {
            head,
            source: source.to_owned(),
        }))
    }
}

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
        let loaded = scripts.call_load(&mut *store, &program.code, runs).await?;
        loaded.map_err(NotLoaded)?;
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

    async fn compile(
        &self,
        store: &mut Store<TurnState>,
        file: &str,
        source: &str,
    ) -> wasmtime::Result<Result<Vec<u8>, String>> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        let engine = self.engine.load(&mut *store, &instance)?;
        engine
            .retort_engine_scripts()
            .call_compile(store, file, source)
            .await
    }
}

/// A script's own lines failed, in its engine's words.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub(super) struct NotLoaded(pub(super) Fault);

/// A script that is ready to run.
pub(super) struct Program {
    code: scripts::Program,
    world: World,
}

impl Program {
    /// What its code has, which is what it takes of memory while nobody asks it.
    pub(super) fn bytes(&self) -> usize {
        self.code.code.len()
    }

    /// What it can be asked.
    pub(super) fn world(&self) -> World {
        self.world
    }
}

/// Makes a script ready, in an instance of its engine: its source is as hostile as what it does later.
pub(super) async fn compile(
    engine: &Engine,
    on: &Arc<ScriptEngine>,
    script: Script,
) -> Result<Program, Unloadable> {
    let Script { head, source } = script;
    let limits = Limits {
        deadline_ms: 1_000,
        transfer_bytes: 8 << 20,
        ..Limits::default()
    };
    let progress = Progress::default();
    let given = Given::alone(&limits);
    let deadline = Instant::now() + limits.deadline();
    let terms = Terms::alone(limits, deadline);
    let file = head.file.clone();
    let on = Arc::clone(on);
    let compiling = Compiling { on, file, source };
    let compiling = instance::run(
        engine.clone(),
        terms,
        given,
        compiling,
        (),
        progress.clone(),
    );
    let compiling = guests::alone(compiling, progress);
    let runtime = Handle::current();
    let compiled = spawn_blocking(move || runtime.block_on(compiling).result).await;
    let compiled =
        compiled.map_err(|panicked| NotCompiled::host("it cannot be compiled", &panicked))?;
    let code = match compiled {
        Ok(Ok(code)) => code,
        Ok(Err(problem)) => return Err(Unloadable::Script(problem)),
        Err(Failure::Host(problem)) => return Err(NotCompiled::Host(problem).into()),
        Err(Failure::Exceeded(over)) => {
            let file = one_line(&head.file, FILE_CHARS);
            let (limit, most) = (over.limit.code(), over.allowed);
            return Err(Unloadable::Script(format!(
                "{file} takes more than a script may to be compiled ({limit}, {most} at most): make it smaller, or \
                 nest less in it"
            )));
        }
        Err(failure) => {
            let file = one_line(&head.file, FILE_CHARS);
            return Err(Unloadable::Script(format!(
                "{file} cannot be compiled: {failure}"
            )));
        }
    };
    Ok(Program {
        code: scripts::Program {
            file: head.file,
            name: head.name,
            version: head.version,
            code,
        },
        world: head.world,
    })
}

struct Compiling {
    on: Arc<ScriptEngine>,
    file: String,
    source: String,
}

impl Work for Compiling {
    type Said = Result<Vec<u8>, String>;

    async fn done(self, store: &mut Store<TurnState>) -> Result<Self::Said, Ended> {
        let compiled = self.on.compile(store, &self.file, &self.source).await;
        compiled.map_err(|error| Ended {
            error,
            starting: false,
        })
    }
}

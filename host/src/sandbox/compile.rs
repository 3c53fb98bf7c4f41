//! From a component to machine code, one at a time and under limits: a compiler can be made to take minutes and
//! gigabytes by less bytes than this sentence has. Knows nothing of where the code is kept.

pub mod child;

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use wasmtime::{Engine, OutOfMemory};

use super::engine;
use crate::chat::one_line;
use crate::fault::Fault;

/// What compiling a component may use.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Processor time, in seconds. Python bots, the largest there are, take 10 to 20 on a slow machine.
    pub cpu_seconds: u64,
    /// Time on the clock, in seconds: ten times the processor's, since whatever else the machine does comes first.
    pub wall_seconds: u64,
    /// Memory. A component of 10 MB takes half of the default.
    pub memory_bytes: u64,
    /// The machine code, which stays mapped while its bot is served. Some ten times a component's size.
    pub artifact_bytes: u64,
    /// Components that are compiled at a time. One leaves the other cores to the turns.
    pub concurrent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_seconds: 30,
            wall_seconds: 300,
            memory_bytes: 1 << 30,
            artifact_bytes: 256 << 20,
            concurrent: 1,
        }
    }
}

/// Where compiling happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Compiling {
    /// Here, with no limit on time and memory: for tests and benchmarks of the library, whose components are their
    /// own, and whose executable is not the one that could be started anew.
    #[default]
    InProcess,
    /// In a process of its own for each component, that limits itself before it reads a byte of it.
    Child {
        /// The executable that has [`child::SUBCOMMAND`]: that of this host.
        program: PathBuf,
    },
}

/// Why there is no machine code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCompiled {
    /// The component is broken, or uses what is switched off.
    #[error("the component is not valid: {0}")]
    Invalid(String),
    /// It took too much of the processor.
    #[error(
        "compiling the component took more than {limit_seconds} s of processor time; build it smaller, or raise `compile.cpu_seconds`"
    )]
    CpuTime {
        /// The limit.
        limit_seconds: u64,
    },
    /// It took too long.
    #[error(
        "compiling the component took more than {limit_seconds} s; build it smaller, or raise `compile.wall_seconds`"
    )]
    WallTime {
        /// The limit.
        limit_seconds: u64,
    },
    /// It took too much memory.
    #[error(
        "compiling the component took more than {limit_bytes} bytes of memory; build it smaller, or raise `compile.memory_bytes`"
    )]
    Memory {
        /// The limit.
        limit_bytes: u64,
    },
    /// The code is too large.
    #[error(
        "the component's machine code has more than {limit_bytes} bytes; build it smaller, or raise `compile.artifact_bytes`"
    )]
    Artifact {
        /// The limit.
        limit_bytes: u64,
    },
    /// The compiler gave up in a way that it should not.
    #[error("the compiler ended on this component, which is a fault in the compiler: {0}")]
    Crashed(String),
    /// The machine or the host did not do its part.
    #[error("the component could not be compiled: {0}")]
    Host(String),
}

impl NotCompiled {
    /// A stable name for it.
    pub fn code(&self) -> &'static str {
        match self {
            NotCompiled::Invalid(_) => "component-invalid",
            NotCompiled::CpuTime { .. } => "compile-out-of-cpu-time",
            NotCompiled::WallTime { .. } => "compile-too-slow",
            NotCompiled::Memory { .. } => "compile-out-of-memory",
            NotCompiled::Artifact { .. } => "compiled-code-too-large",
            NotCompiled::Crashed(_) => "compiler-crashed",
            NotCompiled::Host(_) => "host-fault",
        }
    }

    /// Whose fault it is. A compiler that crashes is ours, and a component that makes it do so its author's.
    pub fn fault(&self) -> Fault {
        match self {
            NotCompiled::Host(_) => Fault::Host,
            _ => Fault::Bot,
        }
    }

    pub(super) fn host(what: &str, error: &dyn std::fmt::Display) -> Self {
        NotCompiled::Host(format!("{what}: {error}"))
    }
}

/// Compiles components, few at a time.
pub(super) struct Compiler {
    engine: Engine,
    limits: Limits,
    compiling: Compiling,
    turns: Semaphore,
}

impl Compiler {
    pub(super) fn new(engine: Engine, limits: Limits, compiling: Compiling) -> Self {
        Self {
            engine,
            limits,
            compiling,
            turns: Semaphore::new(limits.concurrent.max(1)),
        }
    }

    /// Compiles a component into a file.
    ///
    /// # Cancel safety
    /// Dropping the future ends a child; in process the work goes on to its end, for nobody.
    pub(super) async fn compile(
        &self,
        wasm: &Arc<[u8]>,
        mut into: File,
    ) -> Result<(), NotCompiled> {
        let turn = self.turns.acquire().await;
        let _turn = turn.map_err(|closed| NotCompiled::host("no turn", &closed))?;
        match &self.compiling {
            Compiling::Child { program } => {
                let engine = engine::fingerprint(&self.engine);
                child::compile(program, &engine, &self.limits, wasm, into).await
            }
            Compiling::InProcess => {
                let (engine, limits, wasm) = (self.engine.clone(), self.limits, Arc::clone(wasm));
                let compiled = spawn_blocking(move || {
                    let code = translate(&engine, &wasm, &limits)?;
                    let written = into.write_all(&code);
                    written.map_err(|error| NotCompiled::host("it cannot be written", &error))
                });
                let panicked =
                    |error: tokio::task::JoinError| NotCompiled::Crashed(error.to_string());
                compiled.await.map_err(panicked)?
            }
        }
    }
}

/// Validates and compiles, here and now. The engine would validate as it goes; before is what keeps bytes that are
/// no component away from all that trusts them to be one.
fn translate(engine: &Engine, wasm: &[u8], limits: &Limits) -> Result<Vec<u8>, NotCompiled> {
    wasmparser::Validator::new_with_features(engine::FEATURES)
        .validate_all(wasm)
        .map_err(|error| NotCompiled::Invalid(words(&error)))?;
    let compiled = engine.precompile_component(wasm);
    let code = compiled.map_err(|error| match error.is::<OutOfMemory>() {
        true => NotCompiled::Memory {
            limit_bytes: limits.memory_bytes,
        },
        false => NotCompiled::Invalid(words(&format_args!("{error:#}"))),
    })?;
    if code.len() as u64 > limits.artifact_bytes {
        return Err(NotCompiled::Artifact {
            limit_bytes: limits.artifact_bytes,
        });
    }
    Ok(code)
}

/// Names in what the compiler says are the component's own.
fn words(said: &dyn std::fmt::Display) -> String {
    one_line(&said.to_string(), 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Settings;

    #[test]
    fn what_a_child_compiles_fits_every_host_whatever_its_settings() {
        let child = engine::for_compiling().expect("an engine");
        let large = Settings {
            instances: 3,
            wasm_stack_bytes: 2 << 20,
            memory_ceiling_bytes: 1 << 20,
            keep_resident_bytes: 0,
            ..Settings::default()
        };
        for settings in [Settings::default(), large] {
            let (host, allocator) = engine::start(&settings).expect("an engine");
            assert_eq!(allocator, engine::Allocator::Pooling);
            assert_eq!(engine::fingerprint(&host), engine::fingerprint(&child));
        }
    }

    #[tokio::test]
    async fn who_comes_while_as_many_are_compiled_as_may_be_waits() {
        const SOON: std::time::Duration = std::time::Duration::from_millis(50);
        let wasm: Arc<[u8]> = wat::parse_str("(component)").expect("a component").into();
        for (concurrent, waits) in [(1, true), (2, false)] {
            let limits = Limits {
                concurrent,
                ..Limits::default()
            };
            let engine = engine::for_compiling().expect("an engine");
            let compiler = Compiler::new(engine, limits, Compiling::InProcess);
            let another = compiler.turns.acquire().await.expect("a turn");
            let file = tempfile::tempfile().expect("a file");
            let mut compiling = Box::pin(compiler.compile(&wasm, file));
            if waits {
                let early = tokio::time::timeout(SOON, &mut compiling).await;
                assert!(early.is_err(), "{early:?}");
                drop(another);
            }
            assert_eq!(compiling.await, Ok(()));
        }
    }

    #[test]
    fn code_above_its_limit_is_told() {
        let engine = engine::for_compiling().expect("an engine");
        let limits = Limits {
            artifact_bytes: 100,
            ..Limits::default()
        };
        let wasm = wat::parse_str("(component)").expect("a component");
        let error = translate(&engine, &wasm, &limits).expect_err("it is too large");
        assert_eq!(error, NotCompiled::Artifact { limit_bytes: 100 });
    }
}

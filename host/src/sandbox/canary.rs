//! A guest that loops for ever, to see that guests which do are ended. Knows nothing of who wants to see it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout_at;
use wasm_encoder::{
    CodeSection, Component, Function, FunctionSection, InstanceSection, Module, ModuleArg,
    ModuleSection, StartSection, TypeSection,
};
use wasmtime::component::{self, InstancePre, Linker};
use wasmtime::{Engine, Result, Store};

use super::failure::Failure;
use super::guests::{self, Progress};
use super::instance::{self, Ended, Given, Terms, TurnState, Work};
use super::limits::Limits;
use crate::limit::Limit;

/// How long past its deadline a canary is waited for: no machine is so busy, so then nothing will end it in time.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A canary that was ended at its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canary {
    /// How long it ran.
    pub stopped_after: Duration,
    /// How much of that was past its deadline.
    pub late_by: Duration,
}

/// A canary that was not.
#[derive(Debug, thiserror::Error)]
pub enum NotStopped {
    /// It runs on, until its fuel is used up.
    #[error("a guest that loops still ran {} ms after it was started", .after.as_millis())]
    RunsOn {
        /// When it was given up.
        after: Duration,
    },
    /// One that was given up runs on, or too many ask for one.
    #[error("another check of this kind has not come to its end")]
    Busy,
    /// Something else ended it.
    #[error("a guest that loops did not run into its deadline: {0}")]
    OtherEnd(Failure),
}

/// The canary, ready to run: one at a time, so that asking for it is no way to use up the machine.
pub(super) struct Cage {
    engine: Engine,
    canary: InstancePre<TurnState>,
    free: Arc<Mutex<()>>,
}

impl Cage {
    pub(super) fn new(engine: &Engine) -> Result<Self> {
        let component = component::Component::new(engine, loops_for_ever())?;
        Ok(Self {
            engine: engine.clone(),
            canary: Linker::new(engine).instantiate_pre(&component)?,
            free: Arc::default(),
        })
    }

    /// Runs one, like a turn but on a thread of its own: if nothing ends it, that thread is all that is lost.
    pub(super) async fn run(
        &self,
        time: Duration,
        patience: Duration,
    ) -> std::result::Result<Canary, NotStopped> {
        let given_up = Instant::now() + time + patience;
        let waiting = timeout_at(given_up.into(), Arc::clone(&self.free).lock_owned());
        let alone = waiting.await.map_err(|_| NotStopped::Busy)?;

        let started = Instant::now();
        let deadline = started + time;
        let limits = Limits {
            deadline_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            ..Limits::default()
        };
        let progress = Progress::default();
        let given = Given::alone(&limits);
        let terms = Terms::alone(limits, deadline);
        let starts = Starts(self.canary.clone());
        let turn = instance::run(
            self.engine.clone(),
            terms,
            given,
            starts,
            alone,
            progress.clone(),
        );
        let turn = guests::alone(turn, progress);
        let runtime = Handle::current();
        let running = spawn_blocking(move || (runtime.block_on(turn).result, Instant::now()));
        match timeout_at((deadline + patience).into(), running).await {
            Ok(Ok((Err(Failure::Exceeded(over)), stopped))) if over.limit == Limit::Deadline => {
                Ok(Canary {
                    stopped_after: stopped - started,
                    late_by: stopped.saturating_duration_since(deadline),
                })
            }
            Ok(Ok((Err(failure), _))) => Err(NotStopped::OtherEnd(failure)),
            Ok(Ok((Ok(()), _))) => Err(NotStopped::OtherEnd(Failure::Host("it ended".to_owned()))),
            Ok(Err(panicked)) => Err(NotStopped::OtherEnd(Failure::Host(panicked.to_string()))),
            Err(_) => Err(NotStopped::RunsOn {
                after: started.elapsed(),
            }),
        }
    }
}

/// All that there is to do with it: it never gets past its start.
struct Starts(InstancePre<TurnState>);

impl Work for Starts {
    type Said = ();

    async fn done(self, store: &mut Store<TurnState>) -> std::result::Result<(), Ended> {
        let started = self.0.instantiate_async(store).await;
        started.map(drop).map_err(|error| Ended {
            error,
            starting: true,
        })
    }
}

/// A component of one core module, whose start function is one loop.
fn loops_for_ever() -> Vec<u8> {
    let (mut types, mut functions, mut code) = (
        TypeSection::new(),
        FunctionSection::new(),
        CodeSection::new(),
    );
    types.ty().function([], []);
    functions.function(0);
    let mut spin = Function::new([]);
    spin.instructions()
        .loop_(wasm_encoder::BlockType::Empty)
        .br(0)
        .end()
        .end();
    code.function(&spin);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&StartSection { function_index: 0 })
        .section(&code);

    let mut instances = InstanceSection::new();
    instances.instantiate(0, Vec::<(&str, ModuleArg)>::new());
    let mut component = Component::new();
    component
        .section(&ModuleSection(&module))
        .section(&instances);
    component.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{Sandbox, Settings, engine};

    const TIME: Duration = Duration::from_millis(5);

    fn small() -> Settings {
        Settings {
            instances: 2,
            ..Settings::default()
        }
    }

    #[tokio::test]
    async fn a_guest_that_loops_is_ended_at_its_deadline_and_leaves_nothing() {
        let sandbox = Sandbox::new(small()).expect("a sandbox");
        for _ in 0..5 {
            let canary = sandbox.canary(TIME).await.expect("it is ended");
            assert_eq!(canary.stopped_after, TIME + canary.late_by);
        }
        assert_eq!(sandbox.pool().map(|pool| pool.component_instances), Some(0));
    }

    #[tokio::test]
    async fn slow_ticks_show_in_how_late_it_is() {
        let settings = Settings {
            tick_ms: 100,
            ..small()
        };
        let sandbox = Sandbox::new(settings).expect("a sandbox");
        let canary = sandbox.canary(TIME).await.expect("it is ended");
        // The second tick is the first that it is looked at.
        assert!(canary.late_by > Duration::from_millis(50), "{canary:?}");
    }

    #[tokio::test]
    async fn without_ticks_it_is_given_up_and_no_other_is_let_loose_until_it_ends() {
        let (engine, _) = engine::start(&small()).expect("an engine");
        let cage = Cage::new(&engine).expect("a canary");
        let first = cage.run(TIME, TIME).await;
        assert!(matches!(first, Err(NotStopped::RunsOn { .. })), "{first:?}");
        let second = cage.run(TIME, TIME).await;
        assert!(matches!(second, Err(NotStopped::Busy)), "{second:?}");

        let ticks = std::thread::spawn(move || {
            while Arc::strong_count(&cage.free) > 1 {
                engine.increment_epoch();
                std::thread::yield_now();
            }
            cage
        });
        let cage = ticks.join().expect("it ends");
        assert!(cage.free.try_lock().is_ok(), "it has ended");
    }
}

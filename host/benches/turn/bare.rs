//! The floor: wasmtime alone, with the pool, fuel, epochs, a memory limit and an outer timeout on, and none of ours.

mod generated {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "bot",
        imports: { default: trappable },
        exports: { default: async },
    });
}

use std::time::{Duration, Instant};

use generated::exports::retort::bot::handler;
use generated::{Bot, BotPre};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store, StoreLimits,
    StoreLimitsBuilder, UpdateDeadline,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// A bot on the bare engine.
pub(crate) struct Bare {
    engine: Engine,
    bot: BotPre<State>,
    layers: Layers,
}

/// What is switched on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Layers {
    pub(crate) pool: bool,
    pub(crate) epoch: bool,
    pub(crate) fuel: bool,
    pub(crate) limiter: bool,
    pub(crate) timeout: bool,
}

impl Layers {
    pub(crate) const ALL: Self = Self {
        pool: true,
        epoch: true,
        fuel: true,
        limiter: true,
        timeout: true,
    };
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl Bare {
    pub(crate) fn new(component: &[u8], layers: Layers) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config
            .consume_fuel(layers.fuel)
            .epoch_interruption(layers.epoch)
            .concurrency_support(false);
        if layers.pool {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        }
        let engine = Engine::new(&config)?;

        let component = Component::new(&engine, component)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        linker.define_unknown_imports_as_traps(&component)?;
        let bot = BotPre::new(linker.instantiate_pre(&component)?)?;
        tick(&engine);
        Ok(Self {
            engine,
            bot,
            layers,
        })
    }

    pub(crate) async fn turn(&self) -> wasmtime::Result<()> {
        let deadline = Instant::now() + Duration::from_millis(800);
        let mut store = self.store(deadline)?;
        let asked = async {
            let bot: Bot = self.bot.instantiate_async(&mut store).await?;
            bot.retort_bot_handler()
                .call_respond(&mut store, &hello())
                .await
        };
        let said = if self.layers.timeout {
            tokio::time::timeout_at(deadline.into(), asked).await??
        } else {
            asked.await?
        };
        wasmtime::ensure!(said.is_ok(), "no reply");
        Ok(())
    }

    fn store(&self, deadline: Instant) -> wasmtime::Result<Store<State>> {
        let state = State {
            wasi: WasiCtx::builder().build(),
            table: ResourceTable::new(),
            limits: StoreLimitsBuilder::new().memory_size(64 << 20).build(),
        };
        let mut store = Store::new(&self.engine, state);
        if self.layers.limiter {
            store.limiter(|state| &mut state.limits);
        }
        if self.layers.fuel {
            store.set_fuel(1_000_000_000)?;
        }
        if self.layers.epoch {
            store.set_epoch_deadline(1);
            store.epoch_deadline_callback(move |_| match Instant::now() >= deadline {
                true => wasmtime::bail!("late"),
                false => Ok(UpdateDeadline::YieldCustom(
                    1,
                    Box::pin(tokio::task::yield_now()),
                )),
            });
        }
        Ok(store)
    }
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.linear_memory_keep_resident(256 << 10)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(64 << 10)
        .max_memory_size(256 << 20);
    pool
}

fn hello() -> handler::Turn {
    use generated::retort::bot::types::{Channel, Conversation, Event, TextMessage};
    handler::Turn {
        conversation: Conversation {
            id: Some("c1".to_owned()),
            channel: Channel::Messaging,
            skill_id: None,
            campaign_id: None,
            engagement_id: None,
            visitor: None,
            engagement_attributes: None,
        },
        sequence: Some(1),
        event: Event::Text(TextMessage {
            text: "hello".to_owned(),
            metadata: None,
        }),
        platform_event: None,
    }
}

fn tick(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}

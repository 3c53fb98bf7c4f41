//! The engine's settings: only the WebAssembly that bots need, every switch named. Knows nothing of turns.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig,
    Result, Strategy, VariableOperatorCost, WasmFeatures,
};

use super::Settings;

/// What a host function may need of a guest's stack; one that overruns it would end the process.
const HOST_STACK_BYTES: usize = 1 << 20;

/// Where instances come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allocator {
    /// A pool that was set aside at start: the fast way.
    Pooling,
    /// The system, each time anew: several times slower per turn, and as safe.
    OnDemand {
        /// Why there is no pool.
        because: String,
    },
}

impl fmt::Display for Allocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Allocator::Pooling => "pooling",
            Allocator::OnDemand { .. } => "on-demand",
        })
    }
}

/// What of the pool is taken right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// Instances of components.
    pub component_instances: u64,
    /// Core instances within them.
    pub core_instances: u64,
    /// Linear memories.
    pub memories: usize,
    /// Tables.
    pub tables: usize,
    /// Stacks that guests run on.
    pub stacks: usize,
}

impl PoolUse {
    pub(super) fn of(engine: &Engine) -> Option<Self> {
        let metrics = engine.pooling_allocator_metrics()?;
        Some(Self {
            component_instances: metrics.component_instances(),
            core_instances: metrics.core_instances(),
            memories: metrics.memories(),
            tables: metrics.tables(),
            stacks: metrics.stacks(),
        })
    }

    /// All of a pool as [`pool`] sets it up.
    pub(super) fn most(settings: &Settings) -> Self {
        let (instances, component) = (settings.instances, &settings.component);
        Self {
            component_instances: instances.into(),
            core_instances: instances.saturating_mul(component.instances).into(),
            memories: instances.saturating_mul(component.memories) as usize,
            tables: instances.saturating_mul(component.tables) as usize,
            stacks: instances as usize,
        }
    }
}

/// An engine with a pool, or without one where the system does not give the address space.
pub(super) fn start(settings: &Settings) -> Result<(Engine, Allocator)> {
    let mut config = config(settings);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    match Engine::new(&config) {
        Ok(engine) => Ok((engine, Allocator::Pooling)),
        Err(because) => {
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            let allocator = Allocator::OnDemand {
                because: format!("{because:#}"),
            };
            Ok((Engine::new(&config)?, allocator))
        }
    }
}

/// An engine that compiles for every host of this build, and runs nothing: it sets no address space aside.
pub(super) fn for_compiling() -> Result<Engine> {
    let mut config = config(&Settings::default());
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config)
}

/// Engines with the same one can load each other's code.
pub(super) fn fingerprint(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn config(settings: &Settings) -> Config {
    let mut config = Config::new();
    // The engine's own security record: Cranelift only.
    config.strategy(Strategy::Cranelift);
    config.consume_fuel(true).epoch_interruption(true);
    config.max_wasm_stack(settings.wasm_stack_bytes);
    // The rest is for host functions that a guest calls at the bottom of its stack.
    config.async_stack_size(settings.wasm_stack_bytes + HOST_STACK_BYTES);
    // Stacks are reused across tenants; never show one the other's host frames.
    config.async_stack_zeroing(true);
    // The contract is synchronous; without this each store keeps state for tasks that cannot be.
    config.concurrency_support(false);
    // Registering unwind tables gets slower with each loaded bot, and nothing here unwinds through them.
    config.native_unwind_info(false);
    // Equal results and equal fuel on every machine and with every later engine, so that a turn can be run again elsewhere.
    config.cranelift_nan_canonicalization(true);
    config.operator_cost(operator_cost());
    features(&mut config);
    config
}

/// What each operator costs: one unit, but for those that come to no code or hardly any; and one more for each byte or element
/// that it moves, so that no operator does much for little. What the engine takes by itself today, and not to change with it:
/// limits are set and turns are kept in this unit.
fn operator_cost() -> OperatorCost {
    OperatorCost {
        Nop: 0,
        Drop: 0,
        Block: 0,
        Loop: 0,
        Unreachable: 0,
        Return: 0,
        Else: 0,
        End: 0,
        variable: VariableOperatorCost {
            memory_copy_per_byte: 1,
            memory_fill_per_byte: 1,
            memory_init_per_byte: 1,
            // A limit of its own holds it.
            memory_grow_per_page: 0,
            table_copy_per_element: 1,
            table_fill_per_element: 1,
            table_init_per_element: 1,
            table_grow_per_element: 1,
            // No array is ever made: garbage collection is off.
            ..VariableOperatorCost::new()
        },
        ..OperatorCost::new()
    }
}

/// The WebAssembly that bots need, for validating and for compiling. Off is everything that no supported toolchain
/// emits by default: each is attack surface in the compiler.
pub(super) const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::COMPONENT_MODEL);

fn features(config: &mut Config) {
    // No garbage collector is built in, so the engine has no switch for its types: they are off already.
    let switched = WasmFeatures::all().difference(WasmFeatures::GC_TYPES);
    config.wasm_features(switched.difference(FEATURES), false);
    config.wasm_features(FEATURES, true);
}

fn pool(settings: &Settings) -> PoolingAllocationConfig {
    let (instances, component) = (settings.instances, &settings.component);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_stacks(instances)
        .total_memories(instances.saturating_mul(component.memories))
        // Enough for as many of the largest components: none can take what another one's turn needs.
        .total_core_instances(instances.saturating_mul(component.instances))
        .total_tables(instances.saturating_mul(component.tables))
        .max_core_instances_per_component(component.instances)
        .max_memories_per_component(component.memories)
        .max_tables_per_component(component.tables)
        .max_memories_per_module(1)
        .max_tables_per_module(component.tables.min(4))
        .table_elements(settings.table_elements_ceiling)
        .max_memory_size(settings.memory_ceiling_bytes)
        .max_unused_warm_slots(instances)
        .linear_memory_keep_resident(settings.keep_resident_bytes)
        .table_keep_resident(settings.keep_resident_bytes / 32)
        // Less, since this much of a stack is overwritten after each turn, used or not.
        .async_stack_keep_resident(settings.keep_resident_bytes / 128)
        // Scanning page maps misses pages that were swapped out, and would hand them to the next tenant.
        .pagemap_scan(Enabled::No);
    pool
}

//! The contract in `wit/`, as Rust. Generated code and nothing else: the types of the contract are the
//! host's own words for what a turn brings and what a bot says.

#[expect(
    missing_docs,
    reason = "generated; the contract in `wit/` documents each line"
)]
mod generated {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "bot",
        imports: {
            "retort:bot/http": async | trappable,
            "retort:bot/secrets": async | trappable,
            "retort:bot/state": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        // Replies and beginnings are kept.
        additional_derives: [PartialEq, serde::Deserialize, serde::Serialize],
    });
}

#[expect(
    missing_docs,
    reason = "generated; the contract in `wit/` documents each line"
)]
mod generated_function {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "function",
        // The imports and the types are a bot's.
        with: {
            "retort:bot/budget": super::budget,
            "retort:bot/config": super::config,
            "retort:bot/http": super::http,
            "retort:bot/log": super::log,
            "retort:bot/secrets": super::secrets,
            "retort:bot/state": super::state,
            "retort:bot/types": super::types,
        },
        exports: { default: async },
    });
}

mod generated_engine {
    wasmtime::component::bindgen!({
        path: ["../wit", "../wit/engine"],
        world: "retort:engine/engine",
        with: { "retort:bot/types": super::types },
        imports: { default: trappable },
        exports: { default: async },
    });
}

pub use generated::exports::retort::bot::handler;
pub use generated::retort::bot::{budget, config, http, log, secrets, state, types};
pub(crate) use generated::{BotIndices, BotPre};

pub(crate) use generated_engine::retort::engine::memory;
pub(crate) use generated_engine::{Engine as EngineGuest, EngineIndices};
pub use generated_function::exports::retort::bot::function_handler;
pub(crate) use generated_function::{FunctionIndices, FunctionPre};

/// The contract's name and version.
pub const CONTRACT: &str = "retort:bot@1.0.0";

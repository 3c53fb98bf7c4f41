//! The contract's two worlds: what a component exports, and so what it can be asked. Knows nothing of what is said.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{Component, InstancePre};
use wasmtime::{Engine, Result, Store};

use super::bot::misfit;
use super::instance::TurnState;
use crate::bindings::{BotPre, FunctionPre, function_handler, handler};

/// The world of the contract that a component was built for.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// A chat bot: turns in, replies out.
    #[default]
    Bot,
    /// A function: JSON in, JSON out.
    Function,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bot => "bot",
            Self::Function => "function",
        })
    }
}

/// A component of either world, ready for instances.
pub(super) enum Pre {
    Bot(BotPre<TurnState>),
    Function(FunctionPre<TurnState>),
}

/// What an instance can be asked, by the world that it is of.
#[derive(Clone)]
pub enum Exports {
    /// A bot's.
    Bot(handler::Guest),
    /// A function's.
    Function(function_handler::Guest),
}

impl Pre {
    /// One that exports what both worlds ask for is a bot.
    pub(super) fn of(
        linked: InstancePre<TurnState>,
        engine: &Engine,
        component: &Component,
    ) -> Result<Self> {
        match misfit::world(engine, component) {
            World::Bot => BotPre::new(linked).map(Self::Bot),
            World::Function => FunctionPre::new(linked).map(Self::Function),
        }
    }

    pub(super) fn world(&self) -> World {
        match self {
            Self::Bot(_) => World::Bot,
            Self::Function(_) => World::Function,
        }
    }

    pub(super) async fn instance(&self, store: &mut Store<TurnState>) -> Result<Exports> {
        Ok(match self {
            Self::Bot(pre) => {
                let bot = pre.instantiate_async(store).await?;
                Exports::Bot(bot.retort_bot_handler().clone())
            }
            Self::Function(pre) => {
                let function = pre.instantiate_async(store).await?;
                Exports::Function(function.retort_bot_function_handler().clone())
            }
        })
    }
}

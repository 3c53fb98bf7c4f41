//! What a component can be asked, in the words of the world that it is of.

use std::future::Future;
use std::sync::Arc;

use wasmtime::{Result, Store};

use super::instance::TurnState;
use super::world::{Exports, World};
use crate::bindings::types;

/// Something to ask a component.
pub trait Ask: Send + 'static {
    /// What it says.
    type Said: Send + 'static;

    /// Whether it is more than who the component is, which is asked before anything is granted.
    const IS_MORE: bool = true;

    /// Inputs the export.
    fn ask(
        self,
        of: &Exports,
        store: &mut Store<TurnState>,
    ) -> impl Future<Output = Result<Self::Said>> + Send;
}

/// A component of one world was asked what only one of the other can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the component was asked what only a {asked} can be")]
pub(super) struct OtherWorld {
    asked: World,
}

/// Who are you?
#[derive(Clone, Copy, Debug)]
pub struct Describe;

impl Ask for Describe {
    type Said = types::Description;
    const IS_MORE: bool = false;

    async fn ask(self, of: &Exports, store: &mut Store<TurnState>) -> Result<Self::Said> {
        match of {
            Exports::Bot(bot) => bot.call_describe(store).await,
            Exports::Function(function) => function.call_describe(store).await,
        }
    }
}

/// Is your configuration well?
#[derive(Clone, Copy, Debug)]
pub struct CheckConfig;

impl Ask for CheckConfig {
    type Said = Result<(), Vec<types::ConfigProblem>>;

    async fn ask(self, of: &Exports, store: &mut Store<TurnState>) -> Result<Self::Said> {
        match of {
            Exports::Bot(bot) => bot.call_check_config(store).await,
            Exports::Function(function) => function.call_check_config(store).await,
        }
    }
}

/// What do you say to this?
#[derive(Debug)]
pub struct Respond(pub Arc<types::Turn>);

impl Ask for Respond {
    type Said = Result<types::Reply, types::Fault>;

    async fn ask(self, of: &Exports, store: &mut Store<TurnState>) -> Result<Self::Said> {
        match of {
            Exports::Bot(bot) => bot.call_respond(store, &self.0).await,
            Exports::Function(_) => Err(OtherWorld { asked: World::Bot }.into()),
        }
    }
}

/// What a function is invoked with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The invocation's, names and values.
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub payload: String,
}

/// What comes of this?
#[derive(Debug)]
pub struct Invoke(pub Arc<Input>);

impl Ask for Invoke {
    type Said = Result<types::Json, types::Fault>;

    async fn ask(self, of: &Exports, store: &mut Store<TurnState>) -> Result<Self::Said> {
        let Input { headers, payload } = &*self.0;
        match of {
            Exports::Function(function) => function.call_invoke(store, headers, payload).await,
            Exports::Bot(_) => Err(OtherWorld {
                asked: World::Function,
            }
            .into()),
        }
    }
}

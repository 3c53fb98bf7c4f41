//! Write a Retort bot or function in Rust.
//!
//! Implement [`Bot`] and hand it to [`export!`]:
//!
//! ```
//! use retort_sdk::{Answer, Bot, Event, Fault, Reply, Turn};
//!
//! struct Greeter;
//!
//! impl Bot for Greeter {
//!     fn respond(turn: Turn) -> Result<Reply, Fault> {
//!         match turn.event {
//!             Event::Welcome(_) => Ok(Answer::text("Hello!").into()),
//!             _ => Ok(Reply::NoAnswer),
//!         }
//!     }
//! }
//!
//! retort_sdk::export!(Greeter);
//! # fn main() {}
//! ```
//!
//! What is no chat, such as a hook of the platform's, is a [`Function`], for [`export_function!`].
//!
//! The host makes a fresh instance for every turn: a `static` never keeps anything from one to the next. What a
//! bot keeps goes into [`state`]. The errors of [`state`], [`secrets`] and [`http`] become a [`Fault`] with `?`.

mod answer;
pub mod budget;
pub mod config;
pub mod content;
mod event;
mod fault;
#[doc(hidden)]
pub mod function;
pub mod http;
mod invalid;
mod metadata;
pub mod state;
#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub mod testing;
mod unreadable;

pub use function::{Function, Invocation};
pub use invalid::InvalidReply;
pub use metadata::Metadata;
pub use unreadable::Unreadable;

#[doc(hidden)]
#[allow(
    missing_docs,
    unsafe_code,
    reason = "generated from the contract in `wit/`"
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "bot",
        pub_export_macro: true,
        default_bindings_module: "retort_sdk::bindings",
    });
}

pub use bindings::retort::bot::secrets;
pub use bindings::retort::bot::types::*;
pub use serde_json::{Value, json};

/// Lines for the bot's author and the operator. Never write what the consumer said, nor secrets.
pub mod log {
    use crate::bindings::retort::bot::log::{Level, write};

    /// Of use while developing.
    pub fn debug(message: impl AsRef<str>) {
        write(Level::Debug, message.as_ref());
    }

    /// Worth keeping.
    pub fn info(message: impl AsRef<str>) {
        write(Level::Info, message.as_ref());
    }

    /// Something is off, and the bot coped.
    pub fn warn(message: impl AsRef<str>) {
        write(Level::Warn, message.as_ref());
    }

    /// The bot could not do what it should.
    pub fn error(message: impl AsRef<str>) {
        write(Level::Error, message.as_ref());
    }
}

/// A chat bot. Its name and version are those of its Cargo package.
pub trait Bot {
    /// Answers one turn. [`Reply::NoAnswer`] is right for an event that the bot does not handle.
    ///
    /// # Errors
    /// A [`Fault`] when the bot cannot answer; the deployment's failure policy says what happens then.
    fn respond(turn: Turn) -> Result<Reply, Fault>;

    /// Checks the configuration that [`config::get`] gives. Called when the bot is deployed.
    ///
    /// # Errors
    /// All that is wrong; the deployment is refused, and the operator reads this.
    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        Ok(())
    }
}

/// Makes a type that implements [`Bot`] the bot of this component. Once per crate.
#[macro_export]
macro_rules! export {
    ($bot:ty) => {
        #[allow(unsafe_code, reason = "the generated exports are unsafe by nature")]
        const _: () = {
            use $crate::bindings::exports::retort::bot::handler::Guest;

            struct Component;

            impl Guest for Component {
                fn describe() -> $crate::Description {
                    $crate::Description {
                        name: env!("CARGO_PKG_NAME").into(),
                        version: env!("CARGO_PKG_VERSION").into(),
                    }
                }

                fn check_config() -> Result<(), Vec<$crate::ConfigProblem>> {
                    <$bot as $crate::Bot>::check_config()
                }

                fn respond(turn: $crate::Turn) -> Result<$crate::Reply, $crate::Fault> {
                    <$bot as $crate::Bot>::respond(turn)
                }
            }

    $crate::bindings::export!(Component with_types_in $crate::bindings);
        };
    };
}

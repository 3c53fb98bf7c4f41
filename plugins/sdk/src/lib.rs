//! Write bots and functions for Retort in Rust.
//!
//! A bot is a WebAssembly component that a host runs: each turn of a conversation in a fresh instance, under limits on time,
//! fuel and memory, with what its `bot.toml` asks for and the operator has granted. `retort new my-bot --lang rust` begins a
//! project, `retort dev .` serves it and opens a conversation, `retort build .` makes the component.
//!
//! # A bot
//!
//! Implement [`Bot`] and hand it to [`export!`], once in a crate with `crate-type = ["cdylib"]`:
//!
//! ```
//! use retort_sdk::{Answer, Bot, Event, Fault, Reply, Turn};
//!
//! struct Greeter;
//!
//! impl Bot for Greeter {
//!     fn respond(turn: Turn) -> Result<Reply, Fault> {
//!         match &turn.event {
//!             Event::Welcome(_) => Ok(Answer::text("Hello!").into()),
//!             Event::Text(message) if message.text.contains("person") => {
//!                 let answer = Answer::text("I will find somebody.").and_private_text("They asked for a person.");
//!                 Ok(answer.then_transfer_to_skill("people").into())
//!             }
//!             _ => Ok(Reply::NoAnswer),
//!         }
//!     }
//! }
//!
//! retort_sdk::export!(Greeter);
//! # fn main() {}
//! ```
//!
//! A [`Turn`] is one event of a conversation; [`Turn::text`] and [`Turn::external_id`] say what the consumer said or pressed.
//! An [`Answer`] is built part by part, and ends in one action at most. [`Reply::NoAnswer`] says nothing on purpose.
//!
//! A turn ends well with a reply that the host accepts. If it ends in a [`Fault`], in a panic, over its limits, or with a reply
//! that the platform would not take, then nothing of it is sent or kept, and the deployment's failure policy decides what
//! the consumer gets. A fault is the bot's own word for it, with a code to count by. The errors of this crate become one
//! with `?`:
//!
//! | error | codes |
//! |---|---|
//! | [`InvalidReply`] | `reply-invalid` |
//! | [`Unreadable`] | `event-unreadable` |
//! | [`state::StateError`] | `state-denied`, `state-limit`, `state-conflict`, `state-failed` |
//! | [`secrets::SecretError`] | `secret-denied`, `secret-not-set`, `secret-failed` |
//! | [`http::HttpError`] | `http-denied`, `http-invalid`, `http-timeout`, `http-limit`, `http-connection`, `http-failed` |
//! | [`ConfigProblem`] | `config-invalid` |
//! | `serde_json::Error` | `json-invalid` |
//!
//! # A function
//!
//! What is no chat, such as a hook of the platform's, is a [`Function`], for [`export_function!`]: any JSON in, any JSON out.
//!
//! # What it keeps
//!
//! The host makes a fresh instance for every turn: a `static` never keeps anything from one to the next. What a bot keeps goes
//! into [`state`], for each conversation or across all of them; a [`state::Key`] is a place in it with a type.
//!
//! # What it reaches
//!
//! [`config`] has what the operator configured, and [`Bot::check_config`] refuses what is wrong with it before the bot serves.
//! [`http`] sends requests where the operator lets it, [`secrets`] are values that nobody else sees, and [`budget`] says what
//! is left of the turn. `bot.toml` asks for them:
//!
//! ```toml
//! name = "orders"
//! version = "1.0.0"
//! [wants]
//! state = ["conversation"]
//! secrets = ["orders-key"]
//! http = ["GET https://orders.example.com"]
//! ```
//!
//! ```
//! use retort_sdk::{Answer, Fault, Reply, http, secrets};
//!
//! fn order(number: u64) -> Result<Reply, Fault> {
//!     let key = secrets::get("orders-key")?;
//!     let response = http::get(format!("https://orders.example.com/{number}"))
//!         .with_header("authorization", format!("Bearer {key}"))
//!         .send()?;
//!     Ok(Answer::text(response.text()).into())
//! }
//! ```
//!
//! # Cards and quick replies
//!
//! [`content`] builds structured content that the platform takes, and says what is wrong with what it would not.
//!
//! # Tests
//!
//! What a function of the bot's own does is tested as any Rust is; but what the host offers is not there on the author's machine,
//! so a test that calls [`state`], [`config`] or [`log`] panics. `testing`, behind the feature of that name, tries the whole
//! component as a host runs it.

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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Lines for the bot's author and the operator. Never write what the consumer said, nor secrets.
///
/// A turn has some lines of so many bytes (the operator says how many); what is more is dropped and counted. `retort logs`
/// shows them, and so do `retort dev` and `retort invoke --verbose`.
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
///
/// ```
/// use retort_sdk::{Answer, Bot, Fault, Reply, Turn};
///
/// struct Hello;
///
/// impl Bot for Hello {
///     fn respond(_turn: Turn) -> Result<Reply, Fault> {
///         Ok(Answer::text("Hello!").into())
///     }
/// }
///
/// retort_sdk::export!(Hello);
/// # fn main() {}
/// ```
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

//! Tests of the component that a bot's author builds, as a host runs it: with its limits, its check of every reply, and
//! memory from turn to turn.
//!
//! It takes the feature `testing`, which is for tests alone and is not there in what is built for WebAssembly:
//!
//! ```toml
//! [dev-dependencies]
//! retort-sdk = { path = "retort-sdk", features = ["testing"] }
//! ```
//!
//! A file in `tests/` then talks to the bot:
//!
//! ```no_run
//! #![cfg(not(target_family = "wasm"))]
//!
//! use retort_sdk::testing::{Bot, Broken};
//!
//! #[test]
//! # fn that_the_next_line_is_shown_as() {}
//! fn it_greets() -> Result<(), Broken> {
//!     let bot = Bot::built()?;
//!     let mut talk = bot.conversation();
//!     talk.welcome().says("Hello!");
//!     talk.say("When are you open?")
//!         .answers("We are open from 9 to 17.")
//!         .understands("opening-hours")
//!         .takes_at_most_fuel(1_000_000);
//!     talk.say("a person").notes("asked for a person").transfers_to("human_skill");
//!     Ok(())
//! }
//! # fn main() -> Result<(), Broken> {
//! #     it_greets()
//! # }
//! ```
//!
//! [`Bot::built`] builds the crate's component with `retort build`, once in each test program, and runs it with
//! `retort invoke --lines`. That takes the executable `retort`: the one that the environment variable `RETORT` names,
//! or else the one on the `PATH`.
//!
//! A turn that comes too late is asked for again, twice at most, as the platform does: on a machine that is busy with other
//! tests it says nothing of the bot.
//!
//! What a method asserts and does not find makes the test fail where it was called, with all that is known of the turn.

mod built;
mod conversation;
mod function;
mod host;
mod reply;
mod told;

pub use conversation::Conversation;
pub use function::{Function, Returned};
pub use reply::{Part, Reply};
pub use told::LogLine;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use host::Host;

/// Why a component could not be tried: it does not build, it cannot be deployed, or there is no `retort`. In words, with
/// what to do about it.
#[derive(Clone, PartialEq, Eq)]
pub struct Broken(String);

impl Broken {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The same: this is what a test that returns it ends with.
impl fmt::Debug for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

/// What a component is given when it is tried, as an operator would give it.
///
/// ```no_run
/// use retort_sdk::testing::{Bot, Setup};
///
/// let bot: Bot = Setup::built()?.config("skill", "night shift").bot()?;
/// # Ok::<_, retort_sdk::testing::Broken>(())
/// ```
#[derive(Clone, Debug)]
pub struct Setup {
    component: PathBuf,
    arguments: Vec<String>,
}

impl Setup {
    /// For the component of the crate whose tests these are.
    ///
    /// # Errors
    /// If it does not build, or there is no `retort`.
    pub fn built() -> Result<Self, Broken> {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| {
            Broken::new("`CARGO_MANIFEST_DIR` is not set: run the tests with `cargo test`, or name a folder")
        })?;
        Self::built_in(folder)
    }

    /// For the component of the bot in a folder, with its `bot.toml`.
    ///
    /// # Errors
    /// As [`built`](Self::built).
    pub fn built_in(folder: impl AsRef<Path>) -> Result<Self, Broken> {
        Ok(Self::of(built::component(folder.as_ref())?))
    }

    /// For a component that was built before.
    pub fn of(component: impl Into<PathBuf>) -> Self {
        Self {
            component: component.into(),
            arguments: Vec::new(),
        }
    }

    /// A value of its configuration.
    pub fn config(self, key: &str, value: &str) -> Self {
        self.with("--set", format!("{key}={value}"))
    }

    /// Its secrets, from a TOML file with a `NAME = "VALUE"` in each line.
    pub fn secrets(self, file: impl AsRef<Path>) -> Self {
        self.with("--secrets", file.as_ref().display().to_string())
    }

    /// Lets its requests reach an address that is inside, such as `127.0.0.1` with a server that stands in for the real
    /// one.
    pub fn open(self, addresses: &str) -> Self {
        self.with("--open", addresses.to_owned())
    }

    fn with(mut self, name: &str, value: String) -> Self {
        self.arguments.extend([name.to_owned(), value]);
        self
    }

    /// Starts it as a bot.
    ///
    /// # Errors
    /// If the host does not take it: its manifest is wrong, or its own `check_config` says so. The error has the host's
    /// words.
    pub fn bot(&self) -> Result<Bot, Broken> {
        Ok(Bot {
            host: Host::start(&self.component, &self.arguments)?,
            conversations: AtomicU64::new(0),
        })
    }

    /// Starts it as a function.
    ///
    /// # Errors
    /// As [`bot`](Self::bot).
    pub fn function(&self) -> Result<Function, Broken> {
        Ok(Function::on(Host::start(&self.component, &self.arguments)?))
    }
}

/// A bot on a host of its own. What it keeps lasts as long as this.
#[derive(Debug)]
pub struct Bot {
    host: Host,
    conversations: AtomicU64,
}

impl Bot {
    /// The bot of the crate whose tests these are, without configuration and secrets. See [`Setup`] for those.
    ///
    /// # Errors
    /// If it does not build, the host does not take it, or there is no `retort`.
    pub fn built() -> Result<Self, Broken> {
        Setup::built()?.bot()
    }

    /// A new conversation in messaging. Several may go on at a time.
    pub fn conversation(&self) -> Conversation<'_> {
        self.begin("MESSAGING")
    }

    /// A new live chat.
    pub fn chat(&self) -> Conversation<'_> {
        self.begin("CHAT")
    }

    fn begin(&self, channel: &'static str) -> Conversation<'_> {
        let number = self.conversations.fetch_add(1, Ordering::Relaxed) + 1;
        Conversation::new(&self.host, format!("conversation-{number}"), channel)
    }
}

#[cfg(test)]
mod tests;

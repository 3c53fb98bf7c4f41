//! A function on a host of its own, and what became of an event.

use std::fmt;

use serde_json::Value;

use super::host::Host;
use super::told::{LogLine, Told};
use super::{Broken, Setup};

/// A function on a host of its own. What it keeps lasts as long as this.
#[derive(Debug)]
pub struct Function {
    host: Host,
}

impl Function {
    /// The function of the crate whose tests these are, without configuration and secrets. See [`Setup`] for those.
    ///
    /// # Errors
    /// If it does not build, the host does not take it, or there is no `retort`.
    pub fn built() -> Result<Self, Broken> {
        Setup::built()?.function()
    }

    pub(super) fn on(host: Host) -> Self {
        Self { host }
    }

    /// Hands it an event, of any JSON.
    ///
    /// It panics where there is no host any more; what becomes of an event is never a panic but a [`Returned`].
    #[track_caller]
    pub fn invoke(&self, payload: Value) -> Returned {
        match self.host.ask(&payload) {
            Ok(told) => Returned(Told(told)),
            Err(broken) => panic!("{broken}"),
        }
    }
}

/// What became of an event.
#[derive(Clone, PartialEq)]
pub struct Returned(Told);

impl Returned {
    /// What it returned, or none if it failed.
    pub fn value(&self) -> Option<&Value> {
        self.0.0.get("result")
    }

    /// The function returned this.
    #[track_caller]
    pub fn returns(&self, expected: Value) -> &Self {
        assert!(
            self.value() == Some(&expected),
            "it should return {expected}, and this became of it: {self:?}"
        );
        self
    }

    /// It gave a fault with this code.
    #[track_caller]
    pub fn faults(&self, code: &str) -> &Self {
        self.0.faults(code);
        self
    }

    /// It ended in this: `bot-trapped`, `deadline-exceeded` or another of the host's codes, or `replied`.
    #[track_caller]
    pub fn ends_in(&self, outcome: &str) -> &Self {
        self.0.ends_in(outcome);
        self
    }

    /// It logged a line with these words in it.
    #[track_caller]
    pub fn logs(&self, words: &str) -> &Self {
        self.0.logs(words);
        self
    }

    /// It took no more fuel than this, about one for each WebAssembly instruction. The same on every machine.
    #[track_caller]
    pub fn takes_at_most_fuel(&self, fuel: u64) -> &Self {
        self.0.takes_at_most_fuel(fuel);
        self
    }

    /// The fuel that it took.
    pub fn fuel(&self) -> u64 {
        self.0.number("fuel")
    }

    /// What it logged.
    pub fn log(&self) -> Vec<LogLine<'_>> {
        self.0.log()
    }
}

impl fmt::Debug for Returned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

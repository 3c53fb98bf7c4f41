//! Whose fault a failure is. Knows nothing of how it shows: statuses and log levels are `http`'s and `telemetry`'s.

use std::fmt;

/// Who has to act when something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The one who called: the request is wrong, or there are too many.
    Caller,
    /// The bot: it trapped, ran over a limit, or answered what cannot be sent.
    Bot,
    /// This host, or the machine below it.
    Host,
}

impl Fault {
    /// The word for logs, metrics and error bodies.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Caller => "caller",
            Fault::Bot => "bot",
            Fault::Host => "host",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! What the host says of a turn or an event, on one line, and what can be asked of either.

use std::fmt;

use serde_json::Value;

/// A line of the bot's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// `debug`, `info`, `warn` or `error`.
    pub level: &'a str,
    /// What it says.
    pub message: &'a str,
}

/// A line of the host's.
#[derive(Clone, PartialEq)]
pub(super) struct Told(pub(super) Value);

impl Told {
    pub(super) fn outcome(&self) -> &str {
        self.0.get("outcome").and_then(Value::as_str).unwrap_or("")
    }

    pub(super) fn number(&self, field: &str) -> u64 {
        self.0.get(field).and_then(Value::as_u64).unwrap_or(0)
    }

    pub(super) fn fault(&self) -> Option<(&str, &str)> {
        let fault = self.0.get("fault")?;
        let said = |field| fault.get(field).and_then(Value::as_str);
        Some((said("code")?, said("message")?))
    }

    pub(super) fn log(&self) -> Vec<LogLine<'_>> {
        let lines = self.0.get("log").and_then(Value::as_array);
        lines.into_iter().flatten().filter_map(log_line).collect()
    }

    #[track_caller]
    pub(super) fn faults(&self, code: &str) {
        let faults = self.fault().is_some_and(|(given, _)| given == code);
        self.holds(faults, format_args!("give the fault `{code}`"));
    }

    #[track_caller]
    pub(super) fn ends_in(&self, outcome: &str) {
        self.holds(
            self.outcome() == outcome,
            format_args!("end in `{outcome}`"),
        );
    }

    #[track_caller]
    pub(super) fn logs(&self, words: &str) {
        let logs = self.log().iter().any(|line| line.message.contains(words));
        self.holds(logs, format_args!("log {words:?}"));
    }

    #[track_caller]
    pub(super) fn takes_at_most_fuel(&self, fuel: u64) {
        let takes = self.number("fuel");
        self.holds(
            takes <= fuel,
            format_args!("take at most {fuel} of fuel, not {takes}"),
        );
    }

    #[track_caller]
    pub(super) fn holds(&self, is_so: bool, expected: fmt::Arguments<'_>) {
        assert!(
            is_so,
            "it should {expected}, and this became of it: {self:?}"
        );
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.0)
    }
}

fn log_line(line: &Value) -> Option<LogLine<'_>> {
    Some(LogLine {
        level: line.get("level")?.as_str()?,
        message: line.get("message")?.as_str()?,
    })
}

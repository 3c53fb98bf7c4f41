//! `log`: the lines of one turn, kept within its limits. Knows nothing of where they are shown.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use wasmtime::Result;

use super::moved::Moved;
use crate::bindings::log::{Host, Level};
use crate::chat::one_line;
use crate::vault::Redactions;

/// How much a turn may log. What is over is dropped and counted, and the turn goes on.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub struct Limits {
    /// Lines.
    pub lines: usize,
    /// Bytes of text, all lines together.
    pub bytes: usize,
}

/// A line that a bot wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// The text; ends in `…` where the turn's bytes ran out.
    pub message: String,
}

/// All that a turn logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lines {
    /// In the order they were written.
    pub lines: Vec<Line>,
    /// How many more there were past the limits.
    pub dropped: usize,
}

/// One turn's log. Cheap to clone: the interface and both standard streams write to the same one.
#[derive(Clone, Debug)]
pub struct Log {
    limits: Limits,
    moved: Moved,
    redactions: Redactions,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: Lines,
    bytes: usize,
}

impl Log {
    /// An empty log, which counts what it is told and keeps no secret.
    pub fn new(limits: Limits, moved: Moved, redactions: Redactions) -> Self {
        Self {
            limits,
            moved,
            redactions,
            kept: Arc::default(),
        }
    }

    /// Adds a line, or counts it as dropped.
    pub fn write(&self, level: Level, message: &str) {
        self.moved.add(message.len());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.limits.bytes.saturating_sub(kept.bytes);
        if kept.lines.lines.len() >= self.limits.lines || room == 0 {
            kept.lines.dropped += 1;
            return;
        }
        // Before it is measured: what is put in place of a character may be shorter.
        let message = self.redactions.redact(message);
        let message = shortened(&one_line(&message, room), room);
        kept.bytes += message.len();
        kept.lines.lines.push(Line {
            level: name(level),
            message,
        });
    }

    /// Takes what was logged so far.
    pub fn take(&self) -> Lines {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *kept).lines
    }
}

impl Host for Log {
    fn write(&mut self, level: Level, message: String) -> Result<()> {
        Log::write(self, level, &message);
        Ok(())
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

fn shortened(message: &str, room: usize) -> String {
    if message.len() <= room {
        return message.to_owned();
    }
    let end = message.floor_char_boundary(room);
    format!("{}…", message.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_past_the_limits_is_cut_and_counted() {
        let log = Log::new(
            Limits { lines: 2, bytes: 6 },
            Moved::default(),
            Redactions::default(),
        );
        for message in ["o\ne", "münze", "three", "four"] {
            log.write(Level::Info, message);
        }
        let Lines { lines, dropped } = log.take();
        let messages: Vec<_> = lines.iter().map(|line| line.message.as_str()).collect();
        assert_eq!((messages, dropped), (vec!["o e", "mü…"], 2));
    }
}

//! The host's own log, on standard error. Knows nothing of what is worth saying.

use std::io::IsTerminal;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One object a line, for programs.
    Json,
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `error`, `warn`, `info`, `debug` or `trace`, also by target: `info,retort::bot=debug` shows what bots log.
    pub filter: String,
    /// Text or JSON.
    pub format: Format,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: Format::Text,
        }
    }
}

/// Writes the lines, until it is dropped: then it writes what is left.
pub type Writing = tracing_appender::non_blocking::WorkerGuard;

/// Starts the log of this process. Lines are written by a thread of their own, and dropped when nobody reads
/// them: standard error that is stuck must not hold up a turn. A second start is ignored.
///
/// # Errors
/// The filter's own, if it cannot be read.
pub fn start(settings: &Settings) -> Result<Writing, tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::builder().parse(&settings.filter)?;
    let (lines, writing) = tracing_appender::non_blocking(std::io::stderr());
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines)
        .with_ansi(colours);
    let started = match settings.format {
        Format::Text => log.try_init(),
        Format::Json => log.json().flatten_event(true).try_init(),
    };
    // Only a test starts it twice, and then the first one is as good.
    drop(started);
    Ok(writing)
}

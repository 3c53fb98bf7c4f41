//! The host's own log, on standard error. Knows nothing of what is worth saying.

mod lines;

use std::io::{IsTerminal, Write};

use serde::Deserialize;
use tracing::Dispatch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

pub use lines::Writing;

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
            // The store's own steps are of no interest as long as they succeed.
            filter: "info,fjall=warn,lsm_tree=warn".to_owned(),
            format: Format::Text,
        }
    }
}

/// The log cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The filter cannot be read.
    #[error("`log.filter` is not valid: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The system gave no thread.
    #[error("a thread for the log could not be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// Starts the log of this process on standard error. Lines are dropped when nobody reads them. A second start is
/// ignored.
///
/// # Errors
/// [`NotStarted`] if the filter cannot be read, or the system gives no thread.
pub fn start(settings: &Settings) -> Result<Writing, NotStarted> {
    let output = std::io::stderr();
    let colours = output.is_terminal();
    let (log, writing) = log(settings, output, colours)?;
    // Only a test starts it twice, and then the first one is as good.
    drop(log.try_init());
    Ok(writing)
}

/// A log that writes to `output`, on a thread of its own.
///
/// # Errors
/// As [`start`].
pub fn log(
    settings: &Settings,
    output: impl Write + Send + 'static,
    colours: bool,
) -> Result<(Dispatch, Writing), NotStarted> {
    // Under TLS whoever connects chooses how many of its warnings there are.
    let quiet = "rustls=error".parse()?;
    let filter = EnvFilter::builder().parse(&settings.filter)?;
    let filter = filter.add_directive(quiet);
    let (lines, writing) = lines::write_to(output)?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || lines.clone())
        .with_ansi(colours);
    let log = match settings.format {
        Format::Text => Dispatch::new(log.finish()),
        Format::Json => Dispatch::new(log.json().flatten_event(true).finish()),
    };
    Ok((log, writing))
}

//! A component on its way to a host, and how far it is, for who waits at a terminal.

use std::io::Cursor;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::remote::{Method, Remote};
use crate::cli::Ended;

/// How often what is seen changes while nothing is sent.
const TICK: Duration = Duration::from_millis(100);

/// Sends it, and waits until the host has checked and compiled it.
pub(super) async fn send(remote: &Remote, path: &str, component: Vec<u8>) -> Result<Value, Ended> {
    let progress = bar(component.len() as u64);
    let body = Sent {
        bytes: progress.wrap_read(Cursor::new(component)),
        progress: progress.clone(),
    };
    let answered = remote
        .stream(Method::POST, path, progress.length().unwrap_or(0), body)
        .await;
    progress.finish_and_clear();
    answered
}

/// Seen at a terminal only.
fn bar(bytes: u64) -> ProgressBar {
    let progress = ProgressBar::new(bytes);
    let sending = ProgressStyle::with_template("sending {bar:30} {bytes}/{total_bytes}");
    if let Ok(style) = sending {
        progress.set_style(style);
    }
    progress
}

/// What is sent: at its end the host's part begins.
struct Sent<R> {
    bytes: R,
    progress: ProgressBar,
}

impl<R: std::io::Read> std::io::Read for Sent<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.bytes.read(into)?;
        let is_sent = self.progress.length() == Some(self.progress.position());
        if read > 0 && is_sent {
            let waiting = ProgressStyle::with_template(
                "{spinner} the host checks and compiles it, {elapsed}",
            );
            if let Ok(style) = waiting {
                self.progress.set_style(style);
            }
            self.progress.enable_steady_tick(TICK);
        }
        Ok(read)
    }
}

//! A folder that is watched for changes to what a bot is built from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify_debouncer_mini::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};
use tokio::sync::mpsc;

use super::Ended;

/// An editor writes a file in several steps, and saves several files at once.
const SETTLES_IN: Duration = Duration::from_millis(200);

/// A folder under watch, until it is dropped.
pub(super) struct Watch {
    changes: mpsc::Receiver<()>,
    _watcher: Debouncer<RecommendedWatcher>,
}

impl Watch {
    pub(super) fn start(folder: &Path) -> Result<Self, Ended> {
        let unwatched = |error: &dyn std::fmt::Display| {
            Ended::Host(format!(
                "\"{}\" cannot be watched: {error}",
                folder.display()
            ))
        };
        let folder = folder.canonicalize().map_err(|error| unwatched(&error))?;
        let (change, changes) = mpsc::channel(1);
        let root = folder.clone();
        let on_event = move |events: DebounceEventResult| {
            if events.is_ok_and(|events| events.iter().any(|event| is_source(&event.path, &root))) {
                // A change that is not yet seen stands for this one too.
                let _ = change.try_send(());
            }
        };
        let mut watcher = new_debouncer(SETTLES_IN, on_event).map_err(|error| unwatched(&error))?;
        watcher
            .watcher()
            .watch(&folder, RecursiveMode::Recursive)
            .map_err(|error| unwatched(&error))?;
        Ok(Self {
            changes,
            _watcher: watcher,
        })
    }

    /// Waits for the next change.
    pub(super) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

/// Not what the build itself writes, nor what editors and version control keep in hidden places.
fn is_source(path: &Path, root: &Path) -> bool {
    let inside: PathBuf = path
        .strip_prefix(root)
        .map(Path::to_path_buf)
        .unwrap_or_default();
    let mut names = inside
        .components()
        .map(|component| component.as_os_str().to_string_lossy().into_owned());
    let top_is_build = inside.starts_with("target") || inside == Path::new("Cargo.lock");
    !inside.as_os_str().is_empty()
        && !top_is_build
        && !names.any(|name| name.starts_with('.') || name.ends_with('~'))
}

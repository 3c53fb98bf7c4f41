//! A folder that is watched for changes to what a bot is built from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::Ended;

/// An editor writes a file in several steps, and saves several files at once.
const SETTLES_IN: Duration = Duration::from_millis(200);

/// A folder under watch, until it is dropped.
pub(super) struct Watch {
    changes: mpsc::Receiver<()>,
    _watcher: RecommendedWatcher,
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
        let on_event = move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_change(&event, &root)) {
                // A change that is not yet seen stands for this one too.
                let _ = change.try_send(());
            }
        };
        let mut watcher =
            notify::recommended_watcher(on_event).map_err(|error| unwatched(&error))?;
        watcher
            .watch(&folder, RecursiveMode::Recursive)
            .map_err(|error| unwatched(&error))?;
        Ok(Self {
            changes,
            _watcher: watcher,
        })
    }

    /// Waits for the next change, and until the saving has come to rest.
    pub(super) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending().await
        }
        while let Ok(Some(())) = tokio::time::timeout(SETTLES_IN, self.changes.recv()).await {}
    }
}

/// That a file was read is no change: the build itself reads them all.
fn is_change(event: &Event, root: &Path) -> bool {
    let written = matches!(
        event.kind,
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)
    );
    written && event.paths.iter().any(|path| is_source(path, root))
}

/// Not what the build itself writes, nor what editors and version control keep in hidden places.
fn is_source(path: &Path, root: &Path) -> bool {
    let inside: PathBuf = path
        .strip_prefix(root)
        .map(Path::to_path_buf)
        .unwrap_or_default();
    let is_built = inside.starts_with("target") || inside == Path::new("Cargo.lock");
    let hidden = |name: &str| name.starts_with('.') || name.ends_with('~');
    let mut names = inside
        .components()
        .map(|component| component.as_os_str().to_string_lossy());
    !inside.as_os_str().is_empty() && !is_built && !names.any(|name| hidden(&name))
}

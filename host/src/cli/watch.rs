//! A folder, or a file, that is watched for changes to what a bot is built from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::Ended;

/// An editor writes a file in several steps, and saves several files at once.
const SETTLES_IN: Duration = Duration::from_millis(200);
/// One file is ready as soon as it is written, and is read again if it was not.
const FILE_SETTLES_IN: Duration = Duration::from_millis(20);

/// A folder or a file under watch, until it is dropped.
pub(super) struct Watch {
    changes: mpsc::Receiver<()>,
    settles_in: Duration,
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Of a file only itself and what beside it has its name, such as its manifest.
    pub(super) fn start(path: &Path) -> Result<Self, Ended> {
        let unwatched = |error: &dyn std::fmt::Display| {
            Ended::Host(format!("\"{}\" cannot be watched: {error}", path.display()))
        };
        let path = path.canonicalize().map_err(|error| unwatched(&error))?;
        let file = path.is_file().then(|| path.with_extension(""));
        // An editor may put another file in the place of the one that is watched: its folder stays.
        let folder = match &file {
            Some(file) => file.parent().unwrap_or(Path::new("/")).to_owned(),
            None => path,
        };
        let (change, changes) = mpsc::channel(1);
        let root = folder.clone();
        let (recursive, settles_in) = match &file {
            Some(_) => (RecursiveMode::NonRecursive, FILE_SETTLES_IN),
            None => (RecursiveMode::Recursive, SETTLES_IN),
        };
        let on_event = move |event: notify::Result<Event>| {
            let is_watched = |path: &Path| match &file {
                Some(file) => path.with_extension("") == *file,
                None => is_source(path, &root),
            };
            if event.is_ok_and(|event| is_change(&event, is_watched)) {
                // A change that is not yet seen stands for this one too.
                let _ = change.try_send(());
            }
        };
        let mut watcher =
            notify::recommended_watcher(on_event).map_err(|error| unwatched(&error))?;
        watcher
            .watch(&folder, recursive)
            .map_err(|error| unwatched(&error))?;
        Ok(Self {
            changes,
            settles_in,
            _watcher: watcher,
        })
    }

    /// Waits for the next change, and until the saving has come to rest.
    pub(super) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending().await
        }
        while let Ok(Some(())) = tokio::time::timeout(self.settles_in, self.changes.recv()).await {}
    }
}

/// That a file was read is no change: the build itself reads them all.
fn is_change(event: &Event, is_watched: impl Fn(&Path) -> bool) -> bool {
    let written = matches!(
        event.kind,
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)
    );
    written && event.paths.iter().any(|path| is_watched(path))
}

/// Not what the build itself writes, nor what editors and version control keep in hidden places.
fn is_source(path: &Path, root: &Path) -> bool {
    let inside: PathBuf = path
        .strip_prefix(root)
        .map(Path::to_path_buf)
        .unwrap_or_default();
    let is_built = inside.starts_with("target") || inside == Path::new("Cargo.lock");
    let hidden = |name: &str| name.starts_with('.') || name.ends_with('~') || name == "__pycache__";
    let mut names = inside
        .components()
        .map(|component| component.as_os_str().to_string_lossy());
    !inside.as_os_str().is_empty() && !is_built && !names.any(|name| hidden(&name))
}

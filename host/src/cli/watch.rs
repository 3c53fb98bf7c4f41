//! A folder, or a file, that is watched for changes to what a bot is built from, also where that is elsewhere and only linked.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
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
    watched: Watched,
    linked: Linked,
    watcher: RecommendedWatcher,
}

/// The files that links lead to. Shared with the watcher's own thread.
type Linked = Arc<Mutex<HashSet<PathBuf>>>;

/// What is watched itself.
#[derive(Clone)]
enum Watched {
    Folder(PathBuf),
    /// Of its folder only itself and what beside it has its name, such as its manifest.
    File {
        folder: PathBuf,
        stem: PathBuf,
    },
}

impl Watched {
    /// Links on the way are followed, and the last step is not: the name is the one that was given.
    fn at(path: &Path) -> std::io::Result<Self> {
        let there = path.canonicalize()?;
        if there.is_dir() {
            return Ok(Watched::Folder(there));
        }
        let path = std::path::absolute(path)?;
        // An editor may put another file in the place of the one that is watched: its folder stays.
        let folder = path.parent().unwrap_or(Path::new("/")).canonicalize()?;
        let name = path.file_name().unwrap_or_default();
        let stem = folder.join(name).with_extension("");
        Ok(Watched::File { folder, stem })
    }

    fn folder(&self) -> &Path {
        match self {
            Watched::Folder(folder) | Watched::File { folder, .. } => folder,
        }
    }

    fn has(&self, path: &Path) -> bool {
        match self {
            Watched::Folder(root) => is_source(path, root),
            Watched::File { stem, .. } => path.with_extension("") == *stem,
        }
    }

    /// Whether it is told of what happens in that folder.
    fn sees(&self, parent: &Path) -> bool {
        match self {
            Watched::Folder(root) => parent.starts_with(root),
            Watched::File { folder, .. } => parent == folder,
        }
    }

    /// Where links among what is watched lead to, if that is a file.
    fn targets(&self) -> HashSet<PathBuf> {
        let mut targets = HashSet::new();
        let mut folders = vec![self.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let (path, kind) = (entry.path(), entry.file_type());
                if !self.has(&path) {
                    continue;
                }
                match (self, kind) {
                    (_, Ok(kind)) if kind.is_symlink() => targets.extend(path.canonicalize()),
                    (Watched::Folder(_), Ok(kind)) if kind.is_dir() => folders.push(path),
                    _ => {}
                }
            }
        }
        targets.retain(|target| target.is_file());
        targets
    }
}

impl Watch {
    /// Begins to watch a folder, or a file.
    pub(super) fn start(path: &Path) -> Result<Self, Ended> {
        let unwatched = |error: &dyn std::fmt::Display| {
            Ended::Host(format!("\"{}\" cannot be watched: {error}", path.display()))
        };
        let watched = Watched::at(path).map_err(|error| unwatched(&error))?;
        let (change, changes) = mpsc::channel(1);
        let linked = Linked::default();
        let (its, links) = (watched.clone(), Arc::clone(&linked));
        let on_event = move |event: notify::Result<Event>| {
            let is_watched = |path: &Path| its.has(path) || locked(&links).contains(path);
            if event.is_ok_and(|event| is_change(&event, is_watched)) {
                // A change that is not yet seen stands for this one too.
                let _ = change.try_send(());
            }
        };
        let mut watcher =
            notify::recommended_watcher(on_event).map_err(|error| unwatched(&error))?;
        let recursive = match &watched {
            Watched::Folder(_) => RecursiveMode::Recursive,
            Watched::File { .. } => RecursiveMode::NonRecursive,
        };
        watcher
            .watch(watched.folder(), recursive)
            .map_err(|error| unwatched(&error))?;
        let mut watch = Self {
            changes,
            watched,
            linked,
            watcher,
        };
        watch.follow();
        Ok(watch)
    }

    /// Watches what links lead to by now.
    fn follow(&mut self) {
        let targets = self.watched.targets();
        let known = std::mem::replace(&mut *locked(&self.linked), targets.clone());
        for target in targets.difference(&known) {
            let elsewhere = target.parent().filter(|parent| !self.watched.sees(parent));
            if let Some(parent) = elsewhere {
                // One that cannot be watched is built with what else is saved.
                let _ = self.watcher.watch(parent, RecursiveMode::NonRecursive);
            }
        }
    }

    /// Waits for the next change, and until the saving has come to rest.
    pub(super) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending().await
        }
        let settles_in = match &self.watched {
            Watched::Folder(_) => SETTLES_IN,
            Watched::File { .. } => FILE_SETTLES_IN,
        };
        while let Ok(Some(())) = tokio::time::timeout(settles_in, self.changes.recv()).await {}
        self.follow();
    }
}

fn locked(linked: &Linked) -> std::sync::MutexGuard<'_, HashSet<PathBuf>> {
    // A set of paths cannot be left in a state that the next one could not live with.
    linked.lock().unwrap_or_else(PoisonError::into_inner)
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

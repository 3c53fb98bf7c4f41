//! Where one's own machine keeps compiled code from one command to the next: compiling the engine for JavaScript takes
//! seconds, and a bot that has not changed need not be compiled again.

use std::env;
use std::fs::{DirBuilder, Metadata};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was not made or used for so long is thrown away.
const KEPT: Duration = Duration::from_hours(30 * 24);

const WRITABLE_BY_OTHERS: u32 = 0o022;

/// The folder, cleared of what is old; none where there is no place of this user's own for it, and then a command
/// compiles for itself.
pub(super) fn folder() -> Option<PathBuf> {
    let variable = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let caches = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")))?;
    let folder = caches.join("retort");
    let made = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder);
    made.ok()?;
    // What is in it is run: nobody else may have written there.
    let found = std::fs::symlink_metadata(&folder).ok()?;
    let is_own = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    if !is_own || found.mode() & WRITABLE_BY_OTHERS != 0 {
        return None;
    }
    clear(&folder);
    Some(folder)
}

/// Below the folder is one for each engine.
fn clear(folder: &Path) {
    let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    for engine in entries(folder) {
        for entry in entries(&engine.path()) {
            if entry.metadata().is_ok_and(|found| is_old(&found)) {
                // What stays is cleared by the next command, or by the one after that.
                drop(std::fs::remove_file(entry.path()));
            }
        }
    }
}

fn is_old(found: &Metadata) -> bool {
    let ages = [found.modified(), found.accessed()].map(|time| time.ok()?.elapsed().ok());
    found.is_file() && ages.iter().all(|age| age.is_some_and(|age| age > KEPT))
}

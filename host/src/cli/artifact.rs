//! What a command is given as a bot: a component, a script, or the folder of a script or a crate.

use std::path::{Path, PathBuf};

use super::{Ended, build, lambda};
use crate::sandbox::World;

/// The component of what a path names: read, packed or built; a function, if it is a script that does not say what it is
/// and `world` does. None if it is none of these by its name.
///
/// # Errors
/// [`Ended::Usage`] if it cannot be read, [`Ended::NoBot`] if it cannot be built.
pub(super) fn component(path: &Path, world: Option<World>) -> Result<Option<Vec<u8>>, Ended> {
    if let Some(script) = script(path) {
        return lambda::read(&script, world).map(Some);
    }
    if path.is_dir() {
        let marks = ["bot.toml", "Cargo.toml", "app.py"];
        if !marks.iter().any(|mark| path.join(mark).exists()) {
            return Err(Ended::NoBot(format!(
                "there is no bot in \"{}\": no lambda.js, no index.js, and no bot.toml",
                path.display()
            )));
        }
        return build::build(path).map(|built| Some(built.component));
    }
    if is_component(path) {
        return read(path).map(Some);
    }
    Ok(None)
}

/// The script that a path names, if it names one: a file, or the folder of one.
pub(super) fn script(path: &Path) -> Option<PathBuf> {
    if !path.is_dir() {
        return lambda::is_script(path).then(|| path.to_owned());
    }
    // Called as LivePerson calls it, or its command line.
    let scripts = ["lambda.js", "lambda.mjs", "index.js"].map(|name| path.join(name));
    let is_crate = path.join("Cargo.toml").is_file();
    scripts
        .into_iter()
        .find(|script| !is_crate && script.is_file())
}

/// Whether a file is a component, by its name.
pub(super) fn is_component(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "wasm")
}

/// The bytes of a file, and of nothing else: a pipe of that name would be waited for.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Ended> {
    let unread = |error: std::io::Error| {
        Ended::Usage(format!("\"{}\" cannot be read: {error}", path.display()))
    };
    if !std::fs::metadata(path).map_err(unread)?.is_file() {
        return Err(unread(std::io::Error::other("it is not a file")));
    }
    std::fs::read(path).map_err(unread)
}

//! The author's component, built by `retort build` as it is for a deployment. Once in each process, since tests of one
//! program run beside one another.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use super::Broken;

static BUILT: Mutex<BTreeMap<PathBuf, Result<PathBuf, Broken>>> = Mutex::new(BTreeMap::new());

/// The component of the bot in a folder.
pub(super) fn component(folder: &Path) -> Result<PathBuf, Broken> {
    let folder = folder
        .canonicalize()
        .map_err(|error| Broken::new(format!("\"{}\": {error}", folder.display())))?;
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built
        .entry(folder)
        .or_insert_with_key(|folder| build(folder))
        .clone()
}

/// The executable that builds and runs: `RETORT`, or the one on the `PATH`.
pub(super) fn retort() -> Command {
    let named = std::env::var_os("RETORT").filter(|path| !path.is_empty());
    Command::new(named.unwrap_or_else(|| OsString::from("retort")))
}

/// Why it could not be run, and what to do about it.
pub(super) fn not_run(retort: &Command, error: &std::io::Error) -> Broken {
    Broken::new(format!(
        "{:?} cannot be run: {error}; put `retort` on the PATH, or name it: RETORT=/path/to/retort cargo test",
        retort.get_program()
    ))
}

fn build(folder: &Path) -> Result<PathBuf, Broken> {
    let cannot = |path: &Path, error: std::io::Error| {
        Broken::new(format!("\"{}\" cannot be written: {error}", path.display()))
    };
    let built = beside_the_tests()?;
    fs::create_dir_all(&built).map_err(|error| cannot(&built, error))?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    // Another test program may read the one while this one writes the other.
    let written = built.join(format!("{name}-{}.wasm", std::process::id()));
    let component = built.join(format!("{name}.wasm"));
    let mut retort = retort();
    retort.arg("build").arg(folder).arg("-o").arg(&written);
    let output = retort.stdin(Stdio::null()).output();
    let Output { status, stderr, .. } = output.map_err(|error| not_run(&retort, &error))?;
    if !status.success() {
        let words = String::from_utf8_lossy(&stderr);
        return Err(Broken::new(format!(
            "`retort build` ended with {status}:\n{}",
            words.trim_end()
        )));
    }
    fs::rename(&written, &component).map_err(|error| cannot(&component, error))?;
    Ok(component)
}

/// A folder in the crate's `target`, where the test program is.
fn beside_the_tests() -> Result<PathBuf, Broken> {
    let program = std::env::current_exe();
    let program = program.map_err(|error| Broken::new(format!("this program: {error}")))?;
    let folder = program.parent().unwrap_or(Path::new("."));
    Ok(folder.join("retort-testing"))
}

//! The files of a suite, by their names, wherever they come from: a folder, or whoever sends them along with a bot. Knows
//! nothing of what they say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::reading::MOST_BYTES;
use super::suite::is_skipped;

/// The most files of one suite.
const MOST_FILES: usize = 5_000;

/// The most bytes of all of them: what a host keeps of one revision.
const MOST_IN_ALL: usize = 4 << 20;

/// How deep folders may lie in one another.
const MOST_DEPTH: usize = 16;

/// In a folder that is left out, as many names are looked at for a script: it may be anyone's.
const MOST_LOOKED_AT: usize = 1_000;

/// What stands beside scripts, under these names in the folder itself.
const BESIDE: [&str; 4] = [BASELINE, FAKES, SECRETS, STATE];
/// What conversations cost.
pub(super) const BASELINE: &str = "baseline.toml";
/// What answers the bot's requests.
pub(super) const FAKES: &str = "fakes.toml";
/// What the bot reads as its secrets.
pub(super) const SECRETS: &str = "secrets.toml";
/// What the bot remembers.
pub(super) const STATE: &str = "state.toml";

/// Why files are of no use.
#[derive(Debug, thiserror::Error)]
#[error("\"{}\" cannot be read: {why}", path.display())]
pub struct NoBundle {
    /// Which.
    pub path: PathBuf,
    /// What the system says, or what is wrong with it.
    pub why: String,
}

/// The files of a suite: names as within its folder, with `/` between folders, and texts.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Bundle(BTreeMap<String, String>);

impl Bundle {
    /// Reads the files of a folder, and of those in it if `is_deep`.
    ///
    /// # Errors
    /// [`NoBundle`] names the file.
    pub fn read(folder: &Path, is_deep: bool) -> Result<Self, NoBundle> {
        let mut paths = Vec::new();
        find(folder, is_deep.then_some(MOST_DEPTH), &mut paths)?;
        let beside = BESIDE.iter().map(|name| folder.join(name));
        paths.extend(beside.filter(|path| path.exists()));
        let mut bundle = Self::default();
        for path in paths {
            let parts = path.strip_prefix(folder).unwrap_or(&path).iter();
            let parts: Vec<_> = parts.map(|part| part.to_string_lossy()).collect();
            let name = parts.join("/");
            // What was put aside may be wrong in any way.
            let text = match is_skipped(last(&name)) {
                true => String::new(),
                false => read(&path)?,
            };
            if bundle.0.insert(name.clone(), text).is_some() {
                let why = format!("another file's name comes to \"{name}\" as well: rename one");
                return Err(no_bundle(&path, why));
            }
        }
        let checked = bundle.check().map_err(|why| no_bundle(folder, why));
        checked.map(|()| bundle)
    }

    /// Whether they are files of a suite, and no more than one may have.
    ///
    /// # Errors
    /// What is wrong, with the name of the file.
    pub fn check(&self) -> Result<(), String> {
        if self.0.len() > MOST_FILES {
            return Err(format!("there are more than {MOST_FILES} files"));
        }
        for (name, text) in &self.0 {
            if name.split('/').any(|part| ["", ".", ".."].contains(&part)) {
                return Err(format!("{name}: it is no name of a file within the folder"));
            }
            if text.len() > MOST_BYTES {
                return Err(format!("{name}: it has more than {MOST_BYTES} bytes"));
            }
            let is_script = is_script(name).map_err(|why| format!("{name}: {why}"))?;
            let is_known = is_script || is_skipped(last(name)) || BESIDE.contains(&name.as_str());
            if !is_known {
                return Err(format!(
                    "{name}: this is no script (NAME.convo.txt, NAME.pconvo.txt, NAME.utterances.txt), nor {}",
                    BESIDE.join(", ")
                ));
            }
        }
        let all: usize = self.0.values().map(String::len).sum();
        match all > MOST_IN_ALL {
            true => Err(format!(
                "all files together have more than {MOST_IN_ALL} bytes"
            )),
            false => Ok(()),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the conversations.
    pub fn conversations(&self) -> impl Iterator<Item = &str> {
        let names = self.0.keys().map(String::as_str);
        names.filter(|name| name.ends_with(".convo.txt") && !is_skipped(last(name)))
    }

    /// The text of a file.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The scripts, by name.
    pub(super) fn scripts(&self) -> impl Iterator<Item = (&str, &str)> {
        let files = self
            .0
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        files.filter(|(name, _)| is_script(name) == Ok(true))
    }
}

impl FromIterator<(String, String)> for Bundle {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(files: T) -> Self {
        Self(files.into_iter().collect())
    }
}

fn no_bundle(path: &Path, why: impl ToString) -> NoBundle {
    NoBundle {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

/// Finds the scripts of a folder, and of those in it that lie no deeper than that, if these are meant at all.
fn find(folder: &Path, depth: Option<usize>, files: &mut Vec<PathBuf>) -> Result<(), NoBundle> {
    let wrong = |error: std::io::Error| no_bundle(folder, error);
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).map_err(wrong)?.collect();
    let mut paths: Vec<_> = entries
        .map_err(wrong)?
        .iter()
        .map(fs::DirEntry::path)
        .collect();
    paths.sort();
    for path in paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            match depth {
                Some(depth) if is_sought(&name) => find_in(&path, depth, files)?,
                _ => {}
            }
        } else if is_script(&name).map_err(|why| no_bundle(&path, why))? {
            files.push(path);
        }
        if files.len() > MOST_FILES {
            let why = format!("there are more than {MOST_FILES} scripts");
            return Err(no_bundle(folder, why));
        }
    }
    Ok(())
}

/// Whether scripts may lie in a folder of this name.
fn is_sought(folder: &str) -> bool {
    !folder.starts_with('.') && !["node_modules", "target"].contains(&folder)
}

/// The same for a folder in one. What would be left out is told, for what is not held does not fail.
fn find_in(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), NoBundle> {
    let left_out = match depth {
        _ if is_link(folder) => {
            "it is a link, and links to folders are not followed; put the folder itself there, or name it by `--convos`"
                .to_owned()
        }
        0 => format!("it lies more than {MOST_DEPTH} folders deep; move its scripts up"),
        depth => return find(folder, Some(depth - 1), files),
    };
    let mut left = MOST_LOOKED_AT;
    match script_in(folder, &mut left) {
        Some(script) => {
            let why = format!("there are scripts in it, such as \"{script}\", and {left_out}");
            Err(no_bundle(folder, why))
        }
        None => Ok(()),
    }
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

/// The name of a script in a folder that is left out, as far as one looks for it.
fn script_in(folder: &Path, left: &mut usize) -> Option<String> {
    for entry in fs::read_dir(folder).ok()?.flatten() {
        *left = left.checked_sub(1)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let found = match path.is_dir() {
            true if is_link(&path) || !is_sought(&name) => None,
            true => script_in(&path, left),
            false => (is_script(&name) == Ok(true)).then(|| name.into_owned()),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Whether this is a script by its name; an error if it is one that only botium itself reads.
fn is_script(name: &str) -> Result<bool, &'static str> {
    let name = last(name);
    if [".convo.txt", ".pconvo.txt", ".utterances.txt"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        return Ok(true);
    }
    let is_scripts = [".convo.", ".pconvo.", ".utterances.", ".scriptingmemory."];
    let is_other = is_scripts.iter().any(|part| name.contains(part))
        || name.ends_with(".xlsx")
        || name.ends_with(".xlsm");
    match is_other && !is_skipped(name) {
        true => Err(
            "this kind of script is not supported; there are NAME.convo.txt, NAME.pconvo.txt and NAME.utterances.txt",
        ),
        false => Ok(false),
    }
}

/// A file's own name, without its folders.
pub(super) fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn read(path: &Path) -> Result<String, NoBundle> {
    let found = fs::metadata(path).map_err(|error| no_bundle(path, error))?;
    if !found.is_file() || found.len() > MOST_BYTES as u64 {
        let why = format!("it is no file of at most {MOST_BYTES} bytes");
        return Err(no_bundle(path, why));
    }
    let bytes = fs::read(path).map_err(|error| no_bundle(path, error))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = error.utf8_error().valid_up_to();
        let line = error
            .as_bytes()
            .iter()
            .take(before)
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        no_bundle(path, format!("line {line} is not UTF-8: save it as that"))
    })
}

#[cfg(test)]
mod tests;

//! Files of turns and of components: whole or not there, and in the place of nothing else.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use uuid::Uuid;

use crate::capsules::Capsule;
use crate::cli::Ended;
use crate::store::Digest;

/// Where a turn's file is to be.
pub(super) struct Target {
    file: PathBuf,
}

impl Target {
    /// In a folder, or with a name of its own.
    pub(super) fn of(out: &Path, id: Uuid) -> Self {
        let file = match out.is_dir() {
            true => out.join(format!("{id}.capsule.json")),
            false => out.to_owned(),
        };
        Self { file }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Whether what is there may go.
    pub(super) fn check(&self, id: Uuid) -> Result<(), Ended> {
        let there = match fs::read(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(unusable(&self.file, &error)),
            Ok(there) => there,
        };
        match Capsule::read(&there) {
            Ok(capsule) if capsule.id == id => Ok(()),
            _ => Err(Ended::Usage(format!(
                "\"{}\" is there already and is another file than that turn's; remove it, or name another with --out",
                self.file.display()
            ))),
        }
    }

    /// Writes it; the digits of its revision.
    pub(super) fn write(&self, id: Uuid, bytes: &[u8]) -> Result<String, Ended> {
        let capsule = Capsule::read(bytes);
        let capsule =
            capsule.map_err(|error| Ended::Host(format!("what the host gave: {error}")))?;
        if capsule.id != id {
            return Err(Ended::Host(
                "the host gave another turn than it was asked for".to_owned(),
            ));
        }
        self.check(id)?;
        put(&self.file, bytes)?;
        let digest: Result<Digest, _> = capsule.revision.trim_start_matches("sha256:").parse();
        let digest =
            digest.map_err(|error| Ended::Host(format!("the turn's revision: {error}")))?;
        Ok(digest.as_str().to_owned())
    }

    /// Where the component of a revision is to be; none if it is there.
    pub(super) fn component(&self, revision: &str) -> Result<Option<PathBuf>, Ended> {
        let file = self.file.with_file_name(format!("{revision}.wasm"));
        match fs::read(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(file)),
            Err(error) => Err(unusable(&file, &error)),
            Ok(there) if Digest::of(&there).as_str() == revision => Ok(None),
            Ok(_) => Err(Ended::Usage(format!(
                "\"{}\" is there already, and is not what its name says; remove it",
                file.display()
            ))),
        }
    }
}

pub(super) fn write_component(file: &Path, revision: &str, bytes: &[u8]) -> Result<(), Ended> {
    if Digest::of(bytes).as_str() != revision {
        let other = "the host gave another component than that of the turn's revision";
        return Err(Ended::Host(other.to_owned()));
    }
    put(file, bytes)
}

/// Makes a folder if it is missing.
pub(super) fn folder(folder: &Path) -> Result<(), Ended> {
    fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))
}

/// Written beside it first: who is stopped in the middle leaves no half of it.
fn put(file: &Path, bytes: &[u8]) -> Result<(), Ended> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let written = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).and_then(|mut half| {
        half.write_all(bytes)?;
        half.persist(file).map_err(|error| error.error)
    });
    written.map(drop).map_err(|error| unusable(file, &error))
}

fn unusable(path: &Path, error: &io::Error) -> Ended {
    Ended::Usage(format!("\"{}\" cannot be used: {error}", path.display()))
}

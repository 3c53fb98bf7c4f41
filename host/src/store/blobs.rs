//! Blobs: bytes that are named by what they are.

use std::fmt::{self, Debug};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::{Answer, Failed};

/// The SHA-256 of some bytes, as 64 small hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
pub struct Digest(String);

/// See [`Digest::short`].
const SHORT_DIGITS: usize = 12;

/// A text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest has 64 of 0-9 a-f, and this is none")]
pub struct NoDigest;

impl Digest {
    /// That of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let digits = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(digits)
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As many of them as tell one revision of a bot from another, for a person.
    pub fn short(&self) -> &str {
        self.0.get(..SHORT_DIGITS).unwrap_or(&self.0)
    }
}

impl FromStr for Digest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 64 && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoDigest)
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = NoDigest;

    fn try_from(text: String) -> Result<Self, NoDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A store of blobs.
pub trait Blobs: Debug + Send + Sync {
    /// Keeps bytes, and answers when they are there to stay. The same bytes twice are kept once.
    fn put(&self, bytes: Arc<[u8]>) -> Answer<'_, Result<Digest, Failed>>;

    /// The bytes of a digest, if they are there. What is given has that digest.
    fn get<'a>(&'a self, digest: &'a Digest) -> Answer<'a, Result<Option<Arc<[u8]>>, Failed>>;
}

/// Blobs as files of a folder.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, Failed> {
        fs::create_dir_all(path).map_err(Failed::because)?;
        Ok(Self(path.to_owned()))
    }
}

impl Blobs for Folder {
    fn put(&self, bytes: Arc<[u8]>) -> Answer<'_, Result<Digest, Failed>> {
        let folder = self.0.clone();
        on_a_thread(move || {
            let digest = Digest::of(&bytes);
            write(&folder, &digest, &bytes).map_err(Failed::because)?;
            Ok(digest)
        })
    }

    fn get<'a>(&'a self, digest: &'a Digest) -> Answer<'a, Result<Option<Arc<[u8]>>, Failed>> {
        let (folder, digest) = (self.0.clone(), digest.clone());
        on_a_thread(move || match fs::read(folder.join(digest.as_str())) {
            Ok(bytes) if Digest::of(&bytes) == digest => Ok(Some(bytes.into())),
            Ok(_) => Err(Failed::because(format_args!(
                "blob {digest} has other bytes now"
            ))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failed::because(error)),
        })
    }
}

/// A file that is there is whole: it gets its name only then.
fn write(folder: &Path, digest: &Digest, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(digest.as_str());
    if path.exists() {
        return Ok(());
    }
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Answer<'static, Result<T, Failed>> {
    Box::pin(async move {
        let done = spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(Failed::because(error)))
    })
}

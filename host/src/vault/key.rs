//! The key to the secrets: 32 bytes, in a file of their own that nobody else may read.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// A key.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; Key::BYTES]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// Why a file has no key.
#[derive(Debug, thiserror::Error)]
pub enum BadKey {
    /// It cannot be read or made.
    #[error("it cannot be read or made: {0}")]
    File(io::Error),
    /// Others may read it.
    #[error("others than its owner may read it: take that from them (chmod 600)")]
    Open,
    /// It is something else.
    #[error("it has no key, which is {} hexadecimal digits; to have one made, name a file that is not there", Key::BYTES * 2)]
    NoKey,
}

impl Key {
    /// Bytes of a key.
    const BYTES: usize = 32;

    /// A new one.
    pub fn random() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    /// The one in a file, which is made with a new one if it is missing.
    ///
    /// # Errors
    /// [`BadKey`] if it has none, or others may read it.
    pub fn of_file(path: &Path) -> Result<Self, BadKey> {
        match Self::read(path) {
            Err(BadKey::File(error)) if error.kind() == io::ErrorKind::NotFound => Self::make(path),
            read => read,
        }
    }

    /// The one in a file that is there.
    ///
    /// # Errors
    /// [`BadKey`] if it is not, has none, or others may read it.
    pub fn read(path: &Path) -> Result<Self, BadKey> {
        let file = File::open(path).map_err(BadKey::File)?;
        let mode = file.metadata().map_err(BadKey::File)?.mode();
        if mode & 0o077 != 0 {
            return Err(BadKey::Open);
        }
        let mut text = Zeroizing::new(String::new());
        let most = Self::BYTES as u64 * 2 + 2;
        file.take(most)
            .read_to_string(&mut text)
            .map_err(BadKey::File)?;
        Self::parse(text.trim()).ok_or(BadKey::NoKey)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        let digits = text.as_bytes();
        if digits.len() != Self::BYTES * 2 {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(digits.chunks(2)) {
            let digits = std::str::from_utf8(digits).ok()?;
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Whole or not at all, and nobody else's from the first moment: a host that is killed here must not leave half a key.
    fn make(path: &Path) -> Result<Self, BadKey> {
        let key = Self::random();
        let mut text = Zeroizing::new(String::with_capacity(Self::BYTES * 2 + 1));
        for byte in key.0.iter() {
            write!(text, "{byte:02x}").expect("a text takes whatever is written to it");
        }
        text.push('\n');
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let made = NamedTempFile::new_in(folder).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist_noclobber(path).map_err(|error| error.error)?;
            File::open(folder)?.sync_all()
        });
        made.map_err(BadKey::File)?;
        Ok(key)
    }

    pub(super) fn bytes(&self) -> [u8; Self::BYTES] {
        *self.0
    }
}

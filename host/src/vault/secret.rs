//! A secret's value.

use std::sync::Arc;

use zeroize::Zeroizing;

/// A value that is shown to nobody but the bots that may read it. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A value that cannot be one. Says nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// Too short or too long.
    #[error(
        "a secret has {LEAST_BYTES} to {MOST_BYTES} bytes: a shorter one is guessed, and cannot be told from other words in a log"
    )]
    Length,
    /// Not a text.
    #[error("a secret is a text without control characters, line ends and tabs aside")]
    Characters,
}

const LEAST_BYTES: usize = 8;
/// The platform's own functions take as much.
pub const MOST_BYTES: usize = 16_384;

impl Secret {
    /// A value that may be one.
    ///
    /// # Errors
    /// [`BadSecret`] says what is wrong, and nothing of the value.
    pub fn new(value: String) -> Result<Self, BadSecret> {
        let secret = Self::known(value);
        let value = secret.expose();
        if !(LEAST_BYTES..=MOST_BYTES).contains(&value.len()) || value.trim().is_empty() {
            return Err(BadSecret::Length);
        }
        let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        match value.contains(is_control) {
            true => Err(BadSecret::Characters),
            false => Ok(secret),
        }
    }

    /// A value that was kept before.
    pub(super) fn known(value: String) -> Self {
        Self(Arc::new(Zeroizing::new(value)))
    }

    /// The value. Whoever asks for it answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

//! What stands for a conversation where many are remembered: callers choose their ids, of any length, and must not choose
//! how much memory that takes.

use sha2::{Digest, Sha256};

/// As much of a SHA-256 as nobody finds twice.
pub(super) type Fingerprint = [u8; 16];

/// That of some words, in their order.
pub(super) fn fingerprint(words: &[&str]) -> Fingerprint {
    let mut hasher = Sha256::new();
    for word in words {
        hasher.update(word.len().to_be_bytes());
        hasher.update(word);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut first = Fingerprint::default();
    first.copy_from_slice(digest.split_at(size_of::<Fingerprint>()).0);
    first
}

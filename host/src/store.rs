//! What must outlive the host: records, each with its revision, and blobs by their digest. Knows nothing of what they
//! mean.
//!
//! [`Records`] and [`Blobs`] are what any store has to keep, one on this machine or one that several share; the tests of
//! this room hold each implementation to the same.

pub mod blobs;
mod embedded;
mod memory;
pub mod records;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

pub use blobs::{Blobs, Digest};
pub use records::{Change, Expected, NotCommitted, Record, Records, Revision, Seen, To, Watch};

/// The store could not do what it was asked; nothing was changed, or nobody knows what was.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the store failed: {0}")]
pub struct Failed(Arc<str>);

impl Failed {
    /// What the store said, or what is wrong with what it has.
    pub fn because(error: impl std::fmt::Display) -> Self {
        Self(error.to_string().into())
    }
}

/// What a store answers, once it has.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where records and blobs are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// Records, each with its revision.
    pub records: Arc<dyn Records>,
    /// Blobs, by their digest.
    pub blobs: Arc<dyn Blobs>,
}

impl Store {
    /// The store of this machine, in a folder that is made if it is missing. No other process may have it open.
    ///
    /// # Errors
    /// [`Failed`] if the folder cannot be used, or what it has is not this store's.
    pub fn open(folder: &Path) -> Result<Self, Failed> {
        Ok(Self {
            records: Arc::new(embedded::Embedded::open(&folder.join("records"))?),
            blobs: Arc::new(blobs::Folder::open(&folder.join("blobs"))?),
        })
    }

    /// A store in memory, which is gone once nobody has it any more.
    pub fn in_memory() -> Self {
        Self {
            records: Arc::new(memory::Memory::default()),
            blobs: Arc::new(memory::Heap::default()),
        }
    }
}

//! Random numbers, as WASI has them. Knows nothing of what they are for.

use rand::Rng as _;
use wasmtime::Result;
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use super::moved::Moved;
use crate::limit::{Exceeded, Limit};

/// One turn's source.
#[derive(Debug)]
pub struct Random {
    /// The most bytes that one call may ask for.
    pub limit: u64,
    /// Where they are counted.
    pub moved: Moved,
}

impl Random {
    fn bytes(&mut self, wanted: u64) -> Result<Vec<u8>> {
        let length = usize::try_from(wanted).unwrap_or(usize::MAX);
        if wanted > self.limit {
            return Err(Exceeded {
                limit: Limit::RandomBytes,
                used: wanted,
                allowed: self.limit,
            }
            .into());
        }
        self.moved.add(length);
        let mut bytes = vec![0; length];
        rand::rng().fill_bytes(&mut bytes);
        Ok(bytes)
    }
}

impl random::Host for Random {
    fn get_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.bytes(len)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        Ok(rand::rng().next_u64())
    }
}

impl insecure::Host for Random {
    fn get_insecure_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        Ok(rand::rng().next_u64())
    }
}

impl insecure_seed::Host for Random {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        Ok((rand::rng().next_u64(), rand::rng().next_u64()))
    }
}

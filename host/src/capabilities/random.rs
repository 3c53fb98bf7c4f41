//! Random numbers, as WASI has them. Knows nothing of what they are for.

use rand::Rng;
use rand::rngs::StdRng;
use wasmtime::Result;
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use super::moved::Moved;
use super::tape::Tape;
use crate::limit::{Exceeded, Limit};

/// One turn's source.
#[derive(Debug)]
pub struct Random {
    /// The most bytes that one call may ask for.
    pub limit: u64,
    /// Where they are counted.
    pub moved: Moved,
    /// Where they come from, once any are asked for or if chance is made up.
    pub source: Option<StdRng>,
    /// Where it is noted what they come from.
    pub tape: Tape,
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
        self.source().fill_bytes(&mut bytes);
        Ok(bytes)
    }

    fn number(&mut self) -> u64 {
        self.source().next_u64()
    }

    fn source(&mut self) -> &mut StdRng {
        self.source.get_or_insert_with(|| self.tape.chance())
    }
}

impl random::Host for Random {
    fn get_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.bytes(len)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        Ok(self.number())
    }
}

impl insecure::Host for Random {
    fn get_insecure_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        Ok(self.number())
    }
}

impl insecure_seed::Host for Random {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        Ok((self.number(), self.number()))
    }
}

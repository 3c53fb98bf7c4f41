//! What a program adds to the memory of an instance that takes it in: what of it differs before and after. Put into a fresh
//! instance it is as good as the program taken in once more, at the price of copying it.

use wasmtime::Result;

use crate::bindings::memory;

/// Bytes are compared so many at a time.
const WORD: usize = 8;
/// A run goes on over so many words that are equal: a new one would take as much.
const GAP: usize = 8;

/// The memory that an instance shows, and the image of what it adds to it.
#[derive(Debug, Default)]
pub(super) struct Shown {
    before: Option<Vec<u8>>,
    /// Once it was shown twice.
    pub(super) image: Option<Vec<u8>>,
}

impl memory::Host for Shown {
    fn show(&mut self, memory: Vec<u8>) -> Result<()> {
        match self.before.take() {
            None => self.before = Some(memory),
            Some(before) => self.image = Some(between(&before, &memory)),
        }
        Ok(())
    }
}

/// The length of the memory, the number of runs, and of each run its place, its length and its bytes; all numbers of 4
/// bytes, the lowest first. Memory only grows, and is zero where it has.
fn between(before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let old = before.chunks(WORD).chain(std::iter::repeat(&[0; WORD][..]));
    for (at, (new, old)) in after.chunks(WORD).zip(old).enumerate() {
        if new == old {
            continue;
        }
        match runs.last_mut() {
            Some((_, end)) if at - *end <= GAP => *end = at + 1,
            _ => runs.push((at, at + 1)),
        }
    }
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let mut image = Vec::new();
    image.extend(number(after.len()));
    image.extend(number(runs.len()));
    for (begin, end) in runs {
        let (place, end) = (begin * WORD, (end * WORD).min(after.len()));
        let bytes = after.get(place..end).unwrap_or_default();
        image.extend(number(place));
        image.extend(number(bytes.len()));
        image.extend_from_slice(bytes);
    }
    image
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(rest: &mut &[u8]) -> usize {
        let (number, after) = rest.split_first_chunk().expect("a whole image");
        *rest = after;
        u32::from_le_bytes(*number) as usize
    }

    /// As the engine does it.
    fn restored(before: &[u8], image: &[u8]) -> Vec<u8> {
        let mut rest = image;
        let mut memory = before.to_vec();
        memory.resize(number(&mut rest), 0);
        for _ in 0..number(&mut rest) {
            let place = number(&mut rest);
            let length = number(&mut rest);
            let (run, after) = rest.split_at(length);
            memory[place..place + run.len()].copy_from_slice(run);
            rest = after;
        }
        memory
    }

    /// Memory of pages, most of it zero.
    fn memory() -> impl Strategy<Value = Vec<u8>> {
        let written = prop::collection::vec((0..2_048_usize, 1..=255_u8), 0..40);
        (1..3_usize, written).prop_map(|(pages, written)| {
            let mut memory = vec![0; pages * 1_024];
            for (place, byte) in written {
                let place = place % memory.len();
                memory[place] = byte;
            }
            memory
        })
    }

    proptest! {
        #[test]
        fn what_was_there_and_an_image_are_what_came_of_it(before in memory(), after in memory()) {
            let mut after = after;
            after.resize(after.len().max(before.len()), 0);
            prop_assert_eq!(restored(&before, &between(&before, &after)), after);
        }
    }

    #[test]
    fn an_image_is_no_longer_than_what_differs() {
        let before = vec![0; 1 << 20];
        let mut after = before.clone();
        assert_eq!(between(&before, &after).len(), 8);
        after[100_000..100_100].fill(1);
        assert!(between(&before, &after).len() < 130);
    }
}

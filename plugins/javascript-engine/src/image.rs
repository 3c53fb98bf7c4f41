//! What a program adds to the engine's memory, kept by the host and put back in each turn's instance: copying it takes a
//! tenth of what reading the code takes that it comes of.

#![allow(
    unsafe_code,
    reason = "it reads and writes the memory below everything else"
)]

use std::arch::wasm32::{memory_grow, memory_size};
use std::slice;

use crate::bindings::retort::engine::memory;

const PAGE_BYTES: usize = 65_536;

unsafe extern "C" {
    /// The linker's: what is before it is the stack.
    static __global_base: u8;
}

fn base() -> usize {
    (&raw const __global_base).addr()
}

/// Shows the host all that outlives a call.
pub fn show() {
    let end = memory_size::<0>() * PAGE_BYTES;
    // SAFETY: all of it is there, and nothing changes it while the host looks.
    memory::show(unsafe { slice::from_raw_parts(&raw const __global_base, end - base()) });
}

/// Puts an image in place, as `sandbox/image.rs` of the host writes it: how many bytes of memory there are to be from the
/// base on, the number of runs, and of each run its place, its length, and its bytes; all numbers of 4 bytes, the lowest
/// first.
pub fn restore(image: &[u8]) {
    let mut rest = image;
    let wanted = (base() + number(&mut rest)).div_ceil(PAGE_BYTES);
    let missing = wanted.saturating_sub(memory_size::<0>());
    if missing > 0 && memory_grow::<0>(missing) == usize::MAX {
        panic!("there is no memory for the program");
    }
    for _ in 0..number(&mut rest) {
        let place = base() + number(&mut rest);
        let length = number(&mut rest);
        let (run, after) = rest.split_at(length);
        rest = after;
        // SAFETY: the image was made of an instance that was like this one in all but these bytes, and its own bytes lie
        // where that had the program's, which are in none of its runs. What lies beyond the memory ends the turn.
        unsafe {
            std::ptr::copy_nonoverlapping(
                run.as_ptr(),
                std::ptr::with_exposed_provenance_mut(place),
                run.len(),
            );
        }
    }
}

fn number(rest: &mut &[u8]) -> usize {
    let (number, after) = rest.split_first_chunk().expect("an image is whole");
    *rest = after;
    u32::from_le_bytes(*number) as usize
}

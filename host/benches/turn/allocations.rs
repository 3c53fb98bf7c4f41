//! How often memory is asked for: a figure that no noise of the machine disturbs.

#![expect(
    unsafe_code,
    reason = "an allocator can be counted only from inside one, and this one hands everything on"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

struct Counted;

static SO_FAR: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static COUNTED: Counted = Counted;

// SAFETY: every call is handed on as it came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        SO_FAR.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps to the same rules.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from the same allocator.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        SO_FAR.fetch_add(1, Ordering::Relaxed);
        // SAFETY: `at` came from the same allocator.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// Since the process began.
pub(crate) fn so_far() -> u64 {
    SO_FAR.load(Ordering::Relaxed)
}

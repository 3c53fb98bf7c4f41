//! Has libFuzzer make up what `fakes.rs` holds true.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../fakes.rs"]
mod fakes;
#[path = "../glob.rs"]
mod glob;

fuzz_target!(|bytes: &[u8]| fakes::hold(bytes));

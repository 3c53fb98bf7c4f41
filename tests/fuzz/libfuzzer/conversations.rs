//! Has libFuzzer make up what `conversations.rs` holds true.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../conversations.rs"]
mod conversations;
#[path = "../glob.rs"]
mod glob;

fuzz_target!(|bytes: &[u8]| conversations::hold(bytes));

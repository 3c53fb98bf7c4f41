//! Components that are bots and differ.

use retort::cli::attack::component::component;
use wasm_encoder::{ComponentSection, CustomSection, Encode};

/// A bot that says a word.
pub(crate) fn saying(word: &str) -> anyhow::Result<Vec<u8>> {
    let length = word.len();
    component(&format!(
        "(;MODULE;)\n(data (i32.const 512) \"{word}\")\n(;RESPOND;)\n(return (call $say (i32.const 512) (i32.const {length})))"
    ))
}

/// The same component once more, with a section that no compiler reads: another digest, and the same work.
pub(crate) fn again(component: &[u8], number: usize) -> Vec<u8> {
    let mut other = component.to_vec();
    let section = CustomSection {
        name: "again".into(),
        data: number.to_string().into_bytes().into(),
    };
    other.push(section.id());
    section.encode(&mut other);
    other
}

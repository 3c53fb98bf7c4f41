//! Bots by hand: the text of what one does, put into a frame that is as small as can be, and encoded into a
//! component. Knows nothing of what the bots are for.

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

const FRAME: &str = include_str!("../../../../tests/bots/frame.wat");
const CONTRACT: &str = include_str!("../../../../wit/bot.wit");
const ATTACKER: &str = include_str!("../../../../tests/bots/attacks/attacks.wit");

/// Where the frame takes more, and what an attack's text begins each of its pieces with.
const MARKS: [&str; 4] = ["(;IMPORTS;)", "(;REALLOC;)", "(;RESPOND;)", "(;MODULE;)"];

/// A component from the text of a bot: pieces for the frame, each below its mark, or a component as a whole.
///
/// # Errors
/// What the text is instead, in the words of the crate that found it.
pub fn component(text: &str) -> anyhow::Result<Vec<u8>> {
    if MARKS.iter().any(|mark| text.contains(mark)) {
        component_of(&framed(text))
    } else {
        Ok(wat::parse_str(text)?)
    }
}

/// The text of a whole module: each piece is put in at its mark.
fn framed(text: &str) -> String {
    let mut module = FRAME.to_owned();
    for mark in MARKS {
        if let Some((_, from)) = text.split_once(mark) {
            let ends = MARKS.iter().filter_map(|next| from.find(next)).min();
            let piece = ends.and_then(|end| from.get(..end)).unwrap_or(from);
            module = module.replace(mark, piece);
        }
    }
    module
}

/// A component from the text of a core module, for the contract's world `bot` with what an attack may import.
///
/// # Errors
/// As for [`component`].
pub fn component_of(module: &str) -> anyhow::Result<Vec<u8>> {
    let mut wit = Resolve::default();
    wit.push_str("bot.wit", CONTRACT)?;
    let attacks = wit.push_str("attacks.wit", ATTACKER)?;
    let world = wit.select_world(&[attacks], Some("attacker"))?;
    let mut module = wat::parse_str(module)?;
    wit_component::embed_component_metadata(&mut module, &wit, world, StringEncoding::UTF8)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .encode()
}

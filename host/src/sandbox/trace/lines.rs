//! From an offset in a component to places in its source, by the line tables of the module that it is in. They may say
//! anything: what comes of them is bounded here, and what they cost by whoever calls.

use std::collections::HashMap;
use std::ops::Range;

use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, Error, LittleEndian, SectionId};
use wasmparser::{Parser, Payload};

use super::Place;

/// Functions that were put into one another at one place.
const MOST_INLINED: usize = 24;

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// A module, as far as it matters here.
#[derive(Default)]
struct Module<'a> {
    code: Range<usize>,
    sections: HashMap<&'a str, &'a [u8]>,
}

/// What is there for these offsets. What cannot be read has nothing.
pub(super) fn places(component: &[u8], at: &[u32]) -> HashMap<u32, Vec<Place>> {
    let mut found = HashMap::new();
    // Components and modules inside one another, the innermost last.
    let mut within: Vec<Module<'_>> = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Ok(Payload::Version { .. }) => within.push(Module::default()),
            Ok(Payload::CodeSectionStart { range, .. }) => {
                if let Some(module) = within.last_mut() {
                    module.code = range;
                }
            }
            Ok(Payload::CustomSection(section)) if section.name().starts_with(".debug_") => {
                if let Some(module) = within.last_mut() {
                    module.sections.insert(section.name(), section.data());
                }
            }
            Ok(Payload::End(_)) => {
                if let Some(module) = within.pop() {
                    module.tell(at, &mut found);
                }
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    found
}

impl Module<'_> {
    fn tell(&self, at: &[u32], found: &mut HashMap<u32, Vec<Place>>) {
        let own = at.iter().filter(|at| self.code.contains(&(**at as usize)));
        let own: Vec<u32> = own.copied().collect();
        if own.is_empty() || self.sections.is_empty() {
            return;
        }
        let Ok(context) = self.context() else {
            return;
        };
        for at in own {
            // A module's line tables count from where its code begins.
            let address = (at as usize - self.code.start) as u64;
            if let Ok(places) = places_of(&context, address) {
                found.insert(at, places);
            }
        }
    }

    fn context(&self) -> Result<Context<Bytes<'_>>, Error> {
        let section = |id: SectionId| {
            let bytes = self.sections.get(id.name()).copied();
            Ok::<_, Error>(EndianSlice::new(bytes.unwrap_or_default(), LittleEndian))
        };
        Context::from_dwarf(Dwarf::load(section)?)
    }
}

fn places_of(context: &Context<Bytes<'_>>, address: u64) -> Result<Vec<Place>, Error> {
    let mut frames = context.find_frames(address).skip_all_loads()?;
    let mut places = Vec::new();
    while let Some(frame) = frames.next()? {
        let location = frame.location.as_ref();
        let file = location.and_then(|location| location.file);
        let line = location.and_then(|location| location.line);
        if let (Some(file), Some(line)) = (file, line) {
            let name = frame
                .function
                .as_ref()
                .and_then(|name| name.raw_name().ok());
            places.push(Place::new(name.as_deref(), file, line));
        }
        if places.len() == MOST_INLINED {
            break;
        }
    }
    Ok(places)
}

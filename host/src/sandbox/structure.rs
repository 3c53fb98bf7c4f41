//! What a component is made of, counted before anything is made of it: a few hundred bytes can ask for millions of
//! instances. One walk over what parsing gives, linear in the bytes; it reads no types and no function bodies, since
//! checking those takes as long as their author likes. Knows nothing of whether the component is valid.

mod walk;

use serde::{Deserialize, Serialize};

use crate::chat::one_line;
use walk::Walk;

/// What a component may be made of.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Its size. Rust bots have hundreds of kilobytes, JavaScript ones 12 MB, Python ones up to 30.
    pub bytes: usize,
    /// How deep components may stand in one another. A bot built from one language has a level for the shims
    /// of its exports; each composition adds one.
    pub nesting: u32,
    /// Core modules and components inside of it. Python bots, whose native libraries are a module each, have tens.
    pub parts: u32,
    /// Core instances that one instance of it has, those of the components in it included. JavaScript and Python
    /// have tens. The pool holds this many ready for each of its instances.
    pub instances: u32,
    /// Instances of the components inside of it: one for each interface that it exports, as a rule.
    pub nested_instances: u32,
    /// Linear memories that one instance of it has: its own, and one for an adapter of an older contract.
    pub memories: u32,
    /// Tables that one instance of it has. JavaScript and Python have tens.
    pub tables: u32,
    /// Functions in all of its modules. Rust bots have hundreds or thousands, script engines tens of thousands.
    pub functions: u32,
    /// Imports of it and of all that it is made of. Python's libraries have thousands among themselves.
    pub imports: u32,
    /// Custom sections: names of functions, debug information, the manifest.
    pub custom_section_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 32 << 20,
            nesting: 8,
            parts: 200,
            instances: 50,
            nested_instances: 200,
            memories: 2,
            tables: 50,
            functions: 100_000,
            imports: 20_000,
            custom_section_bytes: 16 << 20,
        }
    }
}

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Bytes of the component.
    Bytes,
    /// Levels of components in components.
    Nesting,
    /// Core modules and components.
    Parts,
    /// Core instances.
    Instances,
    /// Instances of nested components.
    NestedInstances,
    /// Linear memories.
    Memories,
    /// Tables.
    Tables,
    /// Functions.
    Functions,
    /// Imports.
    Imports,
    /// Bytes of custom sections.
    CustomSectionBytes,
}

impl Counted {
    /// The name of its limit in the table `component` of the configuration.
    pub fn key(self) -> &'static str {
        match self {
            Counted::Bytes => "bytes",
            Counted::Nesting => "nesting",
            Counted::Parts => "parts",
            Counted::Instances => "instances",
            Counted::NestedInstances => "nested_instances",
            Counted::Memories => "memories",
            Counted::Tables => "tables",
            Counted::Functions => "functions",
            Counted::Imports => "imports",
            Counted::CustomSectionBytes => "custom_section_bytes",
        }
    }

    fn code(self) -> &'static str {
        match self {
            Counted::Bytes => "component-too-large",
            Counted::Nesting => "component-too-deep",
            Counted::Parts => "component-too-many-parts",
            Counted::Instances => "component-too-many-instances",
            Counted::NestedInstances => "component-too-many-nested-instances",
            Counted::Memories => "component-too-many-memories",
            Counted::Tables => "component-too-many-tables",
            Counted::Functions => "component-too-many-functions",
            Counted::Imports => "component-too-many-imports",
            Counted::CustomSectionBytes => "component-custom-sections-too-large",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Counted::Bytes => "bytes",
            Counted::Nesting => "levels of components inside of components",
            Counted::Parts => "core modules and components inside",
            Counted::Instances => "core instances, all expanded,",
            Counted::NestedInstances => "instances of components inside, all expanded,",
            Counted::Memories => "linear memories, all instances together,",
            Counted::Tables => "tables, all instances together,",
            Counted::Functions => "functions in its modules",
            Counted::Imports => "imports, those of its parts included,",
            Counted::CustomSectionBytes => "bytes of custom sections",
        }
    }

    fn mend(self) -> &'static str {
        match self {
            Counted::Bytes | Counted::CustomSectionBytes => "strip its debug information",
            Counted::Functions => "leave out what the bot does not use",
            _ => "build it of less",
        }
    }
}

/// Why a component is not compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is made of more than it may be.
    #[error(
        "the component has {counted} {} and may have {limit}; {}, or raise `component.{}`",
        .what.what(), .what.mend(), .what.key()
    )]
    Above {
        /// What there is too much of.
        what: Counted,
        /// How much was counted, up to where counting ended.
        counted: u64,
        /// The host's limit.
        limit: u64,
    },
    /// It has parts that only an instance of it would show.
    #[error(
        "the component {0}, so what it is made of cannot be counted; no supported toolchain makes such a one: instantiate what it needs inside of it"
    )]
    Uncountable(&'static str),
    /// It is cut off, or breaks the format.
    #[error("the component is not valid: {0}")]
    Broken(String),
}

impl Refused {
    /// A stable name for it.
    pub fn code(&self) -> &'static str {
        match self {
            Refused::Above { what, .. } => what.code(),
            Refused::Uncountable(_) => "component-uncountable",
            Refused::Broken(_) => "component-invalid",
        }
    }

    fn broken(error: &wasmparser::BinaryReaderError) -> Self {
        Refused::Broken(one_line(&error.to_string(), 500))
    }
}

/// Whether something may be this large.
fn at_most(what: Counted, counted: u64, limit: u64) -> Result<(), Refused> {
    if counted > limit {
        Err(Refused::Above {
            what,
            counted,
            limit,
        })
    } else {
        Ok(())
    }
}

/// Whether the bytes are few enough to be looked at.
pub(super) fn check_size(component: &[u8], limits: &Limits) -> Result<(), Refused> {
    at_most(Counted::Bytes, component.len() as u64, limits.bytes as u64)
}

/// Whether a component is made of no more than it may be. One that breaks the format may pass: the compiler
/// refuses it.
pub(super) fn check(component: &[u8], limits: &Limits) -> Result<(), Refused> {
    let mut walk = Walk::new(limits);
    for payload in wasmparser::Parser::new(0).parse_all(component) {
        let payload = payload.map_err(|error| Refused::broken(&error))?;
        walk.see(&payload)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

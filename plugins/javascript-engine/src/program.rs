//! A script that is in memory: what it is, and its code.

use rquickjs::{Ctx, Object};
use serde::Deserialize;

use crate::compiled::{self, Read};
use crate::libraries;

/// As `scripts.load` is handed it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Head {
    file: String,
    name: String,
    version: String,
    code_bytes: usize,
}

/// A script whose own lines have not run.
pub struct Program {
    /// The name of its file, for what tells of lines in it.
    pub file: String,
    /// Who `describe` says it is.
    pub name: String,
    /// Who `describe` says it is.
    pub version: String,
    /// What its lines are.
    pub code: Read,
}

/// The code of a script and of the libraries that it names.
pub fn compile(ctx: &Ctx<'_>, file: &str, source: &str) -> Result<Vec<u8>, String> {
    let script = compiled::compile(ctx, file, source)?;
    Ok([libraries::compile_named(ctx, source)?, script].concat())
}

impl Program {
    /// The program that the host hands over.
    pub fn read<'js>(ctx: &Ctx<'js>, own: &Object<'js>, bytes: &[u8]) -> Result<Self, String> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (head, rest) = bytes.split_at(end.ok_or("it does not say what it is")?);
        let head: Head = serde_json::from_slice(head).map_err(|error| error.to_string())?;
        let code = rest.get(1..=head.code_bytes).ok_or("its code is cut")?;
        Ok(Self {
            file: head.file,
            name: head.name,
            version: head.version,
            code: code_of(ctx, own, code).map_err(|error| compiled::in_words(ctx, error))?,
        })
    }
}

fn code_of<'js>(ctx: &Ctx<'js>, own: &Object<'js>, code: &[u8]) -> rquickjs::Result<Read> {
    compiled::read(ctx, libraries::run_named(ctx, own, code)?)
}

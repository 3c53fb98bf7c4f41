//! A script that is in memory: what it is, and its code.

use rquickjs::Ctx;
use serde::Deserialize;

use crate::compiled::{self, Read};

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

impl Program {
    /// The program that the host hands over.
    pub fn read(ctx: &Ctx<'_>, bytes: &[u8]) -> Result<Self, String> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (head, rest) = bytes.split_at(end.ok_or("it does not say what it is")?);
        let head: Head = serde_json::from_slice(head).map_err(|error| error.to_string())?;
        let code = rest.get(1..=head.code_bytes).ok_or("its code is cut")?;
        Ok(Self {
            file: head.file,
            name: head.name,
            version: head.version,
            code: compiled::read(ctx, code)?,
        })
    }
}

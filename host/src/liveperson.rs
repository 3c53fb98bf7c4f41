//! LivePerson's contracts for bots and for functions, from bytes to a turn or an event and from a reply to JSON. Liberal in
//! what they read, strict in what they write. Know nothing of routes and statuses.

pub mod custom_endpoint;
pub mod custom_integration;
mod event;
pub mod functions;
pub mod said;

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::fault::Fault;

/// A body that cannot be read as what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// JSON of another shape.
    #[error("the body has the wrong shape{at}: {problem}")]
    WrongShape {
        /// The place, as ` at `path``; empty for the whole.
        at: String,
        /// What is wrong there.
        problem: String,
    },
}

impl Unreadable {
    /// Who sends it has to send something else.
    pub fn fault(&self) -> Fault {
        Fault::Caller
    }

    /// A stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Unreadable::NotJson(_) => "not-json",
            Unreadable::WrongShape { .. } => "wrong-shape",
        }
    }
}

/// Reads a body, or says where it is wrong.
///
/// # Errors
/// [`Unreadable`].
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    // A struct would be read from an array as well, field by field.
    if body
        .trim_ascii_start()
        .first()
        .is_some_and(|first| *first != b'{')
    {
        let parsed: Result<IgnoredAny, _> = serde_json::from_slice(body);
        let not_json = |error: serde_json::Error| Unreadable::NotJson(error.to_string());
        return Err(parsed.map_or_else(not_json, |_| wrong(".", "it must be an object")));
    }
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    // Once more, to say where it is wrong: following the path costs as much as reading.
    let reader = &mut serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut *reader).map_err(|error| {
        let (path, inner) = (error.path().to_string(), error.into_inner());
        if inner.is_data() {
            wrong(&path, inner.to_string())
        } else {
            Unreadable::NotJson(inner.to_string())
        }
    })?;
    reader
        .end()
        .map_err(|error| Unreadable::NotJson(error.to_string()))?;
    Ok(value)
}

fn wrong(path: &str, problem: impl Into<String>) -> Unreadable {
    let at = if path == "." {
        String::new()
    } else {
        format!(" at `{path}`")
    };
    Unreadable::WrongShape {
        at,
        problem: problem.into(),
    }
}

//! How a lambda fails, in its author's words and with its author's lines.

use rquickjs::{CatchResultExt, CaughtError, Ctx, Function, Object, Value};

use crate::bindings::retort::bot::types::Fault;

/// It threw, when it was loaded or invoked. What else becomes of an invocation has its code from `invoke.js`.
const THREW: &str = "lambda-threw";
/// What it gave is no answer.
pub const ANSWER: &str = "lambda-answer-not-valid";
/// There is no lambda in its file.
pub const MISSING: &str = "lambda-missing";

/// A fault of this code.
pub fn fault(code: &str, message: impl Into<String>) -> Fault {
    Fault {
        code: code.to_owned(),
        message: message.into(),
    }
}

/// What was thrown, and where. Its stack is logged.
pub fn thrown<'js, T>(
    ctx: &Ctx<'js>,
    own: &Object<'js>,
    result: rquickjs::Result<T>,
) -> Result<T, Fault> {
    let caught = match result.catch(ctx) {
        Ok(value) => return Ok(value),
        Err(caught) => caught,
    };
    let words = match caught {
        CaughtError::Exception(exception) => in_words(own, exception.into_value()),
        CaughtError::Value(value) => in_words(own, value),
        CaughtError::Error(error) => error.to_string(),
    };
    Err(fault(THREW, words))
}

/// `own.told`, of `errors.js`.
fn in_words<'js>(own: &Object<'js>, value: Value<'js>) -> String {
    let told = own.get::<_, Function>("told");
    let told = told.and_then(|in_words| in_words.call((value,)));
    told.unwrap_or_else(|_| "something that has no words".to_owned())
}

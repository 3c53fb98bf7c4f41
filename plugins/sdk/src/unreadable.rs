//! JSON that came in and is not what the bot expects, told without what it says.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::Fault;

/// What came with an event and could not be read as what the bot expects: what it is, what is wrong, and where. It
/// never says what stands there: that is often what a consumer wrote, and errors are logged.
///
/// With `?` it becomes a [`Fault`] with the code `event-unreadable`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    what: &'static str,
    problem: String,
}

impl Unreadable {
    pub(crate) fn new(what: &'static str, error: &serde_json::Error) -> Self {
        let problem = problem(error);
        Self { what, problem }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.what, self.problem)
    }
}

impl std::error::Error for Unreadable {}

/// `event-unreadable`.
impl From<Unreadable> for Fault {
    fn from(unreadable: Unreadable) -> Self {
        Self::new("event-unreadable", unreadable.to_string())
    }
}

pub(crate) fn read<T: DeserializeOwned>(what: &'static str, json: &str) -> Result<T, Unreadable> {
    serde_json::from_str(json).map_err(|error| Unreadable::new(what, &error))
}

/// What is wrong and where, in words that are the reader's own: what was expected, which field is missing.
pub(crate) fn problem(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let told = error.to_string();
    let place = format!(" at line {line} column {column}");
    let told = told.strip_suffix(place.as_str()).unwrap_or(&told);
    let mut problem = match told.rsplit_once(", expected ") {
        _ if told.starts_with("missing field") => format!("has a {told}"),
        // What comes before that may be a value.
        Some((_, expected)) => format!("has something else where there should be {expected}"),
        None if told == "recursion limit exceeded" => "is nested too deep".to_owned(),
        None if error.is_data() => "is not the JSON that is expected".to_owned(),
        None => "is no JSON".to_owned(),
    };
    if line > 0 {
        problem += &format!(", at line {line}, column {column}");
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, json};

    fn told<T: DeserializeOwned>(json: &str) -> String {
        let unreadable = read::<T>("it", json).map(|_| ()).expect_err("wrong");
        unreadable.to_string()
    }

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Order {
        number: u64,
    }

    #[derive(serde::Deserialize)]
    enum Mode {
        Fast,
    }

    #[test]
    fn it_tells_what_is_expected_and_where_and_never_what_is_there() {
        assert_eq!(
            told::<Order>(r#"{"number": "private, expected by nobody"}"#),
            "it has something else where there should be u64, at line 1, column 40"
        );
        assert_eq!(
            told::<Order>("{}"),
            "it has a missing field `number`, at line 1, column 2"
        );
        assert_eq!(told::<Order>("[1"), "it is no JSON, at line 1, column 2");
        assert_eq!(
            told::<Value>(&"[".repeat(1_000)),
            "it is nested too deep, at line 1, column 128"
        );
        assert_eq!(
            told::<Mode>(r#""private""#),
            "it has something else where there should be `Fast`, at line 1, column 9"
        );
    }

    #[test]
    fn what_was_parsed_already_has_no_place() {
        let error = serde_json::from_value::<Order>(json!({ "number": "private" }));
        let unreadable = Unreadable::new("it", &error.map(|_| ()).expect_err("a text"));
        assert_eq!(
            unreadable.to_string(),
            "it has something else where there should be u64"
        );
    }

    #[test]
    fn what_a_reader_says_itself_is_not_told() {
        let error = <serde_json::Error as serde::de::Error>::custom("no such order: private");
        assert_eq!(problem(&error), "is not the JSON that is expected");
        assert!(read::<Value>("it", "{}").is_ok());
    }
}

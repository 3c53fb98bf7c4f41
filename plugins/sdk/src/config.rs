//! The configuration that the operator gave this deployment, as text and as JSON.

use serde::de::DeserializeOwned;

use crate::ConfigProblem;

pub use crate::bindings::retort::bot::config::{get, keys};

/// The value of a key that is no text in the operator's file: a number, a list, a table.
///
/// # Errors
/// What is wrong with it, ready to be answered by `check_config`. A turn of a bot that has checked it there
/// never sees this.
pub fn get_json<T: DeserializeOwned>(key: &str) -> Result<Option<T>, ConfigProblem> {
    get(key).map(|value| parsed(key, &value)).transpose()
}

fn parsed<T: DeserializeOwned>(key: &str, value: &str) -> Result<T, ConfigProblem> {
    serde_json::from_str(value).map_err(|error| ConfigProblem::new(key, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_no_text_is_read_as_json() {
        assert_eq!(parsed::<Vec<u8>>("key", "[1,2]").expect("a list"), [1, 2]);
    }

    #[test]
    fn what_cannot_be_read_is_a_problem_of_its_key() {
        let problem = parsed::<u8>("times", "\"often\"").expect_err("a text is no number");
        assert_eq!(problem.key, "times");
        assert!(problem.problem.contains("invalid type"), "{problem:?}");
    }
}

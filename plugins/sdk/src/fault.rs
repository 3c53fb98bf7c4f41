//! Faults, and what the errors of the capabilities become when a bot gives up on them with `?`.

use crate::http::HttpError;
use crate::secrets::SecretError;
use crate::state::StateError;
use crate::{ConfigProblem, Fault, unreadable};

impl Fault {
    /// A fault with a short stable name and what went wrong.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }
}

/// `state-denied`, `state-limit`, `state-conflict` or `state-failed`.
impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Denied(why) => Self::new("state-denied", why),
            StateError::Limit(which) => Self::new("state-limit", which),
            StateError::Conflict(Some(revision)) => {
                Self::new("state-conflict", format!("the key is at {revision}"))
            }
            StateError::Conflict(None) => Self::new("state-conflict", "the key is not there"),
            StateError::Other(what) => Self::new("state-failed", what),
        }
    }
}

/// `secret-denied`, `secret-not-set` or `secret-failed`.
impl From<SecretError> for Fault {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Denied(why) => Self::new("secret-denied", why),
            SecretError::NotSet => Self::new("secret-not-set", "it is granted, and not set"),
            SecretError::Other(what) => Self::new("secret-failed", what),
        }
    }
}

/// `http-denied`, `http-invalid`, `http-timeout`, `http-limit`, `http-connection` or `http-failed`.
impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Denied(why) => Self::new("http-denied", why),
            HttpError::Invalid(part) => Self::new("http-invalid", part),
            HttpError::Timeout => Self::new("http-timeout", "not done within its time"),
            HttpError::Limit(which) => Self::new("http-limit", which),
            HttpError::Connection(what) => Self::new("http-connection", what),
            HttpError::Other(what) => Self::new("http-failed", what),
        }
    }
}

/// `config-invalid`, for a configuration that `check_config` has let pass.
impl From<ConfigProblem> for Fault {
    fn from(problem: ConfigProblem) -> Self {
        let ConfigProblem { key, problem } = problem;
        Self::new("config-invalid", format!("`{key}`: {problem}"))
    }
}

/// `json-invalid`. It says what is expected, and never what is there.
impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::new(
            "json-invalid",
            format!("the JSON {}", unreadable::problem(&error)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn becomes(error: impl Into<Fault>) -> String {
        let Fault { code, message } = error.into();
        format!("{code}: {message}")
    }

    #[test]
    fn what_state_refuses_is_told_apart_by_code() {
        let errors = [
            StateError::Denied("not granted".into()),
            StateError::Limit("64 keys".into()),
            StateError::Conflict(Some(3)),
            StateError::Conflict(None),
            StateError::Other("broken".into()),
        ];
        assert_eq!(
            errors.map(becomes),
            [
                "state-denied: not granted",
                "state-limit: 64 keys",
                "state-conflict: the key is at 3",
                "state-conflict: the key is not there",
                "state-failed: broken",
            ]
        );
    }

    #[test]
    fn why_there_is_no_secret_is_told_apart_by_code() {
        let errors = [
            SecretError::Denied("not granted".into()),
            SecretError::NotSet,
            SecretError::Other("broken".into()),
        ];
        assert_eq!(
            errors.map(becomes),
            [
                "secret-denied: not granted",
                "secret-not-set: it is granted, and not set",
                "secret-failed: broken",
            ]
        );
    }

    #[test]
    fn why_nothing_came_back_is_told_apart_by_code() {
        let errors = [
            HttpError::Denied("not granted".into()),
            HttpError::Invalid("the URL".into()),
            HttpError::Timeout,
            HttpError::Limit("1 MiB".into()),
            HttpError::Connection("refused".into()),
            HttpError::Other("broken".into()),
        ];
        assert_eq!(
            errors.map(becomes),
            [
                "http-denied: not granted",
                "http-invalid: the URL",
                "http-timeout: not done within its time",
                "http-limit: 1 MiB",
                "http-connection: refused",
                "http-failed: broken",
            ]
        );
    }

    #[test]
    fn a_problem_of_the_configuration_names_its_key() {
        let problem = ConfigProblem::new("times", "is no number");
        assert_eq!(becomes(problem), "config-invalid: `times`: is no number");
    }
}

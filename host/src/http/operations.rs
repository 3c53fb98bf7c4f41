//! What operators may ask of a host, and who is one: whoever has the token, or reaches the listener that is theirs.

use std::fmt;
use std::net::SocketAddr;

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use super::callers::bearer;
use super::problem::Problem;

/// How a host is watched.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Who sends it as a bearer token may ask for metrics and for deep health. None: nobody at the main port may.
    #[serde(skip_serializing)]
    pub token: Option<Token>,
    /// A loopback address whose callers may ask for both without a token.
    pub listen: Option<SocketAddr>,
    /// Connections at a time to that address. A few tools look at a host; these places are theirs alone, so that it
    /// answers them when the main port is full.
    pub connections: usize,
    /// Milliseconds past its deadline that a bot which loops may be ended at a deep check. Its clock ticks every
    /// millisecond; a machine that is late by more than this breaks its promise to answer within the second soon.
    pub canary_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            token: None,
            listen: None,
            connections: 16,
            canary_ms: 50,
        }
    }
}

/// A token as it is kept: its digest, so that there is nothing to be shown, and comparing takes the same time however
/// much of a guess is right.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// Shorter ones can be guessed.
    const LEAST_CHARACTERS: usize = 16;

    fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl<'de> Deserialize<'de> for Token {
    /// No error of this one repeats what was given.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Text(String),
            Other(serde::de::IgnoredAny),
        }

        let problem = match Given::deserialize(deserializer)? {
            Given::Text(text) if !text.chars().all(|c| c.is_ascii_graphic()) => {
                "a token has visible ASCII characters only".to_owned()
            }
            Given::Text(text) if text.len() >= Self::LEAST_CHARACTERS => {
                return Ok(Self::of(&text));
            }
            Given::Text(text) => format!(
                "a token has at least {} characters and this one {}",
                Self::LEAST_CHARACTERS,
                text.len()
            ),
            Given::Other(_) => "a token is a text: put it into quotes".to_owned(),
        };
        Err(serde::de::Error::custom(problem))
    }
}

/// Who may ask at a listener.
#[derive(Clone, Debug)]
pub(super) enum Access {
    /// Whoever reaches it.
    All,
    /// Who has the token.
    Bearer(Token),
    /// Nobody.
    Nobody,
}

impl Access {
    /// Who may ask where everybody comes in.
    pub(super) fn at_the_main_port(settings: &Settings) -> Self {
        settings.token.clone().map_or(Self::Nobody, Self::Bearer)
    }

    /// Whether the sender of these headers may ask.
    ///
    /// # Errors
    /// [`Denied`] says what is missing.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Denied> {
        match self {
            Access::All => Ok(()),
            Access::Nobody => Err(Denied::Off),
            Access::Bearer(token) => match bearer(headers).map(Token::of) {
                Some(sent) if sent == *token => Ok(()),
                _ => Err(Denied::Token),
            },
        }
    }
}

/// Why somebody may not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// There is no token to have, here.
    Off,
    /// The token is missing or another one.
    Token,
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        match self {
            Denied::Off => {
                let detail = "this port does not tell operators anything; set `operations.token`, or \
                              `operations.listen` and ask there";
                Problem::caller(StatusCode::NOT_FOUND, "no-operations", detail).into_response()
            }
            Denied::Token => {
                let detail = "this needs the `operations.token` of this host as a bearer token";
                let problem = Problem::caller(StatusCode::UNAUTHORIZED, "wrong-token", detail);
                let mut response = problem.into_response();
                let bearer = HeaderValue::from_static("Bearer");
                response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
                response
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(token: &str) -> Result<Token, String> {
        serde_json::from_str(token).map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_is_shown_by_nothing_that_is_made_of_it() {
        let token = read("\"0123456789abcdef\"").expect("it is long enough");
        let settings = Settings {
            token: Some(token),
            ..Settings::default()
        };
        let shown = format!("{settings:?}{settings:#?}");
        assert!(shown.contains("Token(..)"), "{shown}");
        let written = serde_json::to_string(&settings).expect("it can be written");
        assert!(!written.contains("token"), "{written}");
    }

    #[test]
    fn a_token_that_is_none_is_refused_without_being_repeated() {
        for (token, problem) in [
            ("\"0123456789abcde\"", "at least 16 characters"),
            ("\"0123456789 abcdef\"", "visible ASCII"),
            ("1234567890123456789", "put it into quotes"),
            ("true", "put it into quotes"),
        ] {
            let error = read(token).expect_err("it is refused");
            assert!(error.contains(problem), "{error}");
            assert!(!error.contains(token.trim_matches('"')), "{error}");
        }
    }
}

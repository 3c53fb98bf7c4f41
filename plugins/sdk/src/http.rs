//! Outbound HTTP: the contract's own `send`, and requests and responses that take fewer lines.
//!
//! A request counts against the turn's budget. A turn that is run again is given the first answers to the same
//! requests; one that would send another request then, since it depends on what other turns have changed, is
//! not answered. The platform may repeat an event: give the other side something to know a repetition by, such
//! as the conversation's id, where that matters.
//!
//! ```
//! use retort_sdk::{Answer, Fault, Reply, http, json};
//!
//! fn order(number: &str) -> Result<Reply, Fault> {
//!     let response = http::post("https://orders.example.com/find")
//!         .with_header("x-source", "chat")
//!         .with_json(&json!({ "number": number }))?
//!         .send()?;
//!     if !response.is_success() {
//!         return Err(Fault::new("order-service-down", response.status.to_string()));
//!     }
//!     let found: Vec<String> = response.json()?;
//!     Ok(Answer::text(found.join(", ")).into())
//! }
//! ```

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::budget;

pub use crate::bindings::retort::bot::http::{HttpError, Request, Response, send};

/// A `GET` request.
pub fn get(url: impl Into<String>) -> Request {
    Request::new("GET", url)
}

/// A `POST` request, without a body so far.
pub fn post(url: impl Into<String>) -> Request {
    Request::new("POST", url)
}

impl Request {
    /// A request with any method, in capitals, and without headers and body so far.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Adds a header.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body. Says nothing of its type: that is a header of its own.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the body, and the header that says that it is JSON.
    ///
    /// # Errors
    /// [`HttpError::Invalid`] if the value cannot be written as JSON.
    pub fn with_json<T: Serialize + ?Sized>(self, value: &T) -> Result<Self, HttpError> {
        let body = serde_json::to_vec(value)
            .map_err(|_| HttpError::Invalid("the body cannot be written as JSON".into()))?;
        Ok(self
            .with_header("content-type", "application/json")
            .with_body(body))
    }

    /// Sends it and waits for the whole response.
    ///
    /// # Errors
    /// As [`send`]. A response is no error, whatever its status.
    pub fn send(&self) -> Result<Response, HttpError> {
        send(self)
    }

    /// Sends it if the turn has at least this much time left: as long as the answer usually takes, and what the bot
    /// needs to say so if it does not come. A request that was begun is not cut by this; the host gives it at most the
    /// operator's time for a request.
    ///
    /// # Errors
    /// [`HttpError::Timeout`] if there is less; nothing has been sent then. Otherwise as [`send`].
    pub fn send_if_left(&self, time: Duration) -> Result<Response, HttpError> {
        if !budget::has(time) {
            return Err(HttpError::Timeout);
        }
        self.send()
    }
}

impl Response {
    /// Whether the status is one of 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first value of a header, whose name may be in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text. What is not UTF-8 becomes `U+FFFD`.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`HttpError::Other`] if it cannot be read as a `T`. It says where and not what: errors are logged.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            HttpError::Other(format!(
                "the response is not the JSON that is expected, at line {}, column {}",
                error.line(),
                error.column()
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> Response {
        Response {
            status,
            headers: vec![("content-type".into(), "text/plain".into())],
            body: body.into(),
        }
    }

    #[test]
    fn a_request_is_built_part_by_part() {
        let request = post("https://example.com/")
            .with_header("x-source", "chat")
            .with_json(&["a"])
            .expect("a list of texts is JSON");
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            (request.method.as_str(), request.url.as_str()),
            ("POST", "https://example.com/")
        );
        assert_eq!(
            request.headers,
            [
                header("x-source", "chat"),
                header("content-type", "application/json")
            ]
        );
        assert_eq!(request.body.as_deref(), Some(b"[\"a\"]".as_slice()));
    }

    #[test]
    fn a_request_has_no_body_unless_it_is_given_one() {
        assert_eq!(get("https://example.com/").body, None);
        let empty = post("https://example.com/").with_body("");
        assert_eq!(empty.body, Some(Vec::new()));
    }

    #[test]
    fn a_response_is_read_as_text_and_as_json() {
        let list = response(200, "[1,2]");
        assert_eq!(list.text(), "[1,2]");
        assert_eq!(list.json::<Vec<u8>>().expect("a list"), [1, 2]);
        assert_eq!(list.header("Content-Type"), Some("text/plain"));
        assert_eq!(list.header("location"), None);
    }

    #[test]
    fn a_body_that_cannot_be_read_is_not_in_the_error() {
        let Err(HttpError::Other(words)) = response(200, "\"private\"").json::<u8>() else {
            panic!("a text is no number");
        };
        assert!(!words.contains("private"), "{words}");
    }

    #[test]
    fn only_a_status_of_the_two_hundreds_is_a_success() {
        let successes = [199, 200, 299, 300].map(|status| response(status, "").is_success());
        assert_eq!(successes, [false, true, true, false]);
    }
}

//! What came back: as it came, and as a bot gets it.

use hyper::HeaderMap;

/// What a bot gets, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, as it was sent: nothing is unpacked.
    pub body: Vec<u8>,
}

/// What a hop was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Whether its body is in an encoding, such as `gzip`.
    pub(super) fn is_encoded(&self) -> bool {
        let mut encodings = self
            .headers
            .iter()
            .filter(|(name, _)| name == "content-encoding");
        encodings.any(|(_, value)| !value.trim_ascii().eq_ignore_ascii_case(b"identity"))
    }

    /// Takes headers from which those of the connection are gone.
    pub(super) fn new(status: u16, headers: &HeaderMap, body: Vec<u8>) -> Self {
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        Self {
            status,
            headers: headers.collect(),
            body,
        }
    }

    /// The value of the first header of this name, in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&[u8]> {
        let found = self.headers.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_slice())
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        let headers = answer.headers.into_iter();
        let headers =
            headers.map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()));
        Self {
            status: answer.status,
            headers: headers.collect(),
            body: answer.body,
        }
    }
}

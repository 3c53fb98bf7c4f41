//! Servers that do not work, in the place of fakes that do. No configuration names them: they are for who tries a bot.

use super::caps::Caps;
use super::not_sent::NotSent;
use super::response::Answer;

/// How a server does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hostile {
    /// Nobody is there.
    Refused,
    /// It answers when nobody waits any more.
    Slow,
    /// It breaks off.
    CutOff,
    /// It says that it is broken.
    Status500,
    /// It says nothing.
    Empty,
    /// It says what is no JSON.
    NotJson,
    /// It says what is no text.
    NotUtf8,
    /// It says JSON that is not the expected one.
    OtherJson,
    /// It says JSON that is nested deeply.
    Deep,
    /// It says more than anybody takes.
    Huge,
    /// It leads to where nobody may go.
    Redirect,
}

/// Lists in one another.
const DEPTH: usize = 10_000;

impl Hostile {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Refused,
        Self::Slow,
        Self::CutOff,
        Self::Status500,
        Self::Empty,
        Self::NotJson,
        Self::NotUtf8,
        Self::OtherJson,
        Self::Deep,
        Self::Huge,
        Self::Redirect,
    ];

    /// A name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "a server that refuses",
            Self::Slow => "a server that is slow",
            Self::CutOff => "a server that breaks off",
            Self::Status500 => "a server with status 500",
            Self::Empty => "a server that says nothing",
            Self::NotJson => "a server whose answer is not JSON",
            Self::NotUtf8 => "a server whose answer is not UTF-8",
            Self::OtherJson => "a server whose JSON is other",
            Self::Deep => "a server whose JSON is deep",
            Self::Huge => "a server whose answer is huge",
            Self::Redirect => "a server that leads elsewhere",
        }
    }

    /// The same as a sentence.
    pub fn told(self) -> &'static str {
        match self {
            Self::Refused => "a server refuses the connection",
            Self::Slow => "a server does not answer in time",
            Self::CutOff => "a server's answer is cut off in the middle",
            Self::Status500 => "a server answers with status 500",
            Self::Empty => "a server answers with nothing",
            Self::NotJson => "a server's answer is not JSON",
            Self::NotUtf8 => "a server's answer is not UTF-8",
            Self::OtherJson => "a server's answer is JSON of another shape",
            Self::Deep => "a server's answer is JSON that is nested deeply",
            Self::Huge => "a server's answer is larger than it may be",
            Self::Redirect => "a server leads to where the bot may not go",
        }
    }

    /// Whether a bot gets an answer, and has to look at it.
    pub fn is_answer(self) -> bool {
        matches!(
            self,
            Self::CutOff
                | Self::Status500
                | Self::Empty
                | Self::NotJson
                | Self::NotUtf8
                | Self::OtherJson
                | Self::Deep
        )
    }

    /// What it answers, where `real` is what a server that works would have said.
    pub(super) async fn answer(self, real: &str, caps: &Caps) -> Result<Answer, NotSent> {
        let body = match self {
            Self::Refused => return Err(NotSent::connection("the server refuses the connection")),
            Self::Slow => std::future::pending::<Vec<u8>>().await,
            Self::Huge => {
                let most = caps.response_bytes;
                return Err(NotSent::limit(format!(
                    "the response has more than {most} bytes"
                )));
            }
            // A server that closes without having said how much it will say looks like one that is done.
            Self::CutOff => real
                .chars()
                .take(real.chars().count() / 2)
                .collect::<String>()
                .into(),
            Self::Status500 => b"{\"error\": \"internal\"}".to_vec(),
            Self::Empty | Self::Redirect => Vec::new(),
            Self::NotJson => b"<!DOCTYPE html><title>Sorry</title>".to_vec(),
            Self::NotUtf8 => b"{\"state\": \"\xff\xfe\xc3\x28\"}".to_vec(),
            Self::OtherJson => b"[null, {\"other\": []}]".to_vec(),
            Self::Deep => "[".repeat(DEPTH).into_bytes(),
        };
        let (status, kind) = match self {
            Self::Status500 => (500, "application/json"),
            Self::Redirect => (302, "text/plain"),
            Self::NotJson => (200, "text/html"),
            _ => (200, "application/json"),
        };
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let mut headers = vec![header("content-type", kind)];
        if self == Self::Redirect {
            headers.push(header("location", "https://elsewhere.invalid/"));
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}

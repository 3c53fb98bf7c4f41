//! What a turn was told, as a capsule has it: bytes that are text as text.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::bindings::http::{HttpError, Request, Response};
use crate::capabilities::tape;
use crate::state::{Entry, Memory, Scope};
use crate::tenant::SecretName;

/// What a turn was told.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// When it began, in nanoseconds since 1970.
    pub began: u64,
    /// Where its chance came from, in base64; none if it asked for none.
    pub seed: Option<String>,
    /// What it saw of the clock on the wall, in nanoseconds since 1970.
    pub wall: Vec<u64>,
    /// What it saw of the clock that runs, in nanoseconds since it began.
    pub monotonic: Vec<u64>,
    /// What it saw of its time, in milliseconds.
    pub remaining_ms: Vec<u32>,
    /// What had come of what it waited for.
    pub polls: Vec<Vec<u32>>,
    /// What came of the secrets that it read.
    pub secrets: Vec<Secret>,
    /// What it sent, and what came back.
    pub http: Vec<Exchange>,
    /// What it found of its memories.
    pub state: Vec<Found>,
    /// Calls that may take their time.
    pub calls: u64,
    /// The one of them that it ended in.
    pub open: Option<u64>,
}

/// A secret that a turn read. Its value is nobody's here.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Which.
    pub name: SecretName,
    /// What came of it.
    pub came: Came,
}

/// What came of a secret.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// A value of so many bytes.
    Bytes(usize),
    /// It is not set.
    NotSet,
    /// The host could not read it.
    Unread(String),
}

/// A request and what came back.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// In capitals.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// If any.
    pub body: Option<Bytes>,
    /// What came back.
    pub answer: Result<Answer, HttpError>,
    /// Bytes that were charged for it.
    pub charged: usize,
}

/// What came back.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// A memory as a turn found it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Whose it is.
    pub scope: Scope,
    /// The last revision that was given to a value; 0 of one that nobody has written to.
    pub last: u64,
    /// Its values.
    pub entries: Vec<Value>,
}

/// A value of a memory.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// Its key.
    pub key: String,
    /// The bytes.
    pub value: Bytes,
    /// Of its last change.
    pub revision: u64,
}

/// Bytes: a text where they are one, else in base64.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(from = "Written", into = "Written")]
pub struct Bytes(pub Vec<u8>);

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Other { base64: Base64 },
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
struct Base64(Vec<u8>);

impl From<Written> for Bytes {
    fn from(written: Written) -> Self {
        Self(match written {
            Written::Text(text) => text.into_bytes(),
            Written::Other { base64 } => base64.0,
        })
    }
}

impl From<Bytes> for Written {
    fn from(Bytes(bytes): Bytes) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Other {
                base64: Base64(error.into_bytes()),
            },
        }
    }
}

impl TryFrom<String> for Base64 {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}

impl From<Base64> for String {
    fn from(Base64(bytes): Base64) -> Self {
        STANDARD.encode(bytes)
    }
}

impl From<tape::Told> for Told {
    fn from(told: tape::Told) -> Self {
        Self {
            began: told.began,
            seed: told.seed.map(|seed| STANDARD.encode(seed)),
            wall: told.wall.into(),
            monotonic: told.monotonic.into(),
            remaining_ms: told.remaining_ms.into(),
            polls: told.polls.into(),
            secrets: told.secrets.into_iter().map(secret).collect(),
            http: told.exchanges.into_iter().map(Exchange::from).collect(),
            state: told.memories.into_iter().map(found).collect(),
            calls: told.calls,
            open: told.open,
        }
    }
}

impl From<Told> for tape::Told {
    fn from(told: Told) -> Self {
        let secrets = told.secrets.into_iter();
        let memories = told.state.into_iter().filter(|found| found.last > 0);
        Self {
            began: told.began,
            seed: told.seed.and_then(|seed| {
                let seed = STANDARD.decode(seed).ok()?;
                seed.try_into().ok()
            }),
            wall: told.wall.into(),
            monotonic: told.monotonic.into(),
            remaining_ms: told.remaining_ms.into(),
            polls: told.polls.into(),
            secrets: secrets
                .map(|Secret { name, came }| (name, came.into()))
                .collect(),
            exchanges: told.http.into_iter().map(tape::Exchange::from).collect(),
            memories: memories.map(|found| (found.scope, found.kept())).collect(),
            calls: told.calls,
            open: told.open,
            gap: None,
        }
    }
}

fn secret((name, came): (SecretName, tape::Secret)) -> Secret {
    let came = match came {
        tape::Secret::Bytes(bytes) => Came::Bytes(bytes),
        tape::Secret::NotSet => Came::NotSet,
        tape::Secret::Unread(why) => Came::Unread(why),
    };
    Secret { name, came }
}

impl From<Came> for tape::Secret {
    fn from(came: Came) -> Self {
        match came {
            Came::Bytes(bytes) => Self::Bytes(bytes),
            Came::NotSet => Self::NotSet,
            Came::Unread(why) => Self::Unread(why),
        }
    }
}

impl From<tape::Exchange> for Exchange {
    fn from(exchange: tape::Exchange) -> Self {
        let (request, answer) = exchange.sent;
        Self {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: request.body.map(Bytes),
            answer: answer.map(|response| Answer {
                status: response.status,
                headers: response.headers,
                body: Bytes(response.body),
            }),
            charged: exchange.moved,
        }
    }
}

impl From<Exchange> for tape::Exchange {
    fn from(exchange: Exchange) -> Self {
        let request = Request {
            method: exchange.method,
            url: exchange.url,
            headers: exchange.headers,
            body: exchange.body.map(|Bytes(body)| body),
        };
        let answer = exchange.answer.map(|answer| Response {
            status: answer.status,
            headers: answer.headers,
            body: answer.body.0,
        });
        Self {
            sent: (request, answer),
            moved: exchange.charged,
        }
    }
}

/// What a turn found is what the store had, so it can be read; a memory that cannot be is an empty one.
fn found((scope, kept): (Scope, Vec<u8>)) -> Found {
    let memory: Memory = serde_json::from_slice(&kept).unwrap_or_default();
    let entry = |(key, entry): (&String, &Entry)| Value {
        key: key.clone(),
        value: Bytes(entry.value.clone()),
        revision: entry.revision,
    };
    Found {
        scope,
        last: memory.last(),
        entries: memory.entries().iter().map(entry).collect(),
    }
}

impl Found {
    /// As the store has it.
    fn kept(self) -> Vec<u8> {
        let entries = self.entries.into_iter().map(|entry| {
            let value = Entry {
                value: entry.value.0,
                revision: entry.revision,
            };
            (entry.key, value)
        });
        let entries: BTreeMap<String, Entry> = entries.collect();
        // There is room for what the turn writes, whatever a file says.
        serde_json::to_vec(&Memory::of(self.last.min(u64::MAX / 2), entries)).unwrap_or_default()
    }
}

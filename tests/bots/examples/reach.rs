//! Behaves as it is told: each line of a text is a command, and all of them run in one turn, in order. The answer
//! is one text, with a line for each.
//!
//! | command | answer |
//! |---|---|
//! | `get SCOPE KEY` | `ok VALUE @REVISION`, `ok N bytes @REVISION` if it has more than 200, `none` |
//! | `set SCOPE KEY VALUE` | `ok @REVISION`; the value is the rest of the line |
//! | `cas SCOPE KEY EXPECTED VALUE` | as `set`; expected is a revision, or `none` |
//! | `del SCOPE KEY` | `ok` |
//! | `keys SCOPE [PREFIX]` | `ok KEY KEY ...`, `none` |
//! | `add SCOPE KEY` | `ok NUMBER @REVISION`: one more than was there, by compare-and-swap |
//! | `set-bytes SCOPE KEY N` | `ok @REVISION` |
//! | `fill SCOPE N BYTES` | `ok N`: sets `k0`, `k1`, ...; at the first error `filled N, ERROR` |
//! | `secret NAME` | `ok N bytes` |
//! | `say-secret NAME` | `ok VALUE` |
//! | `log-secret NAME` | `ok`: logs it, and prints it on standard output and error |
//! | `fault-secret NAME`, `panic-secret NAME` | none: the turn ends with the value in its last words |
//! | `http METHOD URL [\| HEADER: VALUE]...` | `STATUS N bytes: ` and the first 200 characters |
//! | `post URL N` | as `http`, with a body of so many bytes |
//! | `http-with SCOPE KEY URL` | as `http GET`, with the key's value behind the URL |
//! | `budget` | `ok MILLISECONDS FUEL` |
//! | `fault TEXT`, `spin` | none: the turn ends, or never does |
//!
//! Errors are `denied: WHY`, `conflict REVISION`, `conflict none`, `limit: WHICH`, `not-set`, `invalid: WHERE`,
//! `timeout`, `connection: WHAT`, `other: WHAT`. SCOPE is `conversation` or `bot`. Control characters in a line are
//! answered as blanks. A line that is no command ends the turn with the fault `bad-command`.
//!
//! When it is deployed it reads the secret that the configuration names in `check-secret`, and refuses the
//! configuration with the secret in its words if there is a `refuse-with-secret`.

use retort_sdk::http::{self, HttpError};
use retort_sdk::secrets::{self, SecretError};
use retort_sdk::state::{self, Scope, StateError};
use retort_sdk::{Answer, Bot, ConfigProblem, Event, Fault, Reply, Turn, budget, config, log};

/// How much of a value is answered.
const SHOWN: usize = 200;

struct Reach;

impl Bot for Reach {
    fn respond(turn: Turn) -> Result<Reply, Fault> {
        let Event::Text(message) = turn.event else {
            return Ok(Reply::NoAnswer);
        };
        let lines = message.text.lines().filter(|line| !line.trim().is_empty());
        let results: Vec<String> = lines.map(obey).collect::<Result<_, _>>()?;
        // Of white space there is nothing to say, and the platform takes no reply without parts.
        if results.is_empty() {
            return Ok(Reply::NoAnswer);
        }
        Ok(Answer::text(results.join("\n")).into())
    }

    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        let Some(name) = config::get("check-secret") else {
            return Ok(());
        };
        let problem = match secrets::get(&name) {
            Err(error) => no_secret(error),
            Ok(value) if config::get("refuse-with-secret").is_some() => {
                format!("the secret is {value}")
            }
            Ok(_) => return Ok(()),
        };
        Err(vec![ConfigProblem::new("check-secret", problem)])
    }
}

/// What a command comes to: the words of its answer, or the end of the turn.
fn obey(line: &str) -> Result<String, Fault> {
    let (command, rest) = cut(line.trim());
    let found = match command {
        "get" | "set" | "cas" | "del" | "keys" | "add" | "set-bytes" | "fill" => {
            let (scope, rest) = cut(rest);
            with_state(command, named(scope)?, rest)?
        }
        "secret" | "say-secret" | "log-secret" | "fault-secret" | "panic-secret" => {
            with_secret(command, rest)?
        }
        "http" => fetch(rest)?,
        "http-with" => {
            let (scope, rest) = cut(rest);
            let (key, url) = cut(rest);
            let value = state::get(named(scope)?, key).map_err(Fault::from)?;
            let value = value.map(|entry| entry.value).unwrap_or_default();
            let url = format!("{url}{}", String::from_utf8_lossy(&value));
            sent(&http::get(url))
        }
        "post" => {
            let (url, bytes) = cut(rest);
            sent(&http::post(url).with_body(vec![b'x'; number(bytes)?]))
        }
        "budget" => format!("ok {} {}", budget::remaining_ms(), budget::remaining_fuel()),
        "fault" => return Err(Fault::new("as-told", rest)),
        "spin" => loop {
            std::hint::black_box(());
        },
        _ => return Err(bad(line)),
    };
    Ok(found.replace(char::is_control, " "))
}

fn with_state(command: &str, scope: Scope, rest: &str) -> Result<String, Fault> {
    let (key, rest) = cut(rest);
    let answered = match command {
        "get" => state::get(scope, key).map(|entry| entry.map_or("none".into(), shown)),
        "set" => state::set(scope, key, rest.as_bytes(), None).map(at),
        "cas" => {
            let (expected, value) = cut(rest);
            let expected = match expected {
                "none" => 0,
                revision => number(revision)?,
            };
            state::set(scope, key, value.as_bytes(), Some(expected)).map(at)
        }
        "del" => state::delete(scope, key).map(|()| "ok".into()),
        "keys" => state::keys(scope, key).map(|keys| match keys.as_slice() {
            [] => "none".into(),
            keys => format!("ok {}", keys.join(" ")),
        }),
        "add" => add(scope, key),
        "set-bytes" => state::set(scope, key, &vec![b'x'; number(rest)?], None).map(at),
        // Of `fill`, what stands where the key does is the number of them.
        _ => return Ok(fill(scope, number(key)?, number(rest)?)),
    };
    Ok(answered.unwrap_or_else(refused))
}

/// By compare-and-swap, as a bot would that counts on nothing but the contract.
fn add(scope: Scope, key: &str) -> Result<String, StateError> {
    let entry = state::get(scope, key)?;
    let (count, revision) = match &entry {
        Some(entry) => {
            let text = String::from_utf8_lossy(&entry.value);
            let count: u64 = text
                .parse()
                .map_err(|_| StateError::Other(format!("{text:?} is no number")))?;
            (count + 1, entry.revision)
        }
        None => (1, 0),
    };
    let revision = state::set(scope, key, count.to_string().as_bytes(), Some(revision))?;
    Ok(format!("ok {count} @{revision}"))
}

fn fill(scope: Scope, keys: usize, bytes: usize) -> String {
    let value = vec![b'x'; bytes];
    for n in 0..keys {
        if let Err(error) = state::set(scope, &format!("k{n}"), &value, None) {
            return format!("filled {n}, {}", refused(error));
        }
    }
    format!("ok {keys}")
}

fn with_secret(command: &str, name: &str) -> Result<String, Fault> {
    let value = match secrets::get(name) {
        Ok(value) => value,
        Err(error) => return Ok(no_secret(error)),
    };
    match command {
        "say-secret" => Ok(format!("ok {value}")),
        "log-secret" => {
            log::warn(format!("the secret is {value}"));
            println!("the secret is {value}");
            eprintln!("the secret is {value}");
            Ok("ok".into())
        }
        "fault-secret" => Err(Fault::new(&value, format!("the secret is {value}"))),
        "panic-secret" => panic!("the secret is {value}"),
        _ => Ok(format!("ok {} bytes", value.len())),
    }
}

fn fetch(rest: &str) -> Result<String, Fault> {
    let mut parts = rest.split(" | ");
    let (method, url) = cut(parts.next().unwrap_or_default());
    let mut request = http::Request::new(method, url);
    for header in parts {
        let (name, value) = header.split_once(": ").ok_or_else(|| bad(header))?;
        request = request.with_header(name, value);
    }
    Ok(sent(&request))
}

fn sent(request: &http::Request) -> String {
    match http::send(request) {
        Ok(response) => {
            let shown: String = response.text().chars().take(SHOWN).collect();
            format!("{} {} bytes: {shown}", response.status, response.body.len())
        }
        Err(HttpError::Denied(why)) => format!("denied: {why}"),
        Err(HttpError::Invalid(at)) => format!("invalid: {at}"),
        Err(HttpError::Timeout) => "timeout".into(),
        Err(HttpError::Limit(which)) => format!("limit: {which}"),
        Err(HttpError::Connection(what)) => format!("connection: {what}"),
        Err(HttpError::Other(what)) => format!("other: {what}"),
    }
}

fn refused(error: StateError) -> String {
    match error {
        StateError::Denied(why) => format!("denied: {why}"),
        StateError::Limit(which) => format!("limit: {which}"),
        StateError::Conflict(Some(revision)) => format!("conflict {revision}"),
        StateError::Conflict(None) => "conflict none".into(),
        StateError::Other(what) => format!("other: {what}"),
    }
}

fn no_secret(error: SecretError) -> String {
    match error {
        SecretError::Denied(why) => format!("denied: {why}"),
        SecretError::NotSet => "not-set".into(),
        SecretError::Other(what) => format!("other: {what}"),
    }
}

fn shown(entry: state::Entry) -> String {
    let revision = entry.revision;
    match entry.value.len() {
        0..=SHOWN => format!("ok {} @{revision}", String::from_utf8_lossy(&entry.value)),
        bytes => format!("ok {bytes} bytes @{revision}"),
    }
}

fn at(revision: u64) -> String {
    format!("ok @{revision}")
}

fn named(scope: &str) -> Result<Scope, Fault> {
    match scope {
        "conversation" => Ok(Scope::Conversation),
        "bot" => Ok(Scope::Bot),
        other => Err(bad(other)),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| bad(text))
}

/// The first word, and what comes after it.
fn cut(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

fn bad(what: &str) -> Fault {
    Fault::new("bad-command", what)
}

retort_sdk::export!(Reach);

//! What stands beside the script of a captured conversation: what answered the bot's requests, what it remembered, and
//! fillers for its secrets.

use std::collections::BTreeMap;

use crate::bindings::http::HttpError;
use crate::capabilities::tape::filler;
use crate::capsules::{Answer, Bytes, Came, Exchange, Found};
use crate::egress::Fakes;
use crate::state::Scope;
use crate::tenant::SecretName;

use super::super::reading::MOST_BYTES;
use super::Recorded;
use super::notes::Notes;

/// What answers the bot's requests; empty if it sent none.
pub(super) fn fakes(recorded: &[Recorded<'_>], notes: &mut Notes) -> String {
    let mut fakes: Vec<(String, String)> = Vec::new();
    let mut bytes = 0;
    for one in recorded {
        for exchange in &one.capsule.told.http {
            let Some((request, answer)) = fake(exchange, one.number, notes) else {
                continue;
            };
            match fakes.iter().find(|(known, _)| *known == request) {
                Some((_, known)) if *known == answer => {}
                Some(_) => notes.of_turn(
                    one.number,
                    format!(
                        "{request} was answered otherwise than before, and a fake answers the same each time: the first answer is \
                         the one in fakes.toml"
                    ),
                ),
                None => {
                    bytes += 2 * request.len() + answer.len();
                    match bytes > MOST_BYTES {
                        true => notes.of_turn(one.number, format!("there is no room left in fakes.toml for {request}")),
                        false => fakes.push((request, answer)),
                    }
                }
            }
        }
    }
    let fakes = fakes
        .iter()
        .map(|(request, answer)| format!("[[fake]]\nrequest = {}\n{answer}", quoted(request)));
    fakes.collect::<Vec<_>>().join("\n")
}

/// What is asked, and what is answered; none of what never went out.
fn fake(exchange: &Exchange, number: usize, notes: &mut Notes) -> Option<(String, String)> {
    let request = Fakes::pattern(&exchange.method, &exchange.url)?;
    let failing = |error: &str| format!("error = \"{error}\"\n");
    let answer = match &exchange.answer {
        Ok(answer) => answered(answer, &request, number, notes),
        Err(HttpError::Timeout) => failing("timeout"),
        Err(HttpError::Connection(_)) => failing("connection"),
        // A request that no fake is for is denied.
        Err(HttpError::Denied(_) | HttpError::Invalid(_)) => return None,
        Err(HttpError::Limit(why) | HttpError::Other(why)) => {
            notes.of_turn(
                number,
                format!("{request} came to \"{why}\", which no fake comes to: the one in fakes.toml breaks off"),
            );
            failing("connection")
        }
    };
    Some((request, answer))
}

fn answered(answer: &Answer, request: &str, number: usize, notes: &mut Notes) -> String {
    let mut headers = BTreeMap::new();
    for (name, value) in &answer.headers {
        let joint: &mut String = headers.entry(name.as_str()).or_default();
        if !joint.is_empty() {
            joint.push_str(", ");
        }
        joint.push_str(value);
    }
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{} = {}", quoted(name), quoted(value)))
        .collect();
    let body = text(&answer.body).unwrap_or_else(|| {
        notes.of_turn(
            number,
            format!("the body that answered {request} is no text, which that of a fake is: it is left out"),
        );
        String::new()
    });
    let mut told = format!("status = {}\n", answer.status);
    if !headers.is_empty() {
        told += &format!("headers = {{ {} }}\n", headers.join(", "));
    }
    told + &format!("body = {}\n", quoted(&body))
}

/// What the bot remembered when it looked first; empty if that is nothing.
pub(super) fn state(recorded: &[Recorded<'_>], notes: &mut Notes) -> String {
    let mut told = String::new();
    for scope in [Scope::Conversation, Scope::Bot] {
        let mut found = recorded.iter().flat_map(|one| {
            let memories = one.capsule.told.state.iter();
            memories.map(|found| (one.number, found))
        });
        let Some((number, found)) = found.find(|(_, found)| found.scope == scope) else {
            continue;
        };
        let remembered = remembered(found, number, notes);
        if scope == Scope::Conversation && !remembered.is_empty() {
            notes.of_all("it had begun before the first of these turns: state.toml has what the bot remembered of it by then");
        }
        match told.len() + remembered.len() > MOST_BYTES {
            true => notes.of_turn(
                number,
                "there is no room in state.toml for all that the bot remembered",
            ),
            false => told += &remembered,
        }
    }
    told
}

fn remembered(found: &Found, number: usize, notes: &mut Notes) -> String {
    let mut lines = Vec::new();
    for entry in &found.entries {
        match text(&entry.value) {
            Some(value) => lines.push(format!("{} = {}\n", quoted(&entry.key), quoted(&value))),
            None => notes.of_turn(
                number,
                format!(
                    "what the bot remembered as \"{}\" is no text, which what stands in state.toml is: it is left out",
                    entry.key
                ),
            ),
        }
    }
    match lines.is_empty() {
        true => String::new(),
        false => format!("[{}]\n{}\n", found.scope.as_str(), lines.concat()),
    }
}

/// Fillers for the secrets that the bot read; empty if it read none.
pub(super) fn secrets(recorded: &[Recorded<'_>], notes: &mut Notes) -> String {
    let mut secrets: BTreeMap<&SecretName, usize> = BTreeMap::new();
    for one in recorded {
        for secret in &one.capsule.told.secrets {
            match &secret.came {
                Came::Bytes(bytes) => {
                    secrets.entry(&secret.name).or_insert(*bytes);
                }
                Came::NotSet => {}
                Came::Unread(why) => notes.of_turn(
                    one.number,
                    format!(
                        "the host could not read the secret \"{}\" ({why}), which does not happen in a test",
                        secret.name
                    ),
                ),
            }
        }
    }
    if secrets.is_empty() {
        return String::new();
    }
    let lines = secrets
        .iter()
        .map(|(name, bytes)| format!("{} = {}\n", quoted(name.as_str()), quoted(&filler(*bytes))));
    format!(
        "# Fillers as long as the secrets were. Where the bot looks at what is in one, put a value here that is made up for tests,\n\
         # never a real one: this file is kept with the conversations.\n{}",
        lines.collect::<String>()
    )
}

/// Whether a file of secrets has all the names that another one has.
pub(super) fn has_names(there: &str, needed: &str) -> bool {
    let table = |text: &str| toml::from_str::<toml::Table>(text).ok();
    let (Some(there), Some(needed)) = (table(there), table(needed)) else {
        return false;
    };
    needed.keys().all(|name| there.contains_key(name))
}

fn text(Bytes(bytes): &Bytes) -> Option<String> {
    String::from_utf8(bytes.clone()).ok()
}

/// A text as TOML has it, in one line.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

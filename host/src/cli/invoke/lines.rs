//! Payloads from standard input, one a line, and for each what became of it, as JSON on a line of its own: for programs that
//! try a bot many times, and want to know more of each turn than its reply.

use std::io::{ErrorKind, Write};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Stdin};
use tokio::time::Instant;

use super::{MOST, function_input};
use crate::capabilities::log::Line;
use crate::chat::{Contract, Reply, Returned, one_line};
use crate::cli::Ended;
use crate::cli::local::Local;
use crate::invocation::{Invocation, InvokeError, Outcome, Purpose};
use crate::liveperson::custom_integration::{self, Payload};
use crate::sandbox::{Failure, World};

/// What a line comes to that is no payload, so that nobody was asked.
const INVALID: &str = "invalid";

/// What became of a line.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
    #[serde(flatten)]
    used: Option<Used>,
}

/// The bot's own word that it cannot answer.
#[derive(Serialize)]
struct Fault {
    code: String,
    message: String,
}

/// What a turn used, and what it logged meanwhile.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Used {
    fuel: u64,
    memory_bytes: usize,
    milliseconds: f64,
    log: Vec<Line>,
    /// How many lines more there were past the limits.
    #[serde(skip_serializing_if = "is_zero")]
    log_dropped: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Answers each line until there is no more, or nobody reads the answers.
pub(super) async fn run(local: &Local) -> Result<(), Ended> {
    let mut input = BufReader::new(tokio::io::stdin());
    let mut line = Vec::new();
    while next(&mut input, &mut line).await? {
        let told = match line.len() as u64 > MOST {
            true => Told::invalid(format!("the line has more than {MOST} bytes")),
            false => local.told(&line).await,
        };
        if !give(&told)? {
            break;
        }
    }
    Ok(())
}

/// Reads a line, as much of it as is worth reading; false at the end of the input.
async fn next(input: &mut BufReader<Stdin>, line: &mut Vec<u8>) -> Result<bool, Ended> {
    let unreadable = |error| Ended::Usage(format!("the standard input cannot be read: {error}"));
    line.clear();
    // The end of the line, or a byte more than a payload may have.
    let mut start = (&mut *input).take(MOST + 1);
    start.read_until(b'\n', line).await.map_err(unreadable)?;
    let is_there = !line.is_empty();
    let mut is_whole = !is_there || line.pop_if(|last| *last == b'\n').is_some();
    // What is left of one that is too long is in nobody's memory.
    while !is_whole {
        let more = input.fill_buf().await.map_err(unreadable)?;
        let end = more.iter().position(|byte| *byte == b'\n');
        is_whole = end.is_some() || more.is_empty();
        let taken = end.map_or(more.len(), |end| end + 1);
        input.consume(taken);
    }
    Ok(is_there)
}

/// Whoever reads is answered before the next line is read; false if they have gone.
fn give(told: &Told) -> Result<bool, Ended> {
    let mut line = serde_json::to_vec(told)
        .map_err(|error| Ended::Host(format!("what became of it cannot be written: {error}")))?;
    line.push(b'\n');
    let mut output = std::io::stdout();
    let written = output.write_all(&line).and_then(|()| output.flush());
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Ended::Host(format!(
            "what became of it cannot be written: {error}"
        ))),
    }
}

impl Local {
    async fn told(&self, line: &[u8]) -> Told {
        match self.world() {
            World::Bot => self.turn(line).await,
            World::Function => self.invocation(line).await,
        }
    }

    async fn turn(&self, line: &[u8]) -> Told {
        let (incoming, purpose) = match custom_integration::read_payload(line) {
            Ok(Payload::Event(incoming)) => {
                (incoming, Purpose::Answer(Contract::CustomIntegration))
            }
            Ok(Payload::ConnectionTest(incoming)) => (incoming, Purpose::Test),
            Err(unreadable) => return Told::invalid(unreadable.to_string()),
        };
        let (host, now) = (&self.host, Instant::now());
        let mut invocation = host.respond(&self.at, incoming, purpose, now).await;
        host.find_lines(&mut invocation).await;
        let written = |reply: &Reply| match purpose {
            Purpose::Test => custom_integration::write_test_passed(),
            Purpose::Answer(_) => custom_integration::write_reply(reply),
        };
        Told::of(invocation, |reply| to_raw_value(&written(reply)).ok())
    }

    async fn invocation(&self, line: &[u8]) -> Told {
        let input = match function_input(line) {
            Ok(input) => Arc::new(input),
            Err(not_json) => return Told::invalid(not_json),
        };
        let mut invocation = self.host.invoke(&self.at, input, Instant::now()).await;
        self.host.find_lines(&mut invocation).await;
        Told::of(invocation, on_one_line)
    }
}

/// JSON as it was written, but for the ends of its lines, which are in no string.
fn on_one_line(returned: &Returned) -> Option<Box<RawValue>> {
    let json = returned.json().get().replace(['\n', '\r'], " ");
    RawValue::from_string(json).ok()
}

impl Told {
    fn invalid(explanation: String) -> Self {
        Self {
            outcome: INVALID,
            explanation: Some(one_line(&explanation, usize::MAX)),
            ..Self::default()
        }
    }

    fn of<A: Outcome>(
        invocation: Invocation<A>,
        written: impl FnOnce(&A) -> Option<Box<RawValue>>,
    ) -> Self {
        let outcome = invocation.outcome();
        let (usage, log) = (invocation.usage, invocation.log);
        let used = Used {
            fuel: usage.fuel,
            memory_bytes: usage.memory_peak_bytes,
            milliseconds: usage.wall.as_secs_f64() * 1000.0,
            log: log.lines,
            log_dropped: log.dropped,
        };
        let told = Self {
            outcome,
            used: Some(used),
            ..Self::default()
        };
        match invocation.result {
            Ok(said) => Self {
                result: written(&said),
                ..told
            },
            Err(error) => Self {
                explanation: Some(one_line(&error.to_string(), usize::MAX)),
                fault: fault(error),
                ..told
            },
        }
    }
}

fn fault(error: InvokeError) -> Option<Fault> {
    match error {
        InvokeError::Failed(Failure::Faulted { code, message }) => Some(Fault { code, message }),
        _ => None,
    }
}

//! A host with one component on it, asked line by line. Of what is in a line it knows only whether it came too late.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use serde_json::Value;

use super::Broken;
use super::built::{not_run, retort};

pub(super) struct Host {
    running: Mutex<Running>,
}

struct Running {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    words: Option<JoinHandle<String>>,
}

impl Host {
    /// Starts it, and waits until it is ready.
    pub(super) fn start(component: &Path, arguments: &[String]) -> Result<Self, Broken> {
        let mut retort = retort();
        retort
            .arg("invoke")
            .arg(component)
            .arg("--lines")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started = retort.spawn();
        let mut process = started.map_err(|error| not_run(&retort, &error))?;
        let (Some(input), Some(output), Some(mut errors)) = (
            process.stdin.take(),
            process.stdout.take(),
            process.stderr.take(),
        ) else {
            return Err(Broken::new("`retort` has no streams"));
        };
        let words = std::thread::spawn(move || {
            let mut words = Vec::new();
            // What was read before an error is worth telling.
            let _ = errors.read_to_end(&mut words);
            String::from_utf8_lossy(&words).trim_end().to_owned()
        });
        let mut running = Running {
            process,
            input: Some(input),
            output: BufReader::new(output),
            words: Some(words),
        };
        // An empty line is no payload; that this is said means that the host is ready.
        running.ask("")?;
        Ok(Self {
            running: Mutex::new(running),
        })
    }

    /// What became of a payload.
    pub(super) fn ask(&self, payload: &Value) -> Result<Value, Broken> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let line = payload.to_string();
        until_in_time(|| running.ask(&line))
    }
}

/// What a machine that is busy with more, as with the tests beside this one, makes of a turn that is right.
const LATE: [&str; 4] = [
    "deadline-exceeded",
    "store-slow",
    "waited-too-long",
    "would-be-late",
];
/// How often a payload is given.
const TIMES: usize = 3;

/// The platform asks again as well, and nothing of a turn that was cut is kept. One that is always late stays late.
pub(super) fn until_in_time(
    mut ask: impl FnMut() -> Result<Value, Broken>,
) -> Result<Value, Broken> {
    let mut told = ask()?;
    for _ in 1..TIMES {
        let outcome = told.get("outcome").and_then(Value::as_str);
        if !outcome.is_some_and(|outcome| LATE.contains(&outcome)) {
            break;
        }
        told = ask()?;
    }
    Ok(told)
}

impl Running {
    fn ask(&mut self, line: &str) -> Result<Value, Broken> {
        let mut told = String::new();
        let asked = self.input.as_mut().map(|input| {
            input.write_all(line.as_bytes())?;
            input.write_all(b"\n")?;
            input.flush()?;
            self.output.read_line(&mut told)
        });
        match asked {
            Some(Ok(bytes)) if bytes > 0 => serde_json::from_str(&told).map_err(|_| {
                Broken::new(format!(
                    "`retort invoke --lines` said what is no JSON: {told:?}"
                ))
            }),
            _ => Err(self.ended()),
        }
    }

    /// Why it is not there any more.
    fn ended(&mut self) -> Broken {
        self.input = None;
        let status = self.process.wait();
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let words = self.words.take().and_then(|words| words.join().ok());
        Broken::new(format!(
            "`retort invoke --lines` ended with {status}:\n{}",
            words.unwrap_or_default()
        ))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // At the end of its input it ends by itself.
        self.input = None;
        let _ = self.process.wait();
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Host")
    }
}

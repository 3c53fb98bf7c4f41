//! Where a bot trapped, in its author's words: a file and a line for each call that it was in, from the line tables that its
//! component carries, if it does. They are the bot's, and as hostile as the rest of it: what they say is looked up after
//! the turn, in a process of its own under limits, once for each place where a revision traps, and a bounded number of
//! times. Knows nothing of who asks.

pub mod child;
mod lines;

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use wasmtime::WasmBacktrace;

use super::bot::Bot;
use super::compile::Compiling;
use super::failure::Failure;
use crate::chat::one_line;

/// At most this many are worth reading, and each at most this long: the names are the bot's.
const FUNCTIONS: usize = 8;
const NAME_CHARS: usize = 120;
/// What compilers make of a name is some times as long.
const MANGLED_CHARS: usize = 1_000;
/// What the innermost functions of a Rust panic are called.
const OF_A_PANIC: [&str; 7] = [
    "abort",
    "__rustc::",
    "std::",
    "core::panicking::",
    "core::option::",
    "core::result::",
    "<std::",
];

/// Where files are called so that came with the compiler: the standard library, what it is made with, and the C library.
const NOT_OWN: [&str; 4] = [
    "/rustc/",
    "/rust/deps/",
    "/lib/rustlib/src/rust/",
    "wasisdk://",
];
/// What the bindings are called from: there is nothing of the author's outside of it.
const OUTERMOST: &str = "_export_";

/// Bytes of what was found that are kept, of all bots' together.
const KEPT_BYTES: u64 = 4 << 20;
/// Revisions of which it is known how often they were asked about, and for how long.
const REVISIONS: u64 = 10_000;
const REMEMBERED: Duration = Duration::from_hours(1);
/// Lookups for one revision in that time: more places than its author mends in it.
const MOST_LOOKUPS: usize = 32;
/// Lookups that wait for the one that goes on. Who comes then is told the functions alone.
const WAITING: usize = 16;

/// A call that a bot was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its function, where the component names it.
    function: Option<String>,
    /// Where in the component's bytes.
    at: u32,
}

/// A place in the source; of a function that was put into its caller as well.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Place {
    function: Option<String>,
    file: String,
    line: u32,
}

/// The calls that an error of the engine tells of, the innermost first; it has twenty of them at most.
pub(super) fn calls(error: &wasmtime::Error) -> Vec<Call> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let frames = backtrace.frames().iter();
    let calls = frames.map(|frame| Call {
        function: frame.func_name().map(readable),
        at: frame
            .module_offset()
            .and_then(|at| u32::try_from(at).ok())
            .unwrap_or_default(),
    });
    calls.collect()
}

/// A short name can stand for one without end, so it is written no further than it is read.
fn readable(name: &str) -> String {
    let name = one_line(name, MANGLED_CHARS);
    let mut start = Start(String::new());
    let _ = write!(start, "{:#}", rustc_demangle::demangle(&name));
    one_line(&start.0, NAME_CHARS)
}

/// The beginning of what is written, as much as is worth reading.
struct Start(String);

impl fmt::Write for Start {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        self.0.push_str(more);
        match self.0.len() > 4 * NAME_CHARS {
            true => Err(fmt::Error),
            false => Ok(()),
        }
    }
}

/// How a panic comes about is the same each time; where it came from is what its author looks for.
fn is_of_a_panic(function: &str) -> bool {
    OF_A_PANIC.iter().any(|prefix| function.starts_with(prefix))
}

/// The functions of these calls, as far as the component names them.
pub(super) fn functions(calls: &[Call]) -> Vec<String> {
    let named = calls.iter().filter_map(|call| call.function.as_deref());
    let own = named.skip_while(|name| is_of_a_panic(name));
    own.take(FUNCTIONS).map(str::to_owned).collect()
}

/// The same with the lines that were found for each of them, and without what came with the compiler; none if there is no
/// line.
fn with_lines(calls: &[Call], found: &[Vec<Place>]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut is_own = false;
    for (call, places) in calls.iter().zip(found) {
        let name = call.function.as_deref();
        if places.is_empty() {
            let worth_telling = name.filter(|name| is_own || !is_of_a_panic(name));
            told.extend(worth_telling.map(str::to_owned));
        }
        for (index, place) in places.iter().enumerate() {
            // The whole of it is what the component names; what was put into it has its own short name only.
            let name = name.filter(|_| index + 1 == places.len());
            let name = name.or(place.function.as_deref()).unwrap_or("?");
            if is_own && name.starts_with(OUTERMOST) {
                told.truncate(FUNCTIONS);
                return told;
            }
            if place.is_own() {
                is_own = true;
                told.push(format!("{name} at {}:{}", place.file, place.line));
            }
        }
    }
    told.truncate(FUNCTIONS);
    if is_own { told } else { Vec::new() }
}

impl Place {
    /// Within the bounds of what is worth telling.
    fn new(function: Option<&str>, file: &str, line: u32) -> Self {
        Self {
            function: function.map(readable),
            file: one_line(file, NAME_CHARS),
            line,
        }
    }

    fn is_own(&self) -> bool {
        !NOT_OWN.iter().any(|prefix| self.file.contains(prefix))
    }
}

type Key = (Arc<str>, Arc<[u32]>);

/// What was found, and who looks for more.
pub(super) struct Traces {
    looking: Compiling,
    /// By revision and places; empty where there was nothing to find.
    found: Cache<Key, Arc<[String]>>,
    lookups: Cache<Arc<str>, Arc<AtomicUsize>>,
    waiting: Semaphore,
    turn: Semaphore,
}

impl Traces {
    pub(super) fn new(looking: Compiling) -> Self {
        let bytes = |key: &Key, told: &Arc<[String]>| {
            let told: usize = told.iter().map(|told| told.len() + 24).sum();
            u32::try_from(200 + 4 * key.1.len() + told).unwrap_or(u32::MAX)
        };
        Self {
            looking,
            found: Cache::builder()
                .max_capacity(KEPT_BYTES)
                .weigher(bytes)
                .build(),
            lookups: Cache::builder()
                .max_capacity(REVISIONS)
                .time_to_live(REMEMBERED)
                .build(),
            waiting: Semaphore::new(WAITING),
            turn: Semaphore::new(1),
        }
    }

    /// Puts in the lines that are known already; false if somebody would have to look for them.
    pub(super) fn recall(&self, bot: &Bot, failure: &mut Failure) -> bool {
        let Failure::Trapped {
            functions, calls, ..
        } = failure
        else {
            return true;
        };
        if calls.is_empty() {
            return true;
        }
        let Some(told) = self.found.get(&key(bot, calls)) else {
            return false;
        };
        if !told.is_empty() {
            *functions = told.to_vec();
        }
        true
    }

    /// The failure with the lines in it that the bot's component has for it, as far as they can be told.
    ///
    /// # Cancel safety
    /// Dropping the future ends a child; in process the work goes on to its end, for nobody.
    pub(super) async fn find(&self, bot: &Bot, mut failure: Failure) -> Failure {
        if self.recall(bot, &mut failure) {
            return failure;
        }
        let Ok(_waiting) = self.waiting.try_acquire() else {
            return failure;
        };
        let Ok(_turn) = self.turn.acquire().await else {
            return failure;
        };
        // Who was before may have looked for the same.
        if !self.recall(bot, &mut failure) && self.may_look(bot) {
            self.look(bot, &failure).await;
            self.recall(bot, &mut failure);
        }
        failure
    }

    fn may_look(&self, bot: &Bot) -> bool {
        let lookups = self.lookups.get_with(Arc::clone(&bot.digest), Arc::default);
        lookups.fetch_add(1, Ordering::Relaxed) < MOST_LOOKUPS
    }

    /// What cannot be told is not looked for again.
    async fn look(&self, bot: &Bot, failure: &Failure) {
        let Failure::Trapped { calls, .. } = failure else {
            return;
        };
        let at: Vec<u32> = calls.iter().map(|call| call.at).collect();
        let told = match self.places(bot, at).await {
            Ok(found) => with_lines(calls, &found),
            Err(reason) => {
                tracing::info!(
                    revision = &*bot.digest,
                    "the lines where a bot trapped cannot be told: {reason}"
                );
                Vec::new()
            }
        };
        self.found.insert(key(bot, calls), told.into());
    }

    async fn places(&self, bot: &Bot, at: Vec<u32>) -> Result<Vec<Vec<Place>>, String> {
        let wasm = bot.source.wasm().await?;
        match &self.looking {
            Compiling::Child { program } => child::places(program, &wasm, &at).await,
            Compiling::InProcess => {
                let found = spawn_blocking(move || places(&wasm, &at));
                found.await.map_err(|panicked| panicked.to_string())
            }
        }
    }
}

fn key(bot: &Bot, calls: &[Call]) -> Key {
    (
        Arc::clone(&bot.digest),
        calls.iter().map(|call| call.at).collect(),
    )
}

/// The places of the source that stand for these in the bytes of a component, here and now.
pub fn places(component: &[u8], at: &[u32]) -> Vec<Vec<Place>> {
    let mut found: HashMap<u32, Vec<Place>> = lines::places(component, at);
    at.iter()
        .map(|at| found.get_mut(at).map(std::mem::take).unwrap_or_default())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name in Rust's own form, of a type that has each time twice what the one before it has.
    fn doubled(times: usize) -> String {
        let digits = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let at = |place: usize| match place - 1 {
            one @ 0..62 => char::from(digits[one]).to_string(),
            more => [more / 62, more % 62]
                .map(|digit| char::from(digits[digit]))
                .iter()
                .collect(),
        };
        let mut name = "INvC1c1f".to_owned();
        let mut last = name.len();
        name.push_str("ThhE");
        for _ in 0..times {
            let twice = format!("TB{0}_B{0}_E", at(last));
            last = name.len();
            name.push_str(&twice);
        }
        format!("_R{name}E")
    }

    #[test]
    fn a_name_is_written_no_further_than_it_is_read() {
        assert_eq!(
            readable(&doubled(1)),
            "c::f::<(u8, u8), ((u8, u8), (u8, u8))>"
        );
        let without_end = doubled(60);
        assert!(without_end.len() < MANGLED_CHARS);
        let mut start = Start(String::new());
        let name = rustc_demangle::demangle(&without_end);
        assert!(write!(start, "{name:#}").is_err());
        assert!(start.0.len() < 5 * NAME_CHARS, "{}", start.0.len());
        assert!(readable(&without_end).starts_with("c::f::<(u8, u8), "));
    }

    fn call(function: &str) -> Call {
        Call {
            function: Some(function.to_owned()),
            at: 0,
        }
    }

    fn place(function: &str, file: &str, line: u32) -> Place {
        Place::new(Some(function), file, line)
    }

    #[test]
    fn what_came_with_the_compiler_and_what_calls_the_bindings_is_left_out() {
        let calls = [
            "abort",
            "core::panicking::panic",
            "it::deep",
            "memmove",
            "handler#respond",
        ]
        .map(call);
        let std = "/rustc/5980/library/core/src/option.rs";
        let found = [
            vec![place("abort", "wasisdk://v30.0/abort.c", 5)],
            vec![place(
                "panic",
                "/rustc/5980/library/core/src/panicking.rs",
                80,
            )],
            vec![
                place("unwrap<usize>", std, 1000),
                place("index", "src/lib.rs", 7),
                place("map<usize>", std, 1100),
                place("deep", "src/lib.rs", 12),
            ],
            Vec::new(),
            vec![
                place("respond", "src/lib.rs", 19),
                place("_export_respond_cabi<It>", "sdk/src/lib.rs", 46),
                place("respond", "src/lib.rs", 27),
            ],
        ];
        let told = with_lines(&calls, &found);
        let expected = [
            "index at src/lib.rs:7",
            "it::deep at src/lib.rs:12",
            "memmove",
            "respond at src/lib.rs:19",
        ];
        assert_eq!(told, expected);
        assert_eq!(
            functions(&calls),
            ["it::deep", "memmove", "handler#respond"]
        );
    }

    #[test]
    fn without_a_line_of_its_own_there_is_nothing_more_to_tell() {
        let calls = ["abort", "it::respond"].map(call);
        let nothing: Vec<String> = Vec::new();
        assert_eq!(with_lines(&calls, &[Vec::new(), Vec::new()]), nothing);
        let std = vec![place("abort", "/rustc/5980/library/std/src/process.rs", 1)];
        assert_eq!(with_lines(&calls, &[std, Vec::new()]), nothing);
    }

    #[test]
    fn what_a_component_calls_its_files_stays_on_one_line_and_short() {
        let place = place("a\nb", &"x\n".repeat(1_000), 1);
        assert_eq!(place.function.as_deref(), Some("a b"));
        assert_eq!(place.file.chars().count(), NAME_CHARS);
        assert!(!place.file.contains('\n'));
    }

    #[test]
    fn bytes_that_are_no_component_have_no_places() {
        assert_eq!(places(b"no component", &[1, 2]), [Vec::new(), Vec::new()]);
    }
}

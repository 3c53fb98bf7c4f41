//! What became of turns that were run again, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;

use comfy_table::presets::NOTHING;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Replayed;
use crate::capsules::{Asked, Capsule, Change};
use crate::chat::{Action, Event, Part, Reply, Said, one_line};
use crate::cli::Ended;
use crate::liveperson::custom_endpoint;

/// What a person reads of a text.
const MOST_CHARS: usize = 2_000;

/// The same in a table, of what is said and of what is asked.
const SHORT_CHARS: usize = 60;
const ASKED_CHARS: usize = 30;

/// The part of a turn's fuel that is worth a row: any change of a script changes it a little.
const SOME_FUEL: f64 = 0.05;

/// A turn that was run again.
pub(super) struct Shown<'a>(pub(super) &'a Replayed);

impl Shown<'_> {
    /// As a line of JSON.
    pub(super) fn json(&self) -> Value {
        let Replayed {
            file,
            capsule,
            revision,
            ended,
            compared,
            fillers,
        } = self.0;
        json!({
            "capsule": file,
            "id": capsule.id,
            "revision": { "before": capsule.revision, "after": revision },
            "same": compared.is_the_same(),
            "promised": capsule.promises_all(),
            "kept": self.0.keeps(),
            "fillers": fillers,
            "compared": compared,
            "log": ended.log,
        })
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Replayed {
            capsule,
            ended,
            compared,
            revision,
            ..
        } = self.0;
        let place = &capsule.place;
        writeln!(
            f,
            "turn {} of {}/{}/{}, {}",
            capsule.id, place.tenant, place.bot, place.environment, capsule.at
        )?;
        let is_another = self.0.is_another();
        if is_another {
            writeln!(
                f,
                "revision    {} -> {}",
                short(&capsule.revision),
                short(revision)
            )?;
        } else {
            writeln!(f, "revision    {}", short(revision))?;
        }
        changed(f, "outcome", &visible(&compared.outcome))?;
        changed(f, "fuel", &shown_fuel(&compared.fuel))?;
        changed(f, "host calls", &compared.host_calls)?;
        if let Some(cause) = &ended.cause {
            writeln!(f, "cause       {}", one_line(cause, MOST_CHARS))?;
        }
        said(f, &compared.said)?;
        for request in &compared.no_longer_sent {
            writeln!(f, "- sent      {}", one_line(request, MOST_CHARS))?;
        }
        for request in &compared.newly_sent {
            writeln!(f, "+ sent      {}", one_line(request, MOST_CHARS))?;
        }
        for line in &ended.log {
            writeln!(
                f,
                "log {:<7} {}",
                line.level,
                one_line(&line.message, MOST_CHARS)
            )?;
        }
        if ended.dropped_lines > 0 {
            writeln!(
                f,
                "log         {} more lines were dropped",
                ended.dropped_lines
            )?;
        }
        write!(f, "{}", verdict(self.0))
    }
}

/// Whether it did the same, and what of that was promised.
fn verdict(replayed: &Replayed) -> String {
    let Replayed {
        capsule,
        compared,
        fillers,
        ..
    } = replayed;
    let found = match (compared.is_the_same(), compared.ends_the_same()) {
        (true, _) => "the same: outcome, reply, fuel and host calls",
        (false, true) => "another turn, with the same outcome",
        (false, false) => "another outcome",
    };
    let promised = promised(capsule).filter(|_| !replayed.is_another());
    let fillers = fillers.iter().filter(|_| !compared.is_the_same());
    let fillers = fillers.map(|name| {
        format!("a filler stood for the secret \"{name}\", so nothing is promised: give it a value with --secret {name}=VALUE")
    });
    let notes: Vec<String> = promised.into_iter().chain(fillers).collect();
    match notes.is_empty() {
        true => found.to_owned(),
        false => format!("{found} ({})", notes.join("; ")),
    }
}

/// What of a capsule's turn is promised, if that is not all of it.
fn promised(capsule: &Capsule) -> Option<String> {
    if let Some(gap) = &capsule.gap {
        return Some(format!(
            "nothing is promised: {}",
            one_line(gap, MOST_CHARS)
        ));
    }
    let redacted: Vec<&str> = capsule.redacted.iter().map(String::as_str).collect();
    (!redacted.is_empty()).then(|| {
        let rules = one_line(&redacted.join(", "), MOST_CHARS);
        format!("the outcome alone is promised, since something was redacted: {rules}")
    })
}

fn changed<T: fmt::Display + PartialEq>(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    change: &Change<T>,
) -> fmt::Result {
    match change.is_none() {
        true => writeln!(f, "{what:<11} {}", change.after),
        false => writeln!(f, "{what:<11} {} -> {}", change.before, change.after),
    }
}

/// A file may say anything.
fn visible(outcome: &Change<String>) -> Change<String> {
    Change {
        before: one_line(&outcome.before, SHORT_CHARS),
        after: one_line(&outcome.after, SHORT_CHARS),
    }
}

fn shown_fuel(fuel: &Change<Option<u64>>) -> Change<String> {
    let shown = |fuel: Option<u64>| fuel.map_or("unknown".to_owned(), |fuel| fuel.to_string());
    Change {
        before: shown(fuel.before),
        after: match (fuel.before, fuel.after) {
            (Some(before), Some(after)) if before != after => {
                format!("{after} ({})", part(before, after))
            }
            (_, after) => shown(after),
        },
    }
}

/// How much more or less something is.
fn part(before: u64, after: u64) -> String {
    // For people: what is lost of large numbers is none of a percent.
    let (before, after) = (before as f64, after as f64);
    format!("{:+.1} %", (after - before) / before * 100.0)
}

fn said(f: &mut fmt::Formatter<'_>, said: &Change<Option<Value>>) -> fmt::Result {
    let shown = |said: &Option<Value>| said.as_ref().map_or("nothing".to_owned(), in_words);
    if said.is_none() {
        return match &said.after {
            Some(_) => writeln!(f, "said        {}", shown(&said.after)),
            None => Ok(()),
        };
    }
    writeln!(f, "- said      {}", shown(&said.before))?;
    writeln!(f, "+ said      {}", shown(&said.after))
}

/// A reply as the platform is sent it, or the JSON that a function returned.
fn in_words(said: &Value) -> String {
    let text = match reply_of(said) {
        Some(reply) => custom_endpoint::write_reply(&reply).to_string(),
        None => said
            .as_str()
            .map_or_else(|| said.to_string(), str::to_owned),
    };
    one_line(&text, MOST_CHARS)
}

/// The reply of a bot, if it is one.
fn reply_of(said: &Value) -> Option<Reply> {
    said.is_object().then(|| Reply::deserialize(said).ok())?
}

/// What a consumer reads of a reply, and what else there is in a word.
fn in_short(said: &Value) -> String {
    let Some(reply) = reply_of(said) else {
        return one_line(&in_words(said), SHORT_CHARS);
    };
    let Said::Answer(answer) = reply.said() else {
        return "no answer".to_owned();
    };
    let part = |part: &Part| match part {
        Part::Text(text) => text.text.clone(),
        Part::PrivateText(text) => format!("(note) {}", text.text),
        Part::StructuredContent(_) => "(content)".to_owned(),
        Part::Delay(_) => "(delay)".to_owned(),
    };
    let action = answer.action.as_ref().map(|action| match action {
        Action::Transfer(_) => "=> transfer",
        Action::Close(_) => "=> close",
        Action::ChangeTimeToResponse(_) => "=> time to response",
        Action::InvokeFunction(_) => "=> function",
    });
    let parts = answer.parts.iter().map(part);
    let parts: Vec<String> = parts.chain(action.map(str::to_owned)).collect();
    one_line(&parts.join(" / "), SHORT_CHARS)
}

fn short(revision: &str) -> String {
    one_line(revision.trim_start_matches("sha256:"), 12)
}

/// What became of many turns: a row for each that is another one now, and how many there are of each kind.
#[derive(Default)]
pub(super) struct Table {
    /// By when the turns ended.
    rows: BTreeMap<Timestamp, Vec<[String; 6]>>,
    /// How many turns there were of each outcome before and after.
    outcomes: BTreeMap<(String, String), usize>,
    turns: usize,
    same: usize,
    /// Those that do the same, whatever it costs.
    alike: usize,
    /// Those that say something else, and those that send other requests.
    other: (usize, usize),
    /// Those that did not do what their capsule promises.
    broken: usize,
    fuel: (u64, u64),
}

impl Table {
    pub(super) fn add(&mut self, replayed: &Replayed) {
        let compared = &replayed.compared;
        let more = compared.more_fuel().unwrap_or_default();
        if compared.does_the_same() && more.abs() < SOME_FUEL {
            return;
        }
        let arrow = |change: &Change<String>| match change.is_none() {
            true => change.after.clone(),
            false => format!("{} -> {}", change.before, change.after),
        };
        let requests = (compared.no_longer_sent.len(), compared.newly_sent.len());
        let capsule = &replayed.capsule;
        self.rows.entry(capsule.at).or_default().push([
            capsule.id.to_string(),
            asked(&capsule.asked),
            arrow(&visible(&compared.outcome)),
            arrow(&shown_fuel(&compared.fuel)),
            match requests {
                (0, 0) => String::new(),
                (less, more) => format!("-{less} +{more}"),
            },
            reply(replayed),
        ]);
    }

    pub(super) fn count(&mut self, replayed: &Replayed) {
        let compared = &replayed.compared;
        let Change { before, after } = visible(&compared.outcome);
        *self.outcomes.entry((before, after)).or_default() += 1;
        self.turns += 1;
        self.same += usize::from(compared.is_the_same());
        self.alike += usize::from(compared.does_the_same());
        self.other.0 += usize::from(!compared.said.is_none());
        self.other.1 += usize::from(compared.sends_otherwise());
        self.broken += usize::from(!replayed.keeps());
        if let (Some(before), Some(after)) = (compared.fuel.before, compared.fuel.after) {
            self.fuel.0 = self.fuel.0.saturating_add(before);
            self.fuel.1 = self.fuel.1.saturating_add(after);
        }
    }

    /// Whether all that was promised was kept.
    pub(super) fn verdict(&self) -> Result<(), Ended> {
        match self.broken {
            0 => Ok(()),
            broken => Err(Ended::Failed(format!(
                "{broken} of {} turns did not do what their capsules promise of the same bot",
                self.turns
            ))),
        }
    }
}

/// What is said now, where that is something else; of a turn that fails now, why.
fn reply(replayed: &Replayed) -> String {
    let said = &replayed.compared.said;
    let cause = replayed.ended.cause.as_deref();
    let after = said.after.as_ref().map(in_short);
    let after = after.unwrap_or_else(|| one_line(cause.unwrap_or("nothing"), SHORT_CHARS));
    match (said.is_none(), replayed.compared.ends_the_same()) {
        (true, true) => "the same".to_owned(),
        (true, false) => after,
        (false, _) => {
            let before = said.before.as_ref().map_or("nothing".to_owned(), in_short);
            format!("{before} -> {after}")
        }
    }
}

/// What a turn was asked.
fn asked(asked: &Asked) -> String {
    let words = match asked {
        Asked::Turn { turn, .. } => match &turn.event {
            Event::Text(message) => message.text.as_str(),
            Event::Welcome(_) => "(the welcome)",
            Event::RichContent(_) => "(content)",
            Event::File(_) => "(file)",
            Event::ConversationClosed => "(the end)",
            Event::Other(event) => event.name.as_str(),
        },
        Asked::Invocation { payload, .. } => payload,
    };
    one_line(words, ASKED_CHARS)
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.rows.is_empty() {
            let mut table = comfy_table::Table::new();
            table.load_preset(NOTHING);
            table.set_header(["TURN", "ASKED", "OUTCOME", "FUEL", "REQUESTS", "REPLY"]);
            table.add_rows(self.rows.values().flatten());
            writeln!(f, "{table}\n")?;
        }
        for ((before, after), count) in &self.outcomes {
            match before == after {
                true => writeln!(f, "{count:>7}  {after}")?,
                false => writeln!(f, "{count:>7}  {before} -> {after}")?,
            }
        }
        let (said, sent) = self.other;
        writeln!(f, "{said:>7}  another reply\n{sent:>7}  other requests")?;
        let (before, after) = self.fuel;
        if before > 0 {
            writeln!(
                f,
                "fuel of all {before} -> {after} ({})",
                part(before, after)
            )?;
        }
        let (turns, alike, same) = (self.turns, self.alike, self.same);
        write!(
            f,
            "{turns} turns: {alike} end, say and send what they did, {same} of them for the same fuel; {} do not",
            turns - alike
        )
    }
}

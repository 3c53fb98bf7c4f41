//! What became of cases, as a person reads it: a line for each, and of one that fails all that tells why.

mod reported;

use std::fmt::Write as _;
use std::io::IsTerminal;

use crate::chat::one_line;
use crate::kit::{Case, Entry, Failure, Level, Played, Report, TurnReport, Who};

/// How many of the dearest turns are told.
const TOLD: usize = 3;

/// The most of one text that is shown.
const MOST_CHARS: usize = 2000;

/// Shows cases, in colours where they are seen.
pub(in crate::cli) struct Shown {
    is_coloured: bool,
    /// Whether cases are of several levels.
    has_levels: bool,
    /// That of the last case.
    level: Option<Level>,
}

#[derive(Clone, Copy)]
enum Colour {
    Red = 31,
    Green = 32,
    Grey = 90,
}

impl Shown {
    pub(in crate::cli) fn new(levels: usize) -> Self {
        let is_coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self {
            is_coloured,
            has_levels: levels > 1,
            level: None,
        }
    }

    fn paint(&self, colour: Colour, text: &str) -> String {
        match self.is_coloured {
            true => format!("\u{1b}[{}m{text}\u{1b}[0m", colour as u8),
            false => text.to_owned(),
        }
    }

    /// A case, below its level where that is another one than before.
    pub(super) fn case(&mut self, level: Level, case: &Case, played: &Played) -> String {
        let before = self.level.replace(level);
        let shown = self.result(case, played);
        match self.has_levels && before != Some(level) {
            true => format!("{}\n{shown}", self.paint(Colour::Grey, level.name())),
            false => shown,
        }
    }

    fn result(&self, case: &Case, played: &Played) -> String {
        let name = printable(&case.name);
        let Some(failure) = &played.failure else {
            let fuel: u64 = played.turns.iter().map(|turn| turn.fuel).sum();
            let used = format!("{}, {fuel} fuel", counted(played.turns.len(), "turn"));
            let used = self.paint(Colour::Grey, &used);
            return format!("{}  {name}  {used}", self.paint(Colour::Green, "ok  "));
        };
        let mut shown = format!("{}  {name}\n", self.paint(Colour::Red, "FAIL"));
        for entry in &played.entries {
            self.line(&mut shown, entry);
        }
        self.failure(&mut shown, failure);
        shown
    }

    fn line(&self, shown: &mut String, entry: &Entry) {
        let words = printable(&entry.words);
        let line = match entry.who {
            Who::Me => format!("me:  {words}"),
            Who::Bot => format!("bot: {words}"),
            Who::Beside => format!("     {words}"),
            Who::Log => self.paint(Colour::Grey, &format!("log  {words}")),
        };
        say(shown, &line);
    }

    fn failure(&self, shown: &mut String, failure: &Failure) {
        let Failure {
            place,
            what,
            expected,
            actual,
        } = failure;
        let place = place.to_string();
        self.differs(shown, &place, what, expected, actual.as_deref());
    }

    /// What did not hold, and where.
    fn differs(
        &self,
        shown: &mut String,
        place: &str,
        what: &str,
        expected: &[String],
        actual: Option<&str>,
    ) {
        say(shown, &format!("{}: {}", printable(place), printable(what)));
        for expected in expected {
            say(
                shown,
                &self.paint(Colour::Red, &format!("- {}", printable(expected))),
            );
        }
        let Some(actual) = actual else {
            return;
        };
        let actual = printable(actual);
        say(shown, &self.paint(Colour::Green, &format!("+ {actual}")));
        let mark = match expected {
            [expected] => difference(&printable(expected), &actual),
            _ => None,
        };
        if let Some(mark) = mark {
            say(shown, &self.paint(Colour::Grey, &format!("  {mark}")));
        }
    }

    pub(super) fn summary(&self, report: &Report) -> String {
        let mut shown = String::new();
        let turns = || {
            report.cases.iter().flat_map(|case| {
                case.turns
                    .iter()
                    .map(move |turn| (case.name.as_str(), turn))
            })
        };
        let mut slowest: Vec<_> = turns().collect();
        slowest.sort_by(|(_, one), (_, other)| other.milliseconds.total_cmp(&one.milliseconds));
        let mut dearest: Vec<_> = turns().collect();
        dearest.sort_by_key(|(_, turn)| std::cmp::Reverse(turn.fuel));
        let _ = writeln!(shown);
        dear(&mut shown, "most fuel", &dearest, |turn| {
            turn.fuel.to_string()
        });
        dear(&mut shown, "slowest", &slowest, |turn| {
            format!("{:.2} ms", turn.milliseconds)
        });
        if let Some(budget) = &report.budget {
            let _ = writeln!(
                shown,
                "{}: fuel {} at p50, {} at p99, {} at most; memory {} KiB at most; {} ms at p99",
                counted(budget.turns, "turn"),
                budget.fuel_p50,
                budget.fuel_p99,
                budget.fuel_max,
                budget.memory_peak_bytes >> 10,
                budget.wall_p99_milliseconds
            );
        }
        self.counts(&mut shown, report);
        shown
    }

    /// How many cases there were, and what became of them.
    fn counts(&self, shown: &mut String, report: &Report) {
        let colour = if report.failed > 0 {
            Colour::Red
        } else {
            Colour::Green
        };
        let mut told = format!(
            "{}: {} passed, {} failed",
            counted(report.passed + report.failed, "case"),
            report.passed,
            report.failed
        );
        if report.skipped > 0 {
            let _ = write!(told, ", {} skipped", report.skipped);
        }
        let _ = writeln!(shown, "{}", self.paint(colour, &told));
    }
}

fn dear(
    shown: &mut String,
    word: &str,
    turns: &[(&str, &TurnReport)],
    figure: impl Fn(&TurnReport) -> String,
) {
    for (case, turn) in turns.iter().take(TOLD) {
        let said = match turn.said.as_str() {
            "" => "the welcome".to_owned(),
            said => format!("\"{}\"", one_line(said, 40)),
        };
        let _ = writeln!(
            shown,
            "{word:<10} {:>12}  {said} in {}",
            figure(turn),
            printable(case)
        );
    }
}

fn say(shown: &mut String, line: &str) {
    // Words cannot be written to a text that has no end to its room.
    let _ = writeln!(shown, "      {line}");
}

fn printable(text: &str) -> String {
    one_line(text, MOST_CHARS)
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// Marks below a text where it differs from another one; none if nothing of it is the same.
fn difference(expected: &str, actual: &str) -> Option<String> {
    let (expected, actual): (Vec<char>, Vec<char>) =
        (expected.chars().collect(), actual.chars().collect());
    let same = |pairs: &mut dyn Iterator<Item = (&char, &char)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let before = same(&mut expected.iter().zip(&actual));
    let most = expected.len().min(actual.len()) - before;
    let after = same(&mut expected.iter().rev().zip(actual.iter().rev())).min(most);
    let marked = (actual.len() - before - after).max(1);
    (before + after > 0).then(|| " ".repeat(before) + &"^".repeat(marked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked() {
        assert_eq!(
            difference("from 9 to 18.", "from 9 to 17."),
            Some("           ^".to_owned())
        );
        assert_eq!(difference("ab", "axxb"), Some(" ^^".to_owned()));
        assert_eq!(difference("aa", "aaa"), Some("  ^".to_owned()));
        assert_eq!((difference("x", "y"), difference("", "")), (None, None));
    }
}

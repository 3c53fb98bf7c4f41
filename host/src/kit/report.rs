//! What became of a suite, for programs: JSON of our own, and JUnit's XML for whatever shows tests. Knows nothing of files.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};
use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::level::Level;
use super::playing::{Failure, Played, Used, Who};
use super::suite::Case;

/// What became of a suite.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The bot, as whoever tried it names it.
    pub bot: String,
    /// How many cases passed.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// How many conversations were left out by their names.
    pub skipped: usize,
    /// What the conversations cost, if that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Each of the others.
    pub cases: Vec<CaseReport>,
}

/// What became of a case.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseReport {
    /// What kind of test it is.
    pub level: Level,
    /// Its name.
    pub name: String,
    /// The file of it.
    pub file: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What its turns used, all together.
    pub fuel: u64,
    /// How long they took.
    pub milliseconds: f64,
    /// Each of them.
    pub turns: Vec<TurnReport>,
    /// The conversation, as far as it came.
    pub conversation: Vec<LineReport>,
    /// What did not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureReport>,
}

/// What becomes of a case.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All that it claims holds.
    Passed,
    /// Something does not.
    Failed,
}

/// What a turn used.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TurnReport {
    /// What was said to the bot; empty for a welcome.
    pub said: String,
    /// Instructions, roughly.
    pub fuel: u64,
    /// The most memory that it had.
    pub memory_bytes: usize,
    /// How long it took.
    pub milliseconds: f64,
}

/// A line of a conversation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LineReport {
    /// Whose it is.
    pub who: Who,
    /// What it says.
    pub words: String,
}

/// What did not hold.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct FailureReport {
    /// The file of the step.
    pub file: String,
    /// Its line.
    pub line: usize,
    /// In words.
    pub what: String,
    /// What was to be, one of these.
    pub expected: Vec<String>,
    /// What was, if there was anything.
    pub actual: Option<String>,
}

impl Report {
    /// One without any case.
    pub fn new(bot: impl Into<String>, skipped: usize) -> Self {
        Self {
            bot: bot.into(),
            passed: 0,
            failed: 0,
            skipped,
            budget: None,
            cases: Vec::new(),
        }
    }

    /// Adds what became of a case of a level.
    pub fn add(&mut self, level: Level, case: &Case, played: &Played) {
        match played.failure {
            Some(_) => self.failed += 1,
            None => self.passed += 1,
        }
        self.cases.push(CaseReport::of(level, case, played));
    }

    /// As JSON.
    ///
    /// # Errors
    /// [`serde_json::Error`] if a number in it is none.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|json| json + "\n")
    }

    /// As JUnit's XML.
    ///
    /// # Errors
    /// [`quick_junit::SerializeError`] if it cannot be written.
    pub fn junit(&self) -> Result<String, quick_junit::SerializeError> {
        let mut report = quick_junit::Report::new(self.bot.as_str());
        for level in Level::ALL {
            let cases: Vec<_> = self
                .cases
                .iter()
                .filter(|case| case.level == level)
                .collect();
            if !cases.is_empty() {
                let mut suite = TestSuite::new(level.name());
                suite.add_test_cases(cases.into_iter().map(CaseReport::junit));
                if let (Level::Budget, Some(budget)) = (level, &self.budget) {
                    suite.properties.extend(budget.properties());
                }
                report.add_test_suite(suite);
            }
        }
        report.to_string()
    }
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

impl Budget {
    fn properties(&self) -> impl Iterator<Item = Property> {
        let figures = [
            ("turns", self.turns.to_string()),
            ("fuel.p50", self.fuel_p50.to_string()),
            ("fuel.p99", self.fuel_p99.to_string()),
            ("fuel.max", self.fuel_max.to_string()),
            ("memory.peak.bytes", self.memory_peak_bytes.to_string()),
            (
                "wall.p99.milliseconds",
                self.wall_p99_milliseconds.to_string(),
            ),
        ];
        figures
            .map(|(name, value)| Property::new(name, value))
            .into_iter()
    }
}

impl CaseReport {
    fn of(level: Level, case: &Case, played: &Played) -> Self {
        let used = &played.turns;
        let line = |entry: &super::Entry| LineReport {
            who: entry.who,
            words: entry.words.clone(),
        };
        Self {
            level,
            name: case.name.clone(),
            file: case.place.file.to_string(),
            outcome: if played.failure.is_some() {
                Outcome::Failed
            } else {
                Outcome::Passed
            },
            fuel: used.iter().map(|turn| turn.fuel).sum(),
            milliseconds: milliseconds(used.iter().map(|turn| turn.wall).sum()),
            turns: used.iter().map(TurnReport::of).collect(),
            conversation: played.entries.iter().map(line).collect(),
            failure: played.failure.as_ref().map(FailureReport::of),
        }
    }

    fn junit(&self) -> TestCase {
        let status = match &self.failure {
            None => TestCaseStatus::success(),
            Some(failure) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(failure.what.as_str());
                status.set_description(failure.in_words());
                status
            }
        };
        let mut case = TestCase::new(self.name.as_str(), status);
        case.set_classname(self.file.as_str());
        case.set_time(Duration::from_secs_f64(self.milliseconds / 1000.0));
        let lines = self.conversation.iter();
        let lines = lines.map(|line| format!("{}: {}", line.who.name(), line.words));
        case.set_system_out(lines.collect::<Vec<_>>().join("\n"));
        case
    }
}

impl TurnReport {
    fn of(turn: &Used) -> Self {
        Self {
            said: turn.said.clone(),
            fuel: turn.fuel,
            memory_bytes: turn.memory_bytes,
            milliseconds: milliseconds(turn.wall),
        }
    }
}

impl FailureReport {
    fn of(failure: &Failure) -> Self {
        Self {
            file: failure.place.file.to_string(),
            line: failure.place.line,
            what: failure.what.clone(),
            expected: failure.expected.clone(),
            actual: failure.actual.clone(),
        }
    }

    fn in_words(&self) -> String {
        let mut words = format!("{}:{}: {}", self.file, self.line, self.what);
        for expected in &self.expected {
            words.push_str(&format!("\n- {expected}"));
        }
        if let Some(actual) = &self.actual {
            words.push_str(&format!("\n+ {actual}"));
        }
        words
    }
}

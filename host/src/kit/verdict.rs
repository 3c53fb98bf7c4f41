//! The verdict on a case that its author did not write: a name, what was sent and came of it, and what did not hold.

use super::heard::{Heard, Heeded};
use super::level::Level;
use super::playing::{Entry, Failure, Played, Who};
use super::script::Place;
use super::suite::Case;

/// A case of a level other than the conversations.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What it is about.
    pub name: String,
    /// The turns.
    pub heard: Vec<Heard>,
    /// What did not hold, if something did not.
    pub wrong: Option<Wrong>,
    /// What a person may want to know of one without turns.
    pub notes: Vec<String>,
}

/// What did not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrong {
    /// The defect, and its remedy.
    pub what: String,
    /// What was to be, if that can be said.
    pub expected: Vec<String>,
    /// What was.
    pub actual: Option<String>,
}

impl Wrong {
    /// One of which there is no more to say.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            ..Self::default()
        }
    }

    /// Something was, and something else was to be.
    pub fn other(
        what: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self {
            what: what.into(),
            expected: vec![expected.into()],
            actual: Some(actual.into()),
        }
    }
}

impl Verdict {
    /// One that holds so far.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Adds a turn. Once something is wrong the first stays.
    pub fn hear(&mut self, heard: Heard) {
        self.heard.push(heard);
    }

    /// Says what does not hold, unless something else did not before.
    pub fn wrong(&mut self, wrong: Option<Wrong>) {
        if self.wrong.is_none() {
            self.wrong = wrong;
        }
    }

    /// As a report takes it.
    pub fn played(self, level: Level, number: usize) -> (Case, Played) {
        let place = Place {
            file: level.name().into(),
            line: number + 1,
        };
        let mut played = Played::default();
        let enter = |who, words: String| Entry { who, words };
        for note in self.notes {
            played.entries.push(enter(Who::Beside, note));
        }
        for heard in self.heard {
            played.entries.push(enter(Who::Me, heard.said));
            if let Heeded::Answer(_) | Heeded::Fault(_) = heard.answer {
                played.entries.push(enter(Who::Bot, heard.answer.words()));
            }
            let lines = heard.log.into_iter();
            played
                .entries
                .extend(lines.map(|line| enter(Who::Log, line)));
            played.turns.push(heard.used);
        }
        played.failure = self.wrong.map(|wrong| Failure {
            place: place.clone(),
            what: wrong.what,
            expected: wrong.expected,
            actual: wrong.actual,
        });
        let case = Case {
            name: self.name,
            place,
            steps: Vec::new(),
        };
        (case, played)
    }
}

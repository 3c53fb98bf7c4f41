//! What conversations cost when somebody last looked at it and was content: the fuel of each, which is the same on every
//! machine, in a file that is committed with them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::beside;
use super::bundle::{BASELINE, Bundle};
use super::level::Level;
use super::report::{CaseReport, Report};
use super::suite::Unread;

/// How much more than that a conversation may take, in per cent.
const ALLOWED_PERCENT: u32 = 10;

/// The figures.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Baseline {
    /// How much more a conversation may take, in per cent.
    allowed_percent: u32,
    /// By file, and by the name of the case.
    fuel: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            allowed_percent: ALLOWED_PERCENT,
            fuel: BTreeMap::new(),
        }
    }
}

impl Baseline {
    /// What its file is called.
    pub const FILE: &str = BASELINE;

    pub(super) fn of(bundle: &Bundle) -> Result<Self, Unread> {
        beside::read(bundle, BASELINE)
    }

    /// Whether there are any figures.
    pub fn is_empty(&self) -> bool {
        self.fuel.is_empty()
    }

    /// How much a case may take more, in per cent, than which fuel; none if nobody has looked at it.
    pub fn allowed(&self, file: &str, name: &str) -> Option<Allowed> {
        let fuel = *self.fuel.get(file)?.get(name)?;
        Some(Allowed {
            fuel,
            percent: self.allowed_percent,
        })
    }

    /// These figures, and in their place those that a report has.
    #[must_use]
    pub fn with(mut self, report: &Report) -> Self {
        let budget =
            |case: &&CaseReport| case.level == Level::Budget && case.file != Level::Budget.name();
        for case in report.cases.iter().filter(budget) {
            let file = self.fuel.entry(case.file.clone()).or_default();
            file.insert(case.name.clone(), case.fuel);
        }
        self
    }

    /// As a file has it.
    ///
    /// # Errors
    /// [`toml::ser::Error`] if a figure is larger than any file can have it.
    pub fn text(&self) -> Result<String, toml::ser::Error> {
        let figures = toml::to_string(self)?;
        Ok(format!(
            "# What each conversation took when this was written, by `retort test --keep-baseline`: fuel, which is the same on\n\
             # every machine. One that takes more than this, and `allowed_percent` of it, fails.\n{figures}"
        ))
    }
}

/// What something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// What it took.
    pub fuel: u64,
    /// How much more it may take, in per cent.
    pub percent: u32,
}

impl Allowed {
    /// What is wrong with something that takes this, and what to do about it; nothing if it is allowed.
    pub fn judged(&self, fuel: u64) -> Option<String> {
        let more = self.exceeded(fuel)?;
        Some(format!(
            "it takes {fuel} fuel, and took {} when `baseline.toml` was written: {more}. Make it cheaper, or take the new \
             figures by `retort test --level budget --keep-baseline`",
            self.fuel
        ))
    }

    /// By how much more than allowed something is, in words; none if it is not.
    pub(super) fn exceeded(&self, fuel: u64) -> Option<String> {
        let (before, now) = (u128::from(self.fuel), u128::from(fuel));
        if now * 100 <= before * (100 + u128::from(self.percent)) {
            return None;
        }
        let more = match before {
            0 => "more".to_owned(),
            before => format!("{} % more", (now - before) * 100 / before),
        };
        Some(format!("{more}, and {} % more are allowed", self.percent))
    }
}

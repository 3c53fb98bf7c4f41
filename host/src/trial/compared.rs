//! What conversations cost, beside what the same words cost with another revision, or did when `baseline.toml` was written. Fuel
//! is the same number on every machine, so it is compared to the last digit.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kit::{Baseline, CaseReport, FailureReport, Level, Outcome, Report};

/// A conversation that passed, and what it was.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) fuel: u64,
    /// In each turn.
    pub(super) said: Vec<String>,
}

/// What conversations are compared with: each with the live revision, as far as that gives replies, and else with its baseline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Yardstick<'a> {
    /// Of each conversation with the live one, in their order; or why there is none of any.
    pub(super) live: Result<&'a [Option<u64>], &'a str>,
    pub(super) baseline: &'a Baseline,
    /// By how many per cent one may cost more than with the live one.
    pub(super) percent: u16,
}

/// That conversations were not compared with the live revision.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct NotCompared {
    /// Which, and with what they were instead.
    what: String,
    /// Why.
    pub(super) why: String,
}

impl fmt::Display for NotCompared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

/// The conversations of a report that passed.
pub(super) fn held(report: &Report) -> Vec<Held> {
    let passed = report
        .cases
        .iter()
        .filter(|case| case.level == Level::Conversations && case.outcome == Outcome::Passed);
    let held = passed.map(|case| Held {
        file: case.file.clone(),
        name: case.name.clone(),
        fuel: case.fuel,
        said: case.turns.iter().map(|turn| turn.said.clone()).collect(),
    });
    held.collect()
}

/// A case for each conversation that is compared, and one for all that are with the live revision; and what was not compared with
/// that.
pub(super) fn fuel(
    held: &[Held],
    yardstick: &Yardstick<'_>,
) -> (Vec<CaseReport>, Option<NotCompared>) {
    let live = yardstick.live.unwrap_or_default();
    let costs = live.iter().copied().chain(std::iter::repeat(None));
    let (mut both, mut alone) = (Vec::new(), Vec::new());
    for (new, live) in held.iter().zip(costs) {
        match live {
            Some(live) => both.push((new, live)),
            None => alone.push(new),
        }
    }
    let mut cases = beside_live(&both, yardstick.percent);
    let known = alone.iter().filter_map(|new| by_baseline(new, yardstick));
    let known: Vec<_> = known.collect();
    let not_compared = (!alone.is_empty()).then(|| NotCompared {
        what: not_compared(both.len(), alone.len(), known.len()),
        why: match yardstick.live {
            Err(why) => why.to_owned(),
            Ok(_) => "the live revision gives no reply there".to_owned(),
        },
    });
    cases.extend(known);
    (cases, not_compared)
}

fn beside_live(both: &[(&Held, u64)], percent: u16) -> Vec<CaseReport> {
    let mut cases: Vec<CaseReport> = both
        .iter()
        .map(|(new, live)| {
            let name = format!("fuel of \"{}\"", new.name);
            judged(name, &new.file, new.fuel, *live, percent)
        })
        .collect();
    if both.len() > 1 {
        let sums = both.iter().fold((0, 0), |(new, live): (u64, u64), of| {
            (new.saturating_add(of.0.fuel), live.saturating_add(of.1))
        });
        let name = format!("fuel of all {} conversations", both.len());
        cases.push(judged(name, "", sums.0, sums.1, percent));
    }
    cases
}

/// The case of one that has a figure.
fn by_baseline(new: &Held, yardstick: &Yardstick<'_>) -> Option<CaseReport> {
    let allowed = yardstick.baseline.allowed(&new.file, &new.name)?;
    let failure = allowed.judged(new.fuel).map(|what| FailureReport {
        file: new.file.clone(),
        line: 1,
        what,
        expected: Vec::new(),
        actual: None,
    });
    Some(case(new.name.clone(), &new.file, new.fuel, failure))
}

fn not_compared(both: usize, alone: usize, known: usize) -> String {
    let what = match both {
        0 => "its fuel".to_owned(),
        both => format!("the fuel of {alone} of {} conversations", both + alone),
    };
    let with = match known {
        0 => "nothing",
        known if known == alone => "`baseline.toml`",
        _ => "`baseline.toml`, as far as that has figures",
    };
    format!("{what} was compared with {with}")
}

/// Adds cases to a report.
pub(super) fn add(report: &mut Report, cases: Vec<CaseReport>) {
    for case in &cases {
        match case.outcome {
            Outcome::Passed => report.passed += 1,
            Outcome::Failed => report.failed += 1,
        }
    }
    report.cases.extend(cases);
}

fn judged(name: String, file: &str, new: u64, live: u64, percent: u16) -> CaseReport {
    let most = u128::from(live) * (100 + u128::from(percent)) / 100;
    let is_dear = u128::from(new) > most;
    let failure = is_dear.then(|| FailureReport {
        file: file.to_owned(),
        line: 1,
        what: format!(
            "{name}: {} where the live revision takes {} ({} % more; {percent} % are allowed)",
            grouped(new.into()),
            grouped(live.into()),
            more(new, live)
        ),
        expected: vec![format!("at most {}", grouped(most))],
        actual: Some(grouped(new.into())),
    });
    case(name, file, new, failure)
}

fn case(name: String, file: &str, fuel: u64, failure: Option<FailureReport>) -> CaseReport {
    CaseReport {
        level: Level::Budget,
        name,
        file: file.to_owned(),
        outcome: match failure {
            Some(_) => Outcome::Failed,
            None => Outcome::Passed,
        },
        fuel,
        milliseconds: 0.0,
        turns: Vec::new(),
        conversation: Vec::new(),
        failure,
    }
}

/// By how many per cent one is above the other. Rounded up, so that what is above a limit never looks as if it were on it.
fn more(new: u64, live: u64) -> String {
    let above = u128::from(new.saturating_sub(live));
    let tenths = (above * 1000).div_ceil(u128::from(live.max(1)));
    match tenths % 10 {
        0 => grouped(tenths / 10),
        tenth => format!("{}.{tenth}", grouped(tenths / 10)),
    }
}

/// With a comma for each three digits.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(name: &str, fuel: u64) -> Held {
        Held {
            file: "a.convo.txt".to_owned(),
            name: name.to_owned(),
            fuel,
            said: Vec::new(),
        }
    }

    fn compared(
        new: &[(&str, u64)],
        live: Result<&[Option<u64>], &str>,
        percent: u16,
    ) -> (Vec<CaseReport>, Option<String>) {
        let new: Vec<_> = new.iter().map(|(name, fuel)| held(name, *fuel)).collect();
        let text = "[fuel.\"a.convo.txt\"]\nb = 100\nc = 100\n";
        let baseline: Baseline = toml::from_str(text).expect("a baseline");
        let yardstick = Yardstick {
            live,
            baseline: &baseline,
            percent,
        };
        let (cases, not_compared) = fuel(&new, &yardstick);
        (cases, not_compared.map(|not| not.to_string()))
    }

    fn failures(cases: &[CaseReport]) -> Vec<&str> {
        let failed = cases.iter().filter_map(|case| case.failure.as_ref());
        failed.map(|failure| failure.what.as_str()).collect()
    }

    #[test]
    fn a_conversation_that_costs_more_than_is_allowed_is_told_with_its_numbers() {
        let new = [("order a pizza", 150_123), ("hours", 110)];
        let live = [Some(100_045), Some(100)];
        let (cases, not_compared) = compared(&new, Ok(&live), 10);
        assert_eq!((cases.len(), not_compared), (3, None));
        assert_eq!(
            failures(&cases),
            [
                "fuel of \"order a pizza\": 150,123 where the live revision takes 100,045 (50.1 % more; 10 % are allowed)",
                "fuel of all 2 conversations: 150,233 where the live revision takes 100,145 (50.1 % more; 10 % are allowed)",
            ]
        );
        assert!(failures(&compared(&new, Ok(&live), 51).0).is_empty());
    }

    #[test]
    fn what_the_live_revision_does_not_answer_is_compared_with_its_baseline() {
        let (cases, told) = compared(&[("a", 900), ("b", 900)], Ok(&[Some(900), None]), 10);
        assert_eq!(cases.len(), 2);
        assert!(failures(&cases)[0].contains("took 100 when `baseline.toml` was written"));
        let there = "the fuel of 1 of 2 conversations was compared with `baseline.toml`: the live revision gives no reply there";
        assert_eq!(told.as_deref(), Some(there));
    }

    #[test]
    fn without_the_live_revision_all_are_compared_with_what_there_is() {
        for (new, told) in [
            (&[("b", 110), ("c", 90)][..], "`baseline.toml`"),
            (
                &[("a", 900), ("b", 110)],
                "`baseline.toml`, as far as that has figures",
            ),
            (&[("a", 900)], "nothing"),
        ] {
            let (cases, not_compared) = compared(new, Err("it was cut"), 0);
            assert!(failures(&cases).is_empty(), "{cases:?}");
            let told = format!("its fuel was compared with {told}: it was cut");
            assert_eq!(not_compared, Some(told));
        }
        let (cases, told) = compared(&[], Err("it was cut"), 0);
        assert!(cases.is_empty() && told.is_none());
    }

    #[test]
    fn the_limit_itself_is_allowed_and_one_more_looks_like_more() {
        for (new, is_told) in [
            (110, None),
            (111, Some("11 % more")),
            (1_001, Some("901 % more")),
        ] {
            let (cases, _) = compared(&[("a", new)], Ok(&[Some(100)]), 10);
            let failures = failures(&cases);
            match is_told {
                None => assert!(failures.is_empty(), "{failures:?}"),
                Some(words) => assert!(failures[0].contains(words), "{failures:?}"),
            }
        }
        assert_eq!(more(1_100_001, 1_000_000), "10.1");
        assert_eq!(more(u64::MAX, 0), "1,844,674,407,370,955,161,500");
    }
}

//! What conversations cost, beside what the same ones cost with another revision. Fuel is the same number on every machine, so
//! it is compared to the last digit.

use std::collections::HashMap;

use crate::kit::{CaseReport, FailureReport, Level, Outcome, Report};

/// A case for each conversation that passes with both, and one for all of them: whether the fuel of the new revision is above
/// that of the live one by no more than so many per cent.
pub fn fuel(new: &Report, live: &Report, percent: u16) -> Vec<CaseReport> {
    let before: HashMap<_, u64> = held(live)
        .map(|case| ((case.file.as_str(), case.name.as_str()), case.fuel))
        .collect();
    let both = held(new).filter_map(|case| {
        let before = before.get(&(case.file.as_str(), case.name.as_str()))?;
        Some((case, *before))
    });
    let both: Vec<_> = both.collect();
    let mut cases: Vec<CaseReport> = both
        .iter()
        .map(|(case, before)| {
            let name = format!("fuel of \"{}\"", case.name);
            judged(name, &case.file, case.fuel, *before, percent)
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

/// The conversations that passed.
fn held(report: &Report) -> impl Iterator<Item = &CaseReport> {
    report
        .cases
        .iter()
        .filter(|case| case.level == Level::Conversations && case.outcome == Outcome::Passed)
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
    CaseReport {
        level: Level::Budget,
        name,
        file: file.to_owned(),
        outcome: if is_dear {
            Outcome::Failed
        } else {
            Outcome::Passed
        },
        fuel: new,
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

    fn report(cases: &[(&str, Outcome, u64)]) -> Report {
        let mut report = Report::new("bot", 0);
        let cases = cases.iter().map(|(name, outcome, fuel)| CaseReport {
            level: Level::Conversations,
            outcome: *outcome,
            ..judged((*name).to_owned(), "a.convo.txt", *fuel, *fuel, 0)
        });
        add(&mut report, cases.collect());
        report
    }

    fn failures(cases: &[CaseReport]) -> Vec<&str> {
        let failed = cases.iter().filter_map(|case| case.failure.as_ref());
        failed.map(|failure| failure.what.as_str()).collect()
    }

    #[test]
    fn a_conversation_that_costs_more_than_is_allowed_is_told_with_its_numbers() {
        let new = report(&[
            ("order a pizza", Outcome::Passed, 150_123),
            ("hours", Outcome::Passed, 110),
        ]);
        let live = report(&[
            ("hours", Outcome::Passed, 100),
            ("order a pizza", Outcome::Passed, 100_045),
        ]);
        let cases = fuel(&new, &live, 10);
        assert_eq!(cases.len(), 3);
        assert_eq!(
            failures(&cases),
            [
                "fuel of \"order a pizza\": 150,123 where the live revision takes 100,045 (50.1 % more; 10 % are allowed)",
                "fuel of all 2 conversations: 150,233 where the live revision takes 100,145 (50.1 % more; 10 % are allowed)",
            ]
        );
        assert!(failures(&fuel(&new, &live, 51)).is_empty());
    }

    #[test]
    fn what_does_not_pass_with_both_is_not_compared() {
        let new = report(&[
            ("a", Outcome::Failed, 900),
            ("b", Outcome::Passed, 900),
            ("c", Outcome::Passed, 900),
        ]);
        let live = report(&[("a", Outcome::Passed, 1), ("b", Outcome::Failed, 1)]);
        assert!(fuel(&new, &live, 10).is_empty());
    }

    #[test]
    fn the_limit_itself_is_allowed_and_one_more_looks_like_more() {
        for (new, is_told) in [
            (110, None),
            (111, Some("11 % more")),
            (1_001, Some("901 % more")),
        ] {
            let cases = fuel(
                &report(&[("a", Outcome::Passed, new)]),
                &report(&[("a", Outcome::Passed, 100)]),
                10,
            );
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

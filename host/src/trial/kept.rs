//! A report as it is kept: of what passed only that it did, of what failed as much as tells why.

use crate::kit::{CaseReport, FailureReport, Outcome, Report};

/// The most bytes of a report's cases, as JSON.
const MOST_BYTES: usize = 256 << 10;
/// The most characters of one text.
const MOST_CHARS: usize = 1_000;
/// The most characters of a name.
const MOST_NAME_CHARS: usize = 200;
/// The last lines of a conversation, and of a case's turns.
const MOST_LINES: usize = 40;
/// What might have been said instead.
const MOST_EXPECTED: usize = 10;

/// The report with no more than is kept of one: its numbers count all cases, also those that are left out.
pub(super) fn bounded(mut report: Report) -> Report {
    cut(&mut report.bot, MOST_NAME_CHARS);
    report.cases.iter_mut().for_each(cut_case);
    let bytes = |case: &CaseReport| serde_json::to_vec(case).map_or(MOST_BYTES, |json| json.len());
    let mut left = MOST_BYTES;
    let mut keeps = vec![false; report.cases.len()];
    // What failed comes first: it is what somebody looks for.
    for outcome in [Outcome::Failed, Outcome::Passed] {
        for (case, keeps) in report.cases.iter().zip(&mut keeps) {
            if case.outcome != outcome {
                continue;
            }
            match left.checked_sub(bytes(case)) {
                Some(rest) => (left, *keeps) = (rest, true),
                None => left = 0,
            }
        }
    }
    let mut keeps = keeps.into_iter();
    report.cases.retain(|_| keeps.next() == Some(true));
    report
}

fn cut_case(case: &mut CaseReport) {
    cut(&mut case.name, MOST_NAME_CHARS);
    cut(&mut case.file, MOST_NAME_CHARS);
    if case.outcome == Outcome::Passed {
        case.turns.clear();
        case.conversation.clear();
    }
    last(&mut case.turns);
    last(&mut case.conversation);
    case.turns
        .iter_mut()
        .for_each(|turn| cut(&mut turn.said, MOST_NAME_CHARS));
    case.conversation
        .iter_mut()
        .for_each(|line| cut(&mut line.words, MOST_CHARS));
    if let Some(FailureReport {
        what,
        expected,
        actual,
        ..
    }) = &mut case.failure
    {
        cut(what, MOST_CHARS);
        expected.truncate(MOST_EXPECTED);
        let texts = expected.iter_mut().chain(actual);
        texts.for_each(|text| cut(text, MOST_CHARS));
    }
}

fn last<T>(items: &mut Vec<T>) {
    items.drain(..items.len().saturating_sub(MOST_LINES));
}

fn cut(text: &mut String, most_chars: usize) {
    if let Some((at, _)) = text.char_indices().nth(most_chars) {
        text.truncate(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::{Level, LineReport, TurnReport, Who};

    fn case(outcome: Outcome, lines: usize) -> CaseReport {
        let failed = outcome == Outcome::Failed;
        CaseReport {
            level: Level::Conversations,
            name: "münze ".repeat(100),
            file: "a.convo.txt".to_owned(),
            outcome,
            fuel: 1,
            milliseconds: 1.0,
            turns: vec![TurnReport {
                said: "hello".to_owned(),
                fuel: 1,
                memory_bytes: 1,
                milliseconds: 1.0,
            }],
            conversation: (0..lines)
                .map(|number| LineReport {
                    who: Who::Bot,
                    words: format!("{number} {}", "x".repeat(5_000)),
                })
                .collect(),
            failure: failed.then(|| FailureReport {
                file: "a.convo.txt".to_owned(),
                line: 3,
                what: "w".repeat(5_000),
                expected: vec!["e".repeat(5_000); 100],
                actual: Some("a".repeat(5_000)),
            }),
        }
    }

    #[test]
    fn a_report_of_thousands_of_cases_is_cut_to_its_bound_and_counts_them_all() {
        let mut report = Report::new("bot", 0);
        (report.passed, report.failed) = (9_000, 1_000);
        report.cases = (0..9_000)
            .map(|_| case(Outcome::Passed, 100))
            .chain((0..1_000).map(|_| case(Outcome::Failed, 100)))
            .collect();
        let report = bounded(report);
        let bytes = report.json().expect("JSON").len();
        // As it is shown to a person it has spaces as well.
        assert!(bytes < 2 * MOST_BYTES, "{bytes}");
        assert!(
            report
                .cases
                .iter()
                .all(|case| case.outcome == Outcome::Failed)
        );
        assert_eq!((report.passed, report.failed), (9_000, 1_000));
        assert_eq!(report.cases[0].conversation.len(), MOST_LINES);
        assert!(
            report.cases[0].conversation[MOST_LINES - 1]
                .words
                .starts_with("99 ")
        );
    }

    #[test]
    fn of_what_passed_only_that_is_kept() {
        let mut report = Report::new("bot", 0);
        report.cases = vec![case(Outcome::Passed, 3), case(Outcome::Failed, 3)];
        let report = bounded(report);
        let [passed, failed] = report.cases.as_slice() else {
            panic!("{report:?}")
        };
        assert!(passed.conversation.is_empty() && passed.turns.is_empty());
        assert_eq!((failed.conversation.len(), failed.turns.len()), (3, 1));
    }
}

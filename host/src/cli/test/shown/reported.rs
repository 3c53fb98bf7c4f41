//! What became of cases elsewhere, from a report: as far as that tells.

use std::fmt::Write as _;

use super::{Colour, Shown, counted, printable};
use crate::kit::{CaseReport, Entry, Level, Report};

impl Shown {
    /// Each level's cases, and how many there were.
    pub(in crate::cli) fn report(&self, report: &Report) -> String {
        let mut shown = String::new();
        for level in Level::ALL {
            let mut cases = report.cases.iter().filter(|case| case.level == level);
            let Some(first) = cases.next() else { continue };
            let _ = writeln!(shown, "\n{}", level.name());
            self.reported(&mut shown, first);
            cases.for_each(|case| self.reported(&mut shown, case));
        }
        let _ = writeln!(shown);
        let left_out = (report.passed + report.failed).saturating_sub(report.cases.len());
        if left_out > 0 {
            let _ = writeln!(shown, "{} more are not kept", counted(left_out, "case"));
        }
        self.counts(&mut shown, report);
        shown
    }

    fn reported(&self, shown: &mut String, case: &CaseReport) {
        let name = printable(&case.name);
        let Some(failure) = &case.failure else {
            let used = self.paint(Colour::Grey, &format!("{} fuel", case.fuel));
            let ok = self.paint(Colour::Green, "ok  ");
            let _ = writeln!(shown, "{ok}  {name}  {used}");
            return;
        };
        let _ = writeln!(shown, "{}  {name}", self.paint(Colour::Red, "FAIL"));
        for line in &case.conversation {
            let entry = Entry {
                who: line.who,
                words: line.words.clone(),
            };
            self.line(shown, &entry);
        }
        let place = format!("{}:{}", failure.file, failure.line);
        self.differs(
            shown,
            &place,
            &failure.what,
            &failure.expected,
            failure.actual.as_deref(),
        );
    }
}

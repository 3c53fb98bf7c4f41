//! What a person reads of a trial: a line for each attack, and the verdict. Knows nothing of what was promised.

use super::process::Figures;
use super::row::Row;
use super::trial::{Alone, Held};
use super::verdict::Promise;
use crate::cli::give;

/// A machine at rest wakes up a thread within a tenth of this.
const BUSY_MS: f64 = 1.0;

pub(super) fn show_alone(alone: &Alone) {
    give(format_args!(
        "neighbours alone: {} turns/s of {} possible; p50 {:.2} ms, p99 {:.2} ms, {} failed; control p99 {:.2} ms",
        alone.asked_per_second,
        alone.capacity_per_second,
        alone.took.p50_ms,
        alone.took.p99_ms,
        alone.failed,
        alone.control.p99_ms
    ));
    if alone.control.p99_ms > BUSY_MS {
        give(
            "others use this machine: what is said of times below is as much about them as about the host",
        );
    }
    give("");
    let group = "overrun ms";
    let others = "neighbours' p99 ms";
    give(format_args!("{:53}{group:24}control  {others}", ""));
    give(format_args!(
        "{:18}{:>6}  {:27}{:>8}{:>8}{:>8}{:>9}{:>8}{:>9}{:>8}",
        "attack", "turns", "outcome", "p50", "p99", "max", "max", "alone", "now", "ratio"
    ));
}

pub(super) fn show_row(alone: &Alone, row: &Row) {
    if let Some(why) = &row.untried {
        return give(format_args!("{:18}{:>6}  not tried: {why}", row.name, 0));
    }
    let turns: usize = row.outcomes.values().sum();
    let (kept_out, outcomes): (Vec<_>, Vec<_>) = row
        .outcomes
        .iter()
        .partition(|(end, _)| row.is_kept_out(end));
    let outcomes: Vec<&str> = outcomes.iter().map(|(end, _)| end.as_str()).collect();
    let (before, now) = (alone.took.p99_ms, row.neighbours.p99_ms);
    give(format_args!(
        "{:18}{turns:>6}  {:27}{:>8.2}{:>8.2}{:>8.2}{:>9.2}{before:>8.2}{now:>9.2}{:>8.2}",
        row.name,
        outcomes.join(", "),
        row.overrun.p50_ms,
        row.overrun.p99_ms,
        row.overrun.max_ms,
        row.control.max_ms,
        now / before
    ));
    if let Some(section) = row.uninterruptible {
        give(format_args!(
            "{:18}        may be late by {}, which took {:.2} ms at most",
            "", section.name, section.ms
        ));
    }
    for (end, count) in kept_out {
        give(format_args!(
            "{:18}        {count} of them were kept out: {end}",
            ""
        ));
    }
}

pub(super) fn show_unseen(unseen: &[String]) {
    for promise in unseen {
        give(format_args!("unseen  {promise}"));
    }
}

pub(super) fn show_held(held: Option<&Held>) {
    let Some(held) = held else {
        return;
    };
    let shown = |of: fn(&Figures) -> Option<u64>| {
        let shown =
            |figure: Option<u64>| figure.map_or("?".to_owned(), |figure| figure.to_string());
        format!("{} -> {}", shown(of(&held.before)), shown(of(&held.after)))
    };
    give("");
    give(format_args!(
        "before and after: pool {}, open files {}, mappings {}, resident KiB {}",
        shown(|figures| figures.instances),
        shown(|figures| figures.files),
        shown(|figures| figures.mappings),
        shown(|figures| figures.resident_kib)
    ));
}

pub(super) fn show_verdict(promises: &[Promise]) {
    give("");
    for promise in promises {
        let word = if promise.holds() { "holds " } else { "BROKEN" };
        give(format_args!("{word}  {}", promise.promise));
        for how in &promise.broken_by {
            give(format_args!("        {how}"));
        }
    }
}

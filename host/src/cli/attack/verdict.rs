//! What is promised, and whether it was kept. Knows nothing of how anything was measured.

use serde::Serialize;

use super::process::Figures;
use super::row::Row;
use super::trial::{Alone, Course, Held};

/// A turn may end so long after its deadline, beside what the machine itself was late by.
const OVERRUN_MS: f64 = 5.0;
/// The neighbours' slow turns may be so many times as slow as without an attack.
const SLOWER_TIMES: f64 = 3.0;
/// What allocators and buffers may keep: a leak in every turn would be far above.
const MORE_FILES: u64 = 4;
const MORE_MAPPINGS: u64 = 128;
const MORE_RESIDENT_KIB: u64 = 16 << 10;

const NOTHING_STAYS: &str =
    "nothing of a turn stays: the pool is empty, files, mappings and memory are back";

/// One promise, and what broke it.
#[derive(Debug, Serialize)]
pub(super) struct Promise {
    pub(super) promise: String,
    pub(super) broken_by: Vec<String>,
}

impl Promise {
    pub(super) fn holds(&self) -> bool {
        self.broken_by.is_empty()
    }
}

/// The promises that hold on any machine, however busy it is.
pub(super) fn outcomes(course: &Course) -> Vec<Promise> {
    let Course { alone, rows, held } = course;
    let as_expected = Promise {
        promise: "every turn of every attack ends as it should".to_owned(),
        broken_by: broken(rows, unexpected),
    };
    let mut unharmed = Promise {
        promise: "no turn of a neighbour fails".to_owned(),
        broken_by: broken(rows, harmed),
    };
    if alone.failed > 0 {
        let failed = format!("{} turns failed without any attack", alone.failed);
        unharmed.broken_by.push(failed);
    }
    let mut promises = vec![as_expected, unharmed];
    promises.extend(held.as_ref().map(nothing_stays));
    promises
}

/// What nothing was learned of, and why.
pub(super) fn unseen(course: &Course) -> Vec<String> {
    let why = |row: &Row| {
        Some(format!(
            "every turn of {}: {}",
            row.name,
            row.untried.as_ref()?
        ))
    };
    let mut unseen: Vec<String> = course.rows.iter().filter_map(why).collect();
    if course.held.is_none() {
        unseen.push(format!(
            "{NOTHING_STAYS}: only the host's own machine can tell"
        ));
    }
    unseen
}

/// Those that a machine can break as well, when others use it.
pub(super) fn times(course: &Course) -> Vec<Promise> {
    let Course { alone, rows, held } = course;
    let mut in_time = format!(
        "every turn ends at most {OVERRUN_MS} ms after its deadline, beside what the machine itself was late by"
    );
    let mut way_ms = 0.0;
    if held.is_none() {
        in_time.push_str(" and the time that a neighbour's turn takes from here");
        way_ms = alone.took.p99_ms;
    }
    let unslowed =
        format!("a neighbour's p99 is at most {SLOWER_TIMES} times that without attacks");
    vec![
        Promise {
            promise: in_time,
            broken_by: broken(rows, |row| late(row, way_ms)),
        },
        Promise {
            promise: unslowed,
            broken_by: broken(rows, |row| slowed(alone, row)),
        },
    ]
}

fn broken(rows: &[Row], how: impl Fn(&Row) -> Option<String>) -> Vec<String> {
    let named = |row: &Row| how(row).map(|how| format!("{}: {how}", row.name));
    rows.iter().filter_map(named).collect()
}

fn unexpected(row: &Row) -> Option<String> {
    let outcomes = row.outcomes.iter();
    let ended: Vec<String> = outcomes
        .map(|(end, count)| format!("{count} {end}"))
        .collect();
    let ended = ended.join(", ");
    (!row.is_as_expected()).then(|| format!("{ended}; expected {}", row.expected))
}

fn harmed(row: &Row) -> Option<String> {
    let errors = row.neighbours_errors.join(", ");
    (row.neighbours_failed > 0).then(|| format!("{} failed: {errors}", row.neighbours_failed))
}

fn late(row: &Row, way_ms: f64) -> Option<String> {
    let section_ms = row.uninterruptible.map_or(0.0, |section| section.ms);
    let allowed_ms = OVERRUN_MS + row.control.max_ms + section_ms + way_ms;
    (row.overrun.max_ms > allowed_ms).then(|| {
        format!(
            "{:.1} ms, and {allowed_ms:.1} were allowed",
            row.overrun.max_ms
        )
    })
}

fn slowed(alone: &Alone, row: &Row) -> Option<String> {
    let allowed_ms = SLOWER_TIMES * alone.took.p99_ms + row.control.p99_ms;
    (row.neighbours.p99_ms > allowed_ms).then(|| {
        format!(
            "{:.1} ms, and {allowed_ms:.1} were allowed",
            row.neighbours.p99_ms
        )
    })
}

fn nothing_stays(held: &Held) -> Promise {
    let Held { before, after } = held;
    let mut broken_by = Vec::new();
    if after.instances.is_some_and(|instances| instances > 0) {
        broken_by.push(format!("the pool still has {:?}", after.instances));
    }
    let mut compare = |what: &str, of: fn(&Figures) -> Option<u64>, more: u64| {
        if let (Some(before), Some(after)) = (of(before), of(after))
            && after > before + more
        {
            broken_by.push(format!("{what}: {before} before, {after} after"));
        }
    };
    compare("open files", |figures| figures.files, MORE_FILES);
    compare("mappings", |figures| figures.mappings, MORE_MAPPINGS);
    compare(
        "resident KiB",
        |figures| figures.resident_kib,
        MORE_RESIDENT_KIB,
    );
    Promise {
        promise: NOTHING_STAYS.to_owned(),
        broken_by,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::attack::row::Section;
    use crate::cli::attack::samples::Summary;

    fn p99(p99_ms: f64, max_ms: f64) -> Summary {
        Summary {
            count: 100,
            p50_ms: 0.0,
            p99_ms,
            max_ms,
        }
    }

    fn alone() -> Alone {
        Alone {
            capacity_per_second: 1000.0,
            asked_per_second: 200.0,
            took: p99(1.0, 2.0),
            failed: 0,
            control: Summary::default(),
        }
    }

    fn row() -> Row {
        Row {
            name: "spin",
            tempts: "",
            expected: "deadline-exceeded".to_owned(),
            untried: None,
            kept_out: &[],
            outcomes: [("deadline-exceeded".to_owned(), 5)].into(),
            overrun: p99(5.0, 7.0),
            uninterruptible: None,
            control: p99(0.5, 2.0),
            neighbours: p99(3.5, 9.0),
            neighbours_errors: Vec::new(),
            neighbours_failed: 0,
        }
    }

    fn held(files: u64, resident_kib: u64) -> Figures {
        Figures {
            instances: Some(0),
            files: Some(files),
            mappings: None,
            resident_kib: Some(resident_kib),
        }
    }

    fn broken_by(promises: &[Promise]) -> Vec<&str> {
        let broken = promises.iter().flat_map(|promise| &promise.broken_by);
        broken.map(String::as_str).collect()
    }

    fn judged(row: Row) -> Vec<Promise> {
        let held = Held {
            before: held(40, 50_000),
            after: held(44, 66_000),
        };
        all(&course(row, Some(held)))
    }

    fn course(row: Row, held: Option<Held>) -> Course {
        Course {
            alone: alone(),
            rows: vec![row],
            held,
        }
    }

    fn all(course: &Course) -> Vec<Promise> {
        let mut promises = outcomes(course);
        promises.extend(times(course));
        promises
    }

    #[test]
    fn what_the_machine_is_late_by_and_what_cannot_be_interrupted_are_allowed() {
        assert_eq!(judged(row()).len(), 5);
        assert!(broken_by(&judged(row())).is_empty());
        let mut with_section = row();
        with_section.overrun = p99(5.0, 15.0);
        let late = "spin: 15.0 ms, and 7.0 were allowed";
        assert_eq!(broken_by(&judged(with_section)), [late]);
        let mut with_section = row();
        with_section.overrun = p99(5.0, 15.0);
        with_section.uninterruptible = Some(Section {
            name: "one of those",
            ms: 8.0,
        });
        assert!(broken_by(&judged(with_section)).is_empty());
    }

    #[test]
    fn each_promise_is_broken_by_what_it_is_about() {
        let mut bad = row();
        bad.outcomes.insert("replied".to_owned(), 1);
        bad.neighbours_failed = 1;
        bad.neighbours_errors = vec!["host-fault".to_owned()];
        bad.neighbours = p99(3.6, 9.0);
        let broken = judged(bad);
        let words = [
            "spin: 5 deadline-exceeded, 1 replied; expected deadline-exceeded",
            "spin: 1 failed: host-fault",
            "spin: 3.6 ms, and 3.5 were allowed",
        ];
        assert_eq!(broken_by(&broken), words);
        let stays = nothing_stays(&Held {
            before: held(40, 50_000),
            after: held(45, 67_000),
        });
        let words = [
            "open files: 40 before, 45 after",
            "resident KiB: 50000 before, 67000 after",
        ];
        assert_eq!(stays.broken_by, words);
    }

    #[test]
    fn a_host_seen_from_outside_may_keep_an_attacker_out_that_it_knows() {
        let mut kept_out = row();
        kept_out.kept_out = &["quarantined"];
        kept_out.outcomes.insert("quarantined".to_owned(), 90);
        kept_out.overrun = p99(5.0, 8.0);
        let seen = course(kept_out, None);
        assert!(broken_by(&all(&seen)).is_empty());
        assert_eq!(unseen(&seen).len(), 1);

        let mut never_let_in = row();
        never_let_in.kept_out = &["quarantined"];
        never_let_in.outcomes = [("quarantined".to_owned(), 100)].into();
        let words = ["spin: 100 quarantined; expected deadline-exceeded"];
        assert_eq!(broken_by(&all(&course(never_let_in, None))), words);
    }

    #[test]
    fn what_could_not_be_tried_is_told_and_not_judged() {
        let mut untried = row();
        untried.outcomes.clear();
        untried.untried = Some("`limits.deadline_ms` is 50".to_owned());
        let seen = course(untried, None);
        assert!(broken_by(&all(&seen)).is_empty());
        let told = unseen(&seen);
        assert_eq!(told[0], "every turn of spin: `limits.deadline_ms` is 50");
    }
}

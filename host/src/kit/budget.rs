//! What conversations cost: fuel, which two runs have to agree about and a baseline may bound, memory, and time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::level::Level;
use super::playing::{Failure, Played, Used};
use super::report::milliseconds;
use super::script::Place;
use super::suite::{Case, Suite};

/// What all turns of a suite cost.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// How many turns there were.
    pub turns: usize,
    /// The fuel that half of them stayed within.
    pub fuel_p50: u64,
    /// The fuel that 99 of 100 stayed within.
    pub fuel_p99: u64,
    /// The most.
    pub fuel_max: u64,
    /// The most memory that one had.
    pub memory_peak_bytes: usize,
    /// The time that 99 of 100 stayed within, on this machine.
    pub wall_p99_milliseconds: f64,
}

impl Budget {
    /// That of these turns; none if there are none.
    pub fn of(turns: &[Used]) -> Option<Self> {
        let mut fuel: Vec<u64> = turns.iter().map(|turn| turn.fuel).collect();
        fuel.sort_unstable();
        let mut wall: Vec<Duration> = turns.iter().map(|turn| turn.wall).collect();
        wall.sort_unstable();
        let memory = turns.iter().map(|turn| turn.memory_bytes).max()?;
        Some(Self {
            turns: turns.len(),
            fuel_p50: within(&fuel, 50)?,
            fuel_p99: within(&fuel, 99)?,
            fuel_max: *fuel.last()?,
            memory_peak_bytes: memory,
            wall_p99_milliseconds: milliseconds(within(&wall, 99)?),
        })
    }

    /// Whether 99 of 100 turns stayed within a time.
    pub fn judged(&self, most: Duration, turns: Vec<Used>) -> (Case, Played) {
        let (took, most) = (self.wall_p99_milliseconds, milliseconds(most));
        let failure = (took > most).then(|| Failure {
            place: place(),
            what: format!(
                "99 of 100 turns took up to {took} ms, and `--wall` allows {most}: look at the slowest turns below, on a \
                 machine that does nothing else"
            ),
            expected: Vec::new(),
            actual: None,
        });
        let case = Case {
            name: "the time of 99 in 100 turns".to_owned(),
            place: place(),
            steps: Vec::new(),
        };
        let played = Played {
            turns,
            failure,
            ..Played::default()
        };
        (case, played)
    }
}

fn place() -> Place {
    Place {
        file: Level::Budget.name().into(),
        line: 1,
    }
}

/// What so many of a hundred are at most, in order.
fn within<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// What two runs of one conversation say of its cost.
pub fn cost(case: &Case, suite: &Suite, first: Played, second: &Played) -> Played {
    let failure = uneven(&first, second).or_else(|| dear(case, suite, &first));
    let failure = failure.map(|what| Failure {
        place: case.place.clone(),
        what,
        expected: Vec::new(),
        actual: None,
    });
    Played { failure, ..first }
}

fn fuel(played: &Played) -> u64 {
    played.turns.iter().map(|turn| turn.fuel).sum()
}

fn uneven(first: &Played, second: &Played) -> Option<String> {
    let mut pairs = first.turns.iter().zip(&second.turns);
    let differs = pairs.find(|(one, other)| one.fuel != other.fuel)?;
    let (one, other) = differs;
    Some(format!(
        "\"{}\" took {} fuel, and {} in a second run with the same time, chance and memory: keep nothing but in `state`, and \
         decide nothing by how long something takes",
        one.said, one.fuel, other.fuel
    ))
}

fn dear(case: &Case, suite: &Suite, played: &Played) -> Option<String> {
    let allowed = suite.baseline.allowed(&case.place.file, &case.name)?;
    allowed.judged(fuel(played))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::baseline::Allowed;

    #[test]
    fn so_many_of_a_hundred_are_within() {
        let all: Vec<u64> = (1..=200).collect();
        assert_eq!((within(&all, 50), within(&all, 99)), (Some(100), Some(198)));
        assert_eq!((within(&[7], 50), within(&[7], 99)), (Some(7), Some(7)));
        assert_eq!(within::<u64>(&[], 99), None);
    }

    #[test]
    fn what_is_allowed_is_allowed_to_the_unit() {
        let allowed = Allowed {
            fuel: 1_000,
            percent: 10,
        };
        assert_eq!(allowed.exceeded(1_100), None);
        let told = allowed.exceeded(1_101).expect("it is more");
        assert_eq!(told, "10 % more, and 10 % more are allowed");
        let most = Allowed {
            fuel: u64::MAX,
            percent: u32::MAX,
        };
        assert_eq!(most.exceeded(u64::MAX), None);
        let nothing = Allowed {
            fuel: 0,
            percent: 50,
        };
        assert_eq!(
            (nothing.exceeded(0), nothing.exceeded(1).is_some()),
            (None, true)
        );
    }
}

//! What a bot's conversations cost. Each is held twice, since what costs something else the second time has no price.

use super::tried::Tried;
use super::{NotTried, Plan};
use crate::kit::{Budget, Case, Level, Played, cost};

/// Holds them, and adds what is found of each.
pub(super) async fn run(
    tried: &mut Tried,
    plan: &Plan<'_>,
    add: &mut impl FnMut(Level, &Case, &Played),
) -> Result<Option<Budget>, NotTried> {
    let mut turns = Vec::new();
    for case in plan.cases() {
        let first = tried.case(case, plan).await?;
        if first.failure.is_some() {
            // What ends early, or elsewhere, has no cost to compare.
            if !plan.levels.contains(&Level::Conversations) {
                add(Level::Conversations, case, &first);
            }
            continue;
        }
        let second = tried.case(case, plan).await?;
        turns.extend(first.turns.iter().cloned());
        add(Level::Budget, case, &cost(case, plan.suite, first, &second));
    }
    let budget = Budget::of(&turns);
    if let (Some(budget), Some(most)) = (&budget, plan.wall) {
        let (case, played) = budget.judged(most, turns);
        add(Level::Budget, &case, &played);
    }
    Ok(budget)
}

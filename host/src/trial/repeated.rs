//! What was said to one bot, said to another: what that costs there.

use std::collections::HashMap;

use super::compared::Held;
use super::tried::Tried;
use super::{Bot, NotTried, Plan, World};
use crate::invocation::Host;
use crate::kit::Played;

/// The fuel of each of these conversations with a bot on a host that is set up for it, whatever it answers; none of one that a
/// turn without a reply ends.
///
/// # Errors
/// [`NotTried`] if nothing can be said to it.
pub(super) async fn fuel(
    host: Host,
    world: &World,
    bot: Bot,
    plan: &Plan<'_>,
    held: &[Held],
) -> Result<Vec<Option<u64>>, NotTried> {
    let mut tried = Tried::start(host, world, bot, plan.suite).await?;
    if !tried.is_bot() {
        return Err(NotTried::Function);
    }
    let cases = plan.suite.cases.iter();
    let cases: HashMap<_, _> = cases
        .map(|case| ((&*case.place.file, case.name.as_str()), case))
        .collect();
    let mut costs = Vec::with_capacity(held.len());
    for held in held {
        let cost = match cases.get(&(held.file.as_str(), held.name.as_str())) {
            Some(case) => cost(&tried.repeated(case, &held.said, plan).await?),
            None => None,
        };
        tried.was_asked()?;
        costs.push(cost);
    }
    Ok(costs)
}

fn cost(played: &Played) -> Option<u64> {
    let fuel = played.turns.iter().map(|turn| turn.fuel).sum();
    played.failure.is_none().then_some(fuel)
}

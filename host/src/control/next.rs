//! What an environment serves next, as it follows from what it serves now. Knows neither the store nor the host.

use super::{ALL, NotChanged};
use crate::registry::ledger::{Kept, NotKept, Side};
use crate::tenant::Address;

/// What is to be served next, and what a rollback from there restores.
pub(super) struct Next {
    pub(super) sides: Vec<Side>,
    pub(super) before: Option<u64>,
}

/// Why there is nothing next.
pub(super) enum Impossible {
    NothingServed,
    Split,
    NoSplit,
    Conflict,
}

impl Next {
    /// These sides, and nothing of what is served now.
    pub(super) fn after(now: Option<&Kept>, sides: Vec<Side>) -> Self {
        let before = now.map(|now| now.number);
        Self { sides, before }
    }

    /// A side in place of what is served, or beside it if its weight leaves anything to that.
    pub(super) fn with(now: Option<&Kept>, side: Side) -> Result<Self, Impossible> {
        if side.weight == ALL {
            return Ok(Self::after(now, vec![side]));
        }
        match now.map(|now| now.sides.as_slice()) {
            None | Some([]) => Err(Impossible::NothingServed),
            Some([first]) => {
                let first = weighing(first, ALL - side.weight);
                Ok(Self::after(now, vec![first, side]))
            }
            Some(_) => Err(Impossible::Split),
        }
    }

    /// The same split with another weight of its second side. Going back means back to before the split.
    pub(super) fn weighed(now: Option<&Kept>, weight: u8) -> Result<Self, Impossible> {
        let now = now.ok_or(Impossible::NothingServed)?;
        let [first, second] = now.sides.as_slice() else {
            return Err(Impossible::NoSplit);
        };
        let sides = match weight {
            0 => vec![weighing(first, ALL)],
            ALL => vec![weighing(second, ALL)],
            _ => vec![weighing(first, ALL - weight), weighing(second, weight)],
        };
        Ok(Self {
            sides,
            before: now.before,
        })
    }

    /// Nothing, where something is served.
    pub(super) fn nothing(now: Option<&Kept>) -> Result<Self, Impossible> {
        match now {
            Some(now) if !now.sides.is_empty() => Ok(Self::after(Some(now), Vec::new())),
            _ => Err(Impossible::NothingServed),
        }
    }
}

fn weighing(side: &Side, weight: u8) -> Side {
    Side {
        weight,
        ..side.clone()
    }
}

impl Impossible {
    pub(super) fn at(self, at: &Address) -> NotChanged {
        match self {
            Self::NothingServed => NotChanged::NothingServed(at.clone()),
            Self::Split => NotChanged::Split(at.clone()),
            Self::NoSplit => NotChanged::NoSplit(at.clone()),
            Self::Conflict => NotKept::Conflict.into(),
        }
    }
}

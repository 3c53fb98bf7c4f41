//! One of several who share: a tenant among tenants, a bot among its tenant's. Knows nothing of how many places
//! there are.

/// What a party of weight 1 moves on by with each place that it is given.
const STRIDE: u64 = 1 << 20;

pub(super) type Standing = (u64, u64);

/// Someone with a share.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) weight: u16,
    pub(super) running: usize,
    pub(super) waiting: usize,
    /// How much it was given, for its weight: of those that hold as much, the one with the least is next.
    given: u64,
}

impl Default for Party {
    fn default() -> Self {
        Self {
            weight: 1,
            running: 0,
            waiting: 0,
            given: 0,
        }
    }
}

impl Party {
    /// The least is next: of what it holds for its weight, then of what it was given.
    pub(super) fn standing(&self) -> Standing {
        let held = ((self.running as u64) << 16) / u64::from(self.weight);
        (held, self.given)
    }
}

/// Those of a level that ask, and how much the last of them had been given.
#[derive(Debug, Default)]
pub(super) struct Order {
    asking: Vec<usize>,
    given: u64,
}

impl Order {
    /// One more waits. Who comes back after a while has saved up nothing.
    pub(super) fn waits(&mut self, party: &mut Party, number: usize) {
        if party.waiting == 0 {
            party.given = party.given.max(self.given);
            self.asking.push(number);
        }
        party.waiting += 1;
    }

    /// One less waits.
    pub(super) fn waits_no_more(&mut self, party: &mut Party, number: usize) {
        party.waiting -= 1;
        if party.waiting == 0 {
            self.asking.retain(|asks| *asks != number);
        }
    }

    /// One is given a place.
    pub(super) fn holds(&mut self, party: &mut Party) {
        party.running += 1;
        self.given = self.given.max(party.given);
        party.given += STRIDE / u64::from(party.weight);
    }

    /// Of those that ask, the one that is next; `standing` tells where one stands that may be.
    pub(super) fn next(&self, standing: impl Fn(usize) -> Option<Standing>) -> Option<usize> {
        let asking = self.asking.iter().copied();
        let may_be = asking.filter_map(|number| Some((standing(number)?, number)));
        may_be.min().map(|(_, number)| number)
    }
}

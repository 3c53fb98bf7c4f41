//! Who holds a place and who waits for one. Knows nothing of threads and of how someone is told.

#![expect(
    clippy::indexing_slicing,
    reason = "tenants and bots are numbered from 0 without gaps, and `know` has made room for each line"
)]

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot::Sender;

use super::party::{Order, Party, Standing};
use super::{Line, Occupancy, Place, Refused, Rules};
use crate::admission::ShareOf;

/// How much the last turn says about how long the next one of its bot takes: a fourth.
const PACE_SHARE: u32 = 4;

#[derive(Debug)]
pub(super) struct State {
    rules: Rules,
    running: usize,
    waiting: usize,
    tickets: u64,
    tenants: Vec<Tenant>,
    order: Order,
}

#[derive(Debug, Default)]
struct Tenant {
    party: Party,
    bots: Vec<Bot>,
    order: Order,
}

#[derive(Debug, Default)]
struct Bot {
    party: Party,
    /// How long one of its turns holds a place, of late.
    pace: Duration,
    queue: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    ticket: u64,
    grant: Sender<Place>,
}

/// Who may have a place now, and has to be told.
pub(super) type Granted = Vec<(Line, Sender<Place>)>;

impl State {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            running: 0,
            waiting: 0,
            tickets: 0,
            tenants: Vec::new(),
            order: Order::default(),
        }
    }

    pub(super) fn occupancy(&self) -> Occupancy {
        Occupancy {
            running: self.running,
            waiting: self.waiting,
        }
    }

    pub(super) fn free(&self) -> usize {
        self.rules.places.saturating_sub(self.running)
    }

    pub(super) fn is_over_share(&mut self, line: Line) -> bool {
        self.know(line);
        let (share, free) = (self.rules.share, self.free());
        let tenant = &self.tenants[line.tenant];
        let may = tenant.may_have(line.bot, share, free, |party| party.running);
        free > 0 && may.is_err()
    }

    pub(super) fn has_most(&mut self, line: Line) -> bool {
        self.know(line);
        self.bot(line).party.running * 2 >= self.running
    }

    /// Takes a place, if there is one for this line and nobody of it waits.
    pub(super) fn take(&mut self, line: Line) -> bool {
        self.know(line);
        let (share, free) = (self.rules.share, self.free());
        let tenant = &self.tenants[line.tenant];
        let may = tenant.bots[line.bot].queue.is_empty()
            && tenant
                .may_have(line.bot, share, free, |party| party.running)
                .is_ok();
        if may {
            self.hold(line);
        }
        may
    }

    /// Gets in line, unless there is no room in it or no sense.
    pub(super) fn queue(
        &mut self,
        line: Line,
        left: Duration,
        grant: Sender<Place>,
    ) -> Result<u64, Refused> {
        self.may_wait(line)?;
        let over_share = self.is_over_share(line);
        self.bot(line).in_time(left, over_share)?;

        self.tickets += 1;
        let ticket = self.tickets;
        self.waiting += 1;
        let tenant = &mut self.tenants[line.tenant];
        self.order.waits(&mut tenant.party, line.tenant);
        let bot = &mut tenant.bots[line.bot];
        tenant.order.waits(&mut bot.party, line.bot);
        bot.queue.push_back(Waiter { ticket, grant });
        Ok(ticket)
    }

    fn may_wait(&self, line: Line) -> Result<(), Refused> {
        let waiting = self.waiting;
        let free = self.rules.waiting.saturating_sub(waiting);
        if free == 0 {
            return Err(Refused::Full { waiting });
        }
        let tenant = &self.tenants[line.tenant];
        let may = tenant.may_have(line.bot, self.rules.share, free, |party| party.waiting);
        may.map_err(|of| {
            let party = match of {
                ShareOf::Tenant => &tenant.party,
                ShareOf::Bot => &tenant.bots[line.bot].party,
            };
            Refused::OverShare {
                of,
                running: party.running,
                waiting: party.waiting,
            }
        })
    }

    /// Leaves the line.
    pub(super) fn give_up(&mut self, line: Line, ticket: u64) {
        let queue = &mut self.bot(line).queue;
        // Not there any more: the place has been granted in this very moment.
        if let Ok(at) = queue.binary_search_by_key(&ticket, |waiter| waiter.ticket) {
            queue.remove(at);
            self.waits_no_more(line);
        }
    }

    /// Gives a place back, and whatever is free to those who are next.
    pub(super) fn leave(&mut self, line: Line, held: Duration) -> Granted {
        self.running -= 1;
        self.tenants[line.tenant].party.running -= 1;
        let bot = self.bot(line);
        bot.party.running -= 1;
        bot.took(held);
        std::iter::from_fn(|| self.next()).collect()
    }

    fn next(&mut self) -> Option<(Line, Sender<Place>)> {
        let (share, free) = (self.rules.share, self.free());
        let number = self
            .order
            .next(|number| self.tenants[number].standing(share, free))?;
        let tenant = &mut self.tenants[number];
        let bot = tenant.next(share, free)?;
        let waiter = tenant.bots[bot].queue.pop_front()?;
        let line = Line {
            tenant: number,
            bot,
            weight: tenant.party.weight,
        };
        self.waits_no_more(line);
        self.hold(line);
        Some((line, waiter.grant))
    }

    fn hold(&mut self, line: Line) {
        self.running += 1;
        let tenant = &mut self.tenants[line.tenant];
        self.order.holds(&mut tenant.party);
        tenant.order.holds(&mut tenant.bots[line.bot].party);
    }

    fn waits_no_more(&mut self, line: Line) {
        self.waiting -= 1;
        let tenant = &mut self.tenants[line.tenant];
        self.order.waits_no_more(&mut tenant.party, line.tenant);
        let bot = &mut tenant.bots[line.bot];
        tenant.order.waits_no_more(&mut bot.party, line.bot);
    }

    /// Makes room for a line that is seen for the first time.
    fn know(&mut self, line: Line) {
        while self.tenants.len() <= line.tenant {
            self.tenants.push(Tenant::default());
        }
        let tenant = &mut self.tenants[line.tenant];
        tenant.party.weight = line.weight;
        while tenant.bots.len() <= line.bot {
            tenant.bots.push(Bot::default());
        }
    }

    fn bot(&mut self, line: Line) -> &mut Bot {
        &mut self.tenants[line.tenant].bots[line.bot]
    }
}

impl Tenant {
    /// Where it stands, if one of its bots may have a place.
    fn standing(&self, share: Option<usize>, free: usize) -> Option<Standing> {
        self.next(share, free).map(|_| self.party.standing())
    }

    fn next(&self, share: Option<usize>, free: usize) -> Option<usize> {
        let standing = |number: usize| {
            let may = self.may_have(number, share, free, |party| party.running);
            may.is_ok().then(|| self.bots[number].party.standing())
        };
        self.order.next(standing)
    }

    /// Whether one of its bots may have one more of what `free` are left of, without taking from what its share
    /// leaves to others.
    fn may_have(
        &self,
        bot: usize,
        share: Option<usize>,
        free: usize,
        has: impl Fn(&Party) -> usize,
    ) -> Result<(), ShareOf> {
        let Some(share) = share else {
            return if free > 0 {
                Ok(())
            } else {
                Err(ShareOf::Tenant)
            };
        };
        let most = share
            .saturating_mul(usize::from(self.party.weight))
            .saturating_mul(free);
        let has_all = has(&self.party);
        if free == 0 || has_all > most {
            return Err(ShareOf::Tenant);
        }
        if has(&self.bots[bot].party) > share.saturating_mul(most - has_all) {
            return Err(ShareOf::Bot);
        }
        Ok(())
    }
}

impl Bot {
    /// Whether one more would have its place in time, at the pace of those before it.
    fn in_time(&self, left: Duration, over_share: bool) -> Result<(), Refused> {
        let (running, waiting) = (self.party.running, self.party.waiting);
        if running == 0 {
            // Others hold all places, and nobody knows how long they will.
            return Ok(());
        }
        let ahead = u32::try_from((waiting + 1) / running).unwrap_or(u32::MAX);
        let wait = self.pace.saturating_mul(ahead);
        if wait <= left {
            return Ok(());
        }
        Err(Refused::WouldBeLate {
            wait_ms: millis(wait),
            left_ms: millis(left),
            running,
            waiting,
            over_share,
        })
    }

    fn took(&mut self, held: Duration) {
        self.pace = if self.pace.is_zero() {
            held
        } else {
            (self.pace * (PACE_SHARE - 1) + held) / PACE_SHARE
        };
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

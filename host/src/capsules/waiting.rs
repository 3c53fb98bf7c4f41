//! Turns that wait to be kept: few, and of each bot only so many a minute. Knows nothing of what is done with them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Taken;
use super::tally::Dropped;
use crate::tenant::{Address, BotName, TenantId};

/// Turns that wait at most: each may have all that its bot received. Of one tenant no more wait than places are free, so that
/// there is one for the next.
const MOST: usize = 128;
/// Bots that are counted by the minute; then those are forgotten whose minute is over.
const MOST_BOTS: usize = 10_000;
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Waiting {
    minute: u32,
    queue: Mutex<Queue>,
    /// Told when nobody works any more.
    idle: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    turns: VecDeque<Taken>,
    /// Whether somebody keeps them.
    is_worked: bool,
    /// Whose turn was the last.
    last: Option<TenantId>,
    minutes: HashMap<TenantId, HashMap<BotName, Minute>>,
    bots: usize,
}

/// A bot's minute, and the turns that it had in it.
#[derive(Debug)]
struct Minute {
    began: Instant,
    turns: u32,
    /// Those of them that are of a sample.
    sampled: u32,
}

impl Waiting {
    pub(super) fn new(minute: u32) -> Self {
        Self {
            minute,
            queue: Mutex::default(),
            idle: Notify::new(),
        }
    }

    /// Whether a bot may have one more turn kept, which counts then. Those of a sample leave half of it to the others.
    pub(super) fn has_room(&self, at: &Address, is_more: bool) -> Result<(), Dropped> {
        let mut queue = self.queue();
        if !queue.has_place(&at.tenant) {
            return Err(Dropped::Busy);
        }
        let minute = queue.minute(at);
        let half = self.minute.div_ceil(2);
        if minute.turns >= self.minute || (!is_more && minute.sampled >= half) {
            return Err(Dropped::Minute);
        }
        minute.turns += 1;
        minute.sampled += u32::from(!is_more);
        Ok(())
    }

    /// Adds a turn; whether somebody has to begin keeping them.
    pub(super) fn add(&self, taken: Taken) -> Result<bool, Dropped> {
        let mut queue = self.queue();
        if !queue.has_place(&taken.place.tenant) {
            return Err(Dropped::Busy);
        }
        queue.turns.push_back(taken);
        Ok(!std::mem::replace(&mut queue.is_worked, true))
    }

    /// The next one; none if there is none, and then nobody keeps them any more.
    pub(super) fn next(&self) -> Option<Taken> {
        let next = {
            let mut queue = self.queue();
            let next = queue.next();
            queue.is_worked = next.is_some();
            next
        };
        if next.is_none() {
            self.idle.notify_waiters();
        }
        next
    }

    /// Whoever kept them was stopped: the next turn has somebody begin again.
    pub(super) fn stopped(&self) {
        self.queue().is_worked = false;
        self.idle.notify_waiters();
    }

    /// Waits until nobody keeps any.
    pub(super) async fn settled(&self) {
        loop {
            let idle = self.idle.notified();
            if !self.queue().is_worked {
                return;
            }
            idle.await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn has_place(&self, tenant: &TenantId) -> bool {
        let its = self
            .turns
            .iter()
            .filter(|taken| taken.place.tenant == *tenant);
        its.count() < MOST - self.turns.len()
    }

    /// The first one of another tenant than the last, whose turns may take long.
    fn next(&mut self) -> Option<Taken> {
        let last = self.last.as_ref();
        let other = self
            .turns
            .iter()
            .position(|taken| Some(&taken.place.tenant) != last);
        let next = self.turns.remove(other.unwrap_or_default())?;
        self.last = Some(next.place.tenant.clone());
        Some(next)
    }

    /// The minute that a bot is in.
    fn minute(&mut self, at: &Address) -> &mut Minute {
        let now = Instant::now();
        let is_known = self
            .minutes
            .get(&at.tenant)
            .is_some_and(|bots| bots.contains_key(&at.bot));
        if !is_known {
            self.forget(now);
            self.bots += 1;
        }
        let fresh = || Minute {
            began: now,
            turns: 0,
            sampled: 0,
        };
        let bots = self.minutes.entry(at.tenant.clone()).or_default();
        let minute = bots.entry(at.bot.clone()).or_insert_with(fresh);
        if minute.is_over(now) {
            *minute = fresh();
        }
        minute
    }

    fn forget(&mut self, now: Instant) {
        if self.bots < MOST_BOTS {
            return;
        }
        for bots in self.minutes.values_mut() {
            bots.retain(|_, minute| !minute.is_over(now));
        }
        self.minutes.retain(|_, bots| !bots.is_empty());
        self.bots = self.minutes.values().map(HashMap::len).sum();
    }
}

impl Minute {
    fn is_over(&self, now: Instant) -> bool {
        now >= self.began + MINUTE
    }
}

//! A whole trial: the neighbours alone, then each attack beside them, then what is left behind. Knows nothing of
//! how it is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::client::Clients;
use super::component::component;
use super::control::Control;
use super::corpus::{Attack, Expected, NEIGHBOUR};
use super::neighbours;
use super::process::Figures;
use super::row::Row;
use super::samples::Summary;
use super::stage::{Stage, Taken};
use crate::cli::Ended;
use crate::sandbox::Limits;

/// The part of what the host can do that the neighbours ask for: a machine at rest, most of the time.
const NEIGHBOURS_SHARE: f64 = 0.2;
/// Fewer would not notice an attack that is over in a tenth of a second.
const NEIGHBOURS_PER_SECOND: f64 = 50.0;
/// Turns of each bot before any is measured, and how many of them at a time: its code, and what the slots of the pool
/// keep for it, are then there before the first figure is taken.
const REHEARSED_TURNS: usize = 24;
const REHEARSED_AT_A_TIME: usize = 8;
/// More than there are ever neighbours who wait.
const NEIGHBOURS_REHEARSED_AT_A_TIME: usize = 64;

/// What a trial runs on.
pub(super) struct Trial {
    pub(super) stage: Stage,
    pub(super) clients: Clients,
    pub(super) control: Control,
    /// Turns of each attack.
    pub(super) runs: usize,
    /// What each of them has.
    pub(super) deadline: Duration,
    /// Turns of the neighbours.
    pub(super) per_second: f64,
    /// How long a row lasts at least, however soon its turns are over: what the neighbours felt of it is a matter
    /// of hundreds of turns.
    pub(super) row_lasts: Duration,
    /// What should have been deployed and was not.
    pub(super) not_deployed: BTreeMap<&'static str, Taken>,
}

/// The neighbours while nobody attacks.
#[derive(Debug, Serialize)]
pub(super) struct Alone {
    pub(super) capacity_per_second: f64,
    pub(super) asked_per_second: f64,
    pub(super) took: Summary,
    pub(super) failed: usize,
    pub(super) control: Summary,
}

/// How long the neighbours are watched, at least.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    pub(super) at_capacity: Duration,
    pub(super) alone: Duration,
    pub(super) in_a_row: Duration,
}

/// What came of it all.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) alone: Alone,
    pub(super) rows: Vec<Row>,
    /// None of a host that is seen from outside alone.
    pub(super) held: Option<Held>,
}

/// What the process held before and after all attacks.
#[derive(Debug, Serialize)]
pub(super) struct Held {
    pub(super) before: Figures,
    pub(super) after: Figures,
}

impl Trial {
    /// A host, and those who will call it.
    pub(super) fn on(stage: Stage, runs: usize, deadline: Duration) -> Result<Self, Ended> {
        let thread = |error| Ended::Host(format!("the machine gives no thread: {error}"));
        Ok(Self {
            stage,
            clients: Clients::start().map_err(thread)?,
            control: Control::start().map_err(thread)?,
            runs,
            deadline,
            per_second: 0.0,
            row_lasts: Duration::ZERO,
            not_deployed: BTreeMap::new(),
        })
    }

    /// Has the host serve the neighbours' bot.
    pub(super) async fn settle_neighbours(&self) -> Result<(), Ended> {
        let neighbour = component(NEIGHBOUR).map_err(|error| Ended::Host(error.to_string()))?;
        let taken = self
            .stage
            .deploy(neighbours::BOT, &neighbour, Limits::default());
        match taken.await? {
            Taken::Served => Ok(()),
            Taken::Refused(why) | Taken::Untried(why) => Err(Ended::Host(format!(
                "the neighbours' bot is not deployed: {why}"
            ))),
        }
    }

    /// The neighbours alone: what the host can do, and how long a turn takes at a part of that.
    pub(super) async fn alone(&mut self, watch: Watch) -> Result<Alone, Ended> {
        let thread = |error| Ended::Host(format!("the machine gives no thread: {error}"));
        let (clients, to) = (self.clients.handle(), self.stage.target());
        let capacity = neighbours::capacity(&clients, to, watch.at_capacity).await;
        self.per_second = (capacity * NEIGHBOURS_SHARE).max(NEIGHBOURS_PER_SECOND);
        self.row_lasts = watch.in_a_row;
        self.control.take();
        let traffic = neighbours::traffic(&clients, to, self.per_second).map_err(thread)?;
        tokio::time::sleep(watch.alone).await;
        let heard = traffic.end().await;
        Ok(Alone {
            capacity_per_second: capacity.round(),
            asked_per_second: self.per_second.round(),
            took: heard.took.summary(),
            failed: heard.errors.len(),
            control: self.control.take(),
        })
    }

    /// Deploys every bot and runs each a few times, so that what the process holds from then on is no growth. One
    /// that is not deployed is told of when it is its turn.
    pub(super) async fn rehearse(&mut self, attacks: &[&'static Attack]) -> Result<(), Ended> {
        let at_a_time = NEIGHBOURS_REHEARSED_AT_A_TIME;
        let echoes = Expected::Says("go");
        self.turns(neighbours::BOT, at_a_time, 4 * at_a_time, echoes)
            .await;
        for attack in attacks.iter().filter(|attack| attack.is_deployed()) {
            match self.rehearse_one(attack).await? {
                Taken::Served => {}
                not_served => drop(self.not_deployed.insert(attack.name, not_served)),
            }
        }
        Ok(())
    }

    async fn rehearse_one(&self, attack: &Attack) -> Result<Taken, Ended> {
        let taken = self.rehearse_as(attack.name, attack, |_| {}).await?;
        match (taken, attack.uninterruptible) {
            (Taken::Served, Some(section)) => {
                self.rehearse_as(&attack.once(), attack, section.once).await
            }
            (taken, _) => Ok(taken),
        }
    }

    async fn rehearse_as(
        &self,
        name: &str,
        attack: &Attack,
        change: fn(&mut Limits),
    ) -> Result<Taken, Ended> {
        let taken = self.deploy(name, attack, change).await?;
        if matches!(taken, Taken::Served) {
            let (at_a_time, expected) = (REHEARSED_AT_A_TIME, attack.expected);
            let turns = self.stage.rehearsed_turns(REHEARSED_TURNS);
            self.turns(name, at_a_time, turns, expected).await;
        }
        Ok(taken)
    }

    /// Runs each attack, and tells of it when it is over.
    pub(super) async fn attack_all(
        &self,
        attacks: &[&'static Attack],
        mut tell: impl FnMut(&Row),
    ) -> Result<(Vec<Row>, Option<Held>), Ended> {
        let before = self.stage.settled().await;
        let mut rows = Vec::new();
        for attack in attacks {
            let row = self.attack(attack).await?;
            tell(&row);
            rows.push(row);
        }
        let after = self.stage.settled().await;
        let held = before.zip(after);
        let held = held.map(|(before, after)| Held { before, after });
        Ok((rows, held))
    }
}

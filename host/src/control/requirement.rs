//! What an environment requires of a revision before that may serve there, besides that it can: an environment's own, set by who
//! says what bots may have, and what somebody asks for with one deployment.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Control, NotChanged};
use crate::kit::Level;
use crate::liveperson::said::Kind;
use crate::registry::ledger::{By, Changed};
use crate::store::{Change, Expected, Failed};
use crate::tenant::Address;

/// By how much a conversation may cost more, unless it is said.
pub const FUEL_PERCENT: u16 = 10;
/// A hundred times as much is no limit.
pub(super) const MOST_FUEL_PERCENT: u16 = 10_000;

/// What an environment requires.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Requirement {
    /// The levels that a revision has to pass.
    pub require: BTreeSet<Level>,
    /// By how many per cent a conversation may take more fuel than with the revision that serves there.
    pub fuel_percent: u16,
    /// The kind of conversation that it is for; all, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Kind>,
    /// Since when.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// What is to be required.
#[derive(Clone, Debug)]
pub struct Required {
    /// The levels.
    pub require: BTreeSet<Level>,
    /// The allowance for fuel.
    pub fuel_percent: u16,
    /// The kind of conversation that the environment is for, if it is for one alone.
    pub channel: Option<Kind>,
}

/// What one deployment is held to besides.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    /// More levels.
    pub require: BTreeSet<Level>,
    /// Whether it is to be made whatever the verdict.
    pub force: bool,
    /// Whether who asks may go past what the environment requires.
    pub may_force: bool,
}

impl Control {
    /// What an environment requires; none if that is nothing.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be read.
    pub async fn requirement(&self, at: &Address) -> Result<Option<Requirement>, Failed> {
        let record = self.0.ledger.store().records.get(&key(at)).await?;
        let record = record.map(|record| serde_json::from_slice(&record.value));
        record.transpose().map_err(Failed::because)
    }

    /// Has an environment require something from then on, in place of what it required. What serves there goes on.
    ///
    /// # Errors
    /// [`NotChanged::BadGate`] if that is nothing, or more than can be.
    pub async fn require(
        &self,
        at: &Address,
        wanted: Required,
        by: &By,
    ) -> Result<Requirement, NotChanged> {
        self.is_ours(at)?;
        if wanted.require.is_empty() || wanted.fuel_percent > MOST_FUEL_PERCENT {
            return Err(NotChanged::BadGate);
        }
        let mut changing = self.0.ledger.change().await;
        let next = Requirement {
            require: wanted.require,
            fuel_percent: wanted.fuel_percent,
            channel: wanted.channel,
            at: Timestamp::now(),
            by: by.who.clone(),
        };
        if let Some(now) = self.requirement(at).await?.filter(|now| now.is_like(&next)) {
            return Ok(now);
        }
        changing.put(key(at), Expected::Anything, &next)?;
        let detail = next.in_words();
        let kept = changing.keep(by, Changed::GateSet, Some(&at.tenant), of(at), detail);
        kept.await?;
        Ok(next)
    }

    /// Has an environment require nothing any more.
    ///
    /// # Errors
    /// [`NotChanged`] if that cannot be kept.
    pub async fn require_nothing(&self, at: &Address, by: &By) -> Result<(), NotChanged> {
        self.is_ours(at)?;
        let mut changing = self.0.ledger.change().await;
        let Some(now) = self.requirement(at).await? else {
            return Ok(());
        };
        changing.also(Change::remove(key(at), Expected::Anything));
        let detail = format!("it was {}", now.in_words());
        let removed = changing.keep(by, Changed::GateRemoved, Some(&at.tenant), of(at), detail);
        Ok(removed.await?)
    }
}

impl Requirement {
    /// Whether another one asks for the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let terms = |of: &Self| (of.fuel_percent, of.channel);
        (&self.require, terms(self)) == (&other.require, terms(other))
    }

    fn in_words(&self) -> String {
        let mut words = in_words(&self.require);
        if self.require.contains(&Level::Budget) {
            words.push_str(&format!(", with {} % more fuel at most", self.fuel_percent));
        }
        if let Some(channel) = self.channel {
            words.push_str(&format!(", over {} alone", channel.name().to_lowercase()));
        }
        words
    }
}

/// Levels, one after the other.
pub(super) fn in_words(levels: &BTreeSet<Level>) -> String {
    let names: Vec<_> = levels.iter().map(|level| level.name()).collect();
    names.join(", ")
}

/// An environment, as the audit log has it.
pub(super) fn of(at: &Address) -> String {
    format!("{}/{}", at.bot, at.environment)
}

fn key(at: &Address) -> String {
    format!("gate/{}/{}/{}", at.tenant, at.bot, at.environment)
}

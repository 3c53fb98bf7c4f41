//! A revision with all that it needs to serve: what `invocation` is handed for a turn. Making one takes the gate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::time::Instant;

use super::gate::{Candidate, Gate, Inspected, NotDeployable, check_settings};
use super::grant::{self, Grants};
use crate::admission::Line;
use crate::bindings::types::Description;
use crate::capabilities::config::Values;
use crate::capabilities::granted::Granted;
use crate::capabilities::reach::Reach;
use crate::chat::ReplyLimits;
use crate::quarantine::Record;
use crate::recent::Ring;
use crate::registry::failure_policy::FailurePolicy;
use crate::sandbox::{Bot, Failure, Limits, Terms, World};
use crate::tenant::{Address, EventId};

/// What an operator wants to be served.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What a turn may use.
    pub limits: Limits,
    /// What a reply may be.
    pub reply: ReplyLimits,
    /// What the consumer gets when the bot fails.
    pub failure: FailurePolicy,
    /// What `config` gives the bot.
    pub config: BTreeMap<String, String>,
    /// What it may have of what it asks for.
    pub grants: Grants,
    /// What it listens to, in the place of what those of its world do.
    pub events: Option<BTreeSet<EventId>>,
    /// How many in a thousand of its turns that ended well are kept whole; none: as many as of every bot's.
    pub sample: Option<u16>,
    /// Whether it has to answer a first turn well before it serves.
    pub smoke_turn: bool,
}

/// What is active at an address.
#[derive(Debug)]
pub struct Deployment {
    /// The component, ready to run.
    pub bot: Arc<Bot>,
    /// The digest of the component, as logs have it.
    pub revision: Arc<str>,
    /// Where it serves.
    pub at: Arc<Address>,
    /// How it has kept to its budget at this address.
    pub record: Arc<Record>,
    /// Where its turns are remembered.
    pub recent: Arc<Ring>,
    /// Where its turns wait for their permits.
    pub line: Line,
    /// Who the bot says it is.
    pub description: Description,
    /// What a turn may use.
    pub limits: Limits,
    /// What a reply may be.
    pub reply: ReplyLimits,
    /// What the consumer gets when the bot fails.
    pub failure: FailurePolicy,
    /// What `config` gives the bot.
    pub config: Values,
    /// How many in a thousand of its turns that ended well are kept whole, if it has its own.
    pub sample: Option<u16>,
    /// The events that it is invoked by.
    pub events: BTreeSet<EventId>,
    /// What it said to its first turn, if it was asked one now and gave a fault.
    pub first_fault: Option<Failure>,
    /// What its manifest asks for.
    pub wants: Grants,
    /// What it may reach of that, from the next turn on.
    granted: ArcSwap<Granted>,
}

impl Deployment {
    /// Makes a component ready to serve, if it may.
    ///
    /// # Errors
    /// [`NotDeployable`] says what has to change, and where.
    pub async fn prepare(
        gate: &Gate<'_>,
        component: &[u8],
        wanted: Wanted,
    ) -> Result<Self, NotDeployable> {
        check_settings(gate.sandbox, &wanted)?;
        let config = Arc::new(wanted.config.clone());
        let inspected = Inspected::of(gate, component, &wanted.limits, &config).await?;
        let known = Known {
            wants: inspected.wants(),
            bot: inspected.bot,
            description: inspected.description,
        };
        Self::prepare_known(gate, known, wanted).await
    }

    /// The same for a component that was inspected before.
    ///
    /// # Errors
    /// [`NotDeployable`] says what has to change, and where.
    pub async fn prepare_known(
        gate: &Gate<'_>,
        known: Known,
        wanted: Wanted,
    ) -> Result<Self, NotDeployable> {
        check_settings(gate.sandbox, &wanted)?;
        let config = Arc::new(wanted.config.clone());
        let granted = grant::granted(&known.wants, &wanted.grants);
        let candidate = Candidate::of(gate, &known.bot, &wanted.limits, &config).with(granted);
        let first_fault = candidate.try_out(&wanted).await?;
        Ok(Self {
            first_fault,
            ..Self::restore(gate, known, wanted)?
        })
    }
}

/// A revision that has been through the gate before.
#[derive(Debug)]
pub struct Known {
    /// The bot.
    pub bot: Arc<Bot>,
    /// Who it said it was.
    pub description: Description,
    /// What its manifest asks for.
    pub wants: Grants,
}

impl Deployment {
    /// What was prepared before, under the same settings: nothing of it is asked again.
    ///
    /// # Errors
    /// [`NotDeployable::BadSettings`] if the host's ceilings are lower now.
    pub fn restore(gate: &Gate<'_>, known: Known, wanted: Wanted) -> Result<Self, NotDeployable> {
        check_settings(gate.sandbox, &wanted)?;
        Ok(Self {
            description: known.description,
            first_fault: None,
            limits: wanted.limits,
            reply: wanted.reply,
            failure: wanted.failure,
            sample: wanted.sample,
            granted: ArcSwap::new(grant::granted(&known.wants, &wanted.grants)),
            wants: known.wants,
            config: Arc::new(wanted.config),
            events: wanted
                .events
                .unwrap_or_else(|| default_events(known.bot.world())),
            line: gate.admission.line(&gate.at.tenant, &gate.at.bot),
            recent: gate.recent.of(&gate.at.tenant, &gate.at.bot),
            revision: format!("sha256:{}", known.bot.digest()).into(),
            at: Arc::new(gate.at.clone()),
            record: gate.quarantine.record(gate.at, known.bot.digest()),
            bot: known.bot,
        })
    }

    /// What a turn may reach that begins now.
    pub fn granted(&self) -> Arc<Granted> {
        self.granted.load_full()
    }

    /// Has it reach what it is granted now, from the next turn on.
    pub fn grant(&self, grants: &Grants) {
        self.granted.store(grant::granted(&self.wants, grants));
    }

    /// What a turn that ends at `deadline` may use and is given.
    pub fn terms(&self, deadline: Instant, reach: Reach) -> Terms {
        Terms {
            limits: self.limits.clone(),
            config: Arc::clone(&self.config),
            reach,
            deadline: deadline.into_std(),
        }
    }
}

/// A bot is for consumers' messages; what a function is for, only who deploys it knows.
fn default_events(world: World) -> BTreeSet<EventId> {
    match world {
        World::Bot => BTreeSet::from([EventId::custom_integration()]),
        World::Function => BTreeSet::new(),
    }
}

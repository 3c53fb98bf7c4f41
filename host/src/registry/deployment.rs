//! A revision with all that it needs to serve: what `invocation` is handed for a turn. Making one takes the gate.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::gate::{Candidate, Gate, Inspected, NotDeployable, check_settings};
use crate::admission::Line;
use crate::bindings::types::Description;
use crate::capabilities::config::Values;
use crate::chat::ReplyLimits;
use crate::quarantine::Record;
use crate::recent::Ring;
use crate::registry::failure_policy::FailurePolicy;
use crate::sandbox::{Bot, Limits, Terms};
use crate::tenant::Address;

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
    /// Whether the bot is handed personal data, if it asks for it.
    pub grant_personal_data: bool,
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
    /// Whether the manifest asks for personal data, and whether it is granted: turns carry it when both are.
    pub personal_data: Consent,
}

/// What a bot asks for, and what it is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Its manifest asks for it.
    pub asked: bool,
    /// Its deployment grants it.
    pub granted: bool,
}

impl Consent {
    /// A bot gets what is both.
    pub fn is_given(self) -> bool {
        self.asked && self.granted
    }
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
        let wants = inspected.manifest.map(|manifest| manifest.wants);
        let known = Known {
            bot: inspected.bot,
            description: inspected.description,
            asks_for_personal_data: wants.is_some_and(|wants| wants.personal_data),
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
        Candidate::of(gate, &known.bot, &wanted.limits, &config)
            .try_out(&wanted)
            .await?;
        Self::restore(gate, known, wanted)
    }
}

/// A revision that has been through the gate before.
#[derive(Debug)]
pub struct Known {
    /// The bot.
    pub bot: Arc<Bot>,
    /// Who it said it was.
    pub description: Description,
    /// Whether its manifest asks for personal data.
    pub asks_for_personal_data: bool,
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
            limits: wanted.limits,
            reply: wanted.reply,
            failure: wanted.failure,
            personal_data: Consent {
                asked: known.asks_for_personal_data,
                granted: wanted.grant_personal_data,
            },
            config: Arc::new(wanted.config),
            line: gate.admission.line(&gate.at.tenant, &gate.at.bot),
            recent: gate.recent.of(&gate.at.tenant, &gate.at.bot),
            revision: format!("sha256:{}", known.bot.digest()).into(),
            at: Arc::new(gate.at.clone()),
            record: gate.quarantine.record(gate.at, known.bot.digest()),
            bot: known.bot,
        })
    }

    /// What a turn that ends at `deadline` may use and is given.
    pub fn terms(&self, deadline: Instant) -> Terms {
        Terms {
            limits: self.limits.clone(),
            config: Arc::clone(&self.config),
            deadline: deadline.into_std(),
        }
    }
}

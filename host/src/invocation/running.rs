//! What turns of bots and invocations of functions have in common: what they reach, how they run, and who is told.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Host, Invocation, InvokeError, OtherWorld, Outcome, Purpose, traps};
use crate::capabilities::granted::Granted;
use crate::capabilities::http::Sent;
use crate::capabilities::reach::Reach;
use crate::limit::{Exceeded, Limit};
use crate::registry::Deployment;
use crate::sandbox::{Ask, Failure, Ran, World};
use crate::state;
use crate::tenant::Address;

impl Host {
    /// Runs what is deployed once there is room. What it says is not yet trusted.
    pub(super) async fn run<A: Ask, R: Outcome>(
        &self,
        record: &mut Invocation<R>,
        deployment: &Deployment,
        deadline: Instant,
        reach: Reach,
        ask: A,
    ) -> Result<Ran<A::Said>, InvokeError> {
        let visit = deployment.record.enter()?;
        let begun = Instant::now();
        let permit = self.0.admission.admit(deployment.line, deadline).await;
        self.0.metrics.waited(begun.elapsed());
        let terms = deployment.terms(deadline, reach);
        let ran = self.0.sandbox.run(permit?, &deployment.bot, terms, ask);
        let mut ran = ran.await;
        if let Some(quarantined) = visit.ended(ran.over_budget()) {
            tracing::warn!("{}: {quarantined}", deployment.at);
        }
        record.measured(&mut ran);
        if let Err(Failure::Trapped { .. }) = &ran.result {
            record.trapped = Some(Arc::clone(&deployment.bot));
        }
        Ok(ran)
    }

    /// What a turn reaches: most bots are granted nothing, and pay for nothing then.
    pub(super) fn reach(
        &self,
        deployment: &Deployment,
        granted: &Arc<Granted>,
        conversation: Option<&str>,
        purpose: Purpose,
        before: Vec<Sent>,
    ) -> Reach {
        let keeps = !granted.state.is_empty();
        let goes_out = !granted.http.is_empty();
        let notes = self.0.capsules.most_bytes(deployment.sample);
        let vault = (goes_out || !granted.secrets.is_empty()).then(|| self.0.vault.clone());
        Reach {
            granted: Arc::clone(granted),
            state: match keeps {
                true => self.0.states.turn(&deployment.at, conversation),
                false => state::Turn::default(),
            },
            vault: vault.map(|vault| (deployment.at.tenant.clone(), vault)),
            // A test must not order anything.
            egress: (goes_out && purpose != Purpose::Test).then(|| self.0.egress.clone()),
            before,
            notes,
            again: None,
        }
    }

    /// Tells of a turn that is over, and goes on to find where in its source a bot trapped, which nobody waits for here.
    pub(super) fn told<R: Outcome>(
        &self,
        mut record: Invocation<R>,
        to: &Address,
        arrived: Instant,
    ) -> Invocation<R> {
        let is_all_known = record.recall_lines(&self.0.sandbox);
        self.tell(&record, to, arrived);
        if !is_all_known {
            traps::find_later(self, &record, to);
        }
        record
    }

    /// Tells the log, the metrics, and whoever asks later.
    pub(super) fn tell<R: Outcome>(&self, record: &Invocation<R>, to: &Address, arrived: Instant) {
        record.report(to);
        self.0.metrics.ended(&record.counted(to, arrived));
        record.remember();
    }
}

/// Whether what is deployed is of the world that it is to be asked in.
pub(super) fn is_a(deployment: &Deployment, world: World) -> Result<(), OtherWorld> {
    match deployment.bot.world() {
        its if its == world => Ok(()),
        its => Err(OtherWorld(its)),
    }
}

/// What is ready too late is not sent.
pub(super) fn in_time(deployment: &Deployment, deadline: Instant) -> Result<(), Failure> {
    match Instant::now() > deadline {
        true => Err(late(deployment, deadline)),
        false => Ok(()),
    }
}

/// A turn whose time was over before its answer could be sent.
pub(super) fn late(deployment: &Deployment, deadline: Instant) -> Failure {
    let late = Instant::now().saturating_duration_since(deadline);
    let allowed = deployment.limits.deadline_ms;
    let late_ms = u64::try_from(late.as_millis()).unwrap_or(u64::MAX);
    Failure::Exceeded(Exceeded {
        limit: Limit::Deadline,
        used: allowed.saturating_add(late_ms),
        allowed,
    })
}

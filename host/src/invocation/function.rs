//! The journey of one invocation of a function: that of a turn, but for what comes in and what goes out. It belongs to no
//! conversation, so routing rules and a conversation's memory have no part in it.

use std::sync::Arc;

use scopeguard::{ScopeGuard, guard};
use tokio::time::Instant;

use super::running::{in_time, is_a};
use super::{Host, Invocation, InvokeError, Purpose};
use crate::capabilities::granted::Granted;
use crate::capabilities::http::Sent;
use crate::capabilities::reach::Reach;
use crate::capsules::Asked;
use crate::chat::{Contract, Returned};
use crate::registry::Deployment;
use crate::sandbox::{Failure, Input, Invoke, Ran, Requests, World};
use crate::state::{Held, NotKept, Staged, With};
use crate::tenant::Address;

/// What it is handed and returns is the platform's Custom Integration, or like it.
pub(super) const PURPOSE: Purpose = Purpose::Answer(Contract::CustomIntegration);

impl Host {
    /// Has the function at an address handle an event, within the time that its deployment gives it from `arrived` on.
    ///
    /// # Cancel safety
    /// Dropping the future ends the guest.
    pub async fn invoke(
        &self,
        to: &Address,
        input: Arc<Input>,
        arrived: Instant,
    ) -> Invocation<Returned> {
        let begun = Invocation::begin(PURPOSE, Returned::nothing());
        let mut record = guard(begun, |record| self.tell(&record, to, arrived));
        let result = self.function_journey(&mut record, to, input, arrived).await;
        let mut record = ScopeGuard::into_inner(record);
        record.ended(result, arrived.elapsed());
        self.told(record, to, arrived)
    }

    async fn function_journey(
        &self,
        record: &mut Invocation<Returned>,
        to: &Address,
        input: Arc<Input>,
        arrived: Instant,
    ) -> Result<Returned, InvokeError> {
        let registry = &self.0.registry;
        let tenant = registry.tenant(&to.tenant)?;
        let serving = registry.active(&tenant, &to.bot, &to.environment)?;
        // Of a split each invocation is given a side anew.
        let deployment = serving.of(&record.id.to_string());
        record.about(deployment);
        is_a(deployment, World::Function)?;
        let invoked = Invoked {
            deadline: arrived + deployment.limits.deadline(),
            deployment,
            granted: deployment.granted(),
            input,
        };
        let result = self.invoke_and_keep(record, &invoked).await;
        let input = &invoked.input;
        let asked = || Asked::Invocation {
            headers: input.headers.clone(),
            payload: input.payload.clone(),
        };
        self.capture(record, deployment, &invoked.granted, asked, &result);
        result
    }

    /// Has a function invoked, and what it wrote kept. It is run again once if another turn changed the same meanwhile.
    async fn invoke_and_keep(
        &self,
        record: &mut Invocation<Returned>,
        invoked: &Invoked<'_>,
    ) -> Result<Returned, InvokeError> {
        let mut held = Held::default();
        let Ended {
            returned,
            staged,
            requests,
        } = self.run_function(record, invoked, Vec::new()).await?;
        let (states, tenant) = (&self.0.states, &invoked.deployment.at.tenant);
        let deadline = invoked.deadline;
        match states
            .keep(tenant, staged, With::default(), &mut held, deadline)
            .await
        {
            Ok(_) => return Ok(returned),
            Err(NotKept::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        if Instant::now() >= deadline {
            return Err(NotKept::Late.into());
        }
        // What it read was changed while it ran. From here on nobody else changes it.
        let again = self.run_function(record, invoked, requests.sent).await?;
        if again.requests.has_strayed {
            return Err(NotKept::Conflict.into());
        }
        states
            .keep(tenant, again.staged, With::default(), &mut held, deadline)
            .await?;
        Ok(again.returned)
    }

    /// What a function has sent `before`, if this is its second try, is not sent again.
    async fn run_function(
        &self,
        record: &mut Invocation<Returned>,
        invoked: &Invoked<'_>,
        before: Vec<Sent>,
    ) -> Result<Ended, InvokeError> {
        let (deployment, granted) = (invoked.deployment, &invoked.granted);
        let reach = self.reach(deployment, granted, None, PURPOSE, before);
        self.invoke_reaching(record, invoked, reach).await
    }

    /// The same, of one that reaches this.
    pub(super) async fn invoke_reaching(
        &self,
        record: &mut Invocation<Returned>,
        invoked: &Invoked<'_>,
        reach: Reach,
    ) -> Result<Ended, InvokeError> {
        let deployment = invoked.deployment;
        let invoke = Invoke(Arc::clone(&invoked.input));
        let ran = self.run(record, deployment, invoked.deadline, reach, invoke);
        let Ran {
            result,
            staged,
            requests,
            redactions,
            ..
        } = ran.await?;
        let redacted = |words: &str| redactions.redact(words).into_owned();
        let said = result?.map_err(|fault| Failure::faulted(&fault, redacted))?;
        let returned = Returned::check(said, &deployment.reply);
        let returned = returned.map_err(|error| error.told(redacted))?;
        in_time(deployment, invoked.deadline)?;
        Ok(Ended {
            returned,
            staged,
            requests,
        })
    }
}

/// What is invoked with what.
pub(super) struct Invoked<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) granted: Arc<Granted>,
    pub(super) input: Arc<Input>,
    pub(super) deadline: Instant,
}

/// A checked result, and what is to be kept with it.
pub(super) struct Ended {
    pub(super) returned: Returned,
    staged: Staged,
    requests: Requests,
}

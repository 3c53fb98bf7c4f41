//! What a turn keeps, from waiting for those before it to the commit: all of it with its checked reply, or nothing.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Answered, Asked, Host, Invocation, InvokeError};
use crate::chat::Reply;
use crate::state::{Held, NotKept, Scope};

impl Host {
    /// Has a turn answered, and what it wrote kept. It is run again once if another turn changed the same meanwhile.
    pub(super) async fn answer_and_keep(
        &self,
        record: &mut Invocation,
        asked: &Asked<'_>,
    ) -> Result<Reply, InvokeError> {
        let mut held = self.hold(asked).await?;
        let answered = self.ask(record, asked, Vec::new()).await;
        // It was an event of the conversation, however it ended.
        self.touch(asked);
        let Answered {
            reply,
            staged,
            requests,
        } = answered?;
        let (states, tenant) = (&self.0.states, &asked.deployment.at.tenant);
        match states.keep(tenant, staged, &mut held, asked.deadline).await {
            Ok(()) => return Ok(reply),
            Err(NotKept::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        if Instant::now() >= asked.deadline {
            return Err(NotKept::Late.into());
        }
        // What it read was changed while it ran. From here on nobody else changes it.
        let again = self.ask(record, asked, requests.sent).await?;
        if again.requests.has_strayed {
            return Err(NotKept::Conflict.into());
        }
        states
            .keep(tenant, again.staged, &mut held, asked.deadline)
            .await?;
        Ok(again.reply)
    }

    /// Waits for the other turns of a conversation, if its bot keeps something of it.
    async fn hold(&self, asked: &Asked<'_>) -> Result<Held, NotKept> {
        match conversation(asked) {
            Some(id) => {
                let at = &asked.deployment.at;
                self.0.states.hold(at, id, asked.deadline).await
            }
            None => Ok(Held::default()),
        }
    }

    /// Has what a bot keeps of a conversation live on from this event. Nobody has to wait for that.
    fn touch(&self, asked: &Asked<'_>) {
        let Some(id) = conversation(asked).map(str::to_owned) else {
            return;
        };
        let (states, at) = (self.0.states.clone(), Arc::clone(&asked.deployment.at));
        tokio::spawn(async move {
            if let Err(error) = states.touch(&at, &id).await {
                tracing::warn!("the state of a conversation of {at} may expire too early: {error}");
            }
        });
    }
}

/// The conversation that a bot may keep something of.
fn conversation<'a>(asked: &'a Asked<'_>) -> Option<&'a str> {
    let keeps = asked.granted.state.contains(&Scope::Conversation);
    asked.turn.conversation.id.as_deref().filter(|_| keeps)
}

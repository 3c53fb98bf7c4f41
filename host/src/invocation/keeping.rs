//! What a turn keeps: its answer, and with it all that its bot wrote, in one commit or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::running::late;
use super::{Answered, Asked, Host, Invocation, InvokeError};
use crate::capabilities::http::Sent;
use crate::chat::Reply;
use crate::conversations::{NotEntered, Place, Written};
use crate::state::{Held, NotKept, Scope, Staged, With};
use crate::tenant::Address;

/// How long after a turn's end its stand-in may take to be kept, before it is given all the same.
const STAND_IN_TIME: Duration = Duration::from_millis(20);

/// How long keeping what a bot is given to remember may wait for others.
const REMEMBER_TIME: Duration = Duration::from_secs(5);

impl Host {
    /// Has a bot remember these values, as if it had kept them itself.
    ///
    /// # Errors
    /// [`NotKept`]; then it remembers none of them.
    pub async fn remember(
        &self,
        at: &Address,
        conversation: &str,
        scope: Scope,
        values: &BTreeMap<String, String>,
    ) -> Result<(), NotKept> {
        let states = &self.0.states;
        let mut turn = states.turn(at, Some(conversation));
        let memory = turn.memory_mut(scope).await?;
        for (key, value) in values {
            // Whatever revision it has: there is nobody else.
            let _ = memory.set(key.clone(), value.clone().into_bytes(), None);
        }
        let before = Instant::now() + REMEMBER_TIME;
        let (with, mut held) = (With::default(), Held::default());
        let kept = states.keep(&at.tenant, turn.staged(), with, &mut held, before);
        kept.await.map(drop)
    }

    /// Answers a turn that belongs to a conversation when that is free, with what it was answered before if it is a repeat.
    pub(super) async fn answer_in_turn(
        &self,
        record: &mut Invocation,
        asked: &Asked<'_>,
    ) -> Result<Reply, InvokeError> {
        let Some(id) = asked.turn.conversation.id.as_deref() else {
            return self.answer_and_keep(record, asked, None).await;
        };
        let (at, event) = (asked.to, asked.event.clone());
        let place = self.0.conversations.enter(at, id, event, asked.deadline);
        let mut place = match place.await {
            Ok(place) => place,
            Err(error) => return Err(self.not_entered(record, asked, id, error).await),
        };
        if let Some(reply) = place.answer()? {
            record.is_replay = true;
            return Ok(reply);
        }
        let answered = self.answer_and_keep(record, asked, Some(&mut place)).await;
        let answered = answered.map_err(|error| match error {
            InvokeError::Refused(refused)
                if place.has_waited() && refused.is_for_want_of_time() =>
            {
                NotEntered::Busy.into()
            }
            error => error,
        });
        self.touch(asked);
        if let Err(error) = &answered
            && let Some(reply) = record.stand_in_for(error)
        {
            self.keep_stand_in(asked, &mut place, &reply).await;
        }
        answered
    }

    /// Has a repeat of an event that did not get its conversation be given the same stand-in.
    async fn not_entered(
        &self,
        record: &Invocation,
        asked: &Asked<'_>,
        id: &str,
        error: NotEntered,
    ) -> InvokeError {
        let error = InvokeError::from(error);
        if let (Some(event), Some(reply)) = (&asked.event, record.stand_in_for(&error)) {
            let conversations = &self.0.conversations;
            let remembered = conversations.remember_stand_in(asked.to, id, event, &reply);
            if let Err(error) = remembered.await {
                tracing::debug!("a stand-in is not remembered: {error}");
            }
        }
        error
    }

    /// Has a turn answered, and what it wrote kept. It is run again once if another turn changed the same meanwhile.
    async fn answer_and_keep(
        &self,
        record: &mut Invocation,
        asked: &Asked<'_>,
        mut place: Option<&mut Place>,
    ) -> Result<Reply, InvokeError> {
        let mut held = Held::default();
        let first = self.ask(record, asked, Vec::new()).await?;
        let sent = match self
            .keep(asked, place.as_deref_mut(), first, &mut held)
            .await?
        {
            Kept::Reply(reply) => return Ok(reply),
            Kept::Conflict(sent) => sent,
        };
        // A turn that was dropped in the middle of its commit may have been kept all the same.
        if let Some(place) = &place
            && let Some(reply) = place.answer()?
        {
            record.is_replay = true;
            return Ok(reply);
        }
        if Instant::now() >= asked.deadline {
            return Err(NotKept::Late.into());
        }
        // What it read was changed while it ran. From here on nobody else changes it.
        let again = self.ask(record, asked, sent).await?;
        if again.requests.has_strayed {
            return Err(NotKept::Conflict.into());
        }
        match self.keep(asked, place, again, &mut held).await? {
            Kept::Reply(reply) => Ok(reply),
            Kept::Conflict(_) => Err(NotKept::Conflict.into()),
        }
    }

    /// Keeps an answer with all that was written for it.
    async fn keep(
        &self,
        asked: &Asked<'_>,
        place: Option<&mut Place>,
        answered: Answered,
        held: &mut Held,
    ) -> Result<Kept, InvokeError> {
        let Answered {
            reply,
            staged,
            requests,
        } = answered;
        let is_past = place.as_ref().is_some_and(|place| place.is_past());
        // A later event was answered before: what was kept of that must stay.
        let staged = if is_past { Staged::default() } else { staged };
        let writes_state = staged.is_written();
        let kept = self.commit(asked, place, &reply, staged, held, asked.deadline);
        match kept.await {
            Ok(()) => Ok(Kept::Reply(reply)),
            Err(NotKept::Conflict) => Ok(Kept::Conflict(requests.sent)),
            // The answer is worth more than its record, which is in memory.
            Err(NotKept::Full { .. } | NotKept::DiskFull) if !writes_state => {
                Ok(Kept::Reply(reply))
            }
            // It waited for nobody's state, and has used its time up.
            Err(NotKept::Late) if !writes_state => {
                Err(late(asked.deployment, asked.deadline).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Commits an answer and what goes with it.
    async fn commit(
        &self,
        asked: &Asked<'_>,
        place: Option<&mut Place>,
        reply: &Reply,
        staged: Staged,
        held: &mut Held,
        before: Instant,
    ) -> Result<(), NotKept> {
        let (states, tenant) = (&self.0.states, &asked.deployment.at.tenant);
        let Some(place) = place else {
            let kept = states.keep(tenant, staged, With::default(), held, before);
            return kept.await.map(drop);
        };
        let writes_state = staged.is_written();
        let Written {
            changes,
            replaces,
            noted,
        } = place.write(reply)?;
        let with = With { changes, replaces };
        match states.keep(tenant, staged, with, held, before).await {
            Ok(_) => {
                place.is_kept(noted);
                Ok(())
            }
            Err(error @ (NotKept::Full { .. } | NotKept::DiskFull)) if !writes_state => {
                place.is_known(noted);
                Err(error)
            }
            Err(error @ (NotKept::Full { .. } | NotKept::DiskFull | NotKept::Late)) => {
                place.is_not_kept();
                Err(error)
            }
            Err(error) => {
                place.is_unsure().await?;
                Err(error)
            }
        }
    }

    /// Has a repeat be given the same stand-in. Whoever waits for it does not wait long for that.
    async fn keep_stand_in(&self, asked: &Asked<'_>, place: &mut Place, reply: &Reply) {
        let (nothing, mut held) = (Staged::default(), Held::default());
        let before = Instant::now() + STAND_IN_TIME;
        let kept = self.commit(asked, Some(place), reply, nothing, &mut held, before);
        let Err(error) = kept.await else { return };
        tracing::debug!("a stand-in is in memory only: {error}");
        if let Err(error) = place.remember(reply) {
            tracing::debug!("a stand-in is not remembered: {error}");
        }
    }

    /// Has what is kept of a conversation live on from this event. Nobody has to wait for that.
    fn touch(&self, asked: &Asked<'_>) {
        let Some(id) = asked.turn.conversation.id.as_deref() else {
            return;
        };
        let keeps = asked.granted.state.contains(&Scope::Conversation);
        if !keeps && !self.0.conversations.is_to_be_touched(asked.to, id) {
            return;
        }
        let (host, id, to) = (self.clone(), id.to_owned(), asked.to.clone());
        let at = Arc::clone(&asked.deployment.at);
        tokio::spawn(async move {
            let begun = host.0.conversations.touch(&to, &id).await;
            let state = if keeps {
                host.0.states.touch(&at, &id).await
            } else {
                Ok(())
            };
            if let Err(error) = begun.and(state) {
                tracing::warn!(
                    "what is kept of a conversation of {at} may expire too early: {error}"
                );
            }
        });
    }
}

/// What came of keeping an answer.
enum Kept {
    /// It may be given.
    Reply(Reply),
    /// Another turn has changed the same; this is what was sent out meanwhile.
    Conflict(Vec<Sent>),
}

//! An event that has its conversation to itself, until it is answered and that is kept.

use std::sync::{Arc, Mutex, MutexGuard};

use super::journal::{Journal, Next, Writes};
use super::line::Held;
use super::{Conversations, EventId, Key, NotEntered};
use crate::chat::Reply;
use crate::store::{Change, Failed};

/// A place in a conversation: no other event of it is answered before this is dropped.
#[derive(Debug)]
pub struct Place {
    conversations: Conversations,
    key: Key,
    event: Option<Numbered>,
    /// Whether an answer is on its way into the store of which nobody has said yet what became of it.
    is_underway: bool,
    held: Held,
}

/// An event that a repeat can be told by.
#[derive(Debug)]
pub(super) struct Numbered {
    pub(super) event: EventId,
    pub(super) journal: Arc<Mutex<Journal>>,
}

/// An answer on its way into the store.
#[derive(Debug, Default)]
pub struct Written {
    /// What has to be committed with it; nothing where answers are kept in memory only.
    pub changes: Vec<Change>,
    /// Bytes that are no longer kept then.
    pub replaces: u64,
    /// For [`Place::is_kept`].
    pub noted: Noted,
}

/// An answer that may be given.
#[derive(Debug, Default)]
pub struct Noted(Option<Next>);

impl Numbered {
    fn journal(&self) -> MutexGuard<'_, Journal> {
        super::locked(&self.journal)
    }
}

impl Place {
    pub(super) fn new(
        conversations: &Conversations,
        key: Key,
        event: Option<Numbered>,
        held: Held,
    ) -> Self {
        Self {
            conversations: conversations.clone(),
            key,
            event,
            is_underway: false,
            held,
        }
    }

    /// Whether other events of the conversation had their turns first, in this one's time.
    pub fn has_waited(&self) -> bool {
        self.held.has_waited
    }

    /// What this event was answered before, if it is a repeat.
    ///
    /// # Errors
    /// [`NotEntered::Failed`] if that cannot be read.
    pub fn answer(&self) -> Result<Option<Reply>, NotEntered> {
        let Some(numbered) = &self.event else {
            return Ok(None);
        };
        let bounds = self.conversations.bounds();
        Ok(numbered.journal().answer(&numbered.event, bounds)?)
    }

    /// Whether a later event of its dialogue was answered before: what this one's turn writes must not undo that.
    pub fn is_past(&self) -> bool {
        let bounds = self.conversations.bounds();
        let numbered = self.event.as_ref();
        numbered.is_some_and(|numbered| numbered.journal().is_past(&numbered.event, bounds))
    }

    /// What has to be committed for an answer to outlive the host. What becomes of it is to be said then, by one of
    /// [`Place::is_kept`], [`Place::is_known`], [`Place::is_not_kept`] and [`Place::is_unsure`].
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written down.
    pub fn write(&mut self, reply: &Reply) -> Result<Written, Failed> {
        let Some(numbered) = &self.event else {
            return Ok(Written::default());
        };
        let bounds = self.conversations.bounds();
        let journal = numbered.journal();
        let mut next = journal.next(&numbered.event, reply, bounds)?;
        let Writes { changes, replaces } = match self.conversations.answers_on_disk() {
            true => journal.writes(&mut next, &super::journal_key(&self.key), bounds)?,
            false => Writes::default(),
        };
        drop(journal);
        self.is_underway = true;
        Ok(Written {
            changes,
            replaces,
            noted: Noted(Some(next)),
        })
    }

    /// The answer is in the store, or where it has to be if it is kept in memory only.
    pub fn is_kept(&mut self, Noted(next): Noted) {
        self.is_underway = false;
        if let (Some(numbered), Some(next)) = (&self.event, next) {
            let bounds = self.conversations.bounds();
            numbered.journal().add(next, bounds);
            self.conversations.know(&self.key, &numbered.journal);
        }
    }

    /// The answer is not in the store, and is to be known as long as the host runs.
    pub fn is_known(&mut self, Noted(next): Noted) {
        self.is_kept(Noted(next.map(Next::without_record)));
    }

    /// Has a repeat be told the same as long as the host runs, unless it is known what it was answered.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written down.
    pub fn remember(&mut self, reply: &Reply) -> Result<(), Failed> {
        if let Some(numbered) = &self.event {
            let bounds = self.conversations.bounds();
            numbered
                .journal()
                .remember(&numbered.event, reply, bounds)?;
            self.conversations.know(&self.key, &numbered.journal);
        }
        Ok(())
    }

    /// The answer is not in the store, and is not to be known.
    pub fn is_not_kept(&mut self) {
        self.is_underway = false;
    }

    /// Nobody knows whether the answer is in the store, or another one is: what the store has is read again.
    ///
    /// # Errors
    /// [`Failed`] if that cannot be read.
    pub async fn is_unsure(&mut self) -> Result<(), Failed> {
        self.doubt();
        if let Some(numbered) = &mut self.event {
            numbered.journal = self.conversations.journal(&self.key).await?;
        }
        Ok(())
    }

    /// What is in memory may be less than what the store has.
    fn doubt(&mut self) {
        if std::mem::take(&mut self.is_underway)
            && self.conversations.answers_on_disk()
            && let Some(numbered) = &self.event
        {
            numbered.journal().doubt();
        }
    }
}

/// Whoever waited for the answer may have hung up.
impl Drop for Place {
    fn drop(&mut self) {
        self.doubt();
    }
}

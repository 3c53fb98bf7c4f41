//! An event that has its conversation to itself, until it is answered and that is kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::journal::{Known, Last};
use super::line::Held;
use super::{Conversations, EventId, Key};
use crate::chat::Reply;
use crate::store::{Change, Expected, Failed, Revision, To};

/// A place in a conversation: no other event of it is answered before this is dropped.
#[derive(Debug)]
pub struct Place {
    conversations: Conversations,
    key: Key,
    event: Option<Numbered>,
    _held: Held,
}

/// An event that a repeat can be told by.
#[derive(Debug)]
pub(super) struct Numbered {
    pub(super) event: EventId,
    pub(super) known: Arc<Mutex<Known>>,
    /// What undoes an answer that was noted and of which nobody has said yet what became of it.
    undo: Option<Last>,
}

/// An answer on its way into the store.
#[derive(Debug, Default)]
pub struct Written {
    /// What has to be committed with it; nothing where answers are kept in memory only.
    pub change: Option<Change>,
    /// Bytes that it takes the place of.
    pub replaces: u64,
}

impl Numbered {
    pub(super) fn new(event: EventId, known: Arc<Mutex<Known>>) -> Self {
        Self {
            event,
            known,
            undo: None,
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
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
            _held: held,
        }
    }

    /// What this event was answered before, if it is a repeat.
    pub fn answer(&self) -> Option<Reply> {
        let numbered = self.event.as_ref()?;
        numbered.known().journal.answer(&numbered.event).cloned()
    }

    /// Whether a later event of its dialogue was answered before: what this one's turn writes must not undo that.
    pub fn is_past(&self) -> bool {
        let numbered = self.event.as_ref();
        numbered.is_some_and(|numbered| numbered.known().journal.is_past(&numbered.event))
    }

    /// Notes an answer, and says what has to be committed for it to outlive the host. It is undone if this place is
    /// dropped before one of [`Place::is_kept`], [`Place::is_known`] and [`Place::forget`] has said what became of it.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be written down.
    pub fn note(&mut self, reply: &Reply) -> Result<Written, Failed> {
        let Some(numbered) = &mut self.event else {
            return Ok(Written::default());
        };
        let conversations = &self.conversations;
        let known = Arc::clone(&numbered.known);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        numbered.undo = Some(known.journal.last());
        known
            .journal
            .add(&numbered.event, reply, conversations.bounds());
        if !conversations.answers_on_disk() {
            return Ok(Written::default());
        }
        let bytes = serde_json::to_vec(&known.journal).map_err(Failed::because)?;
        Ok(Written {
            change: Some(Change {
                key: super::journal_key(&self.key),
                expected: known.found,
                to: To::Value {
                    bytes,
                    // Nobody asks for them any more then, and a later event begins another.
                    expires: Some(SystemTime::now() + conversations.bounds().time),
                },
            }),
            replaces: known.bytes,
        })
    }

    /// The answer that was noted is in the store, from that revision on.
    pub fn is_kept(&mut self, written: &Written, at: Option<Revision>) {
        if let (Some(numbered), Some(change), Some(at)) = (&self.event, &written.change, at) {
            let mut known = numbered.known();
            known.found = Expected::At(at);
            known.bytes = change.bytes();
        }
        self.is_known();
    }

    /// The answer that was noted is to be known as long as the host runs.
    pub fn is_known(&mut self) {
        if let Some(numbered) = &mut self.event {
            numbered.undo = None;
            self.conversations.know(&self.key, &numbered.known);
        }
    }

    /// The answer that was noted is not kept, or nobody knows whether it is: what the store has is read again.
    ///
    /// # Errors
    /// [`Failed`] if that cannot be read.
    pub async fn forget(&mut self) -> Result<(), Failed> {
        self.undo();
        if let Some(numbered) = &mut self.event {
            numbered.known = self.conversations.journal(&self.key).await?;
        }
        Ok(())
    }

    fn undo(&mut self) {
        let Some(numbered) = &mut self.event else {
            return;
        };
        let Some(last) = numbered.undo.take() else {
            return;
        };
        if self.conversations.answers_on_disk() {
            self.conversations.forget_journal(&self.key);
        } else {
            let known = Arc::clone(&numbered.known);
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.journal.undo(&numbered.event, last);
        }
    }
}

/// Whoever waited for it may have hung up: a repeat must not be given an answer that came with nothing of what its turn
/// wrote.
impl Drop for Place {
    fn drop(&mut self) {
        self.undo();
    }
}

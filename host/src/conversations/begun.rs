//! How a conversation began, which the platform says once: kept as long as the conversation has events.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{Conversations, Key, key};
use crate::chat::{Channel, Conversation};
use crate::store::{Change, Expected, Failed, NotCommitted, Revision, To};
use crate::tenant::Address;

pub(super) fn begun_key((at, id): &Key) -> String {
    let of = key(&at.tenant, id);
    format!("{of}begun/{}/{}", at.bot, at.environment)
}

/// How a conversation began, as it is kept.
#[derive(Debug, Deserialize, Serialize)]
struct Beginning<'a> {
    conversation: Cow<'a, Conversation>,
    /// When it is forgotten unless there is another event.
    until: SystemTime,
}

/// How a conversation began, and the record that says so; none if it is in memory only.
#[derive(Debug)]
pub(super) struct Begun {
    conversation: Arc<Conversation>,
    until: SystemTime,
    found: Option<Revision>,
}

impl Conversations {
    /// How a conversation began, if it has.
    ///
    /// # Errors
    /// [`Failed`] if that cannot be read.
    pub async fn begun(&self, at: &Address, id: &str) -> Result<Option<Arc<Conversation>>, Failed> {
        let begun = self.known(&(at.clone(), id.to_owned())).await?;
        Ok(begun.map(|begun| Arc::clone(&begun.conversation)))
    }

    async fn known(&self, key: &Key) -> Result<Option<Arc<Begun>>, Failed> {
        if let Some(begun) = self.begun.get(key) {
            return Ok(Some(begun));
        }
        let Some(record) = self.records.get(&begun_key(key)).await? else {
            return Ok(None);
        };
        let beginning: Beginning = serde_json::from_slice(&record.value).map_err(|error| {
            let key = &record.key;
            Failed::because(format_args!(
                "the beginning \"{key}\" cannot be read: {error}"
            ))
        })?;
        let begun = Arc::new(Begun {
            conversation: Arc::new(beginning.conversation.into_owned()),
            until: beginning.until,
            found: Some(record.revision),
        });
        self.begun.insert(key.clone(), Arc::clone(&begun));
        Ok(Some(begun))
    }

    /// What has to be committed for a conversation to begin; nothing if it has: the platform may repeat itself, and it stays
    /// as it was.
    ///
    /// # Errors
    /// [`Failed`] if that cannot be read or written down.
    pub async fn beginning(
        &self,
        at: &Address,
        id: &str,
        conversation: &Conversation,
    ) -> Result<Option<Change>, Failed> {
        let key = (at.clone(), id.to_owned());
        if self.known(&key).await?.is_some() {
            return Ok(None);
        }
        self.change(&key, conversation, Expected::Absent).map(Some)
    }

    /// A conversation has begun: it is in the store, or was to be and is in memory only.
    pub fn remember(
        &self,
        at: &Address,
        id: &str,
        conversation: Arc<Conversation>,
        found: Option<Revision>,
    ) {
        let begun = Arc::new(Begun {
            conversation,
            until: SystemTime::now() + self.keep_for(),
            found,
        });
        self.begun.insert((at.clone(), id.to_owned()), begun);
    }

    fn change(
        &self,
        key: &Key,
        conversation: &Conversation,
        expected: Expected,
    ) -> Result<Change, Failed> {
        let until = SystemTime::now() + self.keep_for();
        let beginning = Beginning {
            conversation: Cow::Borrowed(conversation),
            until,
        };
        Ok(Change {
            key: begun_key(key),
            expected,
            to: To::Value {
                bytes: serde_json::to_vec(&beginning).map_err(Failed::because)?,
                expires: Some(until),
            },
        })
    }

    /// Has a conversation live on from now. Only now and then is that written down.
    ///
    /// # Errors
    /// [`Failed`] if the store does not do it.
    pub async fn touch(&self, at: &Address, id: &str) -> Result<(), Failed> {
        let key = (at.clone(), id.to_owned());
        let Some(begun) = self.begun.get(&key).filter(|begun| self.is_due(begun)) else {
            return Ok(());
        };
        let Some(revision) = begun.found else {
            return Ok(());
        };
        let conversation = &begun.conversation;
        let change = self.change(&key, conversation, Expected::At(revision))?;
        match self.records.commit(vec![change], None).await {
            Ok(revision) => {
                self.remember(at, id, Arc::clone(conversation), Some(revision));
                Ok(())
            }
            // It has been erased, or another host was faster.
            Err(NotCommitted::Conflict { .. }) => {
                self.begun.invalidate(&key);
                Ok(())
            }
            Err(error) => Err(Failed::because(error)),
        }
    }

    /// Whether [`Conversations::touch`] would write something down.
    pub fn is_to_be_touched(&self, at: &Address, id: &str) -> bool {
        let begun = self.begun.get(&(at.clone(), id.to_owned()));
        begun.is_some_and(|begun| self.is_due(&begun))
    }

    fn is_due(&self, begun: &Begun) -> bool {
        begun.until < SystemTime::now() + self.settings.keep()
    }
}

impl Begun {
    /// What it takes of memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        // Each field by its name: one that is added has to be counted too.
        let Conversation {
            id,
            channel,
            skill_id,
            campaign_id,
            engagement_id,
            visitor,
            engagement_attributes,
        } = &*self.conversation;
        let channel = match channel {
            Channel::Messaging | Channel::Chat => 0,
            Channel::Other(name) => name.len(),
        };
        let facts = [
            id,
            skill_id,
            campaign_id,
            engagement_id,
            visitor,
            engagement_attributes,
        ];
        facts.into_iter().map(length).sum::<usize>() + channel
    }
}

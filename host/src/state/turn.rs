//! A turn's copies of the memories that it looks at, and what becomes of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Memory, Scope};
use crate::store::{Expected, Failed, Record, Records, Revision};

/// The memories of one turn, each read when it is first asked for. Without a store, and without a key, one begins empty
/// and is not kept.
#[derive(Debug, Default)]
pub struct Turn {
    records: Option<Arc<dyn Records>>,
    conversation: Copy,
    bot: Copy,
}

#[derive(Debug, Default)]
struct Copy {
    key: Option<String>,
    /// A record that must not change while the turn runs.
    depends_on: Option<String>,
    /// What stands for its record, in a turn without a store.
    given: Vec<u8>,
    read: Option<Read>,
}

/// A memory as it was found, and as the turn has it.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) found: Expected,
    /// What it depends on, as that was found.
    pub(super) depends_on: Option<(String, Expected)>,
    /// Of the record that it was found in.
    pub(super) bytes: u64,
    /// That record's value; nothing where there was none.
    value: Vec<u8>,
    pub(super) memory: Memory,
    is_changed: bool,
}

impl Turn {
    pub(super) fn of(
        records: &Arc<dyn Records>,
        conversation: Option<(String, String)>,
        bot: String,
    ) -> Self {
        let (key, depends_on) = conversation.unzip();
        Self {
            records: Some(Arc::clone(records)),
            conversation: Copy {
                key,
                depends_on,
                ..Copy::default()
            },
            bot: Copy {
                key: Some(bot),
                ..Copy::default()
            },
        }
    }

    /// Those of a turn that is run again from what it found, as they are kept; they are not kept again.
    pub fn given(mut memories: BTreeMap<Scope, Vec<u8>>) -> Self {
        let mut copy = |scope| Copy {
            given: memories.remove(&scope).unwrap_or_default(),
            ..Copy::default()
        };
        Self {
            records: None,
            conversation: copy(Scope::Conversation),
            bot: copy(Scope::Bot),
        }
    }

    /// What it has found so far, as it is kept; nothing of a scope that it has not looked at. To be asked once.
    pub fn found(&mut self) -> BTreeMap<Scope, Vec<u8>> {
        let scopes = [
            (Scope::Conversation, &mut self.conversation),
            (Scope::Bot, &mut self.bot),
        ];
        let found = scopes.into_iter().filter_map(|(scope, copy)| {
            let read = copy.read.as_mut()?;
            Some((scope, std::mem::take(&mut read.value)))
        });
        found.collect()
    }

    /// Whether it has looked at a scope before.
    pub fn has_read(&self, scope: Scope) -> bool {
        self.copy(scope).read.is_some()
    }

    /// Whether it has changed a scope before.
    pub fn has_changed(&self, scope: Scope) -> bool {
        let read = self.copy(scope).read.as_ref();
        read.is_some_and(|read| read.is_changed)
    }

    fn copy(&self, scope: Scope) -> &Copy {
        match scope {
            Scope::Conversation => &self.conversation,
            Scope::Bot => &self.bot,
        }
    }

    /// A scope's memory as the turn has it, to look at.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be read.
    pub async fn memory(&mut self, scope: Scope) -> Result<&Memory, Failed> {
        Ok(&self.read(scope).await?.memory)
    }

    /// The same, to change.
    ///
    /// # Errors
    /// [`Failed`] if it cannot be read.
    pub async fn memory_mut(&mut self, scope: Scope) -> Result<&mut Memory, Failed> {
        let read = self.read(scope).await?;
        read.is_changed = true;
        Ok(&mut read.memory)
    }

    async fn read(&mut self, scope: Scope) -> Result<&mut Read, Failed> {
        let copy = match scope {
            Scope::Conversation => &mut self.conversation,
            Scope::Bot => &mut self.bot,
        };
        let read = match copy.read.take() {
            Some(read) => read,
            None => copy.read_from(self.records.as_ref()).await?,
        };
        Ok(copy.read.insert(read))
    }

    /// What it comes to, once the turn is over.
    pub fn staged(self) -> Staged {
        Staged(vec![self.bot, self.conversation])
    }
}

impl Copy {
    async fn read_from(&self, records: Option<&Arc<dyn Records>>) -> Result<Read, Failed> {
        let (Some(records), Some(key)) = (records, &self.key) else {
            return read(self.given_record(), None);
        };
        // Before the memory: what is erased in between is a conflict then, and no loss.
        let depends_on = match &self.depends_on {
            None => None,
            Some(key) => {
                let found = records.get(key).await?.map(|record| record.revision);
                Some((key.clone(), found.map_or(Expected::Absent, Expected::At)))
            }
        };
        read(records.get(key).await?, depends_on)
    }

    fn given_record(&self) -> Option<Record> {
        let is_there = !self.given.is_empty();
        is_there.then(|| Record {
            key: "given".to_owned(),
            value: self.given.clone(),
            revision: Revision::default(),
        })
    }
}

fn read(record: Option<Record>, depends_on: Option<(String, Expected)>) -> Result<Read, Failed> {
    let bytes = record
        .as_ref()
        .map_or(0, |record| record.value.len() as u64);
    let (found, memory, value) = match record {
        None => (Expected::Absent, Memory::default(), Vec::new()),
        Some(record) => {
            let memory = serde_json::from_slice(&record.value).map_err(|error| {
                let key = &record.key;
                Failed::because(format_args!("the state \"{key}\" cannot be read: {error}"))
            })?;
            (Expected::At(record.revision), memory, record.value)
        }
    };
    Ok(Read {
        found,
        depends_on,
        bytes,
        value,
        memory,
        is_changed: false,
    })
}

/// What a turn has written and nobody else sees yet.
#[derive(Debug, Default)]
pub struct Staged(Vec<Copy>);

impl Staged {
    /// Whether anything was changed.
    pub fn is_written(&self) -> bool {
        let mut reads = self.0.iter().filter_map(|copy| copy.read.as_ref());
        reads.any(|read| read.is_changed)
    }

    /// Each memory that was changed: its key, how it was found and what it is to be. In the order of the keys, so that
    /// who waits for several of them waits in the same order as others do.
    pub(super) fn written(self) -> Vec<(String, Read)> {
        let each = self.0.into_iter().filter_map(|copy| {
            let read = copy.read.filter(|read| read.is_changed)?;
            Some((copy.key?, read))
        });
        let mut written: Vec<_> = each.collect();
        written.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        written
    }
}

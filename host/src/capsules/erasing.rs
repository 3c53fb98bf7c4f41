//! Capsules of a conversation that is erased.

use tokio::sync::MutexGuard;

use super::Room;
use super::kept::{self, Header, PAGE, Position};
use super::shelf::Shelves;
use crate::conversations;
use crate::store::{Change, Failed};
use crate::tenant::{BotName, TenantId};

/// Those of a conversation. Nobody writes one while there is this, so what is found is all that there is; what is kept later
/// looks at whether its conversation was erased.
#[derive(Debug)]
pub struct Erasing<'a> {
    shelves: MutexGuard<'a, Shelves>,
    tenant: TenantId,
    found: Vec<(BotName, Position)>,
}

impl<'a> Erasing<'a> {
    pub(super) async fn of(
        room: &'a Room,
        tenant: &TenantId,
        conversation: &str,
    ) -> Result<Self, Failed> {
        let shelves = room.shelves.lock().await;
        let (prefix, key) = (
            kept::of_tenant(tenant),
            conversations::key(tenant, conversation),
        );
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let records = room.records.list(&prefix, after.as_deref(), PAGE).await?;
            for record in &records {
                let header = Header::read(record)?;
                if header.conversation.as_ref() == Some(&key) {
                    found.push((kept::bot_of(record)?, header.position()));
                }
            }
            let Some(last) = records.last() else { break };
            after = Some(last.key.clone());
            tokio::task::yield_now().await;
        }
        Ok(Self {
            shelves,
            tenant: tenant.clone(),
            found,
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// What is to be committed.
    pub fn changes(&self) -> Vec<Change> {
        let removals = self.found.iter();
        let removals =
            removals.flat_map(|(bot, position)| kept::removal(&self.tenant, bot, *position));
        removals.collect()
    }
}

/// Whatever became of it: what there is now is read again.
impl Drop for Erasing<'_> {
    fn drop(&mut self) {
        self.shelves.forget(&self.tenant);
    }
}

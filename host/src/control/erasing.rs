//! All that is kept of a conversation, removed.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Control, NotChanged};
use crate::conversations;
use crate::registry::ledger::{By, Changed};
use crate::store::{Change, Expected, Failed, To};
use crate::tenant::TenantId;

/// How long it is known that a conversation was erased: longer than any turn takes that read of it before.
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Longer than any turn has a conversation.
const HELD_FOR: Duration = Duration::from_secs(10);

impl Control {
    /// Removes all that a tenant's bots keep of a conversation, and what the host remembers of it, with its turns that are kept
    /// whole; how many records that were, each such turn being one. A turn of it that runs meanwhile begins anew, and keeps
    /// nothing of what it read before.
    ///
    /// # Errors
    /// [`NotChanged::NotKept`] if the store failed.
    pub async fn erase(
        &self,
        tenant: &TenantId,
        conversation: &str,
        by: By,
    ) -> Result<usize, NotChanged> {
        let (control, tenant, conversation) =
            (self.clone(), tenant.clone(), conversation.to_owned());
        let erased = tokio::spawn(async move { control.erased(&tenant, &conversation, &by).await });
        erased
            .await
            .unwrap_or_else(|panicked| Err(Failed::because(panicked).into()))
    }

    async fn erased(
        &self,
        tenant: &TenantId,
        conversation: &str,
        by: &By,
    ) -> Result<usize, NotChanged> {
        // The turn that its conversation has now ends first. One of another host's expects what is removed here.
        let conversations = self.0.host.conversations();
        let until = Instant::now() + HELD_FOR;
        let _alone = conversations.alone(tenant, conversation, until).await.ok();
        let mut changing = self.0.ledger.change().await;
        let records = &self.0.ledger.store().records;
        let found = records
            .list(&conversations::key(tenant, conversation), None, usize::MAX)
            .await?;
        for record in &found {
            changing.also(Change::remove(record.key.clone(), Expected::Anything));
        }
        // From here on none is written; what is written later is of turns that began later.
        let capsules = self.0.host.capsules().erasing(tenant, conversation).await?;
        for change in capsules.changes() {
            changing.also(change);
        }
        changing.also(Change {
            key: conversations::erased_key(tenant, conversation),
            expected: Expected::Anything,
            to: To::Value {
                bytes: conversations::erased_now(),
                expires: Some(SystemTime::now() + REMEMBERED_FOR),
            },
        });
        let count = found.len() + capsules.count();
        let detail = format!("{count} records");
        let bytes = found.iter().map(|record| record.value.len() as u64).sum();
        let (room, removed) = self.0.host.states().removed(tenant, bytes).await?;
        changing.also(room);
        let kept = changing.keep(by, Changed::Erased, Some(tenant), conversation, detail);
        if let Err(error) = kept.await {
            removed.is_not();
            return Err(error.into());
        }
        conversations.forget(tenant, conversation);
        Ok(count)
    }
}

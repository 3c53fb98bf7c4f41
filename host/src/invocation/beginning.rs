//! A conversation begins: what the platform says of it once is kept for its events.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Host;
use crate::chat::Conversation;
use crate::state::{Held, NotKept, Staged, With};
use crate::tenant::Address;

/// The disk has so long: nobody waits for a bot here.
const TIME: Duration = Duration::from_secs(1);

impl Host {
    /// Remembers how a conversation began; one that has begun stays as it was. Where there is no room to keep it, it is
    /// in memory only, and the platform says it again once it is forgotten.
    ///
    /// # Errors
    /// [`NotKept`] if the store failed.
    pub async fn begin(
        &self,
        at: &Address,
        id: &str,
        conversation: Conversation,
    ) -> Result<(), NotKept> {
        let (conversations, conversation) = (&self.0.conversations, Arc::new(conversation));
        let Some(change) = conversations.beginning(at, id, &conversation).await? else {
            return Ok(());
        };
        let with = With {
            changes: vec![change],
            replaces: 0,
        };
        let (nothing, mut held) = (Staged::default(), Held::default());
        let before = Instant::now() + TIME;
        let kept = self
            .0
            .states
            .keep(&at.tenant, nothing, with, &mut held, before);
        let found = match kept.await {
            Ok(revision) => revision,
            // The platform has said it twice at once.
            Err(NotKept::Conflict) => return Ok(()),
            Err(error @ (NotKept::Full { .. } | NotKept::DiskFull)) => {
                tracing::warn!("a conversation of {at} is in memory only: {error}");
                None
            }
            Err(error) => return Err(error),
        };
        conversations.remember(at, id, conversation, found);
        Ok(())
    }
}

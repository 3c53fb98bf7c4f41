//! The conversations that a revision is tried by: they travel with it, and are kept beside it.

use tokio::task::spawn_blocking;

use super::{Control, NotChanged};
use crate::kit::{Bundle, Suite};
use crate::registry::ledger::{By, Changed, KeptRevision};
use crate::store::{Digest, Expected, Failed};
use crate::tenant::{BotName, TenantId};

impl Control {
    /// Gives a revision the conversations that it is tried by, in place of those that it has. The same again is no change.
    ///
    /// # Errors
    /// [`NotChanged::BadConversations`] names the file and the line.
    pub async fn give_conversations(
        &self,
        tenant: &TenantId,
        bot: &BotName,
        digest: &Digest,
        bundle: Bundle,
        by: &By,
    ) -> Result<KeptRevision, NotChanged> {
        // Before they are read: who names no revision is told that.
        self.revision(tenant, bot, digest).await?;
        let (cases, bytes) = checked(bundle).await?;
        let ledger = &self.0.ledger;
        let given = ledger.store().blobs.put(bytes.into()).await?;
        let mut changing = ledger.change().await;
        let mut revision = self.revision(tenant, bot, digest).await?;
        if revision.conversations.as_ref() == Some(&given) {
            return Ok(revision);
        }
        revision.conversations = Some(given);
        changing.revision(tenant, bot, Expected::Anything, &revision)?;
        let of = format!("{bot}@{digest}");
        let detail = format!("{cases} cases");
        let kept = changing.keep(by, Changed::ConversationsGiven, Some(tenant), of, detail);
        kept.await?;
        Ok(revision)
    }

    /// The conversations that a revision was given.
    ///
    /// # Errors
    /// [`NotChanged::NoConversations`] if there are none.
    pub async fn conversations(
        &self,
        tenant: &TenantId,
        bot: &BotName,
        digest: &Digest,
    ) -> Result<Bundle, NotChanged> {
        let revision = self.revision(tenant, bot, digest).await?;
        let none = || NotChanged::NoConversations {
            digest: digest.clone(),
            level: None,
        };
        self.bundle(&revision).await?.ok_or_else(none)
    }

    /// The conversations of a revision, if it has some.
    pub(super) async fn bundle(
        &self,
        revision: &KeptRevision,
    ) -> Result<Option<Bundle>, NotChanged> {
        let Some(digest) = &revision.conversations else {
            return Ok(None);
        };
        let found = self.0.ledger.store().blobs.get(digest).await?;
        let bytes = found.ok_or_else(|| {
            Failed::because(format_args!("the store has no conversations {digest}"))
        })?;
        let bundle = serde_json::from_slice(&bytes).map_err(Failed::because)?;
        Ok(Some(bundle))
    }

    /// What is kept of a revision.
    pub(super) async fn revision(
        &self,
        tenant: &TenantId,
        bot: &BotName,
        digest: &Digest,
    ) -> Result<KeptRevision, NotChanged> {
        let kept = self.0.ledger.revision(tenant, bot, digest).await?;
        kept.ok_or_else(|| NotChanged::NoRevision {
            bot: bot.clone(),
            digest: digest.clone(),
        })
    }
}

/// How many cases they come to, and their bytes. A few lines can stand for thousands, which takes its time.
async fn checked(bundle: Bundle) -> Result<(usize, Vec<u8>), NotChanged> {
    let checked = spawn_blocking(move || {
        let bad = |why: String| NotChanged::BadConversations(why);
        let suite = Suite::of(&bundle).map_err(|unread| bad(unread.to_string()))?;
        if suite.cases.is_empty() {
            return Err(bad("there is no conversation among them".to_owned()));
        }
        let bytes = serde_json::to_vec(&bundle).map_err(Failed::because)?;
        Ok((suite.cases.len(), bytes))
    });
    checked
        .await
        .unwrap_or_else(|panicked| Err(Failed::because(panicked).into()))
}

//! Turns that were kept whole, and the components to run them with: given to who may read what consumers wrote, and written
//! down each time.

use std::sync::Arc;

use uuid::Uuid;

use super::{Control, NotChanged};
use crate::registry::ledger::{By, Changed};
use crate::store::{Digest, Failed};
use crate::tenant::{BotName, TenantId};

impl Control {
    /// A turn of a bot that was kept, as the file that it is. It is in the audit log when this answers.
    ///
    /// # Errors
    /// [`NotChanged::NoCapsule`] if there is none of that id.
    pub async fn capsule(
        &self,
        tenant: &TenantId,
        bot: &BotName,
        id: Uuid,
        by: &By,
    ) -> Result<Vec<u8>, NotChanged> {
        let found = self.0.host.capsules().get(tenant, bot, id).await?;
        let bytes = found.ok_or(NotChanged::NoCapsule(id))?;
        let detail = format!("{} bytes", bytes.len());
        let of = format!("{bot}/{id}");
        self.given(tenant, Changed::CapsuleFetched, of, detail, by)
            .await?;
        Ok(bytes)
    }

    /// The component of a revision, as it was given. It is in the audit log when this answers.
    ///
    /// # Errors
    /// [`NotChanged::NoRevision`] if the bot has no such revision.
    pub async fn component(
        &self,
        tenant: &TenantId,
        bot: &BotName,
        digest: &Digest,
        by: &By,
    ) -> Result<Arc<[u8]>, NotChanged> {
        self.revision(tenant, bot, digest).await?;
        let found = self.0.ledger.store().blobs.get(digest).await?;
        let lost = || Failed::because(format_args!("the store has no component {digest}"));
        let component = found.ok_or_else(lost)?;
        let detail = format!("{} bytes", component.len());
        let of = format!("{bot}@{digest}");
        self.given(tenant, Changed::ComponentFetched, of, detail, by)
            .await?;
        Ok(component)
    }

    async fn given(
        &self,
        tenant: &TenantId,
        what: Changed,
        of: String,
        detail: String,
        by: &By,
    ) -> Result<(), NotChanged> {
        let mut changing = self.0.ledger.change().await;
        Ok(changing.keep(by, what, Some(tenant), of, detail).await?)
    }
}

//! What has served before, served again: nothing of it is asked again.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Control, NotChanged};
use crate::bindings::types::Description;
use crate::registry::ledger::{Kept, Side};
use crate::registry::{Deployment, Known, NotDeployable};
use crate::sandbox::{Bot, Source, Wasm};
use crate::store::{Blobs, Digest, Failed};
use crate::tenant::Address;

impl Control {
    /// Serves all that is kept. One that cannot be served any more leaves its address empty, and is told.
    ///
    /// # Errors
    /// [`Failed`] if the store cannot be read.
    pub async fn serve_all(&self) -> Result<Vec<(Address, NotChanged)>, Failed> {
        let (mut ready, mut failed) = (HashSet::new(), Vec::new());
        for (at, kept) in self.0.ledger.deployments().await? {
            if self.0.fixed.contains(&at) {
                continue;
            }
            if let Err(error) = self.serve(&at, kept, &mut ready).await {
                failed.push((at, error));
            }
        }
        for (tenant, rules) in self.0.ledger.all_rules().await? {
            self.0.host.registry().route(&tenant, rules);
        }
        Ok(failed)
    }

    async fn serve(
        &self,
        at: &Address,
        kept: Result<Kept, Failed>,
        ready: &mut HashSet<Digest>,
    ) -> Result<(), NotChanged> {
        let kept = kept?;
        let restored = self.restore(at, &kept.sides, ready).await?;
        self.grant_all(at, &restored).await?;
        self.activate(at, &kept.sides, restored);
        Ok(())
    }

    /// Each side, as it was prepared before. Its code is seen to be there, once for each component, and loaded when it
    /// is first asked.
    pub(super) async fn restore(
        &self,
        at: &Address,
        sides: &[Side],
        ready: &mut HashSet<Digest>,
    ) -> Result<Vec<Arc<Deployment>>, NotChanged> {
        let mut restored = Vec::with_capacity(sides.len());
        for side in sides {
            let known = self.known(at, side).await?;
            if !ready.contains(&side.digest) {
                let made = self.0.host.sandbox().make_ready(&known.bot).await;
                made.map_err(NotDeployable::from)?;
                ready.insert(side.digest.clone());
            }
            let wanted = side.settings.over(&self.0.defaults)?;
            restored.push(self.0.host.restore(at, known, wanted)?);
        }
        Ok(restored)
    }

    /// What is kept of a side's revision, with a bot that is loaded when it is asked.
    pub(super) async fn known(&self, at: &Address, side: &Side) -> Result<Known, NotChanged> {
        let ledger = &self.0.ledger;
        let kept = ledger.revision(&at.tenant, &at.bot, &side.digest).await?;
        let kept = kept.ok_or_else(|| NotChanged::NoRevision {
            bot: at.bot.clone(),
            digest: side.digest.clone(),
        })?;
        let source = Stored {
            blobs: Arc::clone(&ledger.store().blobs),
            digest: side.digest.clone(),
        };
        Ok(Known {
            bot: Arc::new(Bot::new(side.digest.as_str(), kept.world, Arc::new(source))),
            description: Description {
                name: kept.name,
                version: kept.version,
            },
            wants: kept.wants.into_iter().collect(),
        })
    }
}

/// A component in the store.
#[derive(Debug)]
struct Stored {
    blobs: Arc<dyn Blobs>,
    digest: Digest,
}

impl Source for Stored {
    fn wasm(&self) -> Wasm<'_> {
        Box::pin(async move {
            let found = self.blobs.get(&self.digest).await;
            let found = found.map_err(|failed| failed.to_string())?;
            found.ok_or_else(|| format!("the store has no component {}", self.digest))
        })
    }
}

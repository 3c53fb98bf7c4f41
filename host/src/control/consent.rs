//! What bots may have of what they ask for: nothing is served anew that asks for what nobody has granted, and what is
//! taken back is out of reach from the next turn on.

use jiff::Timestamp;

use super::{Control, NotChanged};
use crate::registry::ledger::{By, Changed, Changing, KeptGrant, Side};
use crate::registry::{Deployment, Grant, Grants};
use crate::store::Failed;
use crate::tenant::Address;

/// What is to be granted, and what taken back.
#[derive(Clone, Debug, Default)]
pub struct Regrant {
    /// To be granted.
    pub grant: Grants,
    /// To be taken back.
    pub revoke: Grants,
}

impl Control {
    /// Grants the bot at an address more of what one of its revisions asks for, whether that serves there yet or not, or
    /// takes it back. It reaches what it has then from its next turn on.
    ///
    /// # Errors
    /// [`NotChanged`] if it asks for no such thing; then nothing is changed.
    pub async fn regrant(&self, at: &Address, wanted: Regrant, by: By) -> Result<(), NotChanged> {
        self.is_ours(at)?;
        let (control, at) = (self.clone(), at.clone());
        let done = tokio::spawn(async move { control.regranted(&at, wanted, &by).await });
        done.await
            .unwrap_or_else(|panicked| Err(Failed::because(panicked).into()))
    }

    async fn regranted(&self, at: &Address, wanted: Regrant, by: &By) -> Result<(), NotChanged> {
        let mut changing = self.0.ledger.change().await;
        let revisions = self.0.ledger.revisions(&at.tenant, &at.bot).await?;
        let wants = revisions.into_iter().flat_map(|revision| revision.wants);
        is_asked_for(&wanted.grant, &wants.collect())?;
        let mut kept = self.0.ledger.grants(at).await?;
        if let Some(grant) = wanted.revoke.difference(&names(&kept)).next() {
            let grant = Box::new(grant.clone());
            let granted = names(&kept);
            return Err(NotChanged::NotHad { grant, granted });
        }
        add(&mut changing, at, &mut kept, &wanted.grant, by)?;
        let revoked = wanted.revoke;
        kept.retain(|kept| !revoked.contains(&kept.grant));
        if !revoked.is_empty() {
            changing.grants(at, &kept)?;
            changing.entry(
                by,
                Changed::Revoked,
                Some(&at.tenant),
                of(at),
                in_words(&revoked),
            )?;
        }
        changing.commit().await?;
        if let Some(serving) = self.0.host.registry().at(at) {
            let grants = names(&kept);
            serving.each().for_each(|side| side.grant(&grants));
        }
        Ok(())
    }

    /// What the bot at an address was granted, and what it asks for besides.
    ///
    /// # Errors
    /// [`NotChanged::Fixed`] if the configuration file has the say there.
    pub async fn granting(&self, at: &Address) -> Result<(Vec<KeptGrant>, Grants), NotChanged> {
        self.is_ours(at)?;
        let kept = self.0.ledger.grants(at).await?;
        let served = self.0.ledger.deployment(at).await?;
        let wants = match served {
            Some(served) => self.wants(at, &served.sides).await?,
            None => Grants::new(),
        };
        let missing = wants.difference(&names(&kept)).cloned().collect();
        Ok((kept, missing))
    }

    /// Whether an address is the operators' to change.
    ///
    /// # Errors
    /// [`NotChanged::Fixed`] if it is the configuration file's.
    pub fn is_ours(&self, at: &Address) -> Result<(), NotChanged> {
        match self.0.fixed.contains(at) {
            true => Err(NotChanged::Fixed(at.clone())),
            false => Ok(()),
        }
    }

    /// All that some sides ask for.
    pub(super) async fn wants(&self, at: &Address, sides: &[Side]) -> Result<Grants, NotChanged> {
        let mut wants = Grants::new();
        for side in sides {
            let revision = self.0.ledger.revision(&at.tenant, &at.bot, &side.digest);
            wants.extend(revision.await?.into_iter().flat_map(|kept| kept.wants));
        }
        Ok(wants)
    }

    /// What the bot at an address has with what it is to be granted, if that is all that these sides ask for.
    ///
    /// # Errors
    /// [`NotChanged::NotGranted`] names what is missing.
    pub(super) async fn agreed(
        &self,
        at: &Address,
        sides: &[Side],
        more: &Grants,
    ) -> Result<Grants, NotChanged> {
        let wants = self.wants(at, sides).await?;
        is_asked_for(more, &wants)?;
        let mut grants = names(&self.0.ledger.grants(at).await?);
        grants.extend(more.iter().cloned());
        let missing: Grants = wants.difference(&grants).cloned().collect();
        if missing.is_empty() {
            return Ok(grants);
        }
        let at = at.clone();
        Err(NotChanged::NotGranted { at, missing })
    }

    /// Has deployments reach what is granted at their address.
    pub(super) async fn grant_all(
        &self,
        at: &Address,
        deployments: &[impl AsRef<Deployment>],
    ) -> Result<(), Failed> {
        let grants = names(&self.0.ledger.grants(at).await?);
        for deployment in deployments {
            deployment.as_ref().grant(&grants);
        }
        Ok(())
    }
}

/// Adds what is granted to a change, with its line in the audit log.
pub(super) fn add(
    changing: &mut Changing<'_>,
    at: &Address,
    kept: &mut Vec<KeptGrant>,
    more: &Grants,
    by: &By,
) -> Result<(), Failed> {
    let has = names(kept);
    let new: Grants = more.difference(&has).cloned().collect();
    if new.is_empty() {
        return Ok(());
    }
    kept.extend(new.iter().map(|grant| KeptGrant {
        grant: grant.clone(),
        at: Timestamp::now(),
        by: by.who.clone(),
        token: by.token.clone(),
    }));
    kept.sort_by(|one, other| one.grant.cmp(&other.grant));
    changing.grants(at, kept)?;
    changing.entry(
        by,
        Changed::Granted,
        Some(&at.tenant),
        of(at),
        in_words(&new),
    )
}

fn is_asked_for(grants: &Grants, wants: &Grants) -> Result<(), NotChanged> {
    match grants.difference(wants).next() {
        None => Ok(()),
        Some(grant) => Err(NotChanged::NotWanted {
            grant: Box::new(grant.clone()),
            wants: wants.clone(),
        }),
    }
}

fn names(kept: &[KeptGrant]) -> Grants {
    kept.iter().map(|kept| kept.grant.clone()).collect()
}

fn of(at: &Address) -> String {
    format!("{}/{}", at.bot, at.environment)
}

/// One after the other.
pub(super) fn in_words(grants: &Grants) -> String {
    let each = grants.iter().map(Grant::to_string);
    each.collect::<Vec<_>>().join(", ")
}

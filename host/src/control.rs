//! What operators do: give the host artifacts, and say what serves where. A change is first seen to be possible, then
//! kept, then brought into force; whoever asked is answered after that, so nothing that was answered is ever lost.

mod capsules;
mod consent;
mod conversations;
mod erasing;
mod judging;
mod next;
mod not_changed;
mod requirement;
mod restoring;
mod routes;
mod secrets;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

pub use consent::Regrant;
pub use judging::KeptTrial;
pub use not_changed::NotChanged;
pub use requirement::{Demand, FUEL_PERCENT, Required, Requirement};

use crate::access::Access;
use crate::bindings::CONTRACT;
use crate::invocation::Host;
use crate::registry::ledger::{By, Changed, Changing, Kept, KeptRevision, Ledger, NotKept, Side};
use crate::registry::serving::Half;
use crate::registry::settings::{Defaults, Settings};
use crate::registry::{Deployment, Grants, Inspected, Serving};
use crate::sandbox::{Failure, World};
use crate::store::{Digest, Expected, Failed, Revision};
use crate::tenant::{Address, BotName, Environment, EventId, TenantId};
use crate::trial::Trials;
use next::{Impossible, Next};

/// Environments of a bot: nobody has more stages than they can name.
const MOST_ENVIRONMENTS: usize = 32;
/// Revisions of a bot: one a day for three years.
const MOST_REVISIONS: usize = 1_000;
/// All of a hundred conversations.
const ALL: u8 = 100;

/// The operators' side of a host. Cheap to clone.
#[derive(Clone)]
pub struct Control(Arc<Rooms>);

struct Rooms {
    host: Host,
    ledger: Arc<Ledger>,
    access: Access,
    defaults: Defaults,
    /// What the configuration file serves, and nobody else changes.
    fixed: BTreeSet<Address>,
    trials: Trials,
}

/// What somebody wants to be served.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The revision.
    pub digest: Digest,
    /// How many of a hundred new conversations are to be its.
    pub weight: u8,
    /// How it is to be run.
    pub settings: Settings,
    /// What it is granted of what it asks for, beside what it was granted before.
    pub grant: Grants,
    /// What it is held to.
    pub demand: Demand,
    /// Whether it may be given more than the host gives every bot.
    pub may_raise_limits: bool,
}

/// A change that is in force.
#[derive(Debug)]
pub struct Made {
    /// What is kept of it.
    pub kept: Kept,
    /// What the new revision said to its first turn, if that was a fault: it may serve all the same.
    pub first_fault: Option<Failure>,
    /// What else is worth a look.
    pub warnings: Vec<String>,
}

/// What comes with a change.
#[derive(Debug, Default)]
struct With {
    grant: Grants,
    demand: Demand,
}

impl Control {
    /// The operators' side of a host, with what its store has. `fixed` is what the configuration serves.
    ///
    /// # Errors
    /// [`Failed`] if the store cannot be read.
    pub async fn open(
        host: Host,
        defaults: Defaults,
        fixed: BTreeSet<Address>,
    ) -> Result<Self, Failed> {
        Self::open_with(host, defaults, fixed, Trials::default()).await
    }

    /// The same, with where bots are tried.
    ///
    /// # Errors
    /// [`Failed`] if the store cannot be read.
    pub async fn open_with(
        host: Host,
        defaults: Defaults,
        fixed: BTreeSet<Address>,
        trials: Trials,
    ) -> Result<Self, Failed> {
        let ledger = Arc::new(Ledger::open(host.store().clone()).await?);
        let access = Access::open(Arc::clone(&ledger)).await?;
        Ok(Self(Arc::new(Rooms {
            host,
            ledger,
            access,
            defaults,
            fixed,
            trials,
        })))
    }

    /// What the configuration file serves for a tenant: where, and the digest of the revision.
    pub fn configured(&self, tenant: &TenantId) -> Vec<(Address, String)> {
        let fixed = self.0.fixed.iter().filter(|at| at.tenant == *tenant);
        let served = fixed.filter_map(|at| {
            let serving = self.0.host.registry().at(at)?;
            Some((at.clone(), serving.first().bot.digest().to_owned()))
        });
        served.collect()
    }

    /// What is in force at an address: the world of it, and the events that it is invoked by. None if nothing is.
    pub fn in_force(&self, at: &Address) -> Option<(World, BTreeSet<EventId>)> {
        let serving = self.0.host.registry().at(at)?;
        let first = serving.first();
        Some((first.bot.world(), first.events.clone()))
    }

    /// Who may do what.
    pub fn access(&self) -> &Access {
        &self.0.access
    }

    /// What is kept.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Takes an artifact for a bot, if it is one; once is enough.
    ///
    /// # Errors
    /// [`NotChanged`] says why it is not taken.
    pub async fn add(
        &self,
        tenant: &TenantId,
        bot: &BotName,
        component: Arc<[u8]>,
        by: &By,
    ) -> Result<KeptRevision, NotChanged> {
        let ledger = &self.0.ledger;
        let digest = Digest::of(&component);
        if let Some(known) = ledger.revision(tenant, bot, &digest).await? {
            // It may have been lost; one that is there is not written again.
            ledger.store().blobs.put(component).await?;
            return Ok(known);
        }
        if ledger.revisions(tenant, bot).await?.len() >= MOST_REVISIONS {
            return Err(NotChanged::Revisions(bot.clone()));
        }
        let at = Address {
            tenant: tenant.clone(),
            bot: bot.clone(),
            environment: Environment::draft(),
        };
        let inspected = self.0.host.inspect(&at, &component).await?;
        let revision = revision(digest, &component, &inspected, by);
        ledger.store().blobs.put(component).await?;
        let mut changing = ledger.change().await;
        changing.bot(tenant, bot, by).await?;
        changing.revision(tenant, bot, Expected::Absent, &revision)?;
        let of = format!("{bot}@{}", revision.digest);
        let detail = format!("{} {}", revision.name, revision.version);
        let kept = changing
            .keep(by, Changed::RevisionAdded, Some(tenant), of, detail)
            .await;
        match kept {
            // Whoever was faster took the same.
            Err(NotKept::Conflict) => {}
            other => other?,
        }
        Ok(revision)
    }

    /// Has an environment serve a revision, alone or beside the one that it serves.
    ///
    /// # Errors
    /// [`NotChanged`]; what was served goes on.
    pub async fn deploy(&self, at: &Address, wanted: Wanted, by: By) -> Result<Made, NotChanged> {
        if !(1..=ALL).contains(&wanted.weight) {
            return Err(NotChanged::Weight(wanted.weight));
        }
        let may_raise = wanted.may_raise_limits;
        wanted.settings.check(&self.0.defaults, may_raise)?;
        let side = Side {
            digest: wanted.digest,
            weight: wanted.weight,
            settings: wanted.settings,
        };
        let next = |now: Option<&Kept>| Next::with(now, side);
        let with = With {
            grant: wanted.grant,
            demand: wanted.demand,
        };
        self.change(at, by, Changed::Deployed, with, next).await
    }

    /// Gives the second revision of a split so many of a hundred new conversations; 100 and 0 end the split.
    ///
    /// # Errors
    /// [`NotChanged`]; what was served goes on.
    pub async fn weigh(&self, at: &Address, weight: u8, by: By) -> Result<Kept, NotChanged> {
        if weight > ALL {
            return Err(NotChanged::Weight(weight));
        }
        let next = move |now: Option<&Kept>| Next::weighed(now, weight);
        let made = self.change(at, by, Changed::Weighted, With::default(), next);
        Ok(made.await?.kept)
    }

    /// Has an environment serve what another one of the same bot serves, once that is granted there what it asks for.
    ///
    /// # Errors
    /// [`NotChanged`]; what was served goes on.
    pub async fn promote(
        &self,
        from: &Address,
        to: &Environment,
        grant: Grants,
        demand: Demand,
        by: By,
    ) -> Result<Made, NotChanged> {
        self.is_ours(from)?;
        let served = self.0.ledger.deployment(from).await?;
        let sides = served.map(|kept| kept.sides).unwrap_or_default();
        if sides.is_empty() {
            return Err(NotChanged::NothingServed(from.clone()));
        }
        let to = Address {
            environment: to.clone(),
            ..from.clone()
        };
        let next = |now: Option<&Kept>| Ok(Next::after(now, sides));
        let with = With { grant, demand };
        self.change(&to, by, Changed::Promoted, with, next).await
    }

    /// Has an environment serve what it served before, all of it: revisions, weights and settings.
    ///
    /// # Errors
    /// [`NotChanged`]; what was served goes on.
    pub async fn roll_back(&self, at: &Address, by: By) -> Result<Kept, NotChanged> {
        self.is_ours(at)?;
        let nothing = || NotChanged::NothingBefore(at.clone());
        let now = self.0.ledger.deployment(at).await?.ok_or_else(nothing)?;
        let before = now.before.ok_or_else(nothing)?;
        let past = self.0.ledger.past(at, before).await?.ok_or_else(nothing)?;
        let next = move |found: Option<&Kept>| {
            if found.map(|found| found.number) != Some(now.number) {
                return Err(Impossible::Conflict);
            }
            Ok(Next {
                sides: past.sides,
                before: past.before,
            })
        };
        let made = self.change(at, by, Changed::RolledBack, With::default(), next);
        Ok(made.await?.kept)
    }

    /// Has an environment serve nothing.
    ///
    /// # Errors
    /// [`NotChanged`]; what was served goes on.
    pub async fn undeploy(&self, at: &Address, by: By) -> Result<Kept, NotChanged> {
        let made = self.change(at, by, Changed::Undeployed, With::default(), Next::nothing);
        Ok(made.await?.kept)
    }

    /// Sees that what comes next can be served, keeps it, and brings it into force. It goes on when whoever asked hangs
    /// up: what is kept is in force.
    async fn change(
        &self,
        at: &Address,
        by: By,
        change: Changed,
        with: With,
        next: impl FnOnce(Option<&Kept>) -> Result<Next, Impossible> + Send + 'static,
    ) -> Result<Made, NotChanged> {
        self.is_ours(at)?;
        let (control, at) = (self.clone(), at.clone());
        let made = async move { control.make(&at, &by, change, &with, next).await };
        let changed = tokio::spawn(made);
        changed
            .await
            .unwrap_or_else(|panicked| Err(Failed::because(panicked).into()))
    }

    async fn make(
        &self,
        at: &Address,
        by: &By,
        change: Changed,
        with: &With,
        next: impl FnOnce(Option<&Kept>) -> Result<Next, Impossible>,
    ) -> Result<Made, NotChanged> {
        let (ledger, grant) = (&self.0.ledger, &with.grant);
        let seen = ledger.deployment(at).await?;
        let next = next(seen.as_ref()).map_err(|why| why.at(at))?;
        // What only goes back, or weighs what serves, is not held up by what was taken back since: it cannot reach that.
        let new = new_sides(change, &next.sides);
        let grants = self.agreed(at, new, grant).await?;
        // Outside of the change, which others wait for: a component may have to be compiled.
        let prepared = self.prepare(at, change, &next.sides, &grants).await?;
        let new = new_sides(change, &next.sides);
        let judged = self.judge(at, by, new, seen.as_ref(), &with.demand).await?;
        let mut changing = ledger.change().await;
        let (now, revision) = changing.now(at).await?.unzip();
        if now != seen || !judged.holds(self.requirement(at).await?.as_ref()) {
            return Err(NotKept::Conflict.into());
        }
        if now.is_none() {
            self.has_room_for(at).await?;
        }
        // What was granted may have been taken back meanwhile.
        self.agreed(at, new_sides(change, &next.sides), grant)
            .await?;
        let mut granted = ledger.grants(at).await?;
        consent::add(&mut changing, at, &mut granted, grant, by)?;
        judged.add(&mut changing, at, by)?;
        let kept = Kept {
            number: now.map_or(0, |now| now.number) + 1,
            sides: next.sides,
            before: next.before,
            at: Timestamp::now(),
            by: by.who.clone(),
            change,
            note: by.note.clone(),
        };
        let forced = judged.forced();
        self.keep(&mut changing, at, revision, by, &kept, &forced)
            .await?;
        self.grant_all(at, &prepared).await?;
        let first_fault = prepared.last().and_then(|new| new.first_fault.clone());
        self.activate(at, &kept.sides, prepared);
        Ok(Made {
            kept,
            first_fault,
            warnings: judged.warnings,
        })
    }

    /// Whether a bot may have one more environment; asked while no other change is made.
    async fn has_room_for(&self, at: &Address) -> Result<(), NotChanged> {
        let environments = self.0.ledger.environments(&at.tenant, &at.bot).await?;
        if environments.len() < MOST_ENVIRONMENTS {
            return Ok(());
        }
        Err(NotChanged::Environments(at.bot.clone()))
    }

    async fn keep(
        &self,
        changing: &mut Changing<'_>,
        at: &Address,
        now: Option<Revision>,
        by: &By,
        kept: &Kept,
        forced: &str,
    ) -> Result<(), NotChanged> {
        changing.deployment(at, now, kept)?;
        let of = format!("{}/{}", at.bot, at.environment);
        let sides = kept
            .sides
            .iter()
            .map(|side| format!("{}:{}", side.digest, side.weight));
        let sides = sides.collect::<Vec<_>>().join(" ");
        let detail = format!("#{} {sides}{forced}", kept.number);
        let tenant = Some(&at.tenant);
        Ok(changing.keep(by, kept.change, tenant, of, detail).await?)
    }

    /// Each side, ready to serve. What has served under the same settings is not asked again: who goes back because
    /// something is wrong must not be kept from it by what is wrong.
    async fn prepare(
        &self,
        at: &Address,
        change: Changed,
        sides: &[Side],
        grants: &Grants,
    ) -> Result<Vec<Arc<Deployment>>, NotChanged> {
        let untried = match change {
            Changed::Deployed => new_sides(change, sides).len(),
            _ => 0,
        };
        let (tried, new) = sides.split_at(sides.len() - untried);
        let mut prepared = self.restore(at, tried, &mut HashSet::new()).await?;
        for side in new {
            let mut wanted = side.settings.over(&self.0.defaults)?;
            wanted.grants.clone_from(grants);
            let known = self.known(at, side).await?;
            prepared.push(self.0.host.prepare(at, known, wanted).await?);
        }
        let mut worlds = prepared.iter().map(|deployment| deployment.bot.world());
        let first = worlds.next();
        if worlds.any(|other| Some(other) != first) {
            return Err(NotChanged::Mixed(at.clone()));
        }
        Ok(prepared)
    }

    fn activate(&self, at: &Address, sides: &[Side], prepared: Vec<Arc<Deployment>>) {
        let host = &self.0.host;
        let before = host.registry().at(at);
        match together(sides, prepared, before.as_deref()) {
            None => host.registry().deactivate(at),
            Some(serving) => host.activate(at, serving),
        }
    }
}

/// Those of the sides that are not served yet where they are to be.
fn new_sides(change: Changed, sides: &[Side]) -> &[Side] {
    let new = match change {
        Changed::Deployed => sides.len().min(1),
        Changed::Promoted => sides.len(),
        _ => 0,
    };
    sides.split_at(sides.len() - new).1
}

/// What the sides come to; none if there are none.
fn together(
    sides: &[Side],
    deployments: Vec<Arc<Deployment>>,
    before: Option<&Serving>,
) -> Option<Serving> {
    let mut all = sides.iter().zip(deployments);
    let (side, first) = all.next()?;
    let Some((other, second)) = all.next() else {
        return Some(Serving::One(first));
    };
    let halves = (
        Half::new(first, &side.settings),
        Half::new(second, &other.settings),
    );
    Some(Serving::split(halves.0, halves.1, other.weight, before))
}

fn revision(digest: Digest, component: &[u8], inspected: &Inspected, by: &By) -> KeptRevision {
    KeptRevision {
        digest,
        name: inspected.description.name.clone(),
        version: inspected.description.version.clone(),
        contract: CONTRACT.to_owned(),
        world: inspected.bot.world(),
        bytes: component.len() as u64,
        wants: inspected.wants().into_iter().collect(),
        at: Timestamp::now(),
        by: by.who.clone(),
        note: by.note.clone(),
        conversations: None,
    }
}

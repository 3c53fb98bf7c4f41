//! What operators do: give the host artifacts, and say what serves where. A change is first seen to be possible, then
//! kept, then brought into force; whoever asked is answered after that, so nothing that was answered is ever lost.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::access::Access;
use crate::bindings::CONTRACT;
use crate::bindings::types::Description;
use crate::invocation::Host;
use crate::registry::ledger::{By, Changed, Changing, Kept, KeptRevision, Ledger, NotKept, Side};
use crate::registry::routing::{MOST_RULES, Rule};
use crate::registry::settings::{BadSetting, Defaults, Grant, Settings};
use crate::registry::{Deployment, Inspected, Known, NotDeployable, Serving};
use crate::sandbox::{Bot, Source, Wasm};
use crate::store::{Blobs, Digest, Failed, Revision, Store};
use crate::tenant::{Address, BotName, Environment, TenantId};

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
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// The configuration file has the say there.
    #[error(
        "{0} is set by the host's configuration file: change it there, or take it out of there"
    )]
    Fixed(Address),
    /// The bot has no such revision.
    #[error("bot \"{bot}\" has no revision {digest}; upload its component first")]
    NoRevision {
        /// Which bot.
        bot: BotName,
        /// Which revision.
        digest: Digest,
    },
    /// It may not serve.
    #[error(transparent)]
    NotDeployable(#[from] NotDeployable),
    /// A setting is none.
    #[error("a setting {0}")]
    BadSetting(#[from] BadSetting),
    /// There is nothing to change.
    #[error("{0} serves nothing; deploy a revision there first")]
    NothingServed(Address),
    /// There is nothing to go back to.
    #[error("there is no deployment of {0} before the one that it has")]
    NothingBefore(Address),
    /// Two revisions serve already.
    #[error("{0} is split between two revisions; end that first: set its weight to 0 or 100")]
    Split(Address),
    /// One revision serves.
    #[error("{0} is not split between revisions; deploy one with a weight below 100 to begin")]
    NoSplit(Address),
    /// A weight is none.
    #[error("a weight is 1 to 100, and on a live split 0 to 100; this one is {0}")]
    Weight(u8),
    /// There are too many rules.
    #[error("a tenant may have {MOST_RULES} routing rules, and these are {0}")]
    Rules(usize),
    /// It could not be kept.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

impl NotChanged {
    /// A stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fixed(_) => "set-by-configuration",
            Self::NoRevision { .. } => "no-such-revision",
            Self::NotDeployable(error) => error.code(),
            Self::BadSetting(_) => "bad-setting",
            Self::NothingServed(_) => "nothing-served",
            Self::NothingBefore(_) => "nothing-before",
            Self::Split(_) => "split-already",
            Self::NoSplit(_) => "no-split",
            Self::Weight(_) => "bad-weight",
            Self::Rules(_) => "too-many-rules",
            Self::NotKept(error) => error.code(),
        }
    }
}

impl From<Failed> for NotChanged {
    fn from(failed: Failed) -> Self {
        Self::NotKept(failed.into())
    }
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
}

impl Control {
    /// The operators' side of a host, with what the store has. `fixed` is what the configuration serves.
    ///
    /// # Errors
    /// [`Failed`] if the store cannot be read.
    pub async fn open(
        host: Host,
        store: Store,
        defaults: Defaults,
        fixed: BTreeSet<Address>,
    ) -> Result<Self, Failed> {
        let ledger = Arc::new(Ledger::open(store).await?);
        let access = Access::open(Arc::clone(&ledger)).await?;
        Ok(Self(Arc::new(Rooms {
            host,
            ledger,
            access,
            defaults,
            fixed,
        })))
    }

    /// Who may do what.
    pub fn access(&self) -> &Access {
        &self.0.access
    }

    /// What is kept.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Serves all that is kept. One that cannot be served any more leaves its address empty, and is told.
    ///
    /// # Errors
    /// [`Failed`] if the store cannot be read.
    pub async fn serve_all(&self) -> Result<Vec<(Address, NotChanged)>, Failed> {
        let (mut ready, mut serving, mut failed) = (HashSet::new(), Vec::new(), Vec::new());
        for (at, kept) in self.0.ledger.deployments(None).await? {
            if self.0.fixed.contains(&at) || kept.sides.is_empty() {
                continue;
            }
            match self.restore(&at, &kept.sides, &mut ready).await {
                Ok(restored) => serving.push((at, together(&kept.sides, restored, None))),
                Err(error) => failed.push((at, error)),
            }
        }
        let serving = serving
            .into_iter()
            .filter_map(|(at, serving)| Some((at, serving?)));
        self.0.host.activate_all(serving.collect());
        for (tenant, rules) in self.0.ledger.all_rules().await? {
            self.0.host.registry().route(&tenant, rules);
        }
        Ok(failed)
    }

    /// Each side, as it was prepared before. Its code is seen to be there, once for each component, and loaded when it
    /// is first asked.
    async fn restore(
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
    async fn known(&self, at: &Address, side: &Side) -> Result<Known, NotChanged> {
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
            bot: Arc::new(Bot::new(side.digest.as_str(), Arc::new(source))),
            description: Description {
                name: kept.name,
                version: kept.version,
            },
            asks_for_personal_data: kept.wants.contains(&Grant::PersonalData),
        })
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
            return Ok(known);
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
        changing.revision(tenant, bot, &revision)?;
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
    pub async fn deploy(&self, at: &Address, wanted: Wanted, by: By) -> Result<Kept, NotChanged> {
        if !(1..=ALL).contains(&wanted.weight) {
            return Err(NotChanged::Weight(wanted.weight));
        }
        let side = Side {
            digest: wanted.digest,
            weight: wanted.weight,
            settings: wanted.settings,
        };
        self.change(at, by, Changed::Deployed, move |now| {
            match (side.weight, now) {
                (ALL, now) => Ok(Next::after(now, vec![side])),
                (_, None) => Err(Impossible::NothingServed),
                (weight, Some(now)) => match now.sides.as_slice() {
                    [] => Err(Impossible::NothingServed),
                    [first] => {
                        let first = Side {
                            weight: ALL - weight,
                            ..first.clone()
                        };
                        Ok(Next::after(Some(now), vec![first, side]))
                    }
                    _ => Err(Impossible::Split),
                },
            }
        })
        .await
    }

    /// Gives the second revision of a split so many of a hundred new conversations; 100 and 0 end the split.
    ///
    /// # Errors
    /// [`NotChanged`]; what was served goes on.
    pub async fn weigh(&self, at: &Address, weight: u8, by: By) -> Result<Kept, NotChanged> {
        if weight > ALL {
            return Err(NotChanged::Weight(weight));
        }
        self.change(at, by, Changed::Weighted, move |now| {
            let now = now.ok_or(Impossible::NothingServed)?;
            let [first, second] = now.sides.as_slice() else {
                return Err(Impossible::NoSplit);
            };
            let with = |side: &Side, weight| Side {
                weight,
                ..side.clone()
            };
            let sides = match weight {
                0 => vec![with(first, ALL)],
                ALL => vec![with(second, ALL)],
                _ => vec![with(first, ALL - weight), with(second, weight)],
            };
            // Going back means back to before the split.
            Ok(Next {
                sides,
                before: now.before,
            })
        })
        .await
    }

    /// Has an environment serve what another one of the same bot serves.
    ///
    /// # Errors
    /// [`NotChanged`]; what was served goes on.
    pub async fn promote(
        &self,
        from: &Address,
        to: &Environment,
        by: By,
    ) -> Result<Kept, NotChanged> {
        let served = self.0.ledger.deployment(from).await?;
        let sides = served.map(|kept| kept.sides).unwrap_or_default();
        if sides.is_empty() {
            return Err(NotChanged::NothingServed(from.clone()));
        }
        let to = Address {
            environment: to.clone(),
            ..from.clone()
        };
        self.change(&to, by, Changed::Promoted, |now| {
            Ok(Next::after(now, sides))
        })
        .await
    }

    /// Has an environment serve what it served before, all of it: revisions, weights and settings.
    ///
    /// # Errors
    /// [`NotChanged`]; what was served goes on.
    pub async fn roll_back(&self, at: &Address, by: By) -> Result<Kept, NotChanged> {
        let nothing = || NotChanged::NothingBefore(at.clone());
        let now = self.0.ledger.deployment(at).await?.ok_or_else(nothing)?;
        let before = now.before.ok_or_else(nothing)?;
        let past = self.0.ledger.past(at, before).await?.ok_or_else(nothing)?;
        self.change(at, by, Changed::RolledBack, move |found| {
            if found.map(|found| found.number) != Some(now.number) {
                return Err(Impossible::Conflict);
            }
            Ok(Next {
                sides: past.sides,
                before: past.before,
            })
        })
        .await
    }

    /// Has an environment serve nothing.
    ///
    /// # Errors
    /// [`NotChanged`]; what was served goes on.
    pub async fn undeploy(&self, at: &Address, by: By) -> Result<Kept, NotChanged> {
        self.change(at, by, Changed::Undeployed, |now| match now {
            Some(now) if !now.sides.is_empty() => Ok(Next::after(Some(now), Vec::new())),
            _ => Err(Impossible::NothingServed),
        })
        .await
    }

    /// Gives a tenant other routing rules, in place of all that it has. They are for conversations that begin from then
    /// on.
    ///
    /// # Errors
    /// [`NotChanged`] if a rule leads to where nothing is served; then none of them is taken.
    pub async fn route(
        &self,
        tenant: &TenantId,
        rules: Vec<Rule>,
        by: By,
    ) -> Result<(), NotChanged> {
        if rules.len() > MOST_RULES {
            return Err(NotChanged::Rules(rules.len()));
        }
        for rule in &rules {
            let to = Address {
                tenant: tenant.clone(),
                bot: rule.to.bot.clone(),
                environment: rule.to.environment.clone(),
            };
            if self.0.host.registry().at(&to).is_none() {
                return Err(NotChanged::NothingServed(to));
            }
        }
        let (control, tenant) = (self.clone(), tenant.clone());
        let routed = tokio::spawn(async move {
            let Rooms { ledger, host, .. } = &*control.0;
            let mut changing = ledger.change().await;
            changing.rules(&tenant, &rules)?;
            let detail = format!("{} rules", rules.len());
            changing
                .keep(&by, Changed::Routed, Some(&tenant), "routes", detail)
                .await?;
            host.registry().route(&tenant, rules);
            Ok(())
        });
        routed
            .await
            .unwrap_or_else(|panicked| Err(Failed::because(panicked).into()))
    }

    /// Sees that what comes next can be served, keeps it, and brings it into force. It goes on when whoever asked hangs
    /// up: what is kept is in force.
    async fn change(
        &self,
        at: &Address,
        by: By,
        change: Changed,
        next: impl FnOnce(Option<&Kept>) -> Result<Next, Impossible> + Send + 'static,
    ) -> Result<Kept, NotChanged> {
        if self.0.fixed.contains(at) {
            return Err(NotChanged::Fixed(at.clone()));
        }
        let (control, at) = (self.clone(), at.clone());
        let changed = tokio::spawn(async move { control.make(&at, &by, change, next).await });
        changed
            .await
            .unwrap_or_else(|panicked| Err(Failed::because(panicked).into()))
    }

    async fn make(
        &self,
        at: &Address,
        by: &By,
        change: Changed,
        next: impl FnOnce(Option<&Kept>) -> Result<Next, Impossible>,
    ) -> Result<Kept, NotChanged> {
        let ledger = &self.0.ledger;
        let seen = ledger.deployment(at).await?;
        let next = next(seen.as_ref()).map_err(|why| why.at(at))?;
        // Outside of the change, which others wait for: a component may have to be compiled.
        let prepared = self.prepare(at, &next.sides).await?;
        let mut changing = ledger.change().await;
        let (now, revision) = changing.now(at).await?.unzip();
        if now != seen {
            return Err(NotKept::Conflict.into());
        }
        let kept = Kept {
            number: now.map_or(0, |now| now.number) + 1,
            sides: next.sides,
            before: next.before,
            at: Timestamp::now(),
            by: by.who.clone(),
            change,
            note: by.note.clone(),
        };
        self.keep(&mut changing, at, revision, by, &kept).await?;
        self.activate(at, &kept.sides, prepared);
        Ok(kept)
    }

    async fn keep(
        &self,
        changing: &mut Changing<'_>,
        at: &Address,
        now: Option<Revision>,
        by: &By,
        kept: &Kept,
    ) -> Result<(), NotChanged> {
        changing.deployment(at, now, kept)?;
        let of = format!("{}/{}", at.bot, at.environment);
        let sides = kept
            .sides
            .iter()
            .map(|side| format!("{}:{}", side.digest, side.weight));
        let detail = format!("#{} {}", kept.number, sides.collect::<Vec<_>>().join(" "));
        let tenant = Some(&at.tenant);
        Ok(changing.keep(by, kept.change, tenant, of, detail).await?)
    }

    /// Each side, ready to serve.
    async fn prepare(
        &self,
        at: &Address,
        sides: &[Side],
    ) -> Result<Vec<Arc<Deployment>>, NotChanged> {
        let mut prepared = Vec::with_capacity(sides.len());
        for side in sides {
            let wanted = side.settings.over(&self.0.defaults)?;
            let known = self.known(at, side).await?;
            prepared.push(self.0.host.prepare(at, known, wanted).await?);
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

/// What the sides come to; none if there are none.
fn together(
    sides: &[Side],
    deployments: Vec<Arc<Deployment>>,
    before: Option<&Serving>,
) -> Option<Serving> {
    let mut deployments = deployments.into_iter();
    let first = deployments.next()?;
    Some(match deployments.next() {
        None => Serving::One(first),
        Some(second) => {
            let weight = sides.last().map_or(ALL, |side| side.weight);
            Serving::split(first, second, weight, before)
        }
    })
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

/// What is to be served next, and what a rollback from there restores.
struct Next {
    sides: Vec<Side>,
    before: Option<u64>,
}

impl Next {
    fn after(now: Option<&Kept>, sides: Vec<Side>) -> Self {
        let before = now.map(|now| now.number);
        Self { sides, before }
    }
}

/// Why there is nothing next.
enum Impossible {
    NothingServed,
    Split,
    NoSplit,
    Conflict,
}

impl Impossible {
    fn at(self, at: &Address) -> NotChanged {
        match self {
            Self::NothingServed => NotChanged::NothingServed(at.clone()),
            Self::Split => NotChanged::Split(at.clone()),
            Self::NoSplit => NotChanged::NoSplit(at.clone()),
            Self::Conflict => NotKept::Conflict.into(),
        }
    }
}

fn revision(digest: Digest, component: &[u8], inspected: &Inspected, by: &By) -> KeptRevision {
    let manifest = inspected.manifest.as_ref();
    let asks = manifest.is_some_and(|manifest| manifest.wants.personal_data);
    KeptRevision {
        digest,
        name: inspected.description.name.clone(),
        version: inspected.description.version.clone(),
        contract: CONTRACT.to_owned(),
        bytes: component.len() as u64,
        wants: asks.then_some(Grant::PersonalData).into_iter().collect(),
        at: Timestamp::now(),
        by: by.who.clone(),
        note: by.note.clone(),
    }
}

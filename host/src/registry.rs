//! What exists and what is active: tenants, their bots, and the revision that each environment serves.
//! Knows nothing of messages and of HTTP.

mod bots;
pub mod deployment;
pub mod failure_policy;
mod fingerprint;
pub mod gate;
pub mod grant;
pub mod ledger;
pub mod manifest;
pub mod routing;
pub mod serving;
pub mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rpds::HashTrieMapSync;
use uuid::Uuid;

pub use deployment::{Deployment, Known, Wanted};
pub use failure_policy::FailurePolicy;
pub use gate::{Gate, Inspected, NotDeployable};
pub use grant::{Grant, Grants};
pub use manifest::Manifest;
pub use routing::{Rule, Rules};
pub use serving::Serving;

use crate::fault::Fault;
use crate::tenant::{Address, BotName, Environment, EventId, TenantId};
use bots::Bots;

/// Why there is nothing to ask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDeployed {
    /// No such tenant.
    #[error("there is no tenant \"{0}\"")]
    Tenant(TenantId),
    /// The tenant has no such bot.
    #[error("tenant \"{tenant}\" has no bot \"{bot}\"")]
    Bot {
        /// Whose.
        tenant: TenantId,
        /// Which.
        bot: BotName,
    },
    /// The bot serves nothing there.
    #[error("bot \"{bot}\" has no deployment in environment \"{environment}\"")]
    Environment {
        /// Which bot.
        bot: BotName,
        /// Which of its environments.
        environment: Environment,
    },
}

impl NotDeployed {
    /// Who asks for what is not there has to ask for something else.
    pub fn fault(&self) -> Fault {
        Fault::Caller
    }
}

/// A tenant that exists. Only the registry makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant(TenantId);

type Environments = BTreeMap<Environment, Arc<Serving>>;
type Routes = HashTrieMapSync<TenantId, Bots>;

/// The routing table: read by every turn, swapped as a whole by every change. A table shares with the one before all
/// that has not changed, so that a change costs the same however much is served.
#[derive(Debug, Default)]
pub struct Registry {
    routes: ArcSwap<Routes>,
    rules: ArcSwap<HashTrieMapSync<TenantId, Arc<Rules>>>,
}

impl Registry {
    /// The tenant of that id.
    ///
    /// # Errors
    /// [`NotDeployed::Tenant`] if there is none.
    pub fn tenant(&self, id: &TenantId) -> Result<Tenant, NotDeployed> {
        if self.routes.load().contains_key(id) {
            Ok(Tenant(id.clone()))
        } else {
            Err(NotDeployed::Tenant(id.clone()))
        }
    }

    /// What an environment of a tenant's bot serves. The caller keeps it for its turn, whatever is swapped meanwhile.
    ///
    /// # Errors
    /// [`NotDeployed`] says what is missing.
    pub fn active(
        &self,
        tenant: &Tenant,
        bot: &BotName,
        at: &Environment,
    ) -> Result<Arc<Serving>, NotDeployed> {
        let routes = self.routes.load();
        let environments = environments(&routes, tenant, bot)?;
        let missing = || NotDeployed::Environment {
            bot: bot.clone(),
            environment: at.clone(),
        };
        environments.get(at).cloned().ok_or_else(missing)
    }

    /// What is served to a conversation that asks for a bot: by the tenant's rules, and without one that matches what the
    /// bot itself serves. The caller keeps it for its turn, whatever is swapped meanwhile.
    ///
    /// # Errors
    /// [`NotDeployed`] says what is missing.
    pub fn way(
        &self,
        asked: &Address,
        conversation: Option<&str>,
        skill: Option<&str>,
    ) -> Result<Arc<Serving>, NotDeployed> {
        let tenant = self.tenant(&asked.tenant)?;
        match self.rules.load().get(&asked.tenant) {
            None => self.active(&tenant, &asked.bot, &asked.environment),
            Some(rules) => rules.way(asked, conversation, skill, |to| {
                self.active(&tenant, &to.bot, &to.environment)
            }),
        }
    }

    /// Gives a tenant other rules, from the next conversation on.
    pub fn route(&self, tenant: &TenantId, rules: Vec<Rule>) {
        self.rules.rcu(|all| {
            let before = all.get(tenant).map(Arc::as_ref);
            let rules = Rules::after(before, rules.clone());
            all.insert(tenant.clone(), Arc::new(rules))
        });
    }

    /// The names of a bot's environments. `draft` is always one of them, and comes first.
    ///
    /// # Errors
    /// [`NotDeployed::Bot`] if the tenant has no such bot.
    pub fn environments(
        &self,
        tenant: &Tenant,
        bot: &BotName,
    ) -> Result<Vec<Environment>, NotDeployed> {
        let routes = self.routes.load();
        let others = environments(&routes, tenant, bot)?
            .keys()
            .filter(|name| **name != Environment::draft());
        Ok(std::iter::once(Environment::draft())
            .chain(others.cloned())
            .collect())
    }

    /// Makes this the one that is served at an address. Turns that have begun keep the deployment they began with.
    pub fn activate(&self, at: &Address, serving: Serving) {
        let serving = Arc::new(serving);
        self.change(at, |environments| {
            environments.insert(at.environment.clone(), Arc::clone(&serving));
        });
    }

    /// Serves nothing at an address from now on.
    pub fn deactivate(&self, at: &Address) {
        self.change(at, |environments| {
            environments.remove(&at.environment);
        });
    }

    fn change(&self, at: &Address, change: impl Fn(&mut Environments)) {
        self.routes.rcu(|routes| {
            let mut bots = routes.get(&at.tenant).cloned().unwrap_or_default();
            let mut environments = bots.get(&at.bot).cloned().unwrap_or_default();
            change(&mut environments);
            bots.set(&at.tenant, &at.bot, environments);
            routes.insert(at.tenant.clone(), bots)
        });
    }

    /// Whether nothing is served.
    pub fn is_empty(&self) -> bool {
        let routes = self.routes.load();
        let mut bots = routes.values().flat_map(Bots::all);
        bots.all(|(_, environments)| environments.is_empty())
    }

    /// A tenant's bot of this UUID, whether it serves anything or not.
    pub fn of_uuid(&self, tenant: &TenantId, uuid: &Uuid) -> Option<BotName> {
        self.routes.load().get(tenant)?.named(uuid).cloned()
    }

    /// Where a tenant's bots listen to an event: the productions that do, with what they serve, by the names of the bots.
    pub fn listening(&self, tenant: &TenantId, event: &EventId) -> Vec<(Address, Arc<Serving>)> {
        let routes = self.routes.load();
        let Some(bots) = routes.get(tenant) else {
            return Vec::new();
        };
        let listening = bots.listening(event);
        let served = listening.filter_map(|bot| {
            let at = in_production(tenant, bot);
            let serving = bots.get(bot)?.get(&at.environment)?;
            Some((at, Arc::clone(serving)))
        });
        served.collect()
    }

    /// What a tenant's bots serve in production, by their names.
    pub fn productions(&self, tenant: &TenantId) -> Vec<(Address, Arc<Serving>)> {
        let routes = self.routes.load();
        let bots = routes.get(tenant).into_iter().flat_map(Bots::all);
        let served = bots.filter_map(|(bot, environments)| {
            let at = in_production(tenant, bot);
            let serving = environments.get(&at.environment)?;
            Some((at, Arc::clone(serving)))
        });
        let mut served: Vec<_> = served.collect();
        served.sort_by(|(one, _), (other, _)| one.cmp(other));
        served
    }

    /// What is served at an address, if anything is.
    pub fn at(&self, at: &Address) -> Option<Arc<Serving>> {
        let routes = self.routes.load();
        let environments = routes.get(&at.tenant)?.get(&at.bot)?;
        environments.get(&at.environment).cloned()
    }
}

fn in_production(tenant: &TenantId, bot: &BotName) -> Address {
    Address {
        tenant: tenant.clone(),
        bot: bot.clone(),
        environment: Environment::production(),
    }
}

fn environments<'a>(
    routes: &'a Routes,
    tenant: &Tenant,
    bot: &BotName,
) -> Result<&'a Environments, NotDeployed> {
    let missing = || NotDeployed::Bot {
        tenant: tenant.0.clone(),
        bot: bot.clone(),
    };
    routes
        .get(&tenant.0)
        .and_then(|bots| bots.get(bot))
        .ok_or_else(missing)
}

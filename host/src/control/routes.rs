//! Which bot answers conversations that ask for another one.

use super::{Control, NotChanged, Rooms};
use crate::registry::ledger::{By, Changed};
use crate::registry::routing::{MOST_RULES, Rule};
use crate::store::Failed;
use crate::tenant::{Address, TenantId};

impl Control {
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
        if !rules.iter().all(Rule::is_readable) {
            return Err(NotChanged::Skill);
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
}

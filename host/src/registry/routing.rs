//! Which bot answers a conversation that asks for another one: a tenant's rules, the first that matches. A conversation
//! keeps what it was given when it began, whatever becomes of the rules.

use std::time::Duration;

use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fingerprint::{Fingerprint, fingerprint};
use crate::tenant::{Address, BotName, Environment};

/// Conversations whose way is remembered, of one tenant, and for how long after their last turn.
const REMEMBERED: u64 = 100_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// More rules than anybody reads.
pub const MOST_RULES: usize = 1_000;

/// One rule: what is left out matches anything.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The bot that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotName>,
    /// The environment that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The id of the skill that the conversation is routed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// Who answers.
    pub to: Target,
}

/// A bot of the same tenant, and one of its environments.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Which bot.
    pub bot: BotName,
    /// Which of its environments.
    pub environment: Environment,
}

/// A tenant's rules.
#[derive(Clone, Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    /// What each conversation was given, by what it asked for.
    given: Cache<Fingerprint, Target>,
}

impl Rules {
    /// Rules that follow others: what a conversation was given by those stays.
    pub fn after(before: Option<&Rules>, rules: Vec<Rule>) -> Self {
        let given = before.map_or_else(
            || {
                Cache::builder()
                    .max_capacity(REMEMBERED)
                    .time_to_idle(REMEMBERED_FOR)
                    .build()
            },
            |before| before.given.clone(),
        );
        Self { rules, given }
    }

    /// Who answers a conversation that asks for a bot. What is no conversation, such as a connection test, keeps nothing.
    pub fn way(&self, asked: &Address, conversation: Option<&str>, skill: Option<&str>) -> Address {
        let matching = || {
            let rule = self.rules.iter().find(|rule| rule.matches(asked, skill));
            rule.map_or_else(|| Target::of(asked), |rule| rule.to.clone())
        };
        let given = match conversation {
            None => matching(),
            Some(conversation) => {
                let (bot, environment) = (asked.bot.as_str(), asked.environment.as_str());
                let key = fingerprint(&[bot, environment, conversation]);
                self.given.get_with(key, matching)
            }
        };
        Address {
            tenant: asked.tenant.clone(),
            bot: given.bot,
            environment: given.environment,
        }
    }
}

impl Target {
    fn of(asked: &Address) -> Self {
        Self {
            bot: asked.bot.clone(),
            environment: asked.environment.clone(),
        }
    }
}

impl Rule {
    fn matches(&self, asked: &Address, skill: Option<&str>) -> bool {
        self.bot.as_ref().is_none_or(|bot| *bot == asked.bot)
            && self
                .environment
                .as_ref()
                .is_none_or(|at| *at == asked.environment)
            && self
                .skill
                .as_deref()
                .is_none_or(|wanted| skill == Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rules(rules: serde_json::Value) -> Vec<Rule> {
        serde_json::from_value(rules).expect("rules")
    }

    fn asked(bot: &str) -> Address {
        Address {
            tenant: "acme".parse().expect("a tenant"),
            bot: bot.parse().expect("a bot"),
            environment: Environment::draft(),
        }
    }

    #[test]
    fn the_first_rule_that_matches_says_who_answers() {
        let to = |bot: &str| json!({ "bot": bot, "environment": "draft" });
        let rules = rules(json!([
            { "skill": "1", "bot": "a", "to": to("b") },
            { "skill": "1", "to": to("c") },
            { "environment": "production", "to": to("d") },
        ]));
        let rules = Rules::after(None, rules);
        for (bot, skill, answers) in [
            ("a", Some("1"), "b"),
            ("x", Some("1"), "c"),
            ("a", Some("2"), "a"),
            ("a", None, "a"),
        ] {
            let conversation = format!("{bot}{skill:?}");
            assert_eq!(
                rules.way(&asked(bot), Some(&conversation), skill),
                asked(answers)
            );
        }
    }

    #[test]
    fn a_conversation_keeps_what_it_was_given_when_it_began() {
        let old = rules(json!([{ "to": { "bot": "b", "environment": "draft" } }]));
        let old = Rules::after(None, old);
        assert_eq!(old.way(&asked("a"), Some("begun"), None), asked("b"));
        let new = Rules::after(Some(&old), Vec::new());
        assert_eq!(new.way(&asked("a"), Some("begun"), None), asked("b"));
        assert_eq!(new.way(&asked("a"), Some("later"), None), asked("a"));
        // What is no conversation begins each time.
        assert_eq!(old.way(&asked("a"), None, None), asked("b"));
        assert_eq!(new.way(&asked("a"), None, None), asked("a"));
    }
}

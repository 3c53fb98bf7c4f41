//! Which bot answers a conversation that asks for another one: a tenant's rules, the first that matches. A conversation
//! keeps what it was given when it began, whatever becomes of the rules.

use std::time::Duration;

use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fingerprint::{Fingerprint, fingerprint};
use crate::chat::one_line;
use crate::tenant::{Address, BotName, Environment};

/// Conversations whose way is remembered, of one tenant, and for how long after their last turn.
const REMEMBERED: u64 = 100_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// More rules than anybody reads.
pub const MOST_RULES: usize = 1_000;
/// Of a skill's id; LivePerson's have some ten digits.
pub const SKILL_CHARACTERS: usize = 64;

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

    /// What is served to a conversation that asks for a bot, as `served` tells of each target: where it was led before,
    /// while anything is served there, and else where the rules lead. Only a way that leads somewhere is kept; what is no
    /// conversation, such as a connection test, keeps none.
    pub fn way<T, E>(
        &self,
        asked: &Address,
        conversation: Option<&str>,
        skill: Option<&str>,
        served: impl Fn(&Target) -> Result<T, E>,
    ) -> Result<T, E> {
        let key = conversation.map(|conversation| {
            let (bot, environment) = (asked.bot.as_str(), asked.environment.as_str());
            fingerprint(&[bot, environment, conversation])
        });
        let given = key.and_then(|key| self.given.get(&key));
        if let Some(Ok(found)) = given.as_ref().map(&served) {
            return Ok(found);
        }
        let rule = self.rules.iter().find(|rule| rule.matches(asked, skill));
        let target = rule.map_or_else(|| Target::of(asked), |rule| rule.to.clone());
        let found = served(&target)?;
        if let Some(key) = key {
            self.given.insert(key, target);
        }
        Ok(found)
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
    /// Whether a person can read what it says.
    pub fn is_readable(&self) -> bool {
        self.skill.as_ref().is_none_or(|skill| {
            let characters = skill.chars().count();
            (1..=SKILL_CHARACTERS).contains(&characters) && one_line(skill, characters) == *skill
        })
    }

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

    /// The bot that answers, where all are served.
    fn way(rules: &Rules, bot: &str, conversation: Option<&str>, skill: Option<&str>) -> String {
        let served = |to: &Target| Ok::<_, ()>(to.bot.to_string());
        let way = rules.way(&asked(bot), conversation, skill, served);
        way.expect("it is served")
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
            assert_eq!(way(&rules, bot, Some(&conversation), skill), answers);
        }
    }

    #[test]
    fn a_conversation_keeps_what_it_was_given_when_it_began() {
        let old = rules(json!([{ "to": { "bot": "b", "environment": "draft" } }]));
        let old = Rules::after(None, old);
        assert_eq!(way(&old, "a", Some("begun"), None), "b");
        let new = Rules::after(Some(&old), Vec::new());
        assert_eq!(way(&new, "a", Some("begun"), None), "b");
        assert_eq!(way(&new, "a", Some("later"), None), "a");
        // What is no conversation begins each time.
        assert_eq!(way(&old, "a", None, None), "b");
        assert_eq!(way(&new, "a", None, None), "a");
    }

    #[test]
    fn a_way_that_leads_nowhere_is_not_kept() {
        let to_b = rules(json!([{ "to": { "bot": "b", "environment": "draft" } }]));
        let old = Rules::after(None, to_b);
        let nothing = |_: &Target| Err::<(), _>("nothing is served there");
        assert!(old.way(&asked("a"), Some("c"), None, nothing).is_err());
        let new = Rules::after(Some(&old), Vec::new());
        assert_eq!(way(&new, "a", Some("c"), None), "a");
        // Nor one whose end is served no more.
        assert_eq!(way(&old, "a", Some("d"), None), "b");
        let but_b = |to: &Target| match to.bot.as_str() {
            "b" => Err("nothing is served there"),
            other => Ok(other.to_owned()),
        };
        assert_eq!(
            new.way(&asked("a"), Some("d"), None, but_b),
            Ok("a".to_owned())
        );
    }
}

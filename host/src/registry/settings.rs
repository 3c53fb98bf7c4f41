//! What an operator gives a deployment beside its artifact: as it is written and kept, and what it comes to over the
//! host's own settings.

pub mod bounds;

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{FailurePolicy, Grants, Wanted};
use crate::chat::ReplyLimits;
use crate::sandbox::Limits;
use crate::tenant::EventId;

/// A deployment's own settings. What is left out is the host's, also when that changes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What differs from the host's `limits`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = HashMap<String, u64>)]
    pub limits: Map<String, Value>,
    /// What differs from the host's `reply`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = HashMap<String, Value>)]
    pub reply: Map<String, Value>,
    /// In place of the host's `failure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailurePolicy>,
    /// What `config` gives the bot.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = HashMap<String, Value>)]
    pub config: BTreeMap<String, Value>,
    /// The events that it is invoked by, where it serves as `production`. Left out, a bot listens to
    /// `bot_connectors_custom_integration`, and a function to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<BTreeSet<EventId>>,
    /// Which of its turns are kept whole, where that is not what the host says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capsules: Option<Capsules>,
    /// Whether it has to answer a first turn before it serves: a text that nobody wrote, to which it may say anything
    /// that can be sent, or give a fault. Off for a bot that is bound to fail then.
    #[serde(skip_serializing_if = "is_on")]
    pub smoke_turn: bool,
}

/// Which of a deployment's turns are kept whole.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Capsules {
    /// How many in a thousand of those that ended well, in place of the host's `capsules.sample_permille`: 1000 keeps every
    /// turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1000)]
    pub sample_permille: Option<u16>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Map::new(),
            reply: Map::new(),
            failure: None,
            config: BTreeMap::new(),
            events: None,
            capsules: None,
            smoke_turn: true,
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands it over like this"
)]
fn is_on(switch: &bool) -> bool {
    *switch
}

/// What the host gives every deployment that says nothing else.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// What a turn may use.
    pub limits: Limits,
    /// What a reply may be.
    pub reply: ReplyLimits,
    /// What the consumer gets when the bot fails.
    pub failure: FailurePolicy,
}

/// A setting that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{at}` {problem}")]
pub struct BadSetting {
    at: String,
    problem: String,
}

/// Bytes of a deployment's settings as they are kept, with each of its changes: a configuration is read by people.
const MOST_BYTES: usize = 64 << 10;
/// Tables and lists inside of one another in a bot's configuration.
const MOST_DEPTH: usize = 16;

impl Settings {
    /// Whether they may be kept, and make sense on a host with these defaults; `may_raise` is for who may give a bot
    /// more than the host gives every bot.
    ///
    /// # Errors
    /// [`BadSetting`] names the key, and what would be right.
    pub fn check(&self, host: &Defaults, may_raise: bool) -> Result<(), BadSetting> {
        let bad = |at: &str, problem: String| {
            let at = at.to_owned();
            Err(BadSetting { at, problem })
        };
        if self
            .config
            .values()
            .any(|value| is_deeper(value, MOST_DEPTH))
        {
            let problem =
                format!("has more than {MOST_DEPTH} tables and lists inside of one another");
            return bad("config", problem);
        }
        let bytes = serde_json::to_vec(self).map_or(usize::MAX, |json| json.len());
        if bytes > MOST_BYTES {
            let problem = format!("have {bytes} bytes as JSON, and may have {MOST_BYTES}");
            return bad("settings", problem);
        }
        let raised = bounds::raised(&self.over(host)?, host);
        raised.filter(|_| !may_raise).map_or(Ok(()), Err)
    }

    /// What it comes to on a host with these defaults.
    ///
    /// # Errors
    /// [`BadSetting`] names the key, and what would be right.
    pub fn over(&self, host: &Defaults) -> Result<Wanted, BadSetting> {
        let wanted = Wanted {
            limits: over("limits", &host.limits, &self.limits)?,
            reply: over("reply", &host.reply, &self.reply)?,
            failure: self.failure.clone().unwrap_or_else(|| host.failure.clone()),
            config: texts(&self.config),
            grants: Grants::new(),
            events: self.events.clone(),
            sample: self
                .capsules
                .as_ref()
                .and_then(|capsules| capsules.sample_permille),
            smoke_turn: self.smoke_turn,
        };
        bounds::problem(&wanted).map_or(Ok(wanted), Err)
    }
}

/// A bot's configuration is texts; what is written as a number or a list is given as JSON.
pub fn texts(config: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let each = config.iter().map(|(key, value)| (key.clone(), text(value)));
    each.collect()
}

fn is_deeper(value: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return !matches!(
            value,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)
        );
    };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, depth)),
        Value::Object(table) => table.values().any(|item| is_deeper(item, depth)),
        _ => false,
    }
}

fn over<T>(table: &str, host: &T, own: &Map<String, Value>) -> Result<T, BadSetting>
where
    T: Serialize + DeserializeOwned,
{
    let bad = |at: String, problem: &dyn std::fmt::Display| BadSetting {
        at,
        problem: format!("is not valid: {problem}"),
    };
    let mut all = serde_json::to_value(host).map_err(|error| bad(table.to_owned(), &error))?;
    if let Value::Object(all) = &mut all {
        all.extend(own.clone());
    }
    serde_path_to_error::deserialize(all).map_err(|error| {
        let at = format!("{table}.{}", error.path());
        bad(at.trim_end_matches(".").to_owned(), error.inner())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(json: Value) -> Settings {
        serde_json::from_value(json).expect("settings")
    }

    #[test]
    fn what_is_left_out_is_the_hosts() {
        let host = Defaults {
            limits: Limits {
                deadline_ms: 700,
                ..Limits::default()
            },
            ..Defaults::default()
        };
        let given = settings(json!({"limits": {"fuel": 5}, "config": {"n": 3, "s": "three"}}));
        let wanted = given.over(&host).expect("valid settings");
        assert_eq!((wanted.limits.fuel, wanted.limits.deadline_ms), (5, 700));
        assert_eq!(
            (wanted.config["n"].as_str(), wanted.config["s"].as_str()),
            ("3", "three")
        );
    }

    #[test]
    fn whoever_answers_for_a_bot_says_how_strict_its_replies_are_checked() {
        let strict = |own| {
            let (given, host) = (settings(own), Defaults::default());
            given.check(&host, false).expect("nothing is raised");
            given.over(&host).expect("valid settings").reply.strict
        };
        assert!(strict(json!({"reply": {"strict": true}})));
        assert!(!strict(json!({})));
    }

    #[test]
    fn a_wrong_key_or_value_is_named() {
        for (own, at) in [
            (json!({"limits": {"fule": 5}}), "limits"),
            (json!({"limits": {"fuel": "five"}}), "limits.fuel"),
            (json!({"reply": {"parts": -1}}), "reply.parts"),
            (json!({"reply": {"strict": 1}}), "reply.strict"),
        ] {
            let bad = settings(own)
                .over(&Defaults::default())
                .expect_err("not valid");
            assert!(bad.to_string().contains(at), "{bad}");
        }
    }
}

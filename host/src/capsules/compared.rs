//! What a turn that was run again did otherwise than the first time.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Capsule, Ended, Exchange, Told};

/// A turn, and the same turn run again.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// How it ended, in one of the host's codes.
    pub outcome: Change<String>,
    /// Why it failed.
    pub cause: Change<Option<String>>,
    /// What it said.
    pub said: Change<Option<Value>>,
    /// What it used; none where that is not known.
    pub fuel: Change<Option<u64>>,
    /// Calls out of the sandbox.
    pub host_calls: Change<u64>,
    /// Requests that were sent only then.
    pub no_longer_sent: Vec<String>,
    /// Requests that are sent only now: nothing is known of what comes back.
    pub newly_sent: Vec<String>,
}

/// Something before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change<T> {
    /// As it was.
    pub before: T,
    /// As it is.
    pub after: T,
}

impl<T: PartialEq> Change<T> {
    /// Whether it is what it was.
    pub fn is_none(&self) -> bool {
        self.before == self.after
    }
}

impl Compared {
    /// What became of a turn, and what it was told.
    pub fn of(capsule: &Capsule, ended: &Ended, told: &Told) -> Self {
        let before = &capsule.ended;
        let change = |before: &u64, after: &u64| Change {
            before: *before,
            after: *after,
        };
        Self {
            outcome: cloned(&before.outcome, &ended.outcome),
            cause: cloned(&before.cause, &ended.cause),
            said: cloned(&before.said, &ended.said),
            fuel: cloned(&before.fuel, &ended.fuel),
            // What ends a turn where its time was over is a call of its own.
            host_calls: match before.late {
                Some(_) => change(&before.host_calls, &before.host_calls),
                None => change(&before.host_calls, &ended.host_calls),
            },
            no_longer_sent: more(&capsule.told.http, &told.http),
            newly_sent: more(&told.http, &capsule.told.http),
        }
    }

    /// Whether it ended in the same way: the same outcome, for the same reason.
    pub fn ends_the_same(&self) -> bool {
        let reason = |cause: &Option<String>| {
            // Where in its source that was may be known of one and not of the other.
            let cause = cause.as_deref().unwrap_or_default();
            cause.split(" (in ").next().map(str::to_owned)
        };
        self.outcome.is_none() && reason(&self.cause.before) == reason(&self.cause.after)
    }

    /// Whether it did the same in all that can be told.
    pub fn is_the_same(&self) -> bool {
        self.ends_the_same()
            && self.said.is_none()
            && self.fuel.is_none()
            && self.host_calls.is_none()
            && !self.sends_otherwise()
    }

    /// Whether it sends other requests than it did.
    pub fn sends_otherwise(&self) -> bool {
        !(self.no_longer_sent.is_empty() && self.newly_sent.is_empty())
    }

    /// Whether it says and does what it did, whatever that costs now.
    pub fn does_the_same(&self) -> bool {
        self.ends_the_same() && self.said.is_none() && !self.sends_otherwise()
    }

    /// How much more or less fuel it takes, as a part of what it took; none where that is not known.
    pub fn more_fuel(&self) -> Option<f64> {
        // For people: what is lost of large numbers is none of a percent.
        let (before, after) = (self.fuel.before? as f64, self.fuel.after? as f64);
        (before > 0.0).then(|| (after - before) / before)
    }

    /// Whether it kept what the capsule promises of the same bot.
    pub fn keeps(&self, capsule: &Capsule) -> bool {
        match (&capsule.gap, capsule.redacted.is_empty()) {
            (Some(_), _) => true,
            (None, false) => self.outcome.is_none(),
            (None, true) => self.is_the_same(),
        }
    }
}

fn cloned<T: Clone>(before: &T, after: &T) -> Change<T> {
    Change {
        before: before.clone(),
        after: after.clone(),
    }
}

/// The requests of one that the other has not, or not so often.
fn more(of: &[Exchange], than: &[Exchange]) -> Vec<String> {
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    for exchange in than {
        *there.entry(whole(exchange)).or_default() += 1;
    }
    let mut is_more = |exchange: &&Exchange| match there.get_mut(&whole(exchange)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    let each = of.iter().filter(|exchange| is_more(exchange));
    each.map(|exchange| format!("{} {}", exchange.method, exchange.url))
        .collect()
}

/// All of a request but its headers, where a value that nobody has kept may stand.
fn whole(exchange: &Exchange) -> String {
    let body = exchange.body.as_ref().map_or(&[][..], |body| &body.0);
    format!(
        "{} {} {}",
        exchange.method,
        exchange.url,
        String::from_utf8_lossy(body)
    )
}

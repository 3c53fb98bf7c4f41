//! What an environment serves: one deployment, or two between which its conversations are split. A conversation keeps its
//! side for as long as that is there.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use super::Deployment;
use super::fingerprint::{Fingerprint, fingerprint};
use super::settings::Settings;

/// Conversations whose side is remembered, of one split. Beyond that, and after this time without a turn, a
/// conversation is given a side anew: the same one, unless the weights have changed.
const REMEMBERED: u64 = 100_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// What an environment serves.
#[derive(Clone, Debug)]
pub enum Serving {
    /// One deployment.
    One(Arc<Deployment>),
    /// Two.
    Split(Split),
}

/// Two deployments that share the conversations.
#[derive(Clone, Debug)]
pub struct Split {
    first: Half,
    second: Half,
    /// How many of a hundred new conversations are the second one's.
    weight: u8,
    /// The side of each conversation. The same for as long as the same two share, whatever the weights.
    chosen: Cache<Fingerprint, Fingerprint>,
}

/// One of the two.
#[derive(Clone, Debug)]
pub struct Half {
    deployment: Arc<Deployment>,
    /// Of its revision and of how that is run: both halves may be of one revision.
    is: Fingerprint,
}

impl Half {
    /// A deployment, which is told from another one by its revision and its settings.
    pub fn new(deployment: Arc<Deployment>, settings: &Settings) -> Self {
        let settings = serde_json::to_string(settings).unwrap_or_default();
        let is = fingerprint(&[deployment.bot.digest(), &settings]);
        Self { deployment, is }
    }
}

impl Serving {
    /// A split of conversations, of which `weight` in a hundred are the second one's. Those that had a side in the split
    /// `before`, if that was one, keep it.
    pub fn split(first: Half, second: Half, weight: u8, before: Option<&Serving>) -> Self {
        let chosen = match before {
            Some(Self::Split(split)) => split.chosen.clone(),
            _ => Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_idle(REMEMBERED_FOR)
                .build(),
        };
        Self::Split(Split {
            first,
            second,
            weight,
            chosen,
        })
    }

    /// The deployment of a conversation.
    pub fn of(&self, conversation: &str) -> &Arc<Deployment> {
        match self {
            Self::One(deployment) => deployment,
            Self::Split(split) => split.of(conversation),
        }
    }

    /// All that serve.
    pub fn each(&self) -> impl Iterator<Item = &Arc<Deployment>> {
        let (first, second) = match self {
            Self::One(deployment) => (deployment, None),
            Self::Split(split) => (&split.first.deployment, Some(&split.second.deployment)),
        };
        std::iter::once(first).chain(second)
    }

    /// The one that was there first, for what concerns no conversation.
    pub fn first(&self) -> &Arc<Deployment> {
        match self {
            Self::One(deployment) => deployment,
            Self::Split(split) => &split.first.deployment,
        }
    }
}

impl Split {
    fn of(&self, conversation: &str) -> &Arc<Deployment> {
        let side = |chosen: Fingerprint| {
            let sides = [&self.first, &self.second];
            sides.into_iter().find(|side| side.is == chosen)
        };
        let fingerprint = fingerprint(&[conversation]);
        if let Some(known) = self.chosen.get(&fingerprint).and_then(side) {
            return &known.deployment;
        }
        let is_second = share(fingerprint) < self.weight;
        let side = if is_second { &self.second } else { &self.first };
        self.chosen.insert(fingerprint, side.is);
        &side.deployment
    }
}

/// 0 to 99, the same for a conversation each time, on each host and in each version of it.
fn share(fingerprint: Fingerprint) -> u8 {
    (u128::from_be_bytes(fingerprint) % 100) as u8
}

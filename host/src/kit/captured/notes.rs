//! What a script does not say or claim of a conversation, for who is to go on with it: each thing once, with the turns that
//! it is about.

use std::collections::BTreeSet;

use super::Recorded;
use crate::chat::one_line;

/// Of one note: it has words of others in it, such as an address or why something failed.
const MOST_CHARS: usize = 1000;

/// In the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Notes(Vec<(String, BTreeSet<usize>)>);

impl Notes {
    /// Of a turn.
    pub(super) fn of_turn(&mut self, number: usize, what: impl Into<String>) {
        let what = what.into();
        match self.0.iter_mut().find(|(known, _)| *known == what) {
            Some((_, turns)) => {
                turns.insert(number);
            }
            None => self.0.push((what, BTreeSet::from([number]))),
        }
    }

    /// Of the whole conversation.
    pub(super) fn of_all(&mut self, what: impl Into<String>) {
        let what = what.into();
        if self.0.iter().all(|(known, _)| *known != what) {
            self.0.push((what, BTreeSet::new()));
        }
    }

    /// In words, without a full stop.
    pub(super) fn told(&self) -> Vec<String> {
        let told = |(what, turns): &(String, BTreeSet<usize>)| {
            let what = one_line(what, MOST_CHARS);
            let turns: Vec<_> = turns.iter().map(ToString::to_string).collect();
            match turns.as_slice() {
                [] => what,
                [turn] => format!("turn {turn}: {what}"),
                turns => format!("turns {}: {what}", turns.join(", ")),
            }
        };
        self.0.iter().map(told).collect()
    }

    /// What a test cannot have as the turns had it, whatever they were asked.
    pub(super) fn what_is_another_thing(&mut self, recorded: &[Recorded<'_>]) {
        let Some(first) = recorded.first() else {
            return;
        };
        for one in recorded {
            self.what_was_another_thing(one, first);
            self.what_was_seen(one);
        }
    }

    fn what_was_another_thing(&mut self, one: &Recorded<'_>, first: &Recorded<'_>) {
        let Recorded {
            number, capsule, ..
        } = *one;
        if let Some(gap) = &capsule.gap {
            self.of_turn(number, format!("it is not kept as it was: {gap}"));
        }
        if !capsule.redacted.is_empty() {
            let rules: Vec<_> = capsule.redacted.iter().map(String::as_str).collect();
            let rules = rules.join(", ");
            self.of_turn(
                number,
                format!("what was redacted ({rules}) stands there as other letters: write made-up values where it matters"),
            );
        }
        if capsule.revision != first.capsule.revision {
            self.of_turn(number, "another revision of the bot was asked than first");
        }
        if capsule.config != first.capsule.config {
            self.of_turn(
                number,
                "its configuration was another one than that of the first turn, which is the one to give",
            );
        }
    }

    /// What the bot saw that it does not see in a test.
    fn what_was_seen(&mut self, one: &Recorded<'_>) {
        let told = &one.capsule.told;
        let is_timeless =
            told.wall.is_empty() && told.monotonic.is_empty() && told.remaining_ms.is_empty();
        if !is_timeless {
            self.of_turn(
                one.number,
                "the bot looked at the time, which is another one in a test: write `*` where what it says depends on that",
            );
        }
        if told.seed.is_some() {
            self.of_turn(
                one.number,
                "the bot asked for chance, which is another one in a test: write `*` where what it says depends on that",
            );
        }
        let facts = &one.turn.conversation;
        let has_facts = facts.skill_id.is_some()
            || facts.campaign_id.is_some()
            || facts.engagement_id.is_some()
            || facts.visitor.is_some()
            || facts.engagement_attributes.is_some();
        if has_facts {
            self.of_all(
                "the bot was told of a skill, a campaign or a visitor, which it is not in a test: what depends on that is another \
                 thing there",
            );
        }
    }
}

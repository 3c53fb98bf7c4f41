//! Whether a message is what a step claims it to be. Knows nothing of the order of steps.

use serde_json::Value;

use super::asserter::{ACTIONS, Asserter, How, Kind, holds};
use super::matching::{self, by_default, normal};
use super::memory::{self, Memory};
use super::message::{Facts, Message};
use super::script::Step;
use super::suite::Phrases;
use crate::chat::Action;

/// What was claimed and is not so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Miss {
    /// In words.
    pub(super) what: String,
    /// What was to be, one of these.
    pub(super) expected: Vec<String>,
    /// What is.
    pub(super) actual: String,
}

/// What a step is judged by.
pub(super) struct Evidence<'a> {
    pub(super) message: &'a Message,
    pub(super) unread: usize,
    pub(super) phrases: &'a Phrases,
}

impl Evidence<'_> {
    /// Judges a message, and remembers what it gives to remember.
    pub(super) fn judge(&self, step: &Step, memory: &mut Memory) -> Result<(), Miss> {
        self.judge_text(step, memory)?;
        self.judge_claims(&step.asserters, memory)
    }

    pub(super) fn judge_claims(&self, claims: &[Asserter], memory: &Memory) -> Result<(), Miss> {
        claims
            .iter()
            .try_for_each(|claim| self.claim(claim, memory))
    }

    fn judge_text(&self, step: &Step, memory: &mut Memory) -> Result<(), Miss> {
        if step.text.is_empty() {
            return Ok(());
        }
        let text = normal(&self.message.text);
        let expected = self.phrases.of(&normal(&step.text));
        let expected = expected.map_err(|what| Miss {
            what,
            expected: vec![step.text.clone()],
            actual: self.message.text.clone(),
        })?;
        let miss = |what: String| Miss {
            what,
            expected: memory::all_filled(&expected, memory).unwrap_or_else(|_| expected.clone()),
            actual: self.message.text.clone(),
        };
        let compared = memory::compared(&text, &expected, memory);
        let (is_so, new) = compared.map_err(&miss)?;
        if is_so == step.is_not {
            let what = if step.is_not {
                "the bot said what it was not to say"
            } else {
                "the bot said something else"
            };
            return Err(miss(what.to_owned()));
        }
        memory.extend(new);
        Ok(())
    }

    fn claim(&self, claim: &Asserter, memory: &Memory) -> Result<(), Miss> {
        let args = memory::all_filled(&claim.args, memory).map_err(|what| Miss {
            what: format!("`{}` {what}", claim.name),
            expected: claim.args.clone(),
            actual: String::new(),
        })?;
        // One of several that is there is one too many where none is to be.
        let sought = Sought {
            args: &args,
            any: claim.is_not,
        };
        let found = self.found(claim.kind, &sought);
        let (is_so, actual) = found.map_err(|what| Miss {
            what: format!("`{}` {what}", claim.name),
            expected: args.clone(),
            actual: String::new(),
        })?;
        if is_so != claim.is_not {
            return Ok(());
        }
        let args = args.join("|");
        let negated = if claim.is_not { "!" } else { "" };
        let written = format!("{negated}{} {args}", claim.name);
        Err(Miss {
            what: format!("`{}` does not hold", written.trim_end()),
            expected: vec![written.trim_end().to_owned()],
            actual,
        })
    }

    /// Whether a claim is so, and what there is.
    fn found(&self, kind: Kind, sought: &Sought<'_>) -> Result<(bool, String), String> {
        let (message, args) = (self.message, sought.args);
        let first = args.first().map(String::as_str);
        let is_count = |count: usize| {
            let is_so = holds(count as u64, first.unwrap_or(">0"));
            let is_so = is_so.ok_or("takes a number, or one behind <, <=, =, >= or >");
            is_so
                .map(|is_so| (is_so, count.to_string()))
                .map_err(str::to_owned)
        };
        match kind {
            Kind::Text { how, all } => self.text(how, all, args),
            Kind::Buttons => self.buttons(sought),
            Kind::ButtonsCount => is_count(message.buttons.len()),
            Kind::Cards => {
                let texts: Vec<String> = message.cards.concat();
                let normal: Vec<_> = texts.iter().map(|text| normal(text)).collect();
                let is_that = |text: &String, arg: &str| by_default(text, arg);
                Ok((sought.among(&normal, is_that)?, texts.join(", ")))
            }
            Kind::CardsCount => is_count(message.cards.len()),
            Kind::Media => {
                let is_that = |address: &String, arg: &str| by_default(address, arg);
                Ok((
                    sought.among(&message.media, is_that)?,
                    message.media.join(", "),
                ))
            }
            Kind::MediaCount => is_count(message.media.len()),
            Kind::Intent => {
                let main = message
                    .facts
                    .intents
                    .first()
                    .map_or("", |intent| intent.id.as_str());
                Ok((!main.is_empty() && Some(main) == first, main.to_owned()))
            }
            Kind::IntentConfidence => {
                let score = message
                    .facts
                    .intents
                    .first()
                    .map(|intent| intent.score * 100.0);
                let least: f64 = first
                    .and_then(|least| least.parse().ok())
                    .unwrap_or_default();
                let shown = score.map_or(String::new(), |score| format!("{score:.0}"));
                Ok((score.is_some_and(|score| score >= least), shown))
            }
            Kind::Consumed => Ok((self.unread == 0, format!("{} unread", self.unread))),
            Kind::UnconsumedCount => is_count(self.unread),
            Kind::ResponseLength => {
                let length = message.text.encode_utf16().count();
                let most: usize = first.and_then(|most| most.parse().ok()).unwrap_or_default();
                Ok((length <= most, length.to_string()))
            }
            Kind::Action | Kind::Note | Kind::Delay => message.facts.found(kind, sought),
        }
    }

    fn text(&self, how: How, all: bool, args: &[String]) -> Result<(bool, String), String> {
        let text = normal(&self.message.text);
        let shown = self.message.text.clone();
        if args.is_empty() {
            return Ok((!text.is_empty(), shown));
        }
        let (mut found, mut count) = (0, 0);
        for arg in args {
            for expected in self.phrases.of(arg)? {
                count += 1;
                found += usize::from(matching::matches(&text, &normal(&expected), how)?);
            }
        }
        Ok((if all { found == count } else { found > 0 }, shown))
    }

    fn buttons(&self, sought: &Sought<'_>) -> Result<(bool, String), String> {
        let buttons = &self.message.buttons;
        let titles: Vec<_> = buttons.iter().map(|(title, _)| title.clone()).collect();
        let is_that = |(title, said): &(String, Option<String>), arg: &str| {
            let said = said.as_deref().map_or(String::new(), written);
            Ok(by_default(&normal(title), arg)? || by_default(&said, arg)?)
        };
        Ok((sought.among(buttons, is_that)?, titles.join(", ")))
    }
}

/// What a button says, as botium compares it: as JSON, which a text is in quotes.
pub(super) fn written(said: &str) -> String {
    let json = serde_json::from_str(said).unwrap_or_else(|_| Value::from(said));
    json.to_string()
}

/// What is looked for.
struct Sought<'a> {
    args: &'a [String],
    /// Whether one of it is enough.
    any: bool,
}

impl Sought<'_> {
    /// Whether it is among what there is; whether there is anything, if nothing is looked for.
    fn among<T>(
        &self,
        there: &[T],
        is_that: impl Fn(&T, &str) -> Result<bool, String>,
    ) -> Result<bool, String> {
        let mut found = 0;
        for arg in self.args {
            let arg = normal(arg);
            let mut is_there = false;
            for one in there {
                is_there = is_there || is_that(one, &arg)?;
            }
            found += usize::from(is_there);
        }
        Ok(match self.args.len() {
            0 => !there.is_empty(),
            _ if self.any => found > 0,
            all => found == all,
        })
    }
}

impl Facts {
    fn found(&self, kind: Kind, sought: &Sought<'_>) -> Result<(bool, String), String> {
        match kind {
            Kind::Note => {
                let notes: Vec<_> = self.notes.iter().map(|note| normal(note)).collect();
                let is_that = |note: &String, arg: &str| by_default(note, arg);
                Ok((sought.among(&notes, is_that)?, self.notes.join(", ")))
            }
            Kind::Delay => {
                let claim = sought.args.first().map_or(">0", String::as_str);
                let is_so = holds(self.delay_seconds, claim).ok_or("takes seconds")?;
                Ok((is_so, format!("{} s", self.delay_seconds)))
            }
            _ => {
                let Some((name, whom)) = self.action.as_ref().map(named) else {
                    return Ok((false, "no action".to_owned()));
                };
                let mut is_so = sought.args.first().is_none_or(|kind| kind == name);
                for arg in sought.args.iter().skip(1) {
                    let is_that = |one: &String| by_default(one, arg);
                    let those: Result<Vec<_>, _> = whom.iter().map(is_that).collect();
                    is_so &= those?.contains(&true);
                }
                let shown = std::iter::once(name.to_owned()).chain(whom);
                Ok((is_so, shown.collect::<Vec<_>>().join("|")))
            }
        }
    }
}

/// An action's name, and what it names itself.
pub(super) fn named(action: &Action) -> (&'static str, Vec<String>) {
    let [transfer, close, time, function] = ACTIONS;
    match action {
        Action::Transfer(to) => (
            transfer,
            [&to.skill, &to.agent_id]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
        ),
        Action::Close(closing) if closing.survey => (close, Vec::new()),
        Action::Close(_) => (close, vec!["without-survey".to_owned()]),
        Action::ChangeTimeToResponse(to) => (time, vec![format!("{to:?}").to_lowercase()]),
        Action::InvokeFunction(of) => (function, vec![of.lambda_uuid.clone()]),
    }
}

//! One case, step by step: what is said is said, what is to be said is compared, and the first step that does not hold ends
//! it. The order of things is botium's: what a bot says and nobody looks at waits for the next `#bot`.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::judging::{Evidence, Miss, named};
use super::memory::{self, Memory};
use super::message::{self, Facts, Message};
use super::script::{Place, Sender, Step};
use super::suite::{Case, Phrases, Suite};
use crate::chat::Reply;

/// Who is talked with.
pub trait Partner {
    /// Has it answer.
    fn hear(&mut self, said: Said) -> impl Future<Output = Turn>;
}

/// What is said to a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing yet: the conversation begins.
    Welcome,
    /// A text.
    Text(String),
}

/// What became of that.
#[derive(Debug)]
pub struct Turn {
    /// The reply, or why there is none.
    pub result: Result<Reply, String>,
    /// What the bot logged.
    pub log: Vec<String>,
    /// What it used.
    pub fuel: u64,
    /// The most memory that it had.
    pub memory_bytes: usize,
    /// How long it took.
    pub wall: Duration,
}

/// What a turn used, and what it was about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// What was said to the bot; empty for a welcome.
    pub said: String,
    /// Instructions, roughly.
    pub fuel: u64,
    /// The most memory that it had.
    pub memory_bytes: usize,
    /// How long it took.
    pub wall: Duration,
}

/// What became of a case.
#[derive(Debug, Default)]
pub struct Played {
    /// The conversation, as far as it came.
    pub entries: Vec<Entry>,
    /// The turns.
    pub turns: Vec<Used>,
    /// What did not hold.
    pub failure: Option<Failure>,
}

/// One line of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose it is.
    pub who: Who,
    /// What it says.
    pub words: String,
}

/// Whose a line of a conversation is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// The person's.
    Me,
    /// The bot's.
    Bot,
    /// What a message of the bot's has beside its text, or what its reply does.
    Beside,
    /// The bot's log.
    Log,
}

impl Who {
    /// As programs read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Bot => "bot",
            Self::Beside => "beside",
            Self::Log => "log",
        }
    }
}

/// What did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The step.
    pub place: Place,
    /// In words.
    pub what: String,
    /// What was to be, one of these; none if the bot gave no answer.
    pub expected: Vec<String>,
    /// What was, if there was anything.
    pub actual: Option<String>,
}

/// Holds one conversation.
pub async fn play(case: &Case, suite: &Suite, with: &mut impl Partner) -> Played {
    hold(case, suite, None, with).await
}

/// Says what was `said` in a conversation to somebody else, whatever that one answers: nothing ends it but a turn without a
/// reply. What is taken from replies is taken from these, and a text with a word in it that these do not have is as it was.
pub async fn repeat(
    case: &Case,
    suite: &Suite,
    said: &[String],
    with: &mut impl Partner,
) -> Played {
    hold(case, suite, Some(said), with).await
}

async fn hold(
    case: &Case,
    suite: &Suite,
    said_before: Option<&[String]>,
    with: &mut impl Partner,
) -> Played {
    let mut play = Play {
        phrases: &suite.phrases,
        said_before,
        played: Played::default(),
        unread: VecDeque::new(),
        held: None,
        facts: Arc::default(),
        memory: Memory::new(),
        is_silent: false,
        has_passed_over: false,
    };
    let mut spoken = case.steps.iter().map(|step| step.sender);
    let first = spoken.find(|sender| matches!(sender, Sender::Me | Sender::Bot));
    let mut result = Ok(());
    if let (Some(Sender::Bot), Some(step)) = (first, case.steps.first()) {
        result = play.say(Said::Welcome, step, with).await;
    }
    let mut steps = case.steps.iter().peekable();
    while let (Ok(()), Some(step)) = (&result, steps.next()) {
        let is_bot_next = steps.peek().is_some_and(|next| next.sender == Sender::Bot);
        result = play.step(step, is_bot_next, with).await;
    }
    play.played.failure = result.err();
    play.played
}

struct Play<'a> {
    phrases: &'a Phrases,
    /// What was said in each turn to somebody else, if this is to be compared with that.
    said_before: Option<&'a [String]>,
    played: Played,
    /// What the bot has said and nobody has looked at.
    unread: VecDeque<Message>,
    /// What an optional step was not about, for the next one.
    held: Option<Message>,
    /// Of the last reply.
    facts: Arc<Facts>,
    memory: Memory,
    /// An optional step found nothing, so those after it would not either.
    is_silent: bool,
    has_passed_over: bool,
}

impl Play<'_> {
    async fn step(
        &mut self,
        step: &Step,
        is_bot_next: bool,
        with: &mut impl Partner,
    ) -> Result<(), Failure> {
        self.is_silent &= step.is_optional;
        match step.sender {
            Sender::Me => {
                self.skip(step);
                let text = self.text(step)?;
                self.say(Said::Text(text), step, with).await
            }
            Sender::Bot if self.is_silent => Ok(()),
            Sender::Bot => {
                let heard = self.hear(step, is_bot_next);
                self.unless_repeated(heard)
            }
            Sender::Begin | Sender::End => {
                self.skip(step);
                let message = Message::default();
                let judged = self
                    .evidence(&message)
                    .judge_claims(&step.asserters, &self.memory);
                self.unless_repeated(judged.map_err(|miss| failed(step, miss)))
            }
            Sender::Include => Ok(()),
        }
    }

    /// What is said in a step.
    fn text(&self, step: &Step) -> Result<String, Failure> {
        let before = self
            .said_before
            .and_then(|said| said.get(self.played.turns.len()));
        match before {
            Some(before) if memory::has_unknown(&step.text, &self.memory) => Ok(before.clone()),
            _ => memory::filled(&step.text, &self.memory).map_err(|what| Failure {
                place: step.place.clone(),
                what,
                expected: Vec::new(),
                actual: None,
            }),
        }
    }

    /// Where something is said again to somebody else, nothing is claimed of the replies.
    fn unless_repeated(&self, held: Result<(), Failure>) -> Result<(), Failure> {
        held.or_else(|failure| match self.said_before {
            Some(_) => Ok(()),
            None => Err(failure),
        })
    }

    fn skip(&mut self, step: &Step) {
        if step.skips_unread {
            self.unread.clear();
        }
    }

    fn evidence<'a>(&'a self, message: &'a Message) -> Evidence<'a> {
        Evidence {
            message,
            unread: self.unread.len(),
            phrases: self.phrases,
        }
    }

    async fn say(
        &mut self,
        said: Said,
        step: &Step,
        with: &mut impl Partner,
    ) -> Result<(), Failure> {
        let words = match &said {
            Said::Welcome => String::new(),
            Said::Text(text) => text.clone(),
        };
        if let Said::Text(text) = &said {
            self.enter(Who::Me, text);
        }
        let turn = with.hear(said).await;
        self.played.turns.push(Used {
            said: words,
            fuel: turn.fuel,
            memory_bytes: turn.memory_bytes,
            wall: turn.wall,
        });
        match turn.result {
            Ok(reply) => {
                let (messages, facts) = message::messages(&reply);
                self.enter_reply(&messages, &facts);
                self.facts = facts;
                self.unread.extend(messages);
                turn.log.iter().for_each(|line| self.enter(Who::Log, line));
                Ok(())
            }
            Err(why) => {
                turn.log.iter().for_each(|line| self.enter(Who::Log, line));
                Err(Failure {
                    place: step.place.clone(),
                    what: why,
                    expected: Vec::new(),
                    actual: None,
                })
            }
        }
    }

    fn enter(&mut self, who: Who, words: &str) {
        self.played.entries.push(Entry {
            who,
            words: words.to_owned(),
        });
    }

    fn enter_reply(&mut self, messages: &VecDeque<Message>, facts: &Facts) {
        for message in messages {
            self.enter(Who::Bot, &message.text);
            let buttons: Vec<_> = message
                .buttons
                .iter()
                .map(|(title, _)| format!("[{title}]"))
                .collect();
            if !buttons.is_empty() {
                self.enter(Who::Beside, &buttons.join(" "));
            }
            for address in &message.media {
                self.enter(Who::Beside, &format!("<image {address}>"));
            }
        }
        for note in &facts.notes {
            self.enter(Who::Beside, &format!("note: {note}"));
        }
        if let Some(action) = &facts.action {
            let (name, whom) = named(action);
            let words: Vec<_> = std::iter::once(name.to_owned()).chain(whom).collect();
            self.enter(Who::Beside, &format!("action: {}", words.join(" ")));
        }
    }

    fn hear(&mut self, step: &Step, is_bot_next: bool) -> Result<(), Failure> {
        let Some(message) = self.next(step) else {
            if step.is_optional {
                self.is_silent = true;
                return Ok(());
            }
            let expected = match step.text.is_empty() {
                true => step
                    .asserters
                    .iter()
                    .map(|claim| claim.name.to_owned())
                    .collect(),
                false => vec![step.text.clone()],
            };
            return Err(Failure {
                place: step.place.clone(),
                what: "the bot said nothing more".to_owned(),
                expected,
                actual: None,
            });
        };
        let mut memory = std::mem::take(&mut self.memory);
        let judged = self.evidence(&message).judge(step, &mut memory);
        self.memory = memory;
        match judged {
            Ok(()) => {
                self.has_passed_over = false;
                self.skip(step);
                Ok(())
            }
            Err(_) if step.is_optional && is_bot_next => {
                self.held = Some(message);
                self.has_passed_over = true;
                Ok(())
            }
            Err(mut miss) => {
                if self.has_passed_over {
                    miss.what.push_str(", and not what was optional before");
                }
                Err(failed(step, miss))
            }
        }
    }

    /// The message that a step is about. One that is about nothing but what a reply does looks at the last reply, though
    /// that may have nothing to read.
    fn next(&mut self, step: &Step) -> Option<Message> {
        let next = self.held.take().or_else(|| self.unread.pop_front());
        let is_of_reply = step.text.is_empty()
            && !step.asserters.is_empty()
            && step.asserters.iter().all(|claim| claim.kind.is_of_reply());
        next.or_else(|| {
            let facts = Arc::clone(&self.facts);
            let message = Message {
                facts,
                ..Message::default()
            };
            is_of_reply.then_some(message)
        })
    }
}

fn failed(step: &Step, miss: Miss) -> Failure {
    Failure {
        place: step.place.clone(),
        what: miss.what,
        expected: miss.expected,
        actual: Some(miss.actual),
    }
}

#[cfg(test)]
mod tests;

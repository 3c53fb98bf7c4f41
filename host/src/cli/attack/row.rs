//! One attack: what came of a bot's turns, how late they ended, and what its neighbours felt of it. Knows
//! nothing of what is promised.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::client::{Answer, Caller};
use super::corpus::{Attack, Expected, REFUSED};
use super::neighbours;
use super::samples::{Samples, Summary, ms};
use super::stage::{self, QUARANTINED, Taken};
use super::trial::Trial;
use crate::cli::Ended;
use crate::sandbox::Limits;

/// Turns that a bot is asked for at a time.
const CALLERS: usize = 4;
/// Turns by which something that cannot be interrupted is timed.
const TIMED_TURNS: usize = 20;
/// What a bot of the corpus knows and no caller may be told.
const SECRET: &[u8] = b"4711";

/// What came of one attack.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) tempts: &'static str,
    pub(super) expected: String,
    /// Why there was none to expect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) untried: Option<String>,
    /// How often the turns ended how; a bot that was not deployed has one end.
    pub(super) outcomes: BTreeMap<String, usize>,
    /// Ends that are as good as the expected one, if that was seen as well.
    #[serde(skip)]
    pub(super) kept_out: &'static [&'static str],
    /// How long after its deadline a turn was answered, or nothing for one that was in time.
    pub(super) overrun: Summary,
    /// What the engine does in one go in this bot, and how long that took at most.
    pub(super) uninterruptible: Option<Section>,
    /// How late the machine woke up a thread that does nothing.
    pub(super) control: Summary,
    pub(super) neighbours: Summary,
    /// The first few things that went wrong for them, of so many.
    pub(super) neighbours_errors: Vec<String>,
    pub(super) neighbours_failed: usize,
}

/// What came of a bot's turns.
#[derive(Default)]
struct Came {
    untried: Option<String>,
    outcomes: BTreeMap<String, usize>,
    overrun: Samples,
    uninterruptible: Option<Section>,
}

impl Came {
    /// Something that has no turns.
    fn once(end: String) -> Self {
        Self {
            outcomes: [(end, 1)].into(),
            ..Self::default()
        }
    }

    /// Something that could not be had.
    fn untried(why: String) -> Self {
        Self {
            untried: Some(why),
            ..Self::default()
        }
    }
}

/// Something that was timed.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) ms: f64,
}

impl Row {
    /// Whether all turns ended as they should, as far as there were any.
    pub(super) fn is_as_expected(&self) -> bool {
        let is_seen = self.outcomes.contains_key(&self.expected);
        let is_fine = |end: &String| *end == self.expected || self.is_kept_out(end);
        self.untried.is_some() || is_seen && self.outcomes.keys().all(is_fine)
    }

    /// Whether a turn that ended so was none of the bot's, and the host may do that.
    pub(super) fn is_kept_out(&self, end: &str) -> bool {
        self.kept_out.contains(&end)
    }
}

impl Trial {
    /// Runs one attack, while the neighbours go on.
    pub(super) async fn attack(&self, attack: &'static Attack) -> Result<Row, Ended> {
        let thread = |error| Ended::Host(format!("the machine gives no thread: {error}"));
        self.control.take();
        let (began, to) = (Instant::now(), self.stage.target());
        let traffic =
            neighbours::traffic(&self.clients.handle(), to, self.per_second).map_err(thread)?;
        let came = match attack.expected {
            Expected::Refused(because) => self.tempt_the_gate(attack, because).await?,
            _ => self.tempt(attack).await,
        };
        sleep_until(began + self.row_lasts).await;
        let heard = traffic.end().await;
        Ok(Row {
            name: attack.name,
            tempts: attack.tempts(),
            expected: attack.expected.word().to_owned(),
            untried: came.untried,
            outcomes: came.outcomes,
            kept_out: self.stage.keeps_out_with(),
            overrun: came.overrun.summary(),
            uninterruptible: came.uninterruptible,
            control: self.control.take(),
            neighbours: heard.took.summary(),
            neighbours_failed: heard.errors.len(),
            neighbours_errors: heard.errors.into_iter().take(5).collect(),
        })
    }

    /// Tries to deploy what is to be refused.
    async fn tempt_the_gate(&self, attack: &Attack, because: &[&str]) -> Result<Came, Ended> {
        Ok(match self.deploy(attack.name, attack, |_| {}).await? {
            Taken::Served => Came::once("deployed".to_owned()),
            Taken::Refused(why) if because.iter().any(|word| why.contains(word)) => {
                Came::once(REFUSED.to_owned())
            }
            other => not_served(&other),
        })
    }

    /// Has a bot answer all its turns.
    async fn tempt(&self, attack: &Attack) -> Came {
        if let Some(taken) = self.not_deployed.get(attack.name) {
            return not_served(taken);
        }
        let uninterruptible = self.time_section(attack).await;
        let turns = self
            .turns(attack.name, CALLERS, self.runs, attack.expected)
            .await;
        let late = |took: Duration| took.saturating_sub(self.deadline);
        Came {
            outcomes: turns.ends,
            overrun: Samples(turns.took.into_iter().map(late).collect()),
            uninterruptible,
            untried: None,
        }
    }

    /// Has the host serve a bot of the corpus, under its limits and those that `change` sets.
    pub(super) async fn deploy(
        &self,
        name: &str,
        attack: &Attack,
        change: fn(&mut Limits),
    ) -> Result<Taken, Ended> {
        let silent = match self.stage.silent() {
            None if attack.needs_silence() => {
                let why =
                    "only a host of this machine can be had to reach somebody who never answers";
                return Ok(Taken::Untried(why.to_owned()));
            }
            silent => silent.unwrap_or_else(|| ([127, 0, 0, 1], 0).into()),
        };
        let bot = attack.component(silent);
        let bot = bot.map_err(|error| Ended::Host(format!("{error:#}")))?;
        let mut limits = Limits {
            deadline_ms: u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX),
            ..Limits::default()
        };
        (attack.limits)(&mut limits);
        change(&mut limits);
        self.stage.deploy(name, &bot, limits).await
    }

    /// Times what cannot be interrupted in a bot: the same bot, under limits that end it after once.
    async fn time_section(&self, attack: &Attack) -> Option<Section> {
        let section = attack.uninterruptible?;
        let name = attack.once();
        let turns = self.turns(&name, 1, TIMED_TURNS, attack.expected).await;
        let longest = turns.took.into_iter().max()?;
        Some(Section {
            name: section.name,
            ms: ms(longest),
        })
    }

    /// Asks a bot so many times, a few at a time.
    pub(super) async fn turns(
        &self,
        bot: &str,
        at_a_time: usize,
        count: usize,
        expected: Expected,
    ) -> Turns {
        let asked = Arc::new(AtomicUsize::new(0));
        let mut asking = JoinSet::new();
        for _ in 0..at_a_time.min(count) {
            let mut caller = Caller::new(self.stage.target().clone());
            let (asked, path) = (Arc::clone(&asked), stage::path(bot));
            let ask = async move {
                let mut turns = Turns::default();
                while asked.fetch_add(1, Ordering::Relaxed) < count {
                    turns.ask(&mut caller, &path, expected).await;
                }
                turns
            };
            asking.spawn_on(ask, &self.clients.handle());
        }
        let mut all = Turns::default();
        for turns in asking.join_all().await {
            all.add(turns);
        }
        all
    }
}

/// What came of a bot that has no turns, since it was not deployed.
fn not_served(taken: &Taken) -> Came {
    match taken {
        Taken::Served => Came::default(),
        Taken::Refused(why) => Came::once(format!("{REFUSED}: {why}")),
        Taken::Untried(why) => Came::untried(why.clone()),
    }
}

/// Turns, as their callers saw them. No answer is kept: what the measuring holds would be taken for the host's.
#[derive(Default)]
pub(super) struct Turns {
    ends: BTreeMap<String, usize>,
    took: Vec<Duration>,
}

impl Turns {
    async fn ask(&mut self, caller: &mut Caller, path: &str, expected: Expected) {
        let began = Instant::now();
        let (end, took) = match caller.ask(path, "go").await {
            Ok(answer) => (outcome(&answer, expected), answer.took),
            Err(error) => (format!("no answer: {error}"), began.elapsed()),
        };
        // Nobody was asked, so it took no time that says anything.
        if end != QUARANTINED {
            self.took.push(took);
        }
        *self.ends.entry(end).or_default() += 1;
    }

    fn add(&mut self, others: Self) {
        for (end, count) in others.ends {
            *self.ends.entry(end).or_default() += count;
        }
        self.took.extend(others.took);
    }
}

/// The word for an answer, which is the expected one only if the words of a reply are the expected ones too.
pub(super) fn outcome(answer: &Answer, expected: Expected) -> String {
    if answer.body.windows(SECRET.len()).any(|part| part == SECRET) {
        return format!("{} and told a secret", answer.outcome);
    }
    match expected {
        Expected::Says(words) if answer.outcome == expected.word() => match answer.said() {
            Some(said) if said == words => answer.outcome.clone(),
            said => format!("{} with {said:?}", answer.outcome),
        },
        _ => answer.outcome.clone(),
    }
}

//! A bot that is tried: level by level, on a host of its own whose time, chance and outside are made up, each case in a
//! conversation that nothing has been said in. Knows neither commands nor where a report goes.

mod budget;
pub mod child;
mod compared;
mod contract;
mod hostile;
mod isolation;
mod kept;
mod limits;
pub mod order;
mod repeated;
mod talk;
mod trials;
mod tried;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::capabilities::made_up::MadeUp;
use crate::capsules;
use crate::egress::Fakes;
use crate::invocation::{Host, Settings};
use crate::kit::surface;
use crate::kit::{Case, Level, Played, Report, Suite, Verdict};
use crate::liveperson::said::Kind;
use crate::registry::NotDeployable;
use crate::sandbox;
use crate::tenant::SecretName;
pub use limits::Limits;
pub use trials::{Trials, Trying, Untried};
use tried::Tried;

/// What is tried.
#[derive(Clone, Debug)]
pub struct Bot {
    /// The component, with its manifest if it has one. It is granted what that asks for.
    pub component: Vec<u8>,
    /// What `config` gives it.
    pub config: BTreeMap<String, String>,
    /// What its turns may use.
    pub limits: sandbox::Limits,
    /// What it reads as secrets, over those of the suite: made up, like all else.
    pub secrets: BTreeMap<SecretName, String>,
}

/// What it is tried by.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// What the report calls the bot.
    pub name: &'a str,
    /// Its author's conversations, and what stands beside them.
    pub suite: &'a Suite,
    /// The levels, in their order.
    pub levels: &'a [Level],
    /// Only cases that have this in their names or their files' names, in any case.
    pub filter: &'a str,
    /// The kinds of conversations that it is for. Its author's are held over the first one.
    pub kinds: &'a [Kind],
    /// The time that 99 of 100 turns of its author's conversations have to stay within.
    pub wall: Option<Duration>,
}

/// The world of a bot that is tried, the same in each run.
#[derive(Clone, Debug)]
pub struct World {
    made_up: MadeUp,
    fakes: Fakes,
}

/// Why nothing could be tried.
#[derive(Debug, thiserror::Error)]
pub enum NotTried {
    /// It cannot be served.
    #[error(transparent)]
    NotDeployable(#[from] NotDeployable),
    /// A secret cannot be kept.
    #[error("the secret \"{name}\": {why}")]
    Secret {
        /// Which.
        name: SecretName,
        /// Why.
        why: String,
    },
    /// What it is to remember cannot be kept.
    #[error("state.toml: {0}")]
    NotRemembered(String),
    /// The host could not ask it, which says nothing of the bot.
    #[error("{0}")]
    Host(String),
    /// A function holds no conversations.
    #[error(
        "this is a function, which holds no conversation: try it by `--level contract`, `isolation` or `hostile-host`, or by all \
         that are for functions with `--level all`"
    )]
    Function,
}

impl World {
    /// One whose servers are what a suite declares.
    pub fn of(suite: &Suite) -> Self {
        Self {
            made_up: MadeUp::default(),
            fakes: suite.fakes.clone(),
        }
    }

    /// What a host has to be set up with to be in it.
    pub fn set_up(&self, settings: &mut Settings) {
        // One that fails in each case is told so of each case.
        settings.quarantine.failure_percent = 101;
        settings.sandbox.made_up = Some(self.made_up.clone());
        settings.egress.fakes = Some(self.fakes.clone());
        settings.capsules = capsules::Settings::none();
    }
}

impl Plan<'_> {
    /// The kind of conversation that its author's are.
    fn kind(&self) -> Kind {
        self.kinds.first().copied().unwrap_or_default()
    }

    /// Whether something of this name is to be tried.
    fn is_meant(&self, name: &str) -> bool {
        name.to_lowercase().contains(&self.filter.to_lowercase())
    }

    /// The author's cases that are to be held.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        let is_meant = |case: &&Case| self.is_meant(&case.name) || self.is_meant(&case.place.file);
        self.suite.cases.iter().filter(is_meant)
    }
}

/// Tries a bot on a host that is set up for it. Each case is shown as soon as it is over.
///
/// # Errors
/// [`NotTried`], before any case.
pub async fn run(
    host: Host,
    world: &World,
    bot: Bot,
    plan: &Plan<'_>,
    mut shown: impl FnMut(Level, &Case, &Played),
) -> Result<Report, NotTried> {
    let mut report = Report::new(plan.name, plan.suite.skipped);
    let mut budget = None;
    let mut add = |level, case: &Case, played: &Played| {
        shown(level, case, played);
        report.add(level, case, played);
    };
    let mut tried = match Tried::start(host, world, bot, plan.suite).await {
        Ok(tried) => tried,
        Err(not_tried) => {
            let refused = refused(&not_tried).filter(|_| plan.levels.contains(&Level::Contract));
            let refused = refused.ok_or(not_tried)?;
            verdict(Level::Contract, &mut add)(0, refused);
            return Ok(report);
        }
    };
    if !tried.is_bot() && plan.levels.iter().all(|level| level.is_of_conversations()) {
        return Err(NotTried::Function);
    }
    for level in plan.levels {
        match level {
            Level::Contract => contract::run(&mut tried, plan, verdict(*level, &mut add)).await?,
            // A function holds none.
            level if level.is_of_conversations() && !tried.is_bot() => {}
            Level::Budget => budget = budget::run(&mut tried, plan, &mut add).await?,
            Level::Conversations => {
                for case in plan.cases() {
                    let played = tried.case(case, plan).await?;
                    add(*level, case, &played);
                }
            }
            Level::Isolation => isolation::run(&mut tried, plan, verdict(*level, &mut add)).await?,
            Level::HostileHost => hostile::run(&mut tried, plan, verdict(*level, &mut add)).await?,
        }
        tried.was_asked()?;
    }
    report.budget = budget;
    Ok(report)
}

/// The case that one fails which cannot be deployed.
fn refused(not_tried: &NotTried) -> Option<Verdict> {
    match not_tried {
        NotTried::NotDeployable(error) => surface::refused(error),
        _ => None,
    }
}

/// Adds the cases of a level that are no conversations.
fn verdict(
    level: Level,
    add: &mut impl FnMut(Level, &Case, &Played),
) -> impl FnMut(usize, Verdict) {
    move |number, verdict| {
        let (case, played) = verdict.played(level, number);
        add(level, &case, &played);
    }
}

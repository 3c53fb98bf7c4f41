//! The gate by behaviour: a revision that is to serve is tried by what is required there, beside what serves until then, and does
//! not get in unless it passes. Each trial is kept with its revision, whatever came of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::requirement::{Demand, FUEL_PERCENT, Requirement, in_words, of};
use super::{Control, NotChanged};
use crate::chat::one_line;
use crate::kit::{CaseReport, Level, Outcome, Report};
use crate::liveperson::said::Kind;
use crate::registry::ledger::{By, Changed, Changing, Kept, Side};
use crate::sandbox::World;
use crate::store::{Digest, Expected, Failed};
use crate::tenant::{Address, BotName, Environment, TenantId};
use crate::trial::Untried;
use crate::trial::order::{Candidate, Order, Terms, Tried};

/// Of cases that failed, as many are named as anyone reads in an error.
const NAMED: usize = 3;
/// The most characters of what is said of one.
const MOST_CHARS: usize = 400;

/// A trial of a revision, as it is kept: the latest one takes the place of the one before.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = Trial)]
#[serde(rename_all = "camelCase")]
pub struct KeptTrial {
    /// The revision.
    pub digest: Digest,
    /// Where it was to serve.
    pub environment: Environment,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What it was tried by.
    pub require: BTreeSet<Level>,
    /// By how many per cent a conversation was allowed to take more fuel.
    pub fuel_percent: u16,
    /// Whether it passed.
    pub passed: bool,
    /// Whether it was deployed all the same.
    pub forced: bool,
    /// Why there is no report, or what was left out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Each case: of those that passed only that they did, and of thousands not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub report: Option<Report>,
}

/// What the trials of a change came to.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// What the environment required when they were held.
    requirement: Option<Requirement>,
    trials: Vec<KeptTrial>,
    /// What is worth telling, though it is deployed.
    pub(super) warnings: Vec<String>,
}

impl Control {
    /// The latest trial of a revision.
    ///
    /// # Errors
    /// [`NotChanged::NoReport`] if there was none.
    pub async fn trial(
        &self,
        tenant: &TenantId,
        bot: &BotName,
        digest: &Digest,
    ) -> Result<KeptTrial, NotChanged> {
        self.revision(tenant, bot, digest).await?;
        let records = &self.0.ledger.store().records;
        let record = records.get(&key(tenant, bot, digest)).await?;
        let record = record.ok_or_else(|| NotChanged::NoReport(digest.clone()))?;
        Ok(serde_json::from_slice(&record.value).map_err(Failed::because)?)
    }

    /// Tries what is to serve at an address by all that is required of it.
    ///
    /// # Errors
    /// [`NotChanged`] if it does not pass, which is kept, and is not to be deployed all the same.
    pub(super) async fn judge(
        &self,
        at: &Address,
        by: &By,
        new: &[Side],
        seen: Option<&Kept>,
        demand: &Demand,
    ) -> Result<Judged, NotChanged> {
        let requirement = self.requirement(at).await?;
        let own = requirement.iter().flat_map(|own| &own.require);
        let mut levels: BTreeSet<Level> = own.chain(&demand.require).copied().collect();
        if levels.contains(&Level::Budget) {
            // What is not held costs nothing, and says nothing.
            levels.insert(Level::Conversations);
        }
        let mut judged = Judged {
            requirement,
            ..Judged::default()
        };
        if levels.is_empty() || new.is_empty() {
            return Ok(judged);
        }
        if demand.force && judged.requirement.is_some() && !demand.may_force {
            return Err(NotChanged::Forcing(at.clone()));
        }
        let mut refused = None;
        for side in new {
            let tried = match self.tried(at, side, seen, &levels, &judged).await {
                // What has nothing to do with the bot is no verdict on it.
                Err(error @ NotChanged::NotKept(_)) => return Err(error),
                Err(error @ NotChanged::Untried(Untried::Busy)) if !demand.force => {
                    return Err(error);
                }
                tried => tried,
            };
            let problem = match &tried {
                Err(error) => Some(error.to_string()),
                Ok(tried) => tried.not_compared.as_ref().map(ToString::to_string),
            };
            let passed = tried.as_ref().is_ok_and(|tried| tried.report.failed == 0);
            let trial = KeptTrial {
                digest: side.digest.clone(),
                environment: at.environment.clone(),
                at: Timestamp::now(),
                by: by.who.clone(),
                require: levels.clone(),
                fuel_percent: judged.fuel_percent(),
                passed,
                forced: demand.force && !passed,
                problem,
                report: tried.as_ref().ok().map(|tried| tried.report.clone()),
            };
            let not_compared = trial.problem.clone().filter(|_| tried.is_ok());
            judged.warnings.extend(not_compared);
            if !passed {
                refused = refused.or_else(|| Some(why(at, tried, &trial)));
            }
            judged.trials.push(trial);
            judged.warnings.extend(self.left_out(at, side, seen).await?);
        }
        match refused {
            Some(refused) if demand.force => {
                judged.warnings.push(format!("it is forced: {refused}"));
            }
            Some(refused) => {
                let mut changing = self.0.ledger.change().await;
                judged.add(&mut changing, at, by)?;
                changing.commit().await?;
                return Err(refused);
            }
            None => {}
        }
        Ok(judged)
    }

    async fn tried(
        &self,
        at: &Address,
        side: &Side,
        seen: Option<&Kept>,
        levels: &BTreeSet<Level>,
        judged: &Judged,
    ) -> Result<Tried, NotChanged> {
        let revision = self.revision(&at.tenant, &at.bot, &side.digest).await?;
        let needs = levels
            .iter()
            .find(|level| matches!(level, Level::Budget | Level::Conversations));
        if let Some(level) = needs.filter(|_| revision.world == World::Function) {
            let why = format!(
                "it is a function, which holds no conversation whatever lies beside it, and `{}` is required: require `contract`, \
                 `isolation` or `hostile-host` there",
                level.name()
            );
            return Err(Untried::NotTried(why).into());
        }
        let conversations = match (self.bundle(&revision).await?, needs) {
            (Some(bundle), _) => bundle,
            (None, None) => Default::default(),
            (None, Some(level)) => {
                return Err(NotChanged::NoConversations {
                    digest: side.digest.clone(),
                    level: Some(*level),
                });
            }
        };
        let sides = seen.map_or(&[][..], |kept| &kept.sides);
        let live = sides.iter().max_by_key(|side| side.weight);
        // Beside itself it costs the same.
        let live = live.filter(|live| {
            levels.contains(&Level::Budget)
                && (&live.digest, &live.settings) != (&side.digest, &side.settings)
        });
        let order = Order {
            name: format!("{}/{}/{}", at.tenant, at.bot, at.environment),
            conversations,
            levels: levels.clone(),
            fuel_percent: judged.fuel_percent(),
            kinds: judged.kinds(),
            new: self.candidate(side).await?,
            live: match live {
                Some(live) => Some(self.candidate(live).await?),
                None => None,
            },
            terms: Terms::of(&self.0.host),
        };
        Ok(self.0.trials.hold(&at.tenant, order).await?)
    }

    /// Says so if conversations are gone that the revision has which serves: what is not held does not fail.
    async fn left_out(
        &self,
        at: &Address,
        side: &Side,
        seen: Option<&Kept>,
    ) -> Result<Option<String>, NotChanged> {
        let sides = seen.map_or(&[][..], |kept| &kept.sides);
        let Some(live) = sides.iter().max_by_key(|side| side.weight) else {
            return Ok(None);
        };
        let of = async |digest| {
            let revision = self.revision(&at.tenant, &at.bot, digest).await?;
            Ok::<_, NotChanged>(self.bundle(&revision).await?.unwrap_or_default())
        };
        let (new, live) = (of(&side.digest).await?, of(&live.digest).await?);
        let new: BTreeSet<&str> = new.conversations().collect();
        let gone: Vec<_> = live
            .conversations()
            .filter(|name| !new.contains(name))
            .collect();
        Ok((!gone.is_empty()).then(|| {
            format!(
                "{} of the conversations of the revision that serves are not held any more: {}",
                gone.len(),
                one_line(&gone.join(", "), MOST_CHARS)
            )
        }))
    }

    async fn candidate(&self, side: &Side) -> Result<Candidate, NotChanged> {
        let found = self.0.ledger.store().blobs.get(&side.digest).await?;
        let component = found.ok_or_else(|| {
            Failed::because(format_args!("the store has no component {}", side.digest))
        })?;
        let wanted = side.settings.over(&self.0.defaults)?;
        Ok(Candidate::new(component, wanted.config, wanted.limits))
    }
}

impl Judged {
    fn fuel_percent(&self) -> u16 {
        let own = self.requirement.as_ref();
        own.map_or(FUEL_PERCENT, |own| own.fuel_percent)
    }

    /// What an environment is for, it is for whoever asks for more.
    fn kinds(&self) -> Vec<Kind> {
        let channel = self.requirement.as_ref().and_then(|own| own.channel);
        channel.map_or_else(|| Kind::ALL.to_vec(), |channel| vec![channel])
    }

    /// Whether what the environment requires is still what the trials were held by.
    pub(super) fn holds(&self, now: Option<&Requirement>) -> bool {
        match (&self.requirement, now) {
            (None, None) => true,
            (Some(then), Some(now)) => then.is_like(now),
            _ => false,
        }
    }

    /// Adds the trials to a change, each with its line in the audit log.
    pub(super) fn add(
        &self,
        changing: &mut Changing<'_>,
        at: &Address,
        by: &By,
    ) -> Result<(), Failed> {
        for trial in &self.trials {
            let key = key(&at.tenant, &at.bot, &trial.digest);
            changing.put(key, Expected::Anything, trial)?;
            let of = format!("{}@{}", of(at), trial.digest);
            changing.entry(by, Changed::Tried, Some(&at.tenant), of, trial.in_words())?;
        }
        Ok(())
    }

    /// What the audit log says of the change itself.
    pub(super) fn forced(&self) -> String {
        let forced = self.trials.iter().filter(|trial| trial.forced);
        let past: Vec<_> = forced.map(KeptTrial::past).collect();
        match past.is_empty() {
            true => String::new(),
            false => format!(", forced past {}", past.join(" and ")),
        }
    }
}

impl KeptTrial {
    fn in_words(&self) -> String {
        let levels = in_words(&self.require);
        match &self.report {
            Some(report) => format!(
                "{levels}: {} passed, {} failed",
                report.passed, report.failed
            ),
            None => {
                let problem = self.problem.as_deref().unwrap_or("no report");
                format!("{levels}: {}", one_line(problem, MOST_CHARS))
            }
        }
    }

    /// What it was forced past.
    fn past(&self) -> String {
        match &self.report {
            Some(report) => format!("{} failed cases", report.failed),
            None => "a trial without a verdict".to_owned(),
        }
    }
}

/// Why it does not get in.
fn why(at: &Address, tried: Result<Tried, NotChanged>, trial: &KeptTrial) -> NotChanged {
    match tried {
        Err(error) => error,
        Ok(tried) => NotChanged::NotPassed {
            at: at.clone(),
            requires: in_words(&trial.require),
            failures: format!(
                "{}; `retort report {}` has all of it",
                failures(&tried.report),
                trial.digest.short()
            ),
        },
    }
}

/// How many cases of which level failed, and the first few of them.
fn failures(report: &Report) -> String {
    let failed: Vec<&CaseReport> = report
        .cases
        .iter()
        .filter(|case| case.outcome == Outcome::Failed)
        .collect();
    let levels: BTreeSet<Level> = failed.iter().map(|case| case.level).collect();
    // A report that was cut has not all of them.
    let is_whole = failed.len() == report.failed;
    let counted = levels.iter().map(|level| {
        let of = |cases: &mut dyn Iterator<Item = &CaseReport>| {
            cases.filter(|case| case.level == *level).count()
        };
        let failed = of(&mut failed.iter().copied());
        format!("{failed} of {}", level.name())
    });
    let counted = counted.collect::<Vec<_>>().join(", ");
    let mut words = format!(
        "{} of {} cases failed",
        report.failed,
        report.passed + report.failed
    );
    if is_whole {
        words.push_str(&format!(" ({counted})"));
    }
    for case in failed.iter().take(NAMED) {
        words.push_str("; ");
        words.push_str(&one_line(&failure(case), MOST_CHARS));
    }
    if failed.len() > NAMED {
        words.push_str("; and others");
    }
    words
}

/// Budgets tell their case themselves.
fn failure(case: &CaseReport) -> String {
    match &case.failure {
        Some(failure) if failure.what.starts_with(case.name.as_str()) => failure.what.clone(),
        Some(failure) => format!(
            "\"{}\" at {}:{}: {}",
            case.name, failure.file, failure.line, failure.what
        ),
        None => format!("\"{}\"", case.name),
    }
}

fn key(tenant: &TenantId, bot: &BotName, digest: &Digest) -> String {
    format!("trial/{tenant}/{bot}/{digest}")
}

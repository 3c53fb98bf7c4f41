//! A trial as a host orders it of whoever holds it: which bot, by what, beside which other one; and what comes of it. Knows
//! nothing of processes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::compared::{Held, NotCompared, Yardstick};
use super::{Bot, NotTried, Plan, World, compared, kept, repeated, run};
use crate::invocation::{Host, Settings};
use crate::kit::{Bundle, Level, Report, Suite};
use crate::liveperson::said::Kind;
use crate::sandbox::{self, structure};
use crate::store::Store;
use crate::vault::Key;

/// Turns are held one after the other, and what has just ended may still have its slot.
const INSTANCES: u32 = 8;
/// See [`INSTANCES`].
const TURNS: usize = 4;

/// What is to be tried, and by what.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Order {
    /// What the report calls the bot.
    pub name: String,
    /// The conversations.
    pub conversations: Bundle,
    /// The levels.
    pub levels: BTreeSet<Level>,
    /// By how much the fuel of a conversation may be above that of the live one.
    pub fuel_percent: u16,
    /// The kinds of conversations that the bot is for.
    pub kinds: Vec<Kind>,
    /// What is tried.
    pub new: Candidate,
    /// What serves until then, if something does: what the fuel is compared with.
    pub live: Option<Candidate>,
    /// What all bots of the host share.
    pub terms: Terms,
}

/// A component, as it is to be run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Candidate {
    /// What `config` gives it.
    pub config: BTreeMap<String, String>,
    /// What its turns may use.
    pub limits: sandbox::Limits,
    /// Its bytes, which follow after the order.
    #[serde(skip, default = "nothing")]
    component: Arc<[u8]>,
    /// How many.
    bytes: usize,
}

fn nothing() -> Arc<[u8]> {
    Arc::from([])
}

/// What is the same for all bots of a host.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Terms {
    sandbox: sandbox::Settings,
    component: structure::Limits,
    artifact_bytes: u64,
    /// The host's compiled code: what it has compiled need not be compiled again.
    compiled: PathBuf,
    /// Which engine that is for.
    engine: String,
}

/// Why there is no report.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum NoReport {
    /// It is nothing that could be tried.
    NotTried(String),
    /// The machine has no more memory for it.
    Memory,
    /// The machine or the host did not do its part.
    Host(String),
}

impl From<NotTried> for NoReport {
    fn from(not_tried: NotTried) -> Self {
        let words = not_tried.to_string();
        match not_tried {
            _ if words.ends_with(NO_MEMORY) => Self::Memory,
            NotTried::Host(_) => Self::Host(words),
            _ => Self::NotTried(words),
        }
    }
}

/// How the system says that it has no more memory for a process.
const NO_MEMORY: &str = "(os error 12)";

/// What came of a trial.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Tried {
    /// Each case; of those that passed only that they did.
    pub report: Report,
    /// Why fuel was not compared with the live revision, though it was to be.
    pub not_compared: Option<NotCompared>,
}

impl Candidate {
    /// A component, as it is to be run.
    pub fn new(
        component: Arc<[u8]>,
        config: BTreeMap<String, String>,
        limits: sandbox::Limits,
    ) -> Self {
        Self {
            bytes: component.len(),
            config,
            limits,
            component,
        }
    }

    fn bot(&self) -> Bot {
        Bot {
            component: self.component.to_vec(),
            config: self.config.clone(),
            limits: self.limits.clone(),
            secrets: BTreeMap::new(),
        }
    }
}

impl Terms {
    /// Those of a host.
    pub fn of(host: &Host) -> Self {
        let sandbox = host.sandbox();
        let settings = sandbox.settings();
        Self {
            sandbox: settings.clone(),
            component: settings.component,
            artifact_bytes: settings.compile.artifact_bytes,
            compiled: sandbox.compiled().to_owned(),
            engine: sandbox.engine(),
        }
    }

    /// A host for one bot, in a world of its own.
    fn host(&self, world: &World) -> Result<Host, NotTried> {
        let mut settings = Settings {
            sandbox: self.sandbox.clone(),
            secrets_key: Some(Key::random()),
            ..Settings::default()
        };
        settings.admission.concurrent_turns = TURNS;
        let sandbox = &mut settings.sandbox;
        sandbox.instances = INSTANCES;
        sandbox.component = self.component;
        sandbox.compile.artifact_bytes = self.artifact_bytes;
        sandbox.compiled = Some(self.compiled.clone());
        sandbox.shares_compiled = true;
        world.set_up(&mut settings);
        let host = Host::new(settings, Store::in_memory());
        host.map_err(|error| NotTried::Host(error.to_string()))
    }
}

impl Tried {
    /// What is known of the new revision where the live one has ended the trial.
    pub(super) fn ended_by_live(mut self, why: &str) -> Self {
        if let Some(not_compared) = &mut self.not_compared {
            not_compared.why = format!("the live revision cannot be tried: {why}");
        }
        self
    }
}

impl Order {
    /// The most bytes of machine code that one who carries it out has to write.
    pub(super) fn artifact_bytes(&self) -> u64 {
        self.terms.artifact_bytes
    }

    /// Its line, and the bytes that follow it.
    ///
    /// # Errors
    /// [`serde_json::Error`] if it cannot be written.
    pub(super) fn written(&self) -> Result<Vec<Arc<[u8]>>, serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        let mut written = vec![Arc::from(line)];
        let candidates = [Some(&self.new), self.live.as_ref()];
        let components = candidates.into_iter().flatten();
        written.extend(components.map(|candidate| Arc::clone(&candidate.component)));
        Ok(written)
    }

    /// Reads what was written.
    ///
    /// # Errors
    /// [`io::Error`] if that is no order, or ends too early.
    pub fn read(from: &mut impl BufRead) -> io::Result<Self> {
        let mut line = Vec::new();
        from.read_until(b'\n', &mut line)?;
        let mut order: Self = serde_json::from_slice(&line)?;
        for candidate in [Some(&mut order.new), order.live.as_mut()]
            .into_iter()
            .flatten()
        {
            let mut component = vec![0; candidate.bytes];
            from.read_exact(&mut component)?;
            candidate.component = component.into();
        }
        Ok(order)
    }

    /// Holds the trial. What came of it is given to `so_far` before the live revision is held beside it, for whatever that
    /// one does is none of the new one's.
    ///
    /// # Errors
    /// [`NoReport`] if nothing could be tried.
    pub async fn carry_out(&self, so_far: impl FnOnce(&Tried)) -> Result<Tried, NoReport> {
        if sandbox::own_engine().as_ref() != Ok(&self.terms.engine) {
            let replaced = "the executable is not the one that the host runs, it was replaced meanwhile; start the host again";
            return Err(NoReport::Host(replaced.to_owned()));
        }
        let suite = Suite::of(&self.conversations);
        let suite = suite.map_err(|unread| NoReport::NotTried(unread.to_string()))?;
        let live = self.live.as_ref();
        let live = live.filter(|_| self.levels.contains(&Level::Budget));
        let levels = self.levels.iter().copied();
        let levels: Vec<Level> = levels
            .filter(|level| live.is_none() || *level != Level::Budget)
            .collect();
        let report = self.tried(&self.new, &suite, &levels).await?;
        let alone = Alone {
            order: self,
            held: compared::held(&report),
            report: kept::bounded(report),
            suite: &suite,
        };
        match live.filter(|_| !alone.held.is_empty()) {
            None => Ok(alone.tried()),
            Some(live) => {
                so_far(&alone.compared(Err("the live revision was not tried")));
                alone.beside(live).await
            }
        }
    }

    async fn tried(
        &self,
        candidate: &Candidate,
        suite: &Suite,
        levels: &[Level],
    ) -> Result<Report, NotTried> {
        let world = World::of(suite);
        let host = self.terms.host(&world)?;
        let plan = self.plan(suite, levels);
        run(host, &world, candidate.bot(), &plan, |_, _, _| ()).await
    }

    fn plan<'a>(&'a self, suite: &'a Suite, levels: &'a [Level]) -> Plan<'a> {
        Plan {
            name: &self.name,
            suite,
            levels,
            filter: "",
            kinds: &self.kinds,
            wall: None,
        }
    }
}

/// The new revision, of which all is known but what it costs beside the live one.
struct Alone<'a> {
    order: &'a Order,
    suite: &'a Suite,
    report: Report,
    /// The conversations that passed.
    held: Vec<Held>,
}

impl Alone<'_> {
    fn tried(self) -> Tried {
        Tried {
            report: self.report,
            not_compared: None,
        }
    }

    /// With what conversations cost, beside what they do with the live one or, as far as that is not known, did before.
    fn compared(&self, live: Result<&[Option<u64>], &str>) -> Tried {
        let yardstick = Yardstick {
            live,
            baseline: &self.suite.baseline,
            percent: self.order.fuel_percent,
        };
        let (cases, not_compared) = compared::fuel(&self.held, &yardstick);
        let mut report = self.report.clone();
        compared::add(&mut report, cases);
        Tried {
            report: kept::bounded(report),
            not_compared,
        }
    }

    /// Holds the same with the live one. That it cannot be tried is no fault of the new one's.
    async fn beside(&self, live: &Candidate) -> Result<Tried, NoReport> {
        let why = match self.costs(live).await.map_err(NoReport::from) {
            Ok(costs) => return Ok(self.compared(Ok(&costs))),
            Err(NoReport::Host(why)) => return Err(NoReport::Host(why)),
            Err(NoReport::Memory) => "the machine has no more memory for it".to_owned(),
            Err(NoReport::NotTried(why)) => why,
        };
        let why = format!("the live revision cannot be tried: {why}");
        Ok(self.compared(Err(&why)))
    }

    async fn costs(&self, live: &Candidate) -> Result<Vec<Option<u64>>, NotTried> {
        let world = World::of(self.suite);
        let host = self.order.terms.host(&world)?;
        let plan = self.order.plan(self.suite, &[]);
        repeated::fuel(host, &world, live.bot(), &plan, &self.held).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let candidate = |bytes: &[u8]| {
            Candidate::new(
                Arc::from(bytes),
                BTreeMap::from([("a".to_owned(), "b\nc".to_owned())]),
                sandbox::Limits::default(),
            )
        };
        let order = Order {
            name: "a\nbot".to_owned(),
            conversations: Bundle::default(),
            levels: BTreeSet::from(Level::ALL),
            fuel_percent: 10,
            kinds: Kind::ALL.to_vec(),
            new: candidate(b"new\n"),
            live: Some(candidate(b"\nlive")),
            terms: Terms {
                sandbox: sandbox::Settings::default(),
                component: structure::Limits::default(),
                artifact_bytes: 1,
                compiled: PathBuf::from("/compiled"),
                engine: "0".to_owned(),
            },
        };
        let written: Vec<u8> = order.written().expect("it is written").concat();
        let read = Order::read(&mut written.as_slice()).expect("an order");
        assert_eq!(
            (&*read.new.component, &*read.name),
            (&b"new\n"[..], "a\nbot")
        );
        let live = read.live.expect("the live one");
        assert_eq!(
            (&*live.component, &*live.config["a"]),
            (&b"\nlive"[..], "b\nc")
        );
        assert!(Order::read(&mut &written[..written.len() - 1]).is_err());
    }
}

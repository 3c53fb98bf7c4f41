//! A turn that is run again from its capsule: told what it was told before, and kept by nobody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::capturing::{Said, ended};
use super::function::{self, Invoked};
use super::running::is_a;
use super::{Asked, Host, Invocation, InvokeError, OtherWorld, Purpose, Settings};
use crate::capabilities::granted::Granted;
use crate::capabilities::reach::Reach;
use crate::capabilities::tape::{Again, Cut, Told};
use crate::capsules::{self, Capsule};
use crate::chat::{Reply, Returned};
use crate::limit::{Exceeded, Limit};
use crate::registry::{Grants, Inspected, Known, NotDeployable, Wanted};
use crate::sandbox::{Failure, Input, World};
use crate::state;
use crate::tenant::SecretName;

/// How long a turn may take that is run again: what ends it is what ended it before, or its fuel.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a turn is run again.
#[derive(Clone, Debug, Default)]
pub struct Rerun {
    /// Whether the bot is another one than before: then nothing ends it where that was late.
    pub is_another: bool,
    /// Values for its secrets; a filler of equal length stands for one that is not given.
    pub secrets: BTreeMap<SecretName, String>,
}

/// How a turn ended that was run again.
#[derive(Debug)]
pub struct Replayed {
    /// In a capsule's words.
    pub ended: capsules::Ended,
    /// What the bot was told.
    pub told: Told,
}

/// Why a turn cannot be run again.
#[derive(Debug, thiserror::Error)]
pub enum NotReplayed {
    /// The bot cannot be served as it was.
    #[error(transparent)]
    NotDeployable(#[from] NotDeployable),
    /// It was asked of a bot, and this is a function, or the other way round.
    #[error(transparent)]
    OtherWorld(#[from] OtherWorld),
}

impl Settings {
    /// Those of a host whose turns see of it what a capsule's saw, as far as any host may be set up like that.
    pub fn to_replay(capsule: &Capsule) -> Self {
        let mut settings = Self::default();
        let (sandbox, limits) = (&mut settings.sandbox, &capsule.limits);
        sandbox.clock_resolution_us = capsule.machine.clock_resolution_us.clamp(1, 1_000_000);
        sandbox.wasm_stack_bytes = capsule.machine.wasm_stack_bytes.clamp(64 << 10, 64 << 20);
        sandbox.deadline_ceiling_ms = u64::MAX;
        let memory = limits.memory_bytes.min(4 << 30);
        sandbox.memory_ceiling_bytes = sandbox.memory_ceiling_bytes.max(memory);
        let elements = limits.table_elements.min(10_000_000);
        sandbox.table_elements_ceiling = sandbox.table_elements_ceiling.max(elements);
        // A turn that failed is to fail again, however many there are.
        settings.quarantine.minimum_turns = u32::MAX;
        settings.capsules = capsules::Settings::none();
        settings
    }
}

impl Host {
    /// Runs a turn again, with a bot that was [inspected](Self::inspect) on this host.
    ///
    /// # Errors
    /// [`NotReplayed`] if that cannot be asked what the capsule's bot was.
    pub async fn replay(
        &self,
        bot: &Inspected,
        capsule: &Capsule,
        rerun: Rerun,
    ) -> Result<Replayed, NotReplayed> {
        let known = Known {
            bot: Arc::clone(&bot.bot),
            description: bot.description.clone(),
            wants: Grants::new(),
        };
        let wanted = Wanted {
            limits: capsule.limits.clone(),
            reply: capsule.reply.clone(),
            config: capsule.config(),
            ..Wanted::default()
        };
        let deployment = &*self.restore(&capsule.place.address(), known, wanted)?;
        let deadline = Instant::now() + PATIENCE;
        let granted = Arc::new(capsule.granted.clone());
        let reach = reach(&granted, capsule, rerun);
        let cut = reach.again.as_ref().and_then(|again| again.cut);
        match &capsule.asked {
            capsules::Asked::Turn { contract, turn } => {
                let purpose = contract.map_or(Purpose::Test, Purpose::Answer);
                let mut record = Invocation::begin(purpose, Reply::silence());
                let asked = Asked {
                    to: &deployment.at,
                    event: None,
                    deployment,
                    granted,
                    turn: Arc::new((**turn).clone()),
                    deadline,
                };
                is_a(deployment, World::Bot)?;
                let answered = self.ask_reaching(&mut record, &asked, reach).await;
                record.ended(
                    in_its_time(answered.map(|it| it.reply), cut),
                    Duration::ZERO,
                );
                Ok(self.replayed(record).await)
            }
            capsules::Asked::Invocation { headers, payload } => {
                let mut record = Invocation::begin(function::PURPOSE, Returned::nothing());
                let input = Input {
                    headers: headers.clone(),
                    payload: payload.clone(),
                };
                let invoked = Invoked {
                    deployment,
                    granted,
                    input: Arc::new(input),
                    deadline,
                };
                is_a(deployment, World::Function)?;
                let ended = self.invoke_reaching(&mut record, &invoked, reach).await;
                record.ended(
                    in_its_time(ended.map(|it| it.returned), cut),
                    Duration::ZERO,
                );
                Ok(self.replayed(record).await)
            }
        }
    }

    async fn replayed<A: Said>(&self, mut record: Invocation<A>) -> Replayed {
        self.find_lines(&mut record).await;
        Replayed {
            ended: ended(&record, &record.result),
            told: record.told.unwrap_or_default(),
        }
    }
}

/// What it is told in the place of the outside.
fn reach(granted: &Arc<Granted>, capsule: &Capsule, rerun: Rerun) -> Reach {
    let told = Told::from(capsule.told.clone());
    let late = capsule.ended.late.filter(|_| !rerun.is_another);
    let cut = late.map(|late| Cut {
        fuel: capsule.ended.fuel.unwrap_or(u64::MAX),
        exceeded: Exceeded {
            limit: Limit::Deadline,
            used: late.used_ms,
            allowed: late.allowed_ms,
        },
    });
    Reach {
        granted: Arc::clone(granted),
        state: state::Turn::given(told.memories.clone()),
        notes: usize::MAX,
        again: Some(Again {
            told,
            is_redacted: !capsule.redacted.is_empty(),
            secrets: rerun.secrets,
            cut,
        }),
        ..Reach::default()
    }
}

/// What was ready too late the first time is so again.
fn in_its_time<T>(result: Result<T, InvokeError>, cut: Option<Cut>) -> Result<T, InvokeError> {
    match (result, cut) {
        (Ok(_), Some(cut)) => Err(Failure::from(cut.exceeded).into()),
        (result, _) => result,
    }
}

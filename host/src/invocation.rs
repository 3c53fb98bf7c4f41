//! The journey of one message, top to bottom. The only file that knows the order of the rooms.

mod beginning;
mod capturing;
mod error;
mod figures;
mod function;
mod keeping;
mod record;
mod replaying;
mod running;
mod traps;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use scopeguard::{ScopeGuard, guard};
use tokio::time::Instant;

pub use error::{InvokeError, OtherWorld};
pub use figures::CANARY_TIME;
pub use record::{Invocation, Outcome};
pub use replaying::{NotReplayed, Replayed, Rerun};

use crate::admission::{self, Admission};
use crate::capabilities::granted::Granted;
use crate::capabilities::http::Sent;
use crate::capabilities::reach::Reach;
use crate::capsules::{self, Capsules};
use crate::chat::{self, Checked, Contract, Reply, Turn};
use crate::conversations::{self, Conversations, EventId, Incoming};
use crate::egress::{self, Egress};
use crate::metrics::{self, Metrics};
use crate::quarantine::{self, Quarantine};
use crate::recent::{self, Recent};
use crate::registry::{
    Deployment, Gate, Inspected, Known, NotDeployable, Registry, Serving, Wanted,
};
use crate::sandbox::{self, Failure, Limits, Ran, Requests, Respond, Sandbox, World};
use crate::state::{self, Staged, States};
use crate::store::Store;
use crate::tenant::Address;
use crate::vault::{self, Vault};
use running::{in_time, is_a};

/// A running host. Cheap to clone.
#[derive(Clone)]
pub struct Host(Arc<Rooms>);

struct Rooms {
    store: Store,
    registry: Registry,
    conversations: Conversations,
    states: States,
    vault: Vault,
    egress: Egress,
    quarantine: Quarantine,
    recent: Recent,
    capsules: Capsules,
    admission: Admission,
    sandbox: Sandbox,
    metrics: Metrics,
    is_ending: AtomicBool,
}

/// What a host is set up with.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Who may run when.
    pub admission: admission::Settings,
    /// When a bot is taken out.
    pub quarantine: quarantine::Settings,
    /// What all bots share.
    pub sandbox: sandbox::Settings,
    /// What is remembered of conversations.
    pub conversations: conversations::Settings,
    /// What bots may reach outside, whatever they are granted.
    pub egress: egress::Settings,
    /// How much bots may keep.
    pub state: state::Settings,
    /// The key to the secrets; without one there are none.
    pub secrets_key: Option<vault::Key>,
    /// How much is remembered of turns.
    pub recent: recent::Settings,
    /// Which turns are kept whole.
    pub capsules: capsules::Settings,
    /// How finely is counted.
    pub metrics: metrics::Settings,
}

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The machine does not give what the sandbox needs.
    #[error(transparent)]
    Sandbox(#[from] sandbox::NotStarted),
    /// What bots send out cannot be sent.
    #[error(transparent)]
    Egress(#[from] egress::NotSetUp),
}

/// What a turn is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A message of a conversation, to be answered by a contract.
    Answer(Contract),
    /// A connection test: the bot has to run well, and what it says is of no interest.
    Test,
}

impl Host {
    /// A host without any deployment, whose bots keep their state in a store.
    ///
    /// # Errors
    /// [`NotStarted`] if the machine does not give what it needs, or a file that the settings name is of no use.
    pub fn new(settings: Settings, store: Store) -> Result<Self, NotStarted> {
        let vault = Vault::new(&store, settings.secrets_key.as_ref());
        let disk_reserve = settings.state.disk_reserve_bytes;
        Ok(Self(Arc::new(Rooms {
            egress: Egress::new(&settings.egress)?,
            capsules: Capsules::new(settings.capsules, disk_reserve, &store, &vault),
            vault,
            states: States::new(&store, &settings.state, settings.conversations.keep()),
            conversations: Conversations::new(&store, &settings.conversations),
            store,
            registry: Registry::default(),
            admission: Admission::new(&settings.admission, settings.sandbox.guest_threads()),
            quarantine: Quarantine::new(settings.quarantine),
            recent: Recent::new(settings.recent),
            sandbox: Sandbox::new(settings.sandbox)?,
            metrics: Metrics::new(&settings.metrics),
            is_ending: AtomicBool::new(false),
        })))
    }

    /// Has the bot at an address answer a turn, within the time that its deployment gives it from `arrived` on. A repeat of an
    /// event is given the answer of the first time.
    ///
    /// # Cancel safety
    /// Dropping the future ends the guest.
    pub async fn respond(
        &self,
        to: &Address,
        incoming: impl Into<Incoming>,
        purpose: Purpose,
        arrived: Instant,
    ) -> Invocation {
        let incoming = incoming.into();
        // A caller who hangs up drops this future, and the turn is told all the same.
        let begun = Invocation::begin(purpose, Reply::silence());
        let mut record = guard(begun, |record| self.tell(&record, to, arrived));
        let result = self.journey(&mut record, to, incoming, arrived).await;
        let mut record = ScopeGuard::into_inner(record);
        record.ended(result, arrived.elapsed());
        self.told(record, to, arrived)
    }

    async fn journey(
        &self,
        record: &mut Invocation,
        to: &Address,
        incoming: Incoming,
        arrived: Instant,
    ) -> Result<Reply, InvokeError> {
        let Incoming { mut turn, event } = incoming;
        let conversation = turn.conversation.id.as_deref();
        let skill = turn.conversation.skill_id.as_deref();
        let serving = self.0.registry.way(to, conversation, skill)?;
        let deployment = serving.of(conversation.unwrap_or_default());
        record.about(deployment);
        is_a(deployment, World::Bot)?;
        let granted = deployment.granted();
        if !granted.personal_data {
            chat::without_personal_data(&mut turn);
        }

        // The time starts on arrival, so each wait counts.
        let asked = Asked {
            deadline: arrived + deployment.limits.deadline(),
            deployment,
            granted,
            to,
            event,
            turn: Arc::new(turn),
        };
        let result = self.answer_in_turn(record, &asked).await;
        let contract = match record.purpose {
            Purpose::Answer(contract) => Some(contract),
            Purpose::Test => None,
        };
        let turn = &asked.turn;
        let whole = || capsules::Asked::Turn {
            contract,
            turn: Box::new((**turn).clone()),
        };
        self.capture(record, deployment, &asked.granted, whole, &result);
        result
    }

    /// Runs a turn, and checks what its bot says. What it wrote is nobody's yet; what it has sent `before`, if this is its
    /// second try, is not sent again.
    async fn ask(
        &self,
        record: &mut Invocation,
        asked: &Asked<'_>,
        before: Vec<Sent>,
    ) -> Result<Answered, InvokeError> {
        let (deployment, granted) = (asked.deployment, &asked.granted);
        let conversation = asked.turn.conversation.id.as_deref();
        let reach = self.reach(deployment, granted, conversation, record.purpose, before);
        self.ask_reaching(record, asked, reach).await
    }

    /// The same, of one that reaches this.
    async fn ask_reaching(
        &self,
        record: &mut Invocation,
        asked: &Asked<'_>,
        reach: Reach,
    ) -> Result<Answered, InvokeError> {
        let Asked {
            deployment,
            turn,
            deadline,
            ..
        } = asked;
        let respond = Respond(Arc::clone(turn));
        let ran = self.run(record, deployment, *deadline, reach, respond);
        let Ran {
            result,
            staged,
            requests,
            redactions,
            ..
        } = ran.await?;
        let redacted = |words: &str| redactions.redact(words).into_owned();
        let said = result?.map_err(|fault| Failure::faulted(&fault, redacted))?;
        let channel = &turn.conversation.channel;
        let checked = match record.purpose {
            Purpose::Answer(contract) => Reply::check(said, channel, contract, &deployment.reply),
            Purpose::Test => return Ok(Answered::nothing()),
        };
        let Checked { reply, left_out } = checked.map_err(|error| error.told(redacted))?;
        record.warn(&left_out);
        // What was checked too late is not sent either.
        in_time(deployment, *deadline)?;
        Ok(Answered {
            reply,
            staged,
            requests,
        })
    }

    /// Makes a component ready to serve, and serves it at an address.
    ///
    /// # Errors
    /// [`NotDeployable`] says what has to change; what was served before goes on being served.
    pub async fn deploy(
        &self,
        at: &Address,
        component: &[u8],
        wanted: Wanted,
    ) -> Result<Arc<Deployment>, NotDeployable> {
        let deployment = Deployment::prepare(&self.gate(at), component, wanted).await?;
        let deployment = Arc::new(deployment);
        self.activate(at, Serving::One(Arc::clone(&deployment)));
        Ok(deployment)
    }

    /// Makes what was inspected before ready to serve at an address, and leaves there what is served.
    ///
    /// # Errors
    /// [`NotDeployable`] says what has to change.
    pub async fn prepare(
        &self,
        at: &Address,
        known: Known,
        wanted: Wanted,
    ) -> Result<Arc<Deployment>, NotDeployable> {
        let prepared = Deployment::prepare_known(&self.gate(at), known, wanted).await?;
        Ok(Arc::new(prepared))
    }

    /// Makes ready what was made ready at an address before, under the same settings.
    ///
    /// # Errors
    /// [`NotDeployable::BadSettings`] if the host's ceilings are lower now.
    pub fn restore(
        &self,
        at: &Address,
        known: Known,
        wanted: Wanted,
    ) -> Result<Arc<Deployment>, NotDeployable> {
        Ok(Arc::new(Deployment::restore(
            &self.gate(at),
            known,
            wanted,
        )?))
    }

    /// Loads a component and asks it who it is, without serving it.
    ///
    /// # Errors
    /// [`NotDeployable`] says what has to change.
    pub async fn inspect(
        &self,
        at: &Address,
        component: &[u8],
    ) -> Result<Inspected, NotDeployable> {
        let (limits, config) = (Limits::default(), Arc::default());
        Inspected::of(&self.gate(at), component, &limits, &config).await
    }

    /// Serves at an address what was prepared for it, from the next turn on.
    pub fn activate(&self, at: &Address, serving: Serving) {
        self.0.metrics.know(&at.tenant);
        self.0.registry.activate(at, serving);
    }

    fn gate<'a>(&'a self, at: &'a Address) -> Gate<'a> {
        Gate {
            sandbox: &self.0.sandbox,
            admission: &self.0.admission,
            quarantine: &self.0.quarantine,
            recent: &self.0.recent,
            vault: &self.0.vault,
            at,
        }
    }

    /// Says that the host is about to end: what it has begun is done, and whoever looks should go elsewhere.
    pub fn end(&self) {
        self.0.is_ending.store(true, Ordering::Relaxed);
    }

    /// Whether it is about to end.
    pub fn is_ending(&self) -> bool {
        self.0.is_ending.load(Ordering::Relaxed)
    }

    /// What must outlive the host.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// What operators keep for their bots.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// What exists and what is active.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The conversations that have begun.
    pub fn conversations(&self) -> &Conversations {
        &self.0.conversations
    }

    /// What the bots keep between turns.
    pub fn states(&self) -> &States {
        &self.0.states
    }

    /// The turns that are kept whole.
    pub fn capsules(&self) -> &Capsules {
        &self.0.capsules
    }

    /// What the bots have been asked lately.
    pub fn recent(&self) -> &Recent {
        &self.0.recent
    }

    /// The sandbox, for its health.
    pub fn sandbox(&self) -> &Sandbox {
        &self.0.sandbox
    }
}

/// What is asked of whom.
struct Asked<'a> {
    /// Where the platform asks; the tenant's rules may lead elsewhere.
    to: &'a Address,
    event: Option<EventId>,
    deployment: &'a Deployment,
    granted: Arc<Granted>,
    turn: Arc<Turn>,
    deadline: Instant,
}

/// A checked reply, and what is to be kept with it.
struct Answered {
    reply: Reply,
    staged: Staged,
    requests: Requests,
}

impl Answered {
    /// What a test ends in.
    fn nothing() -> Self {
        Self {
            reply: Reply::silence(),
            staged: Staged::default(),
            requests: Requests::default(),
        }
    }
}

//! The bot that is tried, on a host of its own, and a conversation of it for each case.

use tokio::time::Instant;
use uuid::Uuid;

use crate::capabilities::made_up::MadeUp;
use crate::chat::{Contract, one_line};
use crate::cli::payload::{self, Event, Kind};
use crate::cli::{BotArgs, Ended, local};
use crate::conversations::Incoming;
use crate::egress::Fakes;
use crate::invocation::{Host, Invocation, InvokeError, Purpose, Settings};
use crate::kit::{Case, Partner, Played, Probe, Said, Suite, Turn, play};
use crate::registry::Manifest;
use crate::sandbox::Failure;
use crate::state::Scope;
use crate::tenant::Address;

/// Names conversations, so that a case has the same one in each run.
const CONVERSATIONS: Uuid = Uuid::from_u128(0x7265_746f_7274_4074_8e73_7400_0000_0001);

/// A bot that is tried.
pub(super) struct Tried {
    host: Host,
    /// Its time and chance, the same in each run.
    made_up: MadeUp,
    fakes: Fakes,
    at: Address,
    /// What it is deployed from anew for each case, if it keeps something across all conversations.
    anew: Option<Anew>,
    /// How many times it was.
    deployed: usize,
}

/// What a bot is deployed from.
struct Anew {
    component: Vec<u8>,
    config: Vec<(String, String)>,
}

impl Tried {
    /// Builds or loads it, and makes it ready.
    pub(super) async fn start(args: &BotArgs, fakes: &Fakes) -> Result<Self, Ended> {
        if args.given.opens() {
            return Err(Ended::Usage(
                "`--open` is of no use here, where nothing goes out: declare what answers in `fakes.toml` beside the \
                 conversations"
                    .to_owned(),
            ));
        }
        let component = local::component(args, None)?;
        let at = local::address("local", "bot")?;
        let mut settings = Settings::default();
        // One that fails in each case is told so of each case.
        settings.quarantine.failure_percent = 101;
        let made_up = MadeUp::default();
        settings.sandbox.made_up = Some(made_up.clone());
        settings.egress.fakes = Some(fakes.clone());
        let host = local::host_given_with(&args.given, &at.tenant, settings).await?;
        local::deploy(&host, &at, &component, &args.config).await?;
        local::is_a_bot(&host, &at)?;
        let manifest = Manifest::of_component(&component).ok().flatten();
        let keeps = manifest.is_some_and(|manifest| manifest.wants.state.contains(&Scope::Bot));
        let anew = keeps.then(|| Anew {
            component,
            config: args.config.clone(),
        });
        Ok(Self {
            host,
            made_up,
            fakes: fakes.clone(),
            at,
            anew,
            deployed: 0,
        })
    }

    /// Holds one conversation, in which nothing is remembered of the others.
    pub(super) async fn case(&mut self, case: &Case, suite: &Suite) -> Result<Played, Ended> {
        let named = format!("{}\n{}", case.place.file, case.name);
        let mut talk = self.talk(&named).await?;
        Ok(play(case, suite, &mut talk).await)
    }

    /// Sends a probe's payloads, in a conversation of their own.
    pub(super) async fn probe(&mut self, probe: &Probe) -> Result<Vec<Turn>, Ended> {
        let talk = self.talk(&probe.name).await?;
        let mut turns = Vec::with_capacity(probe.payloads.len());
        for payload in &probe.payloads {
            let mut payload = payload.clone();
            if let Some(fields) = payload.as_object_mut() {
                fields.insert("convId".to_owned(), talk.conversation.as_str().into());
            }
            turns.push(match payload::read(&payload) {
                Ok(incoming) => talk.turn(incoming).await,
                Err(ended) => unsaid(&ended),
            });
        }
        Ok(turns)
    }

    /// A conversation that nothing has been said in.
    async fn talk(&mut self, named: &str) -> Result<Talk<'_>, Ended> {
        if let Some(Anew { component, config }) = &self.anew {
            self.deployed += 1;
            self.at = local::address("local", &format!("bot-{}", self.deployed))?;
            local::deploy(&self.host, &self.at, component, config).await?;
        }
        // A case is the same one whichever others are run.
        self.made_up.begin();
        Ok(Talk {
            conversation: Uuid::new_v5(&CONVERSATIONS, named.as_bytes()).to_string(),
            tried: self,
            sequence: 0,
        })
    }
}

struct Talk<'a> {
    tried: &'a Tried,
    conversation: String,
    sequence: u64,
}

impl Partner for Talk<'_> {
    async fn hear(&mut self, said: Said) -> Turn {
        let text = match &said {
            Said::Welcome => None,
            Said::Text(text) => Some(text.as_str()),
        };
        let event = Event {
            kind: Kind::Messaging,
            conversation: &self.conversation,
            sequence: self.sequence,
            text,
        };
        self.sequence += 1;
        match event.incoming() {
            Ok(incoming) => self.turn(incoming).await,
            Err(ended) => unsaid(&ended),
        }
    }
}

impl Talk<'_> {
    async fn turn(&self, incoming: Incoming) -> Turn {
        let Tried {
            host, at, fakes, ..
        } = self.tried;
        let purpose = Purpose::Answer(Contract::CustomIntegration);
        let mut invocation = host.respond(at, incoming, purpose, Instant::now()).await;
        host.find_lines(&mut invocation).await;
        let mut turn = turn(invocation);
        let missed = fakes.missed();
        turn.log
            .extend(missed.iter().map(|what| format!("host: {what}")));
        turn
    }
}

/// One that nobody was asked in.
fn unsaid(why: &Ended) -> Turn {
    Turn {
        result: Err(why.to_string()),
        is_faulted: false,
        log: Vec::new(),
        fuel: 0,
        memory_bytes: 0,
        wall: std::time::Duration::ZERO,
    }
}

fn turn(invocation: Invocation) -> Turn {
    let lines = invocation.log.lines.iter();
    let lines =
        lines.map(|line| format!("{}: {}", line.level, one_line(&line.message, usize::MAX)));
    let is_faulted = matches!(
        invocation.result,
        Err(InvokeError::Failed(Failure::Faulted { .. }))
    );
    Turn {
        is_faulted,
        log: lines.collect(),
        fuel: invocation.usage.fuel,
        memory_bytes: invocation.usage.memory_peak_bytes,
        wall: invocation.usage.wall,
        result: invocation.result.map_err(|error| error.to_string()),
    }
}

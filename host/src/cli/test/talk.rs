//! The bot that is tried, on a host of its own, and a conversation of it for each case.

use tokio::time::Instant;
use uuid::Uuid;

use crate::capabilities::made_up::MadeUp;
use crate::chat::{Contract, one_line};
use crate::cli::payload::{Event, Kind};
use crate::cli::{BotArgs, Ended, local};
use crate::egress::Fakes;
use crate::invocation::{Host, Invocation, Purpose, Settings};
use crate::kit::{Case, Partner, Played, Said, Suite, Turn, play};
use crate::registry::Manifest;
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
        })
    }

    /// Holds one conversation, in which nothing is remembered of the others.
    pub(super) async fn case(
        &mut self,
        case: &Case,
        number: usize,
        suite: &Suite,
    ) -> Result<Played, Ended> {
        if let Some(Anew { component, config }) = &self.anew {
            self.at = local::address("local", &format!("bot-{number}"))?;
            local::deploy(&self.host, &self.at, component, config).await?;
        }
        // A case is the same one whichever others are run.
        self.made_up.begin();
        let named = format!("{}\n{}", case.place.file, case.name);
        let mut talk = Talk {
            tried: self,
            conversation: Uuid::new_v5(&CONVERSATIONS, named.as_bytes()).to_string(),
            sequence: 0,
        };
        Ok(play(case, suite, &mut talk).await)
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
        let incoming = match event.incoming() {
            Ok(incoming) => incoming,
            Err(ended) => return unsaid(&ended),
        };
        let Tried { host, at, .. } = self.tried;
        let purpose = Purpose::Answer(Contract::CustomIntegration);
        let mut invocation = host.respond(at, incoming, purpose, Instant::now()).await;
        host.find_lines(&mut invocation).await;
        let mut turn = turn(invocation);
        let missed = self.tried.fakes.missed();
        turn.log
            .extend(missed.iter().map(|what| format!("host: {what}")));
        turn
    }
}

/// One that nobody was asked in.
fn unsaid(why: &Ended) -> Turn {
    Turn {
        result: Err(why.to_string()),
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
    Turn {
        log: lines.collect(),
        fuel: invocation.usage.fuel,
        memory_bytes: invocation.usage.memory_peak_bytes,
        wall: invocation.usage.wall,
        result: invocation.result.map_err(|error| error.to_string()),
    }
}

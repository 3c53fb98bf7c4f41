//! `retort chat`: a conversation in the terminal, through the same payloads that the platform sends.

mod shown;

use std::io::{IsTerminal, Write};

use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use tokio::time::Instant;
use uuid::Uuid;

use super::{BotArgs, Channel, Ended, artifact, give, local, say};
use crate::chat::{Action, Contract, Reply, Said};
use crate::invocation::{Host, Invocation, Purpose};
use crate::liveperson::said::{Event, Kind};
use crate::tenant::Address;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    bot: BotArgs,
    /// Say this instead of reading from the terminal; can be given several times
    #[arg(long = "say", value_name = "TEXT")]
    texts: Vec<String>,
    /// The kind of conversation: a live chat has no quick replies
    #[arg(long, value_enum, default_value = "messaging")]
    channel: Channel,
    #[command(flatten)]
    opening: Opening,
}

/// How a conversation begins.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct Opening {
    /// Begin with what is said first, and not with a welcome
    #[arg(long)]
    no_welcome: bool,
}

pub(super) async fn run(args: Args) -> Result<(), Ended> {
    let local = local::start(&args.bot, None).await?;
    local::is_a_bot(&local.host, &local.at)?;
    let is_script = artifact::script(&args.bot.bot).is_some();
    let mut conversation = Conversation {
        kind: args.channel.into(),
        shows_log: true,
        ..Conversation::new(local.host, local.at, args.opening, is_script)
    };
    if args.texts.is_empty() {
        let mut person = Person::at_standard_input();
        return conversation.hold(&mut person).await.map(drop);
    }
    let mut next = conversation.begin().await?;
    let mut unsaid = 0;
    for text in &args.texts {
        if next == Next::Ended {
            say(format_args!(
                "\"{text}\" is not said: the conversation has left the bot"
            ));
            unsaid += 1;
            continue;
        }
        give(format_args!("you: {text}"));
        next = conversation.hear(text).await?;
    }
    match (conversation.failed_turns, unsaid) {
        (0, 0) => Ok(()),
        (0, unsaid) => Err(Ended::Bot(format!(
            "the conversation ended before all was said: {unsaid} of {} texts are left",
            args.texts.len()
        ))),
        (failed, _) => Err(Ended::Bot(format!(
            "the bot failed in {failed} of these turns"
        ))),
    }
}

/// Whether a conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Goes,
    Ended,
}

/// Who ended a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndedBy {
    Bot,
    Person,
}

/// One conversation with one bot.
pub(super) struct Conversation {
    host: Host,
    at: Address,
    kind: Kind,
    id: Uuid,
    sequence: u64,
    choices: Vec<String>,
    failed_turns: usize,
    shows_log: bool,
    opening: Opening,
    /// A function of the platform's is a bot as it is, and may not have been written for a welcome.
    is_script: bool,
}

impl Conversation {
    /// One over messaging, which is what most bots are for. The bot's log is shown by the host, not here.
    pub(super) fn new(host: Host, at: Address, opening: Opening, is_script: bool) -> Self {
        Self {
            host,
            at,
            kind: Kind::Messaging,
            id: Uuid::new_v4(),
            sequence: 0,
            choices: Vec::new(),
            failed_turns: 0,
            shows_log: false,
            opening,
            is_script,
        }
    }

    /// Goes on until the person has nothing to say or the bot has ended it.
    pub(super) async fn hold(&mut self, with: &mut Person) -> Result<EndedBy, Ended> {
        let mut next = self.begin().await?;
        while next == Next::Goes {
            match with.says().await? {
                Some(said) => next = self.hear(&said).await?,
                None => return Ok(EndedBy::Person),
            }
        }
        Ok(EndedBy::Bot)
    }

    async fn begin(&mut self) -> Result<Next, Ended> {
        if self.opening.no_welcome {
            return Ok(Next::Goes);
        }
        let next = self.turn(None).await?;
        if self.is_script && self.failed_turns > 0 {
            say(
                "that was the welcome, which has no message; for one that is written for messages alone, try --no-welcome",
            );
        }
        Ok(next)
    }

    /// A text, or the number of a choice that the bot offered last.
    async fn hear(&mut self, said: &str) -> Result<Next, Ended> {
        let chosen = said
            .parse::<usize>()
            .ok()
            .and_then(|number| self.choices.get(number.checked_sub(1)?));
        let text = chosen.cloned().unwrap_or_else(|| said.to_owned());
        self.turn(Some(&text)).await
    }

    async fn turn(&mut self, text: Option<&str>) -> Result<Next, Ended> {
        let event = Event {
            kind: self.kind,
            conversation: &self.id.to_string(),
            sequence: self.sequence,
            text,
        };
        let incoming = event
            .incoming()
            .map_err(|error| Ended::Usage(error.to_string()))?;
        self.sequence += 1;
        let mut invocation = self
            .host
            .respond(
                &self.at,
                incoming,
                Purpose::Answer(Contract::CustomIntegration),
                Instant::now(),
            )
            .await;
        self.host.find_lines(&mut invocation).await;
        Ok(self.show(&invocation))
    }

    fn show(&mut self, invocation: &Invocation) -> Next {
        let next = match &invocation.result {
            Ok(reply) => {
                self.choices = shown::show(reply);
                if leaves(reply) {
                    Next::Ended
                } else {
                    Next::Goes
                }
            }
            Err(error) => {
                self.failed_turns += 1;
                give(format_args!("!    {error}"));
                Next::Goes
            }
        };
        let shown = invocation.log.lines.iter().filter(|_| self.shows_log);
        for line in shown {
            give(format_args!("log  {}: {}", line.level, line.message));
        }
        let usage = &invocation.usage;
        give(format_args!(
            "     {:.2} ms, {} fuel, {} KiB",
            usage.wall.as_secs_f64() * 1000.0,
            usage.fuel,
            usage.memory_peak_bytes >> 10
        ));
        next
    }
}

/// Whether the conversation is no longer the bot's after this.
fn leaves(reply: &Reply) -> bool {
    let Said::Answer(answer) = reply.said() else {
        return false;
    };
    matches!(answer.action, Some(Action::Transfer(_) | Action::Close(_)))
}

/// The person at the terminal, or whatever writes to standard input in their place.
pub(super) struct Person {
    lines: Lines<BufReader<Stdin>>,
    is_prompted: bool,
}

impl Person {
    pub(super) fn at_standard_input() -> Self {
        let lines = BufReader::new(tokio::io::stdin()).lines();
        Self {
            lines,
            is_prompted: std::io::stdin().is_terminal(),
        }
    }

    /// What they say next; none at the end of the input.
    async fn says(&mut self) -> Result<Option<String>, Ended> {
        loop {
            if self.is_prompted {
                let mut terminal = std::io::stdout();
                // A terminal that is gone ends the input as well.
                let _ = write!(terminal, "you: ").and_then(|()| terminal.flush());
            }
            let line = self.lines.next_line().await;
            let Some(line) = line.map_err(|error| Ended::Usage(error.to_string()))? else {
                if self.is_prompted {
                    give("");
                }
                return Ok(None);
            };
            let said = line.trim();
            if said.is_empty() {
                continue;
            }
            if !self.is_prompted {
                give(format_args!("you: {said}"));
            }
            return Ok(Some(said.to_owned()));
        }
    }
}

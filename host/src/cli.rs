//! The command line: what can be asked for, and what each answer's exit code is.

mod artifact;
#[cfg(feature = "attack")]
pub mod attack;
pub mod build;
mod capture;
mod chat;
mod compile_child;
mod confined;
mod dev;
mod invoke;
pub mod lambda;
mod lines_child;
mod local;
mod new;
mod operate;
mod replay;
mod serve;
mod test;
mod try_child;
mod watch;

use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::liveperson::said::Kind;
use crate::sandbox::compile::child;
use crate::sandbox::trace;
use crate::trial;

/// Why a command ended without doing what it should; each has an exit code of its own.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The machine or the host did not do its part.
    #[error("{0}")]
    Host(String),
    /// The command, its configuration or its input is wrong.
    #[error("{0}")]
    Usage(String),
    /// The bot ran, and failed.
    #[error("{0}")]
    Bot(String),
    /// There is no bot: it was not built, or it cannot be loaded.
    #[error("{0}")]
    NoBot(String),
    /// What is promised of the host did not hold under attack.
    #[cfg(feature = "attack")]
    #[error("{0}")]
    Broken(String),
    /// A bot's tests ran, and not all passed.
    #[error("{0}")]
    Failed(String),
}

impl Ended {
    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Ended::Host(_) => 1,
            Ended::Usage(_) => 2,
            Ended::Bot(_) => 3,
            Ended::NoBot(_) => 4,
            #[cfg(feature = "attack")]
            Ended::Broken(_) => 5,
            Ended::Failed(_) => 6,
        })
    }
}

/// A plugin host for chat bots: each turn in a fresh WebAssembly sandbox, under hard limits.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 done; 1 the host or the machine failed; 2 the command line, the configuration or \
                  the input is wrong; 3 the bot ran and failed; 4 the bot was not built or cannot be loaded; 5 an attack broke \
                  a promise; 6 not all of a bot's tests passed."
)]
struct Retort {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve bots to a chat platform: those that operators give it, and those of a configuration file.
    ///
    /// Prints one line on standard output when it is ready, `listening on http://ADDR` or, under TLS,
    /// `listening on https://ADDR`, and everything else on standard error. Ends on Ctrl-C or SIGTERM, once the
    /// requests in flight have been answered.
    Serve(serve::Args),
    /// Begin a bot: a folder with one that answers, sample payloads, and two conversations.
    New(new::Args),
    /// Build a bot in Rust or Python into a component.
    ///
    /// Adds the WebAssembly target if it is missing, links the bot with a small stack and little initial
    /// memory, embeds its bot.toml, and checks that the result is a bot that agrees with it.
    Build(build::Args),
    /// Run one payload through a bot and print the reply, or through a function and print its result; or many of them.
    ///
    /// A bot's payload is the JSON that the `respond` route takes, and its reply the JSON that it gives. A function's is
    /// any JSON. With --lines there is one on each line, and for each a line of JSON, written before the next one is read;
    /// what a bot keeps lasts from line to line, and the exit code is 0 once all were read, whatever became of them.
    Invoke(invoke::Args),
    /// Hold a conversation with a bot in the terminal.
    ///
    /// It begins with a welcome. One line for each part of an answer; quick replies and buttons are chosen by their number;
    /// each turn ends with its time, its fuel and its memory. The end of the input, Ctrl-D at a terminal, ends the conversation.
    Chat(chat::Args),
    /// Try a bot by the conversations that its author wrote, in the notation of BotiumScript.
    ///
    /// Each conversation, and each phrase where a word stands for several, is a case, in a conversation of its own that
    /// remembers nothing of the others. One that begins with what the bot says begins with a welcome. A line for each case;
    /// of one that fails, the conversation up to there, and what was expected. The exit code is 6 if one fails.
    Test(test::Args),
    /// Run a turn again that a host has kept, with its bot or with another one
    Replay(replay::Args),
    /// Make a conversation that a host has kept into one for `retort test`: a script, and what answers and reminds the bot in it.
    ///
    /// What was said is said there, and what the bot said to it is claimed, as exactly as a script can. What a script cannot say
    /// is told, and stands at its beginning.
    Capture(capture::Args),
    /// Build a bot, serve it, and build it again on every save.
    ///
    /// It is served as tenant `dev`, under the name in its bot.toml, in environment `draft`. In a terminal a
    /// conversation with it is opened as well, and a new one when it ends. Ctrl-D or Ctrl-C ends all.
    Dev(dev::Args),
    /// Give a host that serves a bot, or another revision of one, and have it serve that.
    ///
    /// What is served goes on until the new one has been seen to work: it is checked, compiled, asked who it is, and
    /// made to check its configuration. A conversation that has begun on a side of a split stays there.
    Deploy(operate::DeployArgs),
    /// Give the second revision of a split another share of the new conversations.
    Weight(operate::WeightArgs),
    /// Have an environment serve what another one of the same bot serves.
    Promote(operate::PromoteArgs),
    /// Have an environment serve what it served before: revisions, weights and settings.
    Rollback(operate::RollbackArgs),
    /// Have an environment serve nothing.
    Undeploy(operate::UndeployArgs),
    /// List the tenants that have bots.
    Tenants(operate::TenantsArgs),
    /// List a tenant's bots, and what their environments serve.
    Bots(operate::BotsArgs),
    /// List a bot's revisions.
    Revisions(operate::RevisionsArgs),
    /// Say what is different between two revisions of a bot, or between what two environments serve.
    Diff(operate::DiffArgs),
    /// Show the turns that a bot has had lately, and what it logged in them.
    ///
    /// The host remembers some of each bot's since it started. A turn that failed is shown with the reason.
    Logs(operate::LogsArgs),
    /// List the turns of a bot that are kept whole, or fetch them, to be run again by `retort replay`.
    ///
    /// Which ones are kept is said by `[capsules]` of the host's configuration and of a deployment. A file has what the consumer
    /// wrote as far as that is not redacted, so to fetch one takes the role developer, and is in the audit log.
    Capsules(operate::CapsulesArgs),
    /// Test a bot as LivePerson's Test Connection does: is it reachable, does it answer, in how long.
    Check(operate::CheckArgs),
    /// List, or set, which bot answers the conversations that ask for another one.
    Routes(operate::RoutesArgs),
    /// See what an environment requires of what it is to serve, have it require more, or nothing.
    ///
    /// A revision is tried by it before it serves there: by what any bot has to bear, by the conversations that were deployed
    /// with it, by what these cost beside the revision that serves. One that does not pass does not get in.
    Gate(operate::GateArgs),
    /// Show what came of a revision's latest trial.
    Report(operate::ReportArgs),
    /// See what a bot was granted of what it asks for, grant it more, or take it back at once
    Grants(operate::GrantsArgs),
    /// Keep values that a tenant's bots read and nobody is shown again
    Secrets(operate::SecretsArgs),
    /// Remove all that is kept of a conversation
    Erase(operate::EraseArgs),
    /// List what an environment served, with which deployment a rollback from each would restore.
    History(operate::HistoryArgs),
    /// List who did what.
    Audit(operate::AuditArgs),
    /// List, make and revoke the tokens that a host takes.
    Tokens(operate::TokensArgs),
    /// Compile one component, for the host that starts this.
    #[command(name = child::SUBCOMMAND, hide = true)]
    CompileComponent(compile_child::Args),
    /// Look up the lines of one component's source, for the host that starts this.
    #[command(name = trace::child::SUBCOMMAND, hide = true)]
    FindLines(lines_child::Args),
    /// Try one bot, for the host that starts this.
    #[command(name = trial::child::SUBCOMMAND, hide = true)]
    TryBot(try_child::Args),
    /// Attack a host with hostile bots, and say what held.
    ///
    /// Runs each bot of a built-in corpus beside neighbours that behave well, and prints how its turns ended,
    /// how long after their deadline, and how much slower the neighbours were. The host is one of this machine's own,
    /// which needs neither a configuration nor a network, unless --url names one that serves already. The exit
    /// code is 5 if a promise did not hold.
    #[cfg(feature = "attack")]
    Attack(attack::Args),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let command = Retort::parse().command;
    // One thread and nothing else: its limits are for what it does alone.
    match &command {
        Command::CompileComponent(args) => return compile_child::run(args),
        Command::FindLines(args) => return lines_child::run(args),
        Command::TryBot(args) => return try_child::run(args),
        _ => {}
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return end(&Ended::Host(format!(
                "the machine gives no threads: {error}"
            )));
        }
    };
    let ended = runtime.block_on(run(command));
    // A read from the terminal that nobody waits for any more would hold the process until the next key.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(ended) => end(&ended),
    }
}

async fn run(command: Command) -> Result<(), Ended> {
    match command {
        Command::Serve(args) => serve::run(args).await,
        Command::New(args) => new::run(&args),
        Command::Build(args) => build::run(&args).await,
        Command::Invoke(args) => invoke::run(args).await,
        Command::Chat(args) => chat::run(args).await,
        Command::Test(args) => test::run(args).await,
        Command::Replay(args) => replay::run(args).await,
        Command::Capture(args) => capture::run(&args).await,
        Command::Dev(args) => dev::run(args).await,
        Command::Deploy(args) => operate::deploy(args).await,
        Command::Weight(args) => operate::weigh(args).await,
        Command::Promote(args) => operate::promote(args).await,
        Command::Rollback(args) => operate::roll_back(args).await,
        Command::Undeploy(args) => operate::undeploy(args).await,
        Command::Tenants(args) => operate::tenants(args).await,
        Command::Bots(args) => operate::bots(args).await,
        Command::Revisions(args) => operate::revisions(args).await,
        Command::Diff(args) => operate::diff(args).await,
        Command::Logs(args) => operate::logs(args).await,
        Command::Capsules(args) => operate::capsules(args).await,
        Command::Check(args) => operate::check(args).await,
        Command::Routes(args) => operate::routes(args).await,
        Command::Gate(args) => operate::gate(args).await,
        Command::Report(args) => operate::report(args).await,
        Command::Grants(args) => operate::grants(args).await,
        Command::Secrets(args) => operate::secrets(args).await,
        Command::Erase(args) => operate::erase(args).await,
        Command::History(args) => operate::history(args).await,
        Command::Audit(args) => operate::audit(args).await,
        Command::Tokens(args) => operate::tokens(args).await,
        Command::CompileComponent(_) | Command::FindLines(_) | Command::TryBot(_) => Ok(()),
        #[cfg(feature = "attack")]
        Command::Attack(args) => attack::run(args).await,
    }
}

fn end(ended: &Ended) -> ExitCode {
    say(format_args!("error: {ended}"));
    ended.exit_code()
}

/// Says something to the person at the terminal, apart from what the command gives.
fn say(line: impl Display) {
    // Nobody reads it: there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Gives what the command is asked for. Who has read enough of it may close the pipe.
fn give(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// `KEY=VALUE`, for a bot's configuration.
fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// A kind of conversation.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Channel {
    #[default]
    Messaging,
    Chat,
}

impl From<Channel> for Kind {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Messaging => Self::Messaging,
            Channel::Chat => Self::Chat,
        }
    }
}

/// Which bot a command is about, and what it is given.
#[derive(Clone, Debug, clap::Args)]
struct BotArgs {
    /// A component, a JavaScript file, or the folder of a Rust bot, which is built first
    #[arg(value_name = "FILE.wasm|FILE.js|PLUGIN_DIR")]
    bot: PathBuf,
    /// A value of the bot's configuration; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    config: Vec<(String, String)>,
    #[command(flatten)]
    given: local::Given,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Retort::command().debug_assert();
    }
}

//! `retort dev`: build, serve, build again on save.

use std::io::IsTerminal;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::time::Instant;

use super::chat::{Conversation, EndedBy, Opening, Person};
use super::watch::Watch;
use super::{BotArgs, Ended, artifact, give, local, say};
use crate::http::Platform;
use crate::invocation::Host;
use crate::registry::Manifest;
use crate::tenant::Address;
use crate::{http, telemetry};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    bot: BotArgs,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7878")]
    listen: SocketAddr,
    #[command(flatten)]
    opening: Opening,
}

/// What the bot logs and how its turns end, whoever asks it.
const LOG: &str = "retort::bot=debug,retort::invocation=info";

pub(super) async fn run(args: Args) -> Result<(), Ended> {
    let log = telemetry::Settings {
        filter: LOG.to_owned(),
        ..telemetry::Settings::default()
    };
    let _writing = telemetry::start(&log).map_err(|error| Ended::Host(error.to_string()))?;
    let component = local::component(&args.bot, None)?;
    let at = local::address("dev", &named(&component)?)?;
    let host = local::host_given(&args.bot.given, &at.tenant).await?;
    local::deploy(&host, &at, &component, &args.bot.config).await?;
    local::is_a_bot(&host, &at)?;

    let unbound = |error| {
        Ended::Host(format!(
            "{} cannot be listened on: {error}; choose another address with --listen",
            args.listen
        ))
    };
    let listener = TcpListener::bind(args.listen).await.map_err(unbound)?;
    let address = listener.local_addr().map_err(unbound)?;
    // Before it says that it serves: who saves after that is seen.
    let watch = Watch::start(&args.bot.bot)?;
    greet(&at, address);

    // A person's own machine: their bot answers the Custom Endpoint's calls as well.
    let platform = Platform::open_to(at.tenant.clone());
    let front_door = http::Settings::default();
    let router = http::router(
        host.clone(),
        None,
        platform,
        &front_door,
        &http::operations::Settings::default(),
    );
    let serving = http::serve(listener, router, &front_door, std::future::pending());
    tokio::select! {
        () = serving => Ok(()),
        () = rebuild_on_save(watch, &host, &at, &args.bot) => Ok(()),
        talked = talk(&host, &at, &args) => talked,
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

fn greet(at: &Address, address: SocketAddr) {
    give(format_args!("listening on http://{address}"));
    say("say something to it from elsewhere:");
    say(format_args!(
        "  curl http://{address}/tenants/{}/bots/{}/environments/{}/respond -d '{{\"convId\":\"1\",\"message\":\"hello\"}}'",
        at.tenant, at.bot, at.environment
    ));
}

/// The bot's own name, and a name for one that has none.
fn named(component: &[u8]) -> Result<String, Ended> {
    let manifest = Manifest::of_component(component);
    let manifest = manifest.map_err(|error| Ended::NoBot(error.to_string()))?;
    Ok(manifest.map_or_else(|| "bot".to_owned(), |manifest| manifest.name.to_string()))
}

/// Ends never: a bot that does not build leaves the last one in place.
async fn rebuild_on_save(mut watch: Watch, host: &Host, at: &Address, bot: &BotArgs) {
    loop {
        watch.changed().await;
        let saved = Instant::now();
        match rebuild(host, at, bot).await {
            Ok(()) => say(format_args!(
                "serving what was saved, {} ms later",
                saved.elapsed().as_millis()
            )),
            Err(ended) => say(format_args!(
                "still serving the last one that was well: {ended}"
            )),
        }
    }
}

async fn rebuild(host: &Host, at: &Address, bot: &BotArgs) -> Result<(), Ended> {
    let built = bot.clone();
    let built = tokio::task::spawn_blocking(move || local::component(&built, None)).await;
    let component = built.map_err(|panicked| Ended::Host(panicked.to_string()))??;
    local::deploy(host, at, &component, &bot.config).await
}

/// One conversation after another where there is a person to hold them; otherwise nothing, for ever.
async fn talk(host: &Host, at: &Address, args: &Args) -> Result<(), Ended> {
    if !std::io::stdin().is_terminal() {
        return std::future::pending().await;
    }
    let mut person = Person::at_standard_input();
    let is_script = artifact::script(&args.bot.bot).is_some();
    loop {
        let (host, at) = (host.clone(), at.clone());
        let mut conversation = Conversation::new(host, at, args.opening, is_script);
        match conversation.hold(&mut person).await? {
            EndedBy::Person => return Ok(()),
            EndedBy::Bot => say("     (the conversation has left the bot; here is a new one)"),
        }
    }
}

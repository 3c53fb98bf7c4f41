//! `retort dev`: build, serve, build again on save.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;

use super::chat::{Conversation, EndedBy, Person};
use super::watch::Watch;
use super::{Ended, build, give, key_value, local, say};
use crate::http::Platform;
use crate::invocation::Host;
use crate::tenant::Address;
use crate::{http, telemetry};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the bot, with its Cargo.toml and its bot.toml
    plugin_dir: PathBuf,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7878")]
    listen: SocketAddr,
    /// A value of the bot's configuration; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    config: Vec<(String, String)>,
    #[command(flatten)]
    given: local::Given,
}

/// What the bot logs and how its turns end, whoever asks it.
const LOG: &str = "retort::bot=debug,retort::invocation=info";

pub(super) async fn run(args: Args) -> Result<(), Ended> {
    let log = telemetry::Settings {
        filter: LOG.to_owned(),
        ..telemetry::Settings::default()
    };
    let _writing = telemetry::start(&log).map_err(|error| Ended::Host(error.to_string()))?;
    let built = build::build(&args.plugin_dir)?;
    let at = local::address("dev", built.manifest.name.as_str())?;
    let host = local::host_given(&args.given, &at.tenant).await?;
    local::deploy(&host, &at, &built.component, &args.config).await?;
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
    let watch = Watch::start(&args.plugin_dir)?;
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
        () = rebuild_on_save(watch, &host, &at, &args) => Ok(()),
        talked = talk(&host, &at) => talked,
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

/// Ends never: a bot that does not build leaves the last one in place.
async fn rebuild_on_save(mut watch: Watch, host: &Host, at: &Address, args: &Args) {
    loop {
        watch.changed().await;
        match rebuild(host, at, &args.plugin_dir, &args.config).await {
            Ok(version) => say(format_args!("serving {} {version}", at.bot)),
            Err(ended) => say(format_args!(
                "still serving the last one that was well: {ended}"
            )),
        }
    }
}

async fn rebuild(
    host: &Host,
    at: &Address,
    folder: &Path,
    config: &[(String, String)],
) -> Result<semver::Version, Ended> {
    let folder = folder.to_owned();
    let built = tokio::task::spawn_blocking(move || build::build(&folder)).await;
    let built = built.map_err(|panicked| Ended::Host(panicked.to_string()))??;
    local::deploy(host, at, &built.component, config).await?;
    Ok(built.manifest.version)
}

/// One conversation after another where there is a person to hold them; otherwise nothing, for ever.
async fn talk(host: &Host, at: &Address) -> Result<(), Ended> {
    if !std::io::stdin().is_terminal() {
        return std::future::pending().await;
    }
    let mut person = Person::at_standard_input();
    loop {
        let mut conversation = Conversation::over_messaging(host.clone(), at.clone());
        match conversation.hold(&mut person).await? {
            EndedBy::Person => return Ok(()),
            EndedBy::Bot => say("     (the conversation has left the bot; here is a new one)"),
        }
    }
}

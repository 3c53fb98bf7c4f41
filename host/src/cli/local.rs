//! One bot on the author's own machine: the same spine as in `serve`, with a registry of one.

use std::collections::BTreeMap;
use std::path::Path;

use super::{BotArgs, Ended, build, compile_child, is_component};
use crate::fault::Fault;
use crate::invocation::{Host, Settings};
use crate::registry::{Grants, Manifest, NotDeployable, Wanted};
use crate::store::Store;
use crate::tenant::{Address, BotName, Environment, TenantId};

/// A host with one bot on it.
pub(super) struct Local {
    pub(super) host: Host,
    pub(super) at: Address,
}

/// Loads or builds a bot, and makes it ready.
pub(super) async fn start(args: &BotArgs) -> Result<Local, Ended> {
    let component = component(&args.bot)?;
    let at = address("local", "bot")?;
    let host = host()?;
    deploy(&host, &at, &component, &args.config).await?;
    Ok(Local { host, at })
}

pub(super) fn host() -> Result<Host, Ended> {
    host_with(Settings::default())
}

pub(super) fn host_with(mut settings: Settings) -> Result<Host, Ended> {
    settings.sandbox.compiling = compile_child::compiling()?;
    Host::new(settings, Store::in_memory()).map_err(|error| Ended::Host(error.to_string()))
}

pub(super) fn address(tenant: &str, bot: &str) -> Result<Address, Ended> {
    let invalid = |error: crate::tenant::InvalidName| Ended::Usage(error.to_string());
    let tenant: TenantId = tenant.parse().map_err(invalid)?;
    let bot: BotName = bot.parse().map_err(invalid)?;
    Ok(Address {
        tenant,
        bot,
        environment: Environment::draft(),
    })
}

/// Its own author grants a bot what it asks for.
pub(super) async fn deploy(
    host: &Host,
    at: &Address,
    component: &[u8],
    config: &[(String, String)],
) -> Result<(), Ended> {
    let config: BTreeMap<String, String> = config.iter().cloned().collect();
    let wanted = Wanted {
        config,
        grants: wants_of(component),
        ..Wanted::default()
    };
    host.deploy(at, component, wanted)
        .await
        .map(drop)
        .map_err(|error| not_deployed(&error))
}

/// All that a component asks for. One whose manifest cannot be read is told so by the gate.
pub(super) fn wants_of(component: &[u8]) -> Grants {
    let manifest = Manifest::of_component(component).ok().flatten();
    manifest.map_or_else(Grants::new, |manifest| manifest.wants.grants())
}

/// Whose turn it is to mend what could not be deployed.
pub(super) fn not_deployed(error: &NotDeployable) -> Ended {
    match error {
        NotDeployable::NotAsked(_) => Ended::Host(error.to_string()),
        NotDeployable::Unloadable(unloadable) if unloadable.fault() == Fault::Host => {
            Ended::Host(error.to_string())
        }
        NotDeployable::BadSettings(_) => Ended::Usage(error.to_string()),
        NotDeployable::ConfigRefused(_) => {
            Ended::Usage(format!("{error}; give it a value with --set KEY=VALUE"))
        }
        _ => Ended::NoBot(error.to_string()),
    }
}

fn component(bot: &Path) -> Result<Vec<u8>, Ended> {
    if bot.is_dir() {
        return build::build(bot).map(|built| built.component);
    }
    if !is_component(bot) {
        return Err(Ended::Usage(format!(
            "\"{}\" is neither a .wasm file nor a folder",
            bot.display()
        )));
    }
    std::fs::read(bot)
        .map_err(|error| Ended::NoBot(format!("\"{}\" cannot be read: {error}", bot.display())))
}

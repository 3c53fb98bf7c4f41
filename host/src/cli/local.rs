//! One bot on the author's own machine: the same spine as in `serve`, with a registry of one.

mod compiled;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::{BotArgs, Ended, artifact, compile_child, say};
use crate::capsules;
use crate::egress::{self, Range, Remedy};
use crate::fault::Fault;
use crate::invocation::{Host, Settings};
use crate::registry::{Grants, Manifest, NotDeployable, Wanted};
use crate::sandbox::World;
use crate::store::Store;
use crate::tenant::{Address, BotName, Environment, SecretName, TenantId};
use crate::vault::{Key, Secret};

/// A host with one bot on it.
pub(super) struct Local {
    pub(super) host: Host,
    pub(super) at: Address,
    /// What the bot asks for, which is granted here.
    pub(super) wants: Grants,
}

/// What stands on one's own machine for what an operator gives a bot.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Given {
    /// A TOML file with the secrets that the bot reads: NAME = "VALUE"
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// Let the bot's requests reach these addresses, though they are inside: 127.0.0.1 or 127.0.0.0/8; can be given several
    /// times
    #[arg(long = "open", value_name = "ADDRESSES", value_parser = range)]
    open: Vec<Range>,
}

impl Given {
    /// Whether anything inside is opened.
    pub(super) fn opens(&self) -> bool {
        !self.open.is_empty()
    }

    /// The secrets that are given.
    pub(super) fn secrets(&self) -> Result<BTreeMap<SecretName, String>, Ended> {
        secrets(self.secrets.as_deref())
    }
}

/// Loads or builds a bot, and makes it ready.
pub(super) async fn start(args: &BotArgs, world: Option<World>) -> Result<Local, Ended> {
    let component = component(args, world)?;
    let at = address("local", "bot")?;
    let host = host_given(&args.given, &at.tenant).await?;
    deploy(&host, &at, &component, &args.config).await?;
    let wants = wants_of(&component);
    Ok(Local { host, at, wants })
}

impl Local {
    pub(super) fn world(&self) -> World {
        world(&self.host, &self.at)
    }
}

fn world(host: &Host, at: &Address) -> World {
    let serving = host.registry().at(at);
    serving.map_or(World::Bot, |serving| serving.first().bot.world())
}

/// Whether what is served there can be talked to.
pub(super) fn is_a_bot(host: &Host, at: &Address) -> Result<(), Ended> {
    match world(host, at) {
        World::Bot => Ok(()),
        World::Function => Err(Ended::Usage(
            "this is a function, which holds no conversation; give it an event with \
             `retort invoke FILE.wasm|FILE.js|PLUGIN_DIR --payload FILE`"
                .to_owned(),
        )),
    }
}

pub(super) fn host() -> Result<Host, Ended> {
    host_with(settings())
}

/// Those of a host that nobody administers.
fn settings() -> Settings {
    Settings {
        capsules: capsules::Settings::none(),
        ..Settings::default()
    }
}

/// A host whose bots of one tenant have what is given.
pub(super) async fn host_given(given: &Given, tenant: &TenantId) -> Result<Host, Ended> {
    let mut settings = settings();
    settings.egress.open_addresses.clone_from(&given.open);
    settings.egress.remedy = Remedy::CommandLine;
    let host = host_with(settings)?;
    for (name, value) in given.secrets()? {
        let wrong = |error: &dyn Display| Ended::Usage(format!("the secret \"{name}\": {error}"));
        let secret = Secret::new(value).map_err(|error| wrong(&error))?;
        let set = host.vault().set(tenant, &name, &secret).await;
        set.map_err(|error| wrong(&error))?;
    }
    Ok(host)
}

pub(super) fn secrets(file: Option<&Path>) -> Result<BTreeMap<SecretName, String>, Ended> {
    let Some(file) = file else {
        return Ok(BTreeMap::new());
    };
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Ended::Usage(format!("\"{shown}\" cannot be read: {error}")))?;
    // What the library says of a wrong line repeats it.
    toml::from_str(&text).map_err(|error| {
        let before = text.get(..error.span().map_or(0, |span| span.start));
        let line = before.map_or(1, |before| before.lines().count().max(1));
        Ended::Usage(format!(
            "\"{shown}\" is not valid near line {line}: it takes NAME = \"VALUE\""
        ))
    })
}

fn range(text: &str) -> Result<Range, String> {
    egress::range(text).ok_or_else(|| "use an address, or a range such as 10.0.0.0/8".to_owned())
}

pub(super) fn host_with(mut settings: Settings) -> Result<Host, Ended> {
    settings.secrets_key = Some(Key::random());
    settings.sandbox.compiling = compile_child::compiling()?;
    // Their own author's: a bot in Python takes half a minute where the host itself was not built to be fast.
    settings.sandbox.compile.cpu_seconds = 300;
    settings.sandbox.compiled = compiled::folder();
    settings.sandbox.shares_compiled = true;
    let host = Host::new(settings.clone(), Store::in_memory());
    let host = host.or_else(|error| {
        uncached(&error.to_string());
        settings.sandbox.compiled = None;
        Host::new(settings, Store::in_memory())
    });
    host.map_err(|error| Ended::Host(error.to_string()))
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
    let deployed = host.deploy(at, component, wanted).await;
    tell_what_is_not_kept(host);
    deployed.map(drop).map_err(|error| not_deployed(&error))
}

/// Says so if compiled code could not be kept.
pub(super) fn tell_what_is_not_kept(host: &Host) {
    if let Some(reason) = host.sandbox().first_not_kept() {
        uncached(reason);
    }
}

/// A cache that is of no use is no reason not to run.
fn uncached(reason: &str) {
    say(format_args!(
        "compiled code is not kept, so it takes longer: {reason}"
    ));
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

/// The component of what is given as a bot: read, packed or built; of `world`, if it is a script that does not say what it
/// is.
pub(super) fn component(args: &BotArgs, world: Option<World>) -> Result<Vec<u8>, Ended> {
    let component = artifact::component(&args.bot, world)?;
    component.ok_or_else(|| {
        Ended::Usage(format!(
            "\"{}\" is neither a component (FILE.wasm), nor a JavaScript file (FILE.js), nor a folder",
            args.bot.display()
        ))
    })
}

//! `retort deploy`: a bot to a host that serves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::remote::{Method, Remote};
use super::table::field;
use super::{At, Said, consent, convos, gate, revision, show, table, upload, warn};
use crate::cli::{Ended, artifact, say};
use crate::liveperson::functions::EVENTS;
use crate::registry::Grant;
use crate::registry::settings::Settings;
use crate::sandbox::World;
use crate::tenant::EventId;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A component, a JavaScript file, the folder of a Rust bot, which is built first, or the digest of a revision that
    /// the bot has, or its first digits
    #[arg(value_name = "FILE.wasm|FILE.js|PLUGIN_DIR|DIGEST")]
    what: String,
    #[command(flatten)]
    at: At,
    /// How many of a hundred new conversations it gets, beside the revision that is served; all, if it is left out
    #[arg(long, default_value_t = 100)]
    weight: u8,
    /// A TOML file with `config`, `limits`, `reply`, `failure`, `events` and `capsules` of this deployment
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// An event of the platform's that it is invoked by, where it serves as `production`, such as
    /// `bot_connectors_pre_hook`; can be given several times
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<EventId>,
    /// Grant the bot this, of what it asks for; can be given several times. Takes the role admin
    #[arg(long, value_name = "GRANT")]
    grant: Vec<Grant>,
    /// The folder of the conversations that it is tried by, here or where it is promoted to; `convos` beside the bot, unless it
    /// is given
    #[arg(long, value_name = "DIR")]
    convos: Option<PathBuf>,
    #[command(flatten)]
    demand: gate::Demand,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    remote: Remote,
}

pub(in crate::cli) async fn run(args: Args) -> Result<(), Ended> {
    let mut settings = match &args.settings {
        Some(file) => read_settings(file)?,
        None => Settings::default(),
    };
    if !args.events.is_empty() {
        let events = settings.events.get_or_insert_default();
        events.extend(args.events.iter().cloned());
    }
    let is_kept = settings.events.is_none();
    if is_kept {
        settings.events = events_now(&args).await?;
    }
    for event in settings.events.iter().flatten() {
        if !EVENTS.contains(&event.as_str()) {
            say(format_args!(
                "LivePerson is not known to send an event \"{event}\"; see that it is spelt as its source does"
            ));
        }
    }
    // What is wrong with them is told before a bot is built.
    let path = Some(Path::new(&args.what)).filter(|path| path.exists());
    let conversations = convos::of(path, args.convos.as_ref())?;
    // Before anything is sent: the configuration file may have the say there.
    let granted = consent::granted(&args.remote, &args.at).await?;
    let revision = match artifact(&args.what, world(&settings))? {
        Artifact::Component(component) => upload(&args, component).await?,
        Artifact::Digits(digits) => {
            revision::find(&args.remote, &args.at.of.path(), &digits).await?
        }
    };
    if is_kept {
        listens_on(&settings, &revision)?;
    }
    let wants = field(&revision, "wants");
    let grant = consent::agreed(&args.at, &granted, wants, &args.grant)?;
    let digest = field(&revision, "digest");
    if let Some(bundle) = &conversations {
        convos::give(&args.remote, &args.at.of.path(), digest, bundle).await?;
    }
    let asked = json!({
        "digest": digest,
        "weight": args.weight,
        "settings": settings,
        "grant": grant,
        "require": args.demand.require,
        "force": args.demand.force,
        "note": args.said.note,
    });
    let kept = args
        .remote
        .ask(Method::PUT, &args.at.deployment(), asked)
        .await?;
    show(&args.remote, &args.at, &kept);
    warn(&kept);
    consent::warn_of_unset(&args.remote, &args.at, wants).await;
    Ok(())
}

/// What it listens to there, if somebody has said so: who deploys it again need not say it again.
async fn events_now(args: &Args) -> Result<Option<BTreeSet<EventId>>, Ended> {
    let served = args.remote.ask_if_any(&args.at.deployment()).await?;
    let side = served
        .as_ref()
        .and_then(|kept| table::items(kept, "sides").last());
    let events = side.and_then(|side| side.pointer("/settings/events"));
    Ok(events.and_then(|events| serde_json::from_value(events.clone()).ok()))
}

/// Says what it goes on to listen to. A bot does not take the place of a function in that: the platform would ask it in
/// words that it does not know.
fn listens_on(settings: &Settings, revision: &Value) -> Result<(), Ended> {
    let Some(events) = settings.events.as_ref().filter(|events| !events.is_empty()) else {
        return Ok(());
    };
    let named: Vec<_> = events.iter().map(EventId::as_str).collect();
    let named = named.join(", ");
    let is_bot = field(revision, "world") == &json!(World::Bot);
    if is_bot && !events.contains(&EventId::custom_integration()) {
        return Err(Ended::Usage(format!(
            "what serves there is invoked by {named}, which is for functions, and this is a bot; say with --event what \
             invokes it, or deploy it under another name"
        )));
    }
    say(format_args!(
        "it goes on to be invoked by {named}; --event says another, and --event {} makes a chat bot of it",
        EventId::custom_integration()
    ));
    Ok(())
}

/// What is to be deployed.
enum Artifact {
    Component(Vec<u8>),
    Digits(String),
}

/// What a script is that says nothing of it, by what it is invoked by.
fn world(settings: &Settings) -> Option<World> {
    let events = settings.events.as_ref()?;
    let is_function = !events.is_empty() && !events.contains(&EventId::custom_integration());
    is_function.then_some(World::Function)
}

fn artifact(what: &str, world: Option<World>) -> Result<Artifact, Ended> {
    if let Some(component) = artifact::component(Path::new(what), world)? {
        return Ok(Artifact::Component(component));
    }
    match revision::digits(what) {
        Some(digits) => Ok(Artifact::Digits(digits.to_owned())),
        None => Err(Ended::Usage(format!(
            "\"{what}\" is neither a component (FILE.wasm), nor a JavaScript file (FILE.js), nor a folder, nor {} or more \
             digits of a digest",
            revision::LEAST_DIGITS
        ))),
    }
}

fn read_settings(file: &Path) -> Result<Settings, Ended> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Ended::Usage(format!("\"{shown}\" cannot be read: {error}")))?;
    toml::from_str(&text)
        .map_err(|error| Ended::Usage(format!("\"{shown}\" is not valid: {error}")))
}

async fn upload(args: &Args, component: Vec<u8>) -> Result<Value, Ended> {
    let path = format!("{}/revisions", args.at.of.path());
    let revision = upload::send(&args.remote, &path, component).await?;
    let (name, version) = (
        table::text(field(&revision, "name")),
        table::text(field(&revision, "version")),
    );
    say(format_args!(
        "it has revision {} of it, {name} {version}",
        table::short(field(&revision, "digest"))
    ));
    Ok(revision)
}

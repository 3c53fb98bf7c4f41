//! `retort replay`: turns that were kept, run again with their bot or with another one.

mod shown;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Ended, artifact, give, local};
use crate::capsules::{Asked, Capsule, Compared, Ended as TurnEnded};
use crate::invocation::{Host, NotReplayed, Rerun, Settings};
use crate::registry::Inspected;
use crate::sandbox::{World, script_engine};
use crate::store::Digest;
use crate::tenant::SecretName;
use shown::{Shown, Table};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A turn's file, as `retort capsules` fetches it
    #[arg(value_name = "CAPSULE", required_unless_present = "all")]
    capsule: Option<PathBuf>,
    /// Run all turns again that are in this folder, and tell what is another thing then, as a table
    #[arg(long, value_name = "DIR", conflicts_with = "capsule")]
    all: Option<PathBuf>,
    /// What to run them with: the bot's next revision, or the one that it was; unless it is given, the component beside the
    /// capsule that has the digest of the revision for its name
    #[arg(long, value_name = "FILE.wasm|FILE.js|PLUGIN_DIR")]
    bot: Option<PathBuf>,
    /// A value for a secret that the bot reads, since no capsule has one; can be given several times. A filler of equal length
    /// stands for one that is not given
    #[arg(long = "secret", value_name = "NAME=VALUE", value_parser = super::key_value)]
    secret: Vec<(String, String)>,
    /// A TOML file with such values: NAME = "VALUE"
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// Write what became of each turn as a line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args) -> Result<(), Ended> {
    let secrets = args.secrets()?;
    let files = match (&args.all, &args.capsule) {
        (Some(folder), _) => capsules(folder)?,
        (None, capsule) => capsule.iter().cloned().collect(),
    };
    let mut replaying = Replaying {
        given: args.bot.as_deref().map(component).transpose()?,
        secrets,
        hosts: BTreeMap::new(),
        loaded: BTreeMap::new(),
    };
    let mut table = Table::default();
    for file in &files {
        let replayed = replaying.replay(file).await?;
        match (args.json, args.all.is_some()) {
            (true, _) => give(Shown(&replayed).json()),
            (false, false) => give(Shown(&replayed)),
            (false, true) => table.add(&replayed),
        }
        table.count(&replayed);
    }
    if args.all.is_some() && !args.json {
        give(&table);
    }
    table.verdict()
}

impl Args {
    fn secrets(&self) -> Result<BTreeMap<SecretName, String>, Ended> {
        let mut secrets = local::secrets(self.secrets.as_deref())?;
        for (name, value) in &self.secret {
            let name = name
                .parse()
                .map_err(|error| Ended::Usage(format!("{error}")))?;
            secrets.insert(name, value.clone());
        }
        Ok(secrets)
    }
}

/// The capsules of a folder, in the order of their names.
pub(super) fn capsules(folder: &Path) -> Result<Vec<PathBuf>, Ended> {
    let shown = folder.display();
    let unread = |error| Ended::Usage(format!("\"{shown}\" cannot be read: {error}"));
    let entries = std::fs::read_dir(folder).map_err(unread)?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unread)?.path();
        if path.to_string_lossy().ends_with(".capsule.json") {
            files.push(path);
        }
    }
    files.sort();
    match files.is_empty() {
        true => Err(Ended::Usage(format!(
            "there is no capsule in \"{shown}\": their names end in .capsule.json"
        ))),
        false => Ok(files),
    }
}

/// A bot's component, and its digest as a revision has it.
#[derive(Clone)]
struct Component {
    bytes: Arc<[u8]>,
    revision: String,
}

fn component(path: &Path) -> Result<Component, Ended> {
    let bytes = artifact::component(path, None)?.ok_or_else(|| {
        let shown = path.display();
        Ended::Usage(format!(
            "\"{shown}\" is neither a component, nor a script, nor a folder"
        ))
    })?;
    Ok(Component {
        revision: format!("sha256:{}", Digest::of(&bytes).as_str()),
        bytes: bytes.into(),
    })
}

/// Runs turns again, on hosts that have what theirs had.
struct Replaying {
    /// What to run them with, if that is one bot for all.
    given: Option<Component>,
    secrets: BTreeMap<SecretName, String>,
    /// By what their turns can see of them.
    hosts: BTreeMap<Seen, Host>,
    /// By that, and by revision.
    loaded: BTreeMap<(Seen, String), Arc<Inspected>>,
}

/// A turn that was run again.
struct Replayed {
    file: PathBuf,
    capsule: Capsule,
    /// The revision that it was run with.
    revision: String,
    ended: TurnEnded,
    compared: Compared,
    /// The secrets that it read, and that a filler stood for.
    fillers: Vec<SecretName>,
}

impl Replayed {
    fn is_another(&self) -> bool {
        self.capsule.revision != self.revision
    }

    /// Whether it kept what is promised: nothing is of another bot, nor of one that had a filler for a secret.
    fn keeps(&self) -> bool {
        self.is_another() || !self.fillers.is_empty() || self.compared.keeps(&self.capsule)
    }
}

impl Replaying {
    async fn replay(&mut self, file: &Path) -> Result<Replayed, Ended> {
        let capsule = read(file)?;
        let component = match &self.given {
            Some(given) => given.clone(),
            None => beside(file, &capsule)?,
        };
        let capsule = capsule.with(&component.bytes, script_engine());
        let host = self.host(&capsule)?;
        let bot = self.load(&host, &capsule, &component).await?;
        let rerun = Rerun {
            is_another: component.revision != capsule.revision,
            secrets: self.secrets.clone(),
        };
        let replayed = host.replay(&bot, &capsule, rerun).await;
        let replayed = replayed.map_err(|error| not_replayed(&error, file, &capsule))?;
        let fillers = capsule
            .secrets()
            .filter(|name| !self.secrets.contains_key(name));
        let fillers = fillers.cloned().collect();
        let given: Vec<String> = self.secrets.values().cloned().collect();
        let after = capsule.ended_as(replayed.ended, replayed.told.into(), &given);
        Ok(Replayed {
            file: file.to_owned(),
            compared: Compared::of(&capsule, &after.ended, &after.told),
            capsule,
            revision: component.revision,
            ended: after.ended,
            fillers,
        })
    }

    /// A host whose turns see of it what that of the capsule saw.
    fn host(&mut self, capsule: &Capsule) -> Result<Host, Ended> {
        let seen = seen(capsule);
        if let Some(host) = self.hosts.get(&seen) {
            return Ok(host.clone());
        }
        let host = local::host_with(Settings::to_replay(capsule))?;
        self.hosts.insert(seen, host.clone());
        Ok(host)
    }

    async fn load(
        &mut self,
        host: &Host,
        capsule: &Capsule,
        component: &Component,
    ) -> Result<Arc<Inspected>, Ended> {
        let key = (seen(capsule), component.revision.clone());
        if let Some(loaded) = self.loaded.get(&key) {
            return Ok(Arc::clone(loaded));
        }
        let inspected = host
            .inspect(&capsule.place.address(), &component.bytes)
            .await;
        local::tell_what_is_not_kept(host);
        let inspected = inspected.map_err(|error| local::not_deployed(&error))?;
        let loaded = self.loaded.entry(key).or_insert(Arc::new(inspected));
        Ok(Arc::clone(loaded))
    }
}

/// What a turn can see of its host: the steps of its clocks, and how much it may have of stack, memory and tables.
type Seen = (u64, usize, usize, usize);

fn seen(capsule: &Capsule) -> Seen {
    let (machine, limits) = (&capsule.machine, &capsule.limits);
    (
        machine.clock_resolution_us,
        machine.wasm_stack_bytes,
        limits.memory_bytes,
        limits.table_elements,
    )
}

/// More than any capsule has that a host keeps.
const MOST_BYTES: u64 = 64 << 20;

pub(super) fn read(file: &Path) -> Result<Capsule, Ended> {
    let shown = file.display();
    if file.is_dir() {
        return Err(Ended::Usage(format!(
            "\"{shown}\" is a folder: run all turns in it again with --all \"{shown}\""
        )));
    }
    let length = std::fs::metadata(file).map_or(0, |file| file.len());
    if length > MOST_BYTES {
        return Err(Ended::Usage(format!(
            "\"{shown}\" has {length} bytes, more than any capsule"
        )));
    }
    let bytes = artifact::read(file)?;
    Capsule::read(&bytes).map_err(|error| Ended::Usage(format!("\"{shown}\": {error}")))
}

/// The component beside a capsule.
fn beside(file: &Path, capsule: &Capsule) -> Result<Component, Ended> {
    let digest: Result<Digest, _> = capsule.revision.trim_start_matches("sha256:").parse();
    let digest = digest.map_err(|error| Ended::Usage(format!("the turn's revision: {error}")))?;
    let digest = digest.as_str();
    let path = file.with_file_name(format!("{digest}.wasm"));
    if !path.is_file() {
        return Err(Ended::Usage(format!(
            "the bot of \"{}\" is not there: name it with --bot, or put its component beside the capsule as \"{digest}.wasm\", as \
             `retort capsules --component` does",
            file.display()
        )));
    }
    let found = component(&path)?;
    match found.revision == capsule.revision {
        true => Ok(found),
        false => Err(Ended::Usage(format!(
            "\"{}\" is another component than its name says: its digest is {}",
            path.display(),
            found.revision
        ))),
    }
}

fn not_replayed(error: &NotReplayed, file: &Path, capsule: &Capsule) -> Ended {
    let (was, is) = match capsule.asked {
        Asked::Turn { .. } => (World::Bot, World::Function),
        Asked::Invocation { .. } => (World::Function, World::Bot),
    };
    match error {
        NotReplayed::OtherWorld(_) => Ended::Usage(format!(
            "the turn of \"{}\" was asked of a {was}, and this is a {is}: name the next revision of that {was} with --bot",
            file.display()
        )),
        NotReplayed::NotDeployable(error) => local::not_deployed(error),
    }
}

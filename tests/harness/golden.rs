//! What was built for a contract that is released, and is kept: components, what each was sent, and what it answered.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use retort::capabilities::made_up::MadeUp;
use retort::egress::Fakes;
use retort::registry::Manifest;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::host::host_with_secret;
use crate::{Served, javascript};

/// The name of a component in its folder.
pub const COMPONENT: &str = "component.wasm";
/// The name of what it was sent, and answered.
pub const TURNS: &str = "turns.json";
/// The name of the digests of a contract's files.
pub const DIGESTS: &str = "SHA256SUMS";

/// A component that is kept.
#[derive(Clone, Debug)]
pub struct Golden {
    /// What it is called, as is its folder.
    pub name: String,
    /// Where it is, with its conversations if it has any.
    pub folder: PathBuf,
}

impl Golden {
    /// The file of it.
    pub fn path(&self) -> PathBuf {
        self.folder.join(COMPONENT)
    }

    /// Its bytes.
    ///
    /// # Panics
    /// If it is not there.
    pub fn component(&self) -> Vec<u8> {
        fs::read(self.path()).expect("a component")
    }

    /// Whether it is a function, which holds no conversation.
    pub fn is_function(&self) -> bool {
        let export = b"retort:bot/function-handler@";
        let component = self.component();
        component
            .windows(export.len())
            .any(|window| window == export)
    }

    /// What it was sent, each with what it answered.
    ///
    /// # Panics
    /// If that is not there.
    pub fn turns(&self) -> Vec<(Value, Value)> {
        let text = fs::read(self.folder.join(TURNS)).expect("turns");
        let turns: Vec<Value> = serde_json::from_slice(&text).expect("a list");
        let of = |turn: &Value, key: &str| turn.get(key).cloned().expect("both are there");
        let turns = turns.iter();
        turns
            .map(|turn| (of(turn, "sent"), of(turn, "answered")))
            .collect()
    }

    /// A host that serves it, with what it asks for; what it sends is answered by its fakes, and time is made up.
    ///
    /// # Panics
    /// If the gate does not let it through.
    pub async fn served(&self) -> Served {
        let mut settings = javascript::settings().await;
        settings.sandbox.made_up = Some(MadeUp::default());
        let fakes = fs::read_to_string(self.folder.join("convos/fakes.toml")).unwrap_or_default();
        settings.egress.fakes = Some(Fakes::parse(&fakes).expect("fakes"));
        let host =
            host_with_secret(settings, "acme", "ORDERS_KEY", "a-key-that-opens-nothing").await;
        let component = self.component();
        let manifest = Manifest::of_component(&component).expect("a manifest");
        let grants = manifest
            .map(|manifest| manifest.wants.grants())
            .unwrap_or_default();
        let host = host.wanting(|wanted| {
            wanted.grants = grants;
            wanted.smoke_turn = true;
        });
        let deployed = host.deploy(&self.name, &component).await;
        deployed.unwrap_or_else(|error| panic!("{}: {error}", self.folder.display()));
        host
    }

    /// What it answers to each of these, in their order.
    ///
    /// # Panics
    /// If the gate does not let it through, or it fails.
    pub async fn answers(&self, sent: &[Value]) -> Vec<Value> {
        let host = self.served().await;
        let is_function = self.is_function();
        let mut answers = Vec::new();
        for payload in sent {
            answers.push(if is_function {
                let returned = host.returns(&self.name, payload.clone()).await;
                serde_json::from_str(&returned).expect("JSON")
            } else {
                let answer = host.post(&self.name, payload).await;
                assert_eq!(answer.status, 200, "{}: {payload}: {answer:?}", self.name);
                answer.body
            });
        }
        answers
    }
}

/// Where all of it is.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn folders(within: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(within).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<_> = paths.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Where turns are that were kept, of the bot `reach`.
pub fn capsules() -> PathBuf {
    root().join("capsules")
}

/// The folder of each contract that is released.
pub fn contracts() -> Vec<PathBuf> {
    let mut folders = folders(&root());
    folders.retain(|folder| *folder != capsules());
    folders
}

/// All that is kept of a contract.
///
/// # Panics
/// If there is no such folder.
pub fn of(contract: &Path) -> Vec<Golden> {
    let named = |folder: PathBuf| {
        let name = folder.file_name().expect("a name").to_string_lossy();
        let name = name.into_owned();
        Golden { name, folder }
    };
    folders(contract).into_iter().map(named).collect()
}

/// All that is kept of all contracts.
pub fn all() -> Vec<Golden> {
    let contracts = contracts();
    contracts.iter().flat_map(|contract| of(contract)).collect()
}

/// The digest of each file of a contract but of their list, as `sha256sum` tells them.
///
/// # Panics
/// If there is no such folder.
pub fn digests(contract: &Path) -> String {
    let mut digests = BTreeMap::new();
    let mut folders = vec![contract.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).expect("a file");
            let digest = digest(&SHA256, &bytes);
            let digest = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
            let name = path.strip_prefix(contract).expect("below it");
            let name = name.to_string_lossy().into_owned();
            if name != DIGESTS {
                digests.insert(name, digest.collect::<String>());
            }
        }
    }
    let lines = digests.iter();
    lines
        .map(|(name, digest)| format!("{digest}  {name}\n"))
        .collect()
}

//! A host as a configuration's text sets it up. Knows nothing of what a key does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use harness::Served;
use harness::host::address;
use retort::config::{Config, Flags};
use retort::registry::NotDeployable;

/// A key, and a value at which it bites.
#[derive(Clone, Copy)]
pub(super) struct Low {
    pub(super) key: &'static str,
    pub(super) value: u64,
}

/// A configuration's text: its numbers and switches, and the bots of the tenant `acme` that it serves.
#[derive(Clone)]
pub(super) struct Text {
    values: BTreeMap<&'static str, String>,
    bots: Vec<(&'static str, Vec<u8>, &'static str)>,
}

/// What a configuration's text came to.
pub(super) struct Configured {
    pub(super) config: Config,
    pub(super) served: Served,
}

/// A text under which the machine may be busy with more: a turn has half a minute, unless this is what a test is about.
pub(super) fn text() -> Text {
    let patient = Text {
        values: BTreeMap::new(),
        bots: Vec::new(),
    };
    patient
        .with("sandbox.deadline_ceiling_ms", 30_000)
        .with("limits.deadline_ms", 30_000)
}

impl Text {
    pub(super) fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.values.insert(key, value.to_string());
        self
    }

    pub(super) fn low(self, low: Low) -> Self {
        self.with(low.key, low.value)
    }

    pub(super) fn bot(self, name: &'static str, component: Vec<u8>) -> Self {
        self.bot_under(name, component, "")
    }

    /// A bot with limits of its own.
    pub(super) fn bot_under(
        mut self,
        name: &'static str,
        component: Vec<u8>,
        limits: &'static str,
    ) -> Self {
        self.bots.push((name, component, limits));
        self
    }

    fn written(&self) -> String {
        let mut text = String::new();
        for (key, value) in &self.values {
            writeln!(text, "{key} = {value}").expect("a text takes it");
        }
        for (name, _, limits) in &self.bots {
            writeln!(
                text,
                "[[deployments]]\ntenant = \"acme\"\nbot = \"{name}\"\ncomponent = \"{name}.wasm\"\n\
                 smoke_turn = false\nlimits = {{ {limits} }}"
            )
            .expect("a text takes it");
        }
        text
    }

    /// The configuration, from files.
    pub(super) fn load(&self) -> Result<Config, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("retort.toml");
        std::fs::write(&file, self.written()).expect("written");
        Config::load(Some(&file), [], &Flags::default()).map_err(|error| error.to_string())
    }

    /// A host that serves its bots, or why one of them is not deployed.
    pub(super) async fn deploy(&self) -> Result<Configured, NotDeployable> {
        let config = self.load().expect("it is valid");
        let mut served = Served::with(config.host());
        for (entry, (name, component, _)) in config.deployments.iter().zip(&self.bots) {
            assert_eq!(entry.address(), address(name));
            let wanted = config.wanted(entry).expect("it is valid");
            served = served.wanting(|own| *own = wanted);
            served.deploy(name, component).await?;
        }
        Ok(Configured { config, served })
    }

    /// A host that serves its bots.
    pub(super) async fn serve(&self) -> Configured {
        self.deploy().await.expect("they are deployed")
    }
}

//! A folder that a host was given deployments in.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use retort::control::{Control, Wanted};
use retort::invocation::{Host, Settings};
use retort::registry::ledger::By;
use retort::registry::settings::{self, Defaults};
use retort::sandbox;
use retort::store::Store;
use retort::tenant::{Address, Environment};
use tokio::time::Instant;

use crate::artifacts::saying;

/// Deployments share so many artifacts.
pub(crate) const ARTIFACTS: usize = 20;

/// A host on a folder, and its operators' side.
pub(crate) struct Given {
    pub(crate) host: Host,
    pub(crate) control: Control,
}

/// Where the deployment of a number is.
pub(crate) fn address(number: usize) -> anyhow::Result<Address> {
    Ok(Address {
        tenant: format!("tenant-{number}").parse()?,
        bot: "bot".parse()?,
        environment: Environment::draft(),
    })
}

pub(crate) fn by() -> By {
    By {
        who: "the benchmark".to_owned(),
        token: None,
        note: String::new(),
    }
}

impl Given {
    /// Gives a new folder so many deployments, as operators do, one after the other; and how long that took.
    pub(crate) async fn new(folder: &Path, deployments: usize) -> anyhow::Result<(Self, Duration)> {
        let settings = Settings {
            sandbox: sandbox::Settings {
                compiled: Some(folder.join("compiled")),
                ..sandbox::Settings::default()
            },
            ..Settings::default()
        };
        let host = Host::new(settings, Store::open(folder)?)?;
        let control = Control::open(host.clone(), Defaults::default(), BTreeSet::new());
        let given = Self {
            control: control.await?,
            host,
        };
        let begun = Instant::now();
        for number in 0..deployments {
            given.deploy(number).await.context("a deployment")?;
        }
        Ok((given, begun.elapsed()))
    }

    async fn deploy(&self, number: usize) -> anyhow::Result<()> {
        let at = address(number)?;
        let component: Arc<[u8]> = saying(&format!("word {}", number % ARTIFACTS))?.into();
        let by_whom = by();
        let revision = self.control.add(&at.tenant, &at.bot, component, &by_whom);
        let wanted = Wanted {
            digest: revision.await?.digest,
            weight: 100,
            settings: settings::Settings::default(),
            grant: BTreeSet::new(),
            may_raise_limits: false,
        };
        self.control.deploy(&at, wanted, by()).await?;
        Ok(())
    }
}

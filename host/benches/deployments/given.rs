//! A folder that a host was given deployments in.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use retort::control::{Control, Demand, Wanted};
use retort::invocation::{Host, Settings};
use retort::registry::ledger::By;
use retort::registry::settings::{self, Defaults};
use retort::sandbox;
use retort::store::Store;
use retort::tenant::{Address, Environment};
use tokio::time::Instant;

use crate::artifacts::saying;
use crate::lambda;

/// What is deployed.
#[derive(Clone, Copy)]
pub(crate) enum Artifacts {
    /// So many components, which the deployments share.
    Shared,
    /// As many lambdas as there are deployments.
    Lambdas,
}

pub(crate) const ARTIFACTS: usize = 20;

impl Artifacts {
    fn of(self, number: usize) -> anyhow::Result<Vec<u8>> {
        match self {
            Artifacts::Shared => saying(&format!("word {}", number % ARTIFACTS)),
            Artifacts::Lambdas => lambda::echo(number),
        }
    }

    pub(crate) fn words(self) -> String {
        match self {
            Artifacts::Shared => format!("deployments of {ARTIFACTS} artifacts"),
            Artifacts::Lambdas => "lambdas of 20 KB".to_owned(),
        }
    }
}

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
    pub(crate) async fn new(
        folder: &Path,
        deployments: usize,
        of: Artifacts,
    ) -> anyhow::Result<(Self, Duration)> {
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
            given.deploy(number, of).await.context("a deployment")?;
        }
        Ok((given, begun.elapsed()))
    }

    async fn deploy(&self, number: usize, of: Artifacts) -> anyhow::Result<()> {
        let at = address(number)?;
        let component: Arc<[u8]> = of.of(number)?.into();
        let by_whom = by();
        let revision = self.control.add(&at.tenant, &at.bot, component, &by_whom);
        let wanted = Wanted {
            digest: revision.await?.digest,
            weight: 100,
            settings: settings::Settings::default(),
            grant: BTreeSet::new(),
            demand: Demand::default(),
            may_raise_limits: false,
        };
        self.control.deploy(&at, wanted, by()).await?;
        Ok(())
    }
}

//! A host as `serve` has it, with the settings that it has by default, on a port of its own. Knows nothing of what
//! is measured.

use std::net::SocketAddr;

use retort::cli::attack::component::component;
use retort::http;
use retort::invocation::{Host, Settings};
use retort::registry::Wanted;
use retort::store::Store;
use retort::telemetry::{self, Writing};
use retort::tenant::Address;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing_subscriber::util::SubscriberInitExt;

/// The time of a bot that never returns.
pub(crate) const DEADLINE_MS: u64 = 50;

/// A host that serves until it is dropped.
pub(crate) struct Stage {
    pub(crate) host: Host,
    pub(crate) address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Stage {
    /// A host, whose Custom Endpoint is that of the tenant `acme`.
    pub(crate) async fn start(settings: Settings) -> anyhow::Result<Self> {
        let platform = http::Platform::open_to("acme".parse()?);
        Self::on(Store::in_memory(), settings, platform).await
    }

    /// One on a store of its own, which tells the platform's calls from others in its own way.
    pub(crate) async fn on(
        store: Store,
        settings: Settings,
        platform: http::Platform,
    ) -> anyhow::Result<Self> {
        let host = Host::new(settings, store)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let settings = http::Settings::default();
        let operations = http::operations::Settings::default();
        let router = http::router(host.clone(), None, platform, &settings, &operations);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            http::serve(listener, router, &settings, std::future::pending()).await;
        });
        Ok(Self {
            host,
            address,
            _serving: serving,
        })
    }

    /// One on which a bot that never returns goes on being asked.
    pub(crate) async fn without_quarantine() -> anyhow::Result<Self> {
        let mut settings = Settings::default();
        settings.quarantine.failure_percent = 101;
        Self::start(settings).await
    }

    pub(crate) async fn deploy(
        &self,
        tenant: &str,
        bot: &str,
        component: &[u8],
        wanted: Wanted,
    ) -> anyhow::Result<Address> {
        let at = Address {
            tenant: tenant.parse()?,
            bot: bot.parse()?,
            environment: "draft".parse()?,
        };
        self.host.deploy(&at, component, wanted).await?;
        Ok(at)
    }

    /// Serves a bot that never returns.
    pub(crate) async fn deploy_spin(&self, tenant: &str) -> anyhow::Result<Address> {
        let spin = component("(;RESPOND;)\n(loop $again (br $again))")?;
        let mut wanted = Wanted::default();
        wanted.limits.deadline_ms = DEADLINE_MS;
        self.deploy(tenant, "spin", &spin, wanted).await
    }
}

/// Where a bot is asked.
pub(crate) fn path(tenant: &str, bot: &str) -> String {
    format!("/tenants/{tenant}/bots/{bot}/environments/draft/respond")
}

/// The host's log as `serve` writes it, but to nowhere.
pub(crate) fn log() -> anyhow::Result<Writing> {
    let (log, writing) = telemetry::log(&telemetry::Settings::default(), std::io::sink(), false)?;
    log.init();
    Ok(writing)
}

//! The host that is attacked: one like any other, on a loopback port of its own. Knows nothing of attacks.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::neighbours;
use super::process::Figures;
use crate::cli::{Ended, local};
use crate::http;
use crate::invocation::{self, Host};
use crate::registry::{NotDeployable, Wanted};
use crate::sandbox::{Limits, PoolUse};

/// Whose bot it is: the neighbours are another tenant than those who attack.
fn tenant(bot: &str) -> &'static str {
    if bot == neighbours::BOT {
        "neighbours"
    } else {
        "attackers"
    }
}

/// Whose turns are over keeps nothing for longer than this.
const SETTLES_IN: Duration = Duration::from_secs(5);

/// A host that serves until it is dropped.
pub(super) struct Stage {
    host: Host,
    pub(super) address: SocketAddr,
    _serving: oneshot::Sender<()>,
}

impl Stage {
    pub(super) async fn start() -> Result<Self, Ended> {
        let failed = |error| Ended::Host(format!("no port of this machine can be had: {error}"));
        let mut host = invocation::Settings::default();
        // Every bot is to have all its turns.
        host.quarantine.failure_percent = 101;
        let host = local::host_with(host)?;
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let settings = http::Settings::default();
        let router = http::router(
            host.clone(),
            None,
            &settings,
            &http::operations::Settings::default(),
        );
        let (serving, stop) = oneshot::channel();
        let stop = async { drop(stop.await) };
        tokio::spawn(async move { http::serve(listener, router, &settings, stop).await });
        Ok(Self {
            host,
            address,
            _serving: serving,
        })
    }

    /// Serves a bot, as any operator would.
    pub(super) async fn deploy(
        &self,
        bot: &str,
        component: &[u8],
        limits: Limits,
    ) -> Result<(), NotDeployable> {
        let at = local::address(tenant(bot), bot)
            .map_err(|error| NotDeployable::BadSettings(error.to_string()))?;
        let wanted = Wanted {
            limits,
            ..Wanted::default()
        };
        self.host.deploy(&at, component, wanted).await.map(drop)
    }

    /// What of the pool is taken; none on a machine without one.
    pub(super) fn pool(&self) -> Option<PoolUse> {
        self.host.sandbox().pool()
    }

    /// Waits until connections and instances that nobody needs any more are gone, and says what is left.
    pub(super) async fn settled(&self) -> Figures {
        let until = Instant::now() + SETTLES_IN;
        let mut before = Figures::of(self.pool());
        let mut equal = 0;
        while equal < 5 && Instant::now() < until {
            sleep(Duration::from_millis(20)).await;
            let now = Figures::of(self.pool());
            let is_still = now.files == before.files && now.instances.unwrap_or(0) == 0;
            equal = if is_still { equal + 1 } else { 0 };
            before = now;
        }
        Figures::of(self.pool())
    }
}

/// Where a bot of the stage is asked.
pub(super) fn path(bot: &str) -> String {
    let tenant = tenant(bot);
    format!("/tenants/{tenant}/bots/{bot}/environments/draft/respond")
}

//! A host like any other, on a loopback port of its own, gone with this process. Knows nothing of attacks.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::Taken;
use crate::cli::attack::process::Figures;
use crate::cli::attack::target::Target;
use crate::cli::local::wants_of;
use crate::cli::{Ended, local};
use crate::http;
use crate::invocation::{self, Host};
use crate::registry::Wanted;
use crate::sandbox::{Limits, PoolUse};

/// Whose turns are over keeps nothing for longer than this.
const SETTLES_IN: Duration = Duration::from_secs(5);

/// A host that serves until it is dropped.
pub(in crate::cli::attack) struct Own {
    host: Host,
    pub(super) target: Target,
    /// Where connections are taken and nothing is said.
    pub(super) silent: SocketAddr,
    _serving: oneshot::Sender<()>,
}

impl Own {
    pub(super) async fn start() -> Result<Self, Ended> {
        let failed = |error| Ended::Host(format!("no port of this machine can be had: {error}"));
        let mut host = invocation::Settings::default();
        // Every bot is to have all its turns.
        host.quarantine.failure_percent = 101;
        let silent = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let nobody = silent.local_addr().map_err(failed)?;
        // Of all that is inside of this machine, this one address.
        host.egress.open_addresses = vec![nobody.ip().into()];
        tokio::spawn(say_nothing(silent));
        let host = local::host_with(host)?;
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let settings = http::Settings::default();
        let router = http::router(
            host.clone(),
            None,
            http::Platform::default(),
            &settings,
            &http::operations::Settings::default(),
        );
        let (serving, stop) = oneshot::channel();
        let stop = async { drop(stop.await) };
        tokio::spawn(async move { http::serve(listener, router, &settings, stop).await });
        Ok(Self {
            host,
            target: address.into(),
            silent: nobody,
            _serving: serving,
        })
    }

    /// Serves a bot, as any operator would.
    pub(super) async fn deploy(
        &self,
        (tenant, bot): (&str, &str),
        component: &[u8],
        limits: Limits,
    ) -> Result<Taken, Ended> {
        let at = local::address(tenant, bot)?;
        let wanted = Wanted {
            limits,
            grants: wants_of(component),
            ..Wanted::default()
        };
        let deployed = self.host.deploy(&at, component, wanted).await;
        Ok(deployed.map_or_else(|error| Taken::Refused(error.to_string()), |_| Taken::Served))
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

/// Takes every connection, and answers none. Whoever hangs up is let go.
async fn say_nothing(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(
            async move { drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await) },
        );
    }
}

//! The host that is attacked, this machine's own or one that is served already. Knows nothing of attacks.

mod deployed;
mod own;

use std::net::SocketAddr;

use super::neighbours;
use super::process::Figures;
use super::target::Target;
use crate::cli::Ended;
use crate::sandbox::{Limits, PoolUse};
use deployed::Deployed;
use own::Own;

/// The neighbours are another tenant than those who attack; nobody's names but an attack's.
pub(super) const TENANTS: [&str; 2] = ["retort-attack-neighbours", "retort-attack-attackers"];

/// How a turn ends of a bot that is not asked, since it failed too often.
pub(super) const QUARANTINED: &str = "quarantined";

fn tenant(bot: &str) -> &'static str {
    let [neighbours, attackers] = TENANTS;
    if bot == neighbours::BOT {
        neighbours
    } else {
        attackers
    }
}

/// Where a bot of the stage is asked.
pub(super) fn path(bot: &str) -> String {
    let tenant = tenant(bot);
    format!("/tenants/{tenant}/bots/{bot}/environments/draft/respond")
}

/// The host that is attacked.
pub(super) enum Stage {
    /// One that is there for this alone.
    Own(Own),
    /// One that is there for others too.
    Deployed(Deployed),
}

/// What came of deploying a bot.
#[derive(Debug)]
pub(super) enum Taken {
    /// It is served.
    Served,
    /// The host does not take such a bot.
    Refused(String),
    /// The host does not take such settings, so nothing was learned of the bot.
    Untried(String),
}

impl Stage {
    pub(super) async fn start() -> Result<Self, Ended> {
        Own::start().await.map(Self::Own)
    }

    pub(super) async fn find(url: String, token: &str) -> Result<Self, Ended> {
        Deployed::find(url, token).await.map(Self::Deployed)
    }

    /// Where the host is asked.
    pub(super) fn target(&self) -> &Target {
        match self {
            Self::Own(own) => &own.target,
            Self::Deployed(deployed) => &deployed.target,
        }
    }

    /// Where somebody takes requests of bots and never answers, if its bots may reach that.
    pub(super) fn silent(&self) -> Option<SocketAddr> {
        match self {
            Self::Own(own) => Some(own.silent),
            Self::Deployed(_) => None,
        }
    }

    /// Its URL, if somebody gave it.
    pub(super) fn url(&self) -> Option<&str> {
        match self {
            Self::Own(_) => None,
            Self::Deployed(deployed) => Some(&deployed.url),
        }
    }

    /// Has it serve a bot, under these limits.
    pub(super) async fn deploy(
        &self,
        bot: &str,
        component: &[u8],
        limits: Limits,
    ) -> Result<Taken, Ended> {
        let at = (tenant(bot), bot);
        match self {
            Self::Own(own) => own.deploy(at, component, limits).await,
            Self::Deployed(deployed) => deployed.deploy(at, component, &limits).await,
        }
    }

    /// Has it serve none of them any more, and says of how many bots that is news. One's own is gone anyway.
    pub(super) async fn clear(&self) -> Result<usize, Ended> {
        match self {
            Self::Own(_) => Ok(0),
            Self::Deployed(deployed) => deployed.clear().await,
        }
    }

    /// Turns that each bot can have before any is counted. Elsewhere there are none to waste, since after a few it is
    /// in quarantine; but with the first one the host learns whether the bot runs for long.
    pub(super) fn rehearsed_turns(&self, wished: usize) -> usize {
        match self {
            Self::Own(_) => wished,
            Self::Deployed(_) => wished.min(1),
        }
    }

    /// How a turn of an attacker may end as well: a host that others use keeps attackers out, or has no room.
    pub(super) fn keeps_out_with(&self) -> &'static [&'static str] {
        match self {
            Self::Own(_) => &[],
            Self::Deployed(_) => &[
                QUARANTINED,
                "over-share",
                "host-full",
                "would-be-late",
                "waited-too-long",
            ],
        }
    }

    /// What of the pool is taken; none on a machine without one, or somewhere else.
    pub(super) fn pool(&self) -> Option<PoolUse> {
        match self {
            Self::Own(own) => own.pool(),
            Self::Deployed(_) => None,
        }
    }

    /// What the host holds when nobody asks it for anything, if that can be seen.
    pub(super) async fn settled(&self) -> Option<Figures> {
        match self {
            Self::Own(own) => Some(own.settled().await),
            Self::Deployed(_) => None,
        }
    }
}

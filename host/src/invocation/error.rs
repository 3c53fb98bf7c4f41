//! Why a message got no reply of its bot's: the errors of the rooms on its way, joined, with nothing added.

use crate::admission::Refused;
use crate::chat::InvalidReply;
use crate::conversations::NotEntered;
use crate::fault::Fault;
use crate::quarantine::Quarantined;
use crate::registry::NotDeployed;
use crate::sandbox::{Failure, World};
use crate::state::NotKept;

/// Why a message got no reply of its bot's.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// There is nobody to ask.
    #[error(transparent)]
    NotDeployed(#[from] NotDeployed),
    /// What is there cannot be asked in this way.
    #[error(transparent)]
    OtherWorld(#[from] OtherWorld),
    /// Its conversation was not free in time.
    #[error(transparent)]
    NotEntered(#[from] NotEntered),
    /// There is no room.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The bot is taken out for a while.
    #[error(transparent)]
    Quarantined(#[from] Quarantined),
    /// The bot failed.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The bot said what may not be said.
    #[error(transparent)]
    InvalidReply(#[from] InvalidReply),
    /// What it wrote could not be kept, so what it said is not sent.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

/// That a function was asked as a bot is, or a bot invoked as a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", match .0 {
    World::Bot => "a bot is deployed there, which answers turns; this invokes functions",
    World::Function => "a function is deployed there, which is invoked by its UUID or an event; this asks bots",
})]
pub struct OtherWorld(pub World);

impl InvokeError {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            InvokeError::NotDeployed(error) => error.fault(),
            InvokeError::OtherWorld(_) => Fault::Caller,
            InvokeError::NotEntered(error) => error.fault(),
            InvokeError::Refused(error) => error.fault(),
            InvokeError::Quarantined(error) => error.fault(),
            InvokeError::Failed(error) => error.fault(),
            InvokeError::InvalidReply(_) => Fault::Bot,
            // Who sends a conversation's events faster than its bot answers them may send them again.
            InvokeError::NotKept(NotKept::Conflict | NotKept::Late) => Fault::Caller,
            InvokeError::NotKept(NotKept::Full { .. }) => Fault::Bot,
            InvokeError::NotKept(NotKept::DiskFull | NotKept::Unsure | NotKept::Failed(_)) => {
                Fault::Host
            }
        }
    }

    /// Whether the deployment's failure policy says what the consumer gets. Not where there is no deployment, nor where the
    /// host itself is broken: it may be well again when it is asked again. One that is merely full has the policy answer,
    /// since a consumer does not wait for the pauses between two attempts.
    pub fn is_for_the_policy(&self) -> bool {
        match self {
            InvokeError::NotDeployed(_) | InvokeError::OtherWorld(_) => false,
            InvokeError::Refused(_) | InvokeError::Quarantined(_) => true,
            _ => self.fault() != Fault::Host,
        }
    }

    /// A stable name, for programs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            InvokeError::NotDeployed(NotDeployed::Tenant(_)) => "no-such-tenant",
            InvokeError::NotDeployed(NotDeployed::Bot { .. }) => "no-such-bot",
            InvokeError::NotDeployed(NotDeployed::Environment { .. }) => "no-such-environment",
            InvokeError::OtherWorld(_) => "other-world",
            InvokeError::NotEntered(error) => error.code(),
            InvokeError::Refused(Refused::Full { .. }) => "host-full",
            InvokeError::Refused(Refused::OverShare { .. }) => "over-share",
            InvokeError::Refused(Refused::WouldBeLate { .. }) => "would-be-late",
            InvokeError::Refused(Refused::WaitedTooLong { .. }) => "waited-too-long",
            InvokeError::Quarantined(_) => "quarantined",
            InvokeError::Failed(failure) => failure.code(),
            InvokeError::InvalidReply(error) => error.code(),
            InvokeError::NotKept(NotKept::Conflict) => "state-conflict",
            InvokeError::NotKept(NotKept::Late) => "state-busy",
            InvokeError::NotKept(NotKept::Full { .. }) => "state-full",
            InvokeError::NotKept(NotKept::Unsure) => "store-slow",
            InvokeError::NotKept(NotKept::DiskFull) => "disk-full",
            InvokeError::NotKept(NotKept::Failed(_)) => "host-fault",
        }
    }
}

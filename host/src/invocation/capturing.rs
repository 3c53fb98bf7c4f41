//! A turn that is over, kept whole if it is one to be kept: so that it can be run again elsewhere.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{Host, Invocation, InvokeError, Outcome};
use crate::capabilities::granted::Granted;
use crate::capsules::{Asked, Ended, Late, Logged, Machine, Taken};
use crate::chat::{Reply, Returned};
use crate::limit::Limit;
use crate::registry::Deployment;
use crate::sandbox::{Failure, script_engine};

/// What a turn comes to, in a capsule's words.
pub(super) trait Said: Outcome {
    /// As JSON.
    fn said(&self) -> Value;
}

impl Said for Reply {
    fn said(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Said for Returned {
    fn said(&self) -> Value {
        Value::from(self.json().get())
    }
}

impl Host {
    /// Keeps a turn that is over, unless nobody asked the bot or it is one of the many that are not kept. Nobody waits for
    /// that.
    pub(super) fn capture<A: Said>(
        &self,
        record: &mut Invocation<A>,
        deployment: &Deployment,
        granted: &Arc<Granted>,
        asked: impl FnOnce() -> Asked,
        result: &Result<A, InvokeError>,
    ) {
        let Some(told) = record.told.take() else {
            return;
        };
        let capsules = &self.0.capsules;
        if record.is_replay
            || !capsules.is_to_keep(&deployment.at, deployment.sample, result.is_err())
        {
            return;
        }
        let settings = self.0.sandbox.settings();
        capsules.keep(Taken {
            id: record.id,
            at: Timestamp::now(),
            place: Arc::clone(&deployment.at),
            revision: Arc::clone(&deployment.revision),
            asked: asked(),
            told,
            ended: ended(record, result),
            config: Arc::clone(&deployment.config),
            granted: Arc::clone(granted),
            limits: deployment.limits.clone(),
            reply: deployment.reply.clone(),
            machine: Machine {
                retort: env!("CARGO_PKG_VERSION").to_owned(),
                clock_resolution_us: settings.clock_resolution_us,
                wasm_stack_bytes: settings.wasm_stack_bytes,
                script_engine: script_engine().to_owned(),
            },
            gap: gap(record, result),
        });
    }
}

pub(super) fn ended<A: Said>(record: &Invocation<A>, result: &Result<A, InvokeError>) -> Ended {
    let (outcome, error) = match result {
        Ok(said) => (said.outcome(), None),
        Err(error) => (error.code(), Some(error)),
    };
    let used = &record.last_used;
    Ended {
        outcome: outcome.to_owned(),
        fault: error.map(|error| error.fault().to_string()),
        cause: error.map(ToString::to_string),
        said: result.as_ref().ok().map(Said::said),
        fuel: (used.fuel > 0).then_some(used.fuel),
        late: error.and_then(late),
        memory_peak_bytes: used.memory_peak_bytes,
        host_calls: used.host_calls,
        log: record.log.lines.iter().map(Logged::from).collect(),
        dropped_lines: record.log.dropped,
    }
}

fn late(error: &InvokeError) -> Option<Late> {
    match error {
        InvokeError::Failed(Failure::Exceeded(over)) if over.limit == Limit::Deadline => {
            Some(Late {
                used_ms: over.used,
                allowed_ms: over.allowed,
            })
        }
        _ => None,
    }
}

/// What of a turn's end was none of its bot's doing.
fn gap<A>(record: &Invocation<A>, result: &Result<A, InvokeError>) -> Option<&'static str> {
    match result {
        Err(InvokeError::Failed(Failure::Host(_))) => Some("the host failed, and not the bot"),
        Err(InvokeError::NotKept(_)) => {
            Some("what the bot wrote could not be kept, which has no part in a replay")
        }
        Err(error) if late(error).is_some() && record.last_used.fuel == 0 => Some(
            "the bot gave no account of itself: it had no thread to run on when its time was over",
        ),
        _ => None,
    }
}

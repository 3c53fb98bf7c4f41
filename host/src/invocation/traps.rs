//! Where in its source a bot trapped: found once its caller has been answered, and told to those who are told of the turn.

use std::sync::Arc;

use super::{Host, Invocation, InvokeError};
use crate::sandbox::{Bot, Failure, Sandbox};
use crate::tenant::Address;

impl<A> Invocation<A> {
    /// The trap that it ended in, and the bot.
    fn trap(&mut self) -> Option<(&Arc<Bot>, &mut Failure)> {
        match (&self.trapped, &mut self.result) {
            (Some(bot), Err(InvokeError::Failed(failure @ Failure::Trapped { .. }))) => {
                Some((bot, failure))
            }
            _ => None,
        }
    }

    /// Puts in what is known without a look; false if there may be more.
    pub(super) fn recall_lines(&mut self, sandbox: &Sandbox) -> bool {
        match self.trap() {
            Some((bot, failure)) => sandbox.recall_lines(bot, failure),
            None => true,
        }
    }
}

impl Host {
    /// Has a turn that ended in a trap say where in its source that was, as far as it can be told. For who would rather wait
    /// for that than be answered at once.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the turn as it was.
    pub async fn find_lines<A>(&self, invocation: &mut Invocation<A>) {
        if let Some((bot, failure)) = invocation.trap() {
            *failure = self.0.sandbox.find_lines(bot, failure.clone()).await;
        }
    }
}

/// Finds out where a bot trapped, and then tells the log and whoever asks about the turn.
pub(super) fn find_later<A>(host: &Host, record: &Invocation<A>, to: &Address) {
    let (Some(bot), Err(InvokeError::Failed(failure))) = (&record.trapped, &record.result) else {
        return;
    };
    let (host, bot, failure) = (host.clone(), Arc::clone(bot), failure.clone());
    let (id, to, remembered) = (record.id, to.clone(), record.remembered.clone());
    tokio::spawn(async move {
        let found = host.0.sandbox.find_lines(&bot, failure.clone()).await;
        if found == failure {
            return;
        }
        if let Some((recent, _)) = remembered {
            recent.explain(id, found.to_string());
        }
        let Address {
            tenant,
            bot,
            environment,
        } = to;
        tracing::info!(target: "retort::invocation", %id, %tenant, %bot, %environment, "the turn's trap, with lines: {found}");
    });
}

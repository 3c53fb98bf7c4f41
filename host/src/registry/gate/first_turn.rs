//! The first thing that a component is asked: it may fault, as one does whose other half is not there yet; it may not trap,
//! run over a limit, or say what cannot be sent.

use std::sync::Arc;

use super::{Candidate, NotDeployable};
use crate::bindings::types::Fault;
use crate::chat::{
    Contract, Conversation, Event, InvalidReply, Reply, ReplyLimits, Returned, TextMessage, Turn,
};
use crate::sandbox::{Failure, Input, Invoke, Respond, World};
use crate::vault::Redactions;

impl Candidate<'_> {
    /// The fault that it gave, if it did.
    pub(super) async fn first_turn(
        &self,
        limits: &ReplyLimits,
    ) -> Result<Option<Failure>, NotDeployable> {
        match self.bot.world() {
            World::Bot => self.first_text(limits).await,
            World::Function => self.first_event(limits).await,
        }
    }

    /// A text that nobody wrote.
    async fn first_text(&self, limits: &ReplyLimits) -> Result<Option<Failure>, NotDeployable> {
        let turn = hello();
        let channel = turn.conversation.channel.clone();
        let (said, redactions) = self.ask("respond", Respond(Arc::new(turn))).await?;
        let said = match said {
            Ok(said) => said,
            Err(fault) => return Ok(Some(faulted(&fault, &redactions))),
        };
        let asked = "the bot was asked a first turn, the text \"hello\"";
        // By which contract it will be asked is not known yet: by the one that has a place for everything.
        let checked = Reply::check(said, &channel, Contract::CustomEndpoint, limits);
        checked
            .map(|_| None)
            .map_err(|refused| reply_refused(asked, refused, &redactions))
    }

    /// An event of which nothing is known.
    async fn first_event(&self, limits: &ReplyLimits) -> Result<Option<Failure>, NotDeployable> {
        let input = Input {
            headers: Vec::new(),
            payload: "{}".to_owned(),
        };
        let (said, redactions) = self.ask("invoke", Invoke(Arc::new(input))).await?;
        // It is right to take nothing that it does not know: that is no news of it.
        let Ok(said) = said else { return Ok(None) };
        let asked = "the function was invoked with `{}`";
        let checked = Returned::check(said, limits);
        checked
            .map(|_| None)
            .map_err(|refused| reply_refused(asked, refused, &redactions))
    }
}

fn faulted(fault: &Fault, redactions: &Redactions) -> Failure {
    Failure::faulted(fault, |words| redactions.redact(words).into_owned())
}

fn reply_refused(
    asked: &'static str,
    refused: InvalidReply,
    redactions: &Redactions,
) -> NotDeployable {
    let refused = refused.told(|words| redactions.redact(words).into_owned());
    NotDeployable::ReplyRefused { asked, refused }
}

/// A turn without a conversation, as in a connection test.
fn hello() -> Turn {
    Turn {
        conversation: Conversation::default(),
        sequence: None,
        event: Event::Text(TextMessage {
            text: "hello".to_owned(),
            metadata: None,
        }),
        platform_event: None,
    }
}

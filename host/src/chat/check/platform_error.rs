//! The platform's own names for what it would say to a reply, as its operators know them from its logs.

use crate::bindings::types::Channel;

macro_rules! id {
    ($id:literal) => {
        concat!("com.liveperson.bot-connectors-worker.error.", $id)
    };
}

/// Neither a message nor an action.
pub(super) const NOTHING_SAID: &str = id!("pipes.verify-ai-response.missing-action-and-messages");
/// No message, and an action that cannot be taken.
pub(super) const ONLY_UNSUPPORTED_ACTION: &str =
    id!("pipes.verify-ai-response.no-messages-and-not-supported-action");
/// Quick replies in a live chat.
pub(super) const QUICK_REPLIES: &str = id!("pipes.verify-ai-response.quick-replies-not-supported");
/// An intent beside the main one that is none.
pub(super) const ALTERNATIVE_INTENTS: &str =
    id!("aivendor.faas.parse-message.malformed-alternative-intents");

/// A message that the channel does not take.
pub(super) fn not_sent(channel: &Channel) -> Option<&'static str> {
    match channel {
        Channel::Messaging => Some(id!("connector.messaging.send-message")),
        Channel::Chat => Some(id!("connector.chat.send-message")),
        Channel::Other(_) => None,
    }
}

/// A skill that the account does not have.
pub(super) fn no_such_skill(channel: &Channel) -> Option<&'static str> {
    match channel {
        Channel::Messaging => Some(id!(
            "pipes.messaging-handle-bot-action.transfer-skill-not-existing"
        )),
        Channel::Chat => Some(id!(
            "pipes.chat-handle-bot-action.transfer-skill-not-existing"
        )),
        Channel::Other(_) => None,
    }
}

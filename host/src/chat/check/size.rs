//! How large a reply is. Checked before anything in it is parsed.

use crate::bindings::types;
use crate::chat::ReplyLimits;
use crate::limit::{Exceeded, Limit};

pub(super) fn check(raw: &types::Answer, limits: &ReplyLimits) -> Result<(), Exceeded> {
    at_most(Limit::ReplyParts, raw.parts.len(), limits.parts)?;
    at_most(Limit::ReplyIntents, raw.intents.len(), limits.intents)?;
    at_most(Limit::ReplyBytes, bytes(raw), limits.bytes)
}

pub(in crate::chat) fn at_most(limit: Limit, used: usize, allowed: usize) -> Result<(), Exceeded> {
    if used <= allowed {
        return Ok(());
    }
    let (used, allowed) = (used as u64, allowed as u64);
    Err(Exceeded {
        limit,
        used,
        allowed,
    })
}

fn bytes(raw: &types::Answer) -> usize {
    let intent = |intent: &types::Intent| intent.id.len() + optional(&intent.name);
    raw.parts.iter().map(part_bytes).sum::<usize>()
        + raw.intents.iter().map(intent).sum::<usize>()
        + optional(&raw.encoded_metadata)
        + raw.action.as_ref().map_or(0, action_bytes)
}

fn optional(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, String::len)
}

fn part_bytes(part: &types::Part) -> usize {
    match part {
        types::Part::Text(text) | types::Part::PrivateText(text) => {
            text.text.len() + optional(&text.metadata) + optional(&text.encoded_metadata)
        }
        types::Part::StructuredContent(rich) => {
            rich.content.len() + optional(&rich.metadata) + optional(&rich.encoded_metadata)
        }
        types::Part::Delay(_) => 0,
    }
}

fn action_bytes(action: &types::Action) -> usize {
    match action {
        types::Action::Transfer(transfer) => {
            optional(&transfer.skill) + optional(&transfer.agent_id)
        }
        types::Action::InvokeFunction(function) => {
            function.lambda_uuid.len() + function.payload.len()
        }
        types::Action::Close(_) | types::Action::ChangeTimeToResponse(_) => 0,
    }
}

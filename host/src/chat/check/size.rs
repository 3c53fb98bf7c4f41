//! How large a reply is. Checked before anything in it is parsed.

use super::{InvalidReply, invalid};
use crate::bindings::types;
use crate::chat::ReplyLimits;

pub(super) fn check(raw: &types::Answer, limits: &ReplyLimits) -> Result<(), InvalidReply> {
    if raw.parts.len() > limits.parts {
        return Err(invalid(
            "it",
            format!(
                "has {} parts and may have {}",
                raw.parts.len(),
                limits.parts
            ),
        ));
    }
    if raw.intents.len() > limits.intents {
        let (intents, most) = (raw.intents.len(), limits.intents);
        return Err(invalid(
            "it",
            format!("has {intents} intents and may have {most}"),
        ));
    }
    let bytes = raw.parts.iter().map(part_bytes).sum::<usize>()
        + raw
            .intents
            .iter()
            .map(|intent| intent.id.len() + optional(&intent.name))
            .sum::<usize>()
        + optional(&raw.encoded_metadata)
        + raw.action.as_ref().map_or(0, action_bytes);
    if bytes > limits.bytes {
        return Err(invalid(
            "it",
            format!("has {bytes} bytes and may have {}", limits.bytes),
        ));
    }
    Ok(())
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

//! What is to be done once all parts are sent.

use super::invalid::{At, InvalidReply, invalid};
use super::{Check, object, platform_error};
use crate::bindings::types::{self, Channel, TimeToResponse, Transfer};
use crate::chat::{Action, FunctionInvocation};

const AT: At = At::Action;

impl Check<'_> {
    pub(super) fn action(
        &self,
        raw: types::Action,
        has_parts: bool,
    ) -> Result<Action, InvalidReply> {
        Ok(match raw {
            types::Action::Transfer(raw) => Action::Transfer(self.transfer(raw)?),
            types::Action::Close(close) => Action::Close(close),
            types::Action::ChangeTimeToResponse(_) if matches!(self.channel, Channel::Chat) => {
                let id = (!has_parts).then_some(platform_error::ONLY_UNSUPPORTED_ACTION);
                let problem = "changes the time to response, which a live chat does not have";
                return Err(invalid(AT, problem).named(id));
            }
            types::Action::ChangeTimeToResponse(TimeToResponse::Custom(0)) => {
                let problem = "sets a time to response of 0 seconds; 1 is the least";
                return Err(invalid(AT, problem));
            }
            types::Action::ChangeTimeToResponse(time) => Action::ChangeTimeToResponse(time),
            types::Action::InvokeFunction(raw) => Action::InvokeFunction(function(raw)?),
        })
    }

    fn transfer(&self, raw: Transfer) -> Result<Transfer, InvalidReply> {
        let blank =
            |name: &Option<String>| name.as_ref().is_some_and(|name| name.trim().is_empty());
        let problem = if blank(&raw.skill) || blank(&raw.agent_id) {
            "transfers to a skill or an agent with an empty name"
        } else if raw.skill.is_none() && raw.agent_id.is_none() {
            "transfers to nobody; name a skill, an agent, or both"
        } else {
            return Ok(raw);
        };
        Err(invalid(AT, problem).named(platform_error::no_such_skill(self.channel)))
    }
}

fn function(raw: types::FunctionInvocation) -> Result<FunctionInvocation, InvalidReply> {
    // In the one form of several that the platform has.
    if raw.lambda_uuid.len() != 36 || uuid::Uuid::try_parse(&raw.lambda_uuid).is_err() {
        return Err(invalid(
            AT,
            "invokes a function by something that is no UUID",
        ));
    }
    let payload = object(AT, "payload", &raw.payload)?;
    Ok(FunctionInvocation {
        lambda_uuid: raw.lambda_uuid,
        payload,
        fail_on_error: raw.fail_on_error,
    })
}

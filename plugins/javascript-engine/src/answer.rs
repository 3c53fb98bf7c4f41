//! What a LivePerson Function calls back with or returns, as an answer: the grammar of the Custom Integration contract.
//! Its values are the host's to check; here is only whether it can be read at all.

use serde_json::{Map, Value};

use crate::bindings::retort::bot::types::{
    Action, Answer, Close, Delay, Fault, FunctionInvocation, Intent, Part, Reply,
    StructuredContent, Text, TimeToResponse, Transfer,
};
use crate::fault::{ANSWER, fault};

type Object = Map<String, Value>;

/// The answer that a result is.
pub fn of(result: &str) -> Result<Reply, Fault> {
    let result: Value =
        serde_json::from_str(result).map_err(|error| wrong("it", &error.to_string()))?;
    let result = match result {
        Value::Object(result) => result,
        Value::Null => return Err(nothing("nothing")),
        other => {
            return Err(unlike(
                "it",
                "an object with `messages` and `context`",
                &other,
            ));
        }
    };
    if is_silence(&result) {
        return Ok(Reply::NoAnswer);
    }
    let context = member(&result, "context", "an object", Value::as_object, "it")?;
    let mut parts = messages(&result)?;
    let mut answer = Answer {
        parts: Vec::new(),
        action: None,
        intents: Vec::new(),
        encoded_metadata: None,
    };
    if let Some(context) = context {
        parts.extend(legacy_content(context)?);
        answer.action = action(context)?;
        answer.intents = intents(context)?;
        answer.encoded_metadata = text(context, "encodedMetadata", "`context`")?;
    }
    if parts.is_empty() && answer.action.is_none() {
        return Err(nothing(&without(&result)));
    }
    answer.parts = parts;
    Ok(Reply::Answer(answer))
}

/// `{"messages": [{"delay": 1, "typing": false}]}` is how the platform is told that nothing is said on purpose.
fn is_silence(result: &Object) -> bool {
    let is_empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
    let delay = serde_json::json!([{ "delay": 1, "typing": false }]);
    result.get("messages") == Some(&delay) && result.get("context").is_none_or(is_empty)
}

fn messages(result: &Object) -> Result<Vec<Part>, Fault> {
    let messages = member(result, "messages", "an array", Value::as_array, "it")?;
    let each = messages.into_iter().flatten().enumerate();
    each.map(|(at, message)| part(message, &format!("`messages[{at}]`")))
        .collect()
}

fn part(message: &Value, at: &str) -> Result<Part, Fault> {
    let object = match message {
        Value::String(words) => return Ok(Part::Text(plain(words))),
        Value::Object(object) => object,
        other => {
            return Err(unlike(
                at,
                "a text, or an object with `text`, `delay` or `structuredContent`",
                other,
            ));
        }
    };
    if let Some(content) = object.get("structuredContent") {
        return Ok(Part::StructuredContent(StructuredContent {
            content: content.to_string(),
            metadata: object.get("metadata").map(Value::to_string),
            encoded_metadata: text(object, "encodedMetadata", at)?,
        }));
    }
    if let Some(delay) = object.get("delay") {
        let typing = member(object, "typing", "true or false", Value::as_bool, at)?;
        return Ok(Part::Delay(Delay {
            seconds: seconds(delay, at)?,
            typing: typing.unwrap_or(true),
        }));
    }
    let Some(words) = text(object, "text", at)? else {
        return Err(unlike(
            at,
            "a text, or an object with `text`, `delay` or `structuredContent`",
            message,
        ));
    };
    match text(object, "messageAudience", at)?.as_deref() {
        Some("AGENTS_AND_MANAGERS") => Ok(Part::PrivateText(plain(&words))),
        // A note that is not marked as one would be shown to the consumer.
        _ => Err(wrong(
            at,
            "is a private text without `\"messageAudience\": \"AGENTS_AND_MANAGERS\"`; for the consumer, give the text itself",
        )),
    }
}

fn plain(words: &str) -> Text {
    Text {
        text: words.to_owned(),
        metadata: None,
        encoded_metadata: None,
    }
}

fn seconds(delay: &Value, at: &str) -> Result<u32, Fault> {
    let whole = delay.as_u64().or_else(|| {
        let seconds = delay.as_f64()?;
        (seconds.fract() == 0.0 && seconds >= 0.0).then_some(seconds as u64)
    });
    let seconds = whole.and_then(|seconds| u32::try_from(seconds).ok());
    seconds.ok_or_else(|| unlike(&format!("`delay` of {at}"), "whole seconds", delay))
}

/// One structured content beside the messages, as it was once given: it is sent last.
fn legacy_content(context: &Object) -> Result<Option<Part>, Fault> {
    let Some(content) = context.get("structuredContent") else {
        return Ok(None);
    };
    Ok(Some(Part::StructuredContent(StructuredContent {
        content: content.to_string(),
        metadata: context.get("metadata").map(Value::to_string),
        encoded_metadata: None,
    })))
}

fn intents(context: &Object) -> Result<Vec<Intent>, Fault> {
    let mut intents = Vec::new();
    if context.contains_key("intentId") {
        intents.push(intent(context, "`context`")?);
    }
    let at = "`context.alternativeIntents`";
    let others = member(
        context,
        "alternativeIntents",
        "an array",
        Value::as_array,
        at,
    )?;
    for (index, other) in others.into_iter().flatten().enumerate() {
        let at = format!("`context.alternativeIntents[{index}]`");
        let object = other
            .as_object()
            .ok_or_else(|| unlike(&at, "an object", other))?;
        intents.push(intent(object, &at)?);
    }
    Ok(intents)
}

fn intent(object: &Object, at: &str) -> Result<Intent, Fault> {
    let id = text(object, "intentId", at)?;
    let score = member(
        object,
        "confidenceScore",
        "a number from 0 to 1",
        Value::as_f64,
        at,
    )?;
    Ok(Intent {
        id: id.ok_or_else(|| wrong(at, "has no `intentId`"))?,
        name: text(object, "intentName", at)?,
        score: score.ok_or_else(|| wrong(at, "has an intent without a `confidenceScore`"))?,
    })
}

fn action(context: &Object) -> Result<Option<Action>, Fault> {
    let Some(name) = text(context, "action", "`context`")? else {
        return Ok(None);
    };
    let at = "`context.actionParameters`";
    let none = Object::new();
    let parameters = member(
        context,
        "actionParameters",
        "an object",
        Value::as_object,
        at,
    )?;
    let parameters = parameters.unwrap_or(&none);
    Ok(Some(match name.as_str() {
        "TRANSFER" => Action::Transfer(Transfer {
            skill: text(parameters, "skill", at)?,
            agent_id: id(parameters, "agentId"),
        }),
        "CLOSE_CONVERSATION" => Action::Close(Close {
            survey: parameters.get("withoutPcs") != Some(&Value::Bool(true)),
        }),
        "CHANGE_TTR" => Action::ChangeTimeToResponse(time_to_response(parameters)?),
        "INVOCATION" => Action::InvokeFunction(FunctionInvocation {
            lambda_uuid: text(parameters, "lambdaUuid", at)?.unwrap_or_default(),
            payload: parameters
                .get("payload")
                .map_or_else(|| "{}".to_owned(), Value::to_string),
            fail_on_error: parameters.get("failOnError") == Some(&Value::Bool(true)),
        }),
        other => {
            let known = "TRANSFER, CLOSE_CONVERSATION, CHANGE_TTR and INVOCATION";
            return Err(wrong(
                "`context.action`",
                &format!("is \"{other}\"; there are {known}"),
            ));
        }
    }))
}

fn time_to_response(parameters: &Object) -> Result<TimeToResponse, Fault> {
    let at = "`context.actionParameters.ttrType`";
    let kind = text(parameters, "ttrType", "`context.actionParameters`")?.unwrap_or_default();
    match kind.as_str() {
        "URGENT" => Ok(TimeToResponse::Urgent),
        "NORMAL" => Ok(TimeToResponse::Normal),
        "PRIORITIZED" => Ok(TimeToResponse::Prioritized),
        "CUSTOM" => {
            let value = id(parameters, "value").unwrap_or_default();
            let seconds = value.parse().map_err(|_| {
                wrong(
                    "`context.actionParameters.value`",
                    "has to be the seconds, as a text such as \"120\"",
                )
            })?;
            Ok(TimeToResponse::Custom(seconds))
        }
        other => Err(wrong(
            at,
            &format!("is \"{other}\"; there are URGENT, NORMAL, PRIORITIZED and CUSTOM"),
        )),
    }
}

/// A text, or a number as one: ids are given as both.
fn id(object: &Object, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn text(object: &Object, name: &str, at: &str) -> Result<Option<String>, Fault> {
    let read = member(object, name, "a text", Value::as_str, at)?;
    Ok(read.map(str::to_owned))
}

/// A member of an object, if it is there; null is not.
fn member<'a, T>(
    object: &'a Object,
    name: &str,
    what: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
    at: &str,
) -> Result<Option<T>, Fault> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match read(value) {
            Some(read) => Ok(Some(read)),
            None => Err(unlike(&format!("`{name}` of {at}"), what, value)),
        },
    }
}

/// What there is in a result that says and does nothing.
fn without(result: &Object) -> String {
    let keys: Vec<&str> = result.keys().map(String::as_str).collect();
    match keys.as_slice() {
        [] => "an empty object".to_owned(),
        keys if !result.contains_key("messages") => {
            format!(
                "an object without `messages`, but with `{}`",
                keys.join("`, `")
            )
        }
        _ => "no message and no action".to_owned(),
    }
}

fn nothing(given: &str) -> Fault {
    let words = format!(
        "the lambda gave {given}: give `{{ messages: [...] }}`, or, to say nothing on purpose, \
         `{{ messages: [{{ delay: 1, typing: false }}] }}`"
    );
    fault(ANSWER, words)
}

fn unlike(at: &str, what: &str, found: &Value) -> Fault {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    wrong(at, &format!("has to be {what}, and is {found}"))
}

fn wrong(at: &str, problem: &str) -> Fault {
    fault(
        ANSWER,
        format!("what the lambda gave cannot be sent: {at} {problem}"),
    )
}

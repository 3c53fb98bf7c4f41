//! What breaks a rule, and how that is told.

mod contents;
mod edges;
mod names;
mod places;

use super::super::{Checked, Reply, Said};
use super::*;
use crate::bindings::types::{
    Answer as Raw, Close, FunctionInvocation as RawFunction, StructuredContent as RawRich,
    TimeToResponse, Transfer,
};

fn raw() -> Raw {
    Raw {
        parts: Vec::new(),
        action: None,
        intents: Vec::new(),
        encoded_metadata: None,
    }
}

fn raw_text(text: &str) -> types::Text {
    types::Text {
        text: text.to_owned(),
        metadata: None,
        encoded_metadata: None,
    }
}

fn rich(content: &str) -> types::Part {
    let content = content.to_owned();
    types::Part::StructuredContent(RawRich {
        content,
        metadata: None,
        encoded_metadata: None,
    })
}

fn with_part(part: types::Part) -> Raw {
    Raw {
        parts: vec![part],
        ..raw()
    }
}

fn with_text(change: impl FnOnce(&mut types::Text)) -> Raw {
    let mut text = raw_text("hi");
    change(&mut text);
    with_part(types::Part::Text(text))
}

fn with_action(action: types::Action) -> Raw {
    Raw {
        action: Some(action),
        ..raw()
    }
}

fn with_intent(id: &str, score: f64) -> Raw {
    let intents = vec![types::Intent {
        id: id.to_owned(),
        name: None,
        score,
    }];
    Raw {
        intents,
        ..with_text(|_| {})
    }
}

fn function(lambda_uuid: &str, payload: &str) -> Raw {
    let (lambda_uuid, payload) = (lambda_uuid.to_owned(), payload.to_owned());
    with_action(types::Action::InvokeFunction(RawFunction {
        lambda_uuid,
        payload,
        fail_on_error: false,
    }))
}

const LIMITS: ReplyLimits = ReplyLimits {
    bytes: 20_000,
    parts: 2,
    intents: 2,
    delay_seconds: 10,
    strict: false,
};

/// The reason, without what is said of each and without the platform's name for it.
fn told(error: &InvalidReply) -> String {
    let told = error.to_string();
    let told = told.trim_start_matches("the reply cannot be sent: ");
    let (told, _) = told.split_once(" (LivePerson: ").unwrap_or((told, ""));
    told.to_owned()
}

/// What becomes of it on the contract that carries all.
fn check(raw: Raw, channel: &Channel) -> Result<Answer, String> {
    let raw = types::Reply::Answer(raw);
    match Reply::check(raw, channel, Contract::CustomEndpoint, &LIMITS) {
        Ok(Checked {
            reply: Reply(Said::Answer(answer)),
            left_out,
        }) if left_out.is_empty() => Ok(answer),
        Ok(checked) => panic!("an answer became {checked:?}"),
        Err(error) => Err(told(&error)),
    }
}

#[track_caller]
fn refused(raw: Raw, why: &str) {
    assert_eq!(check(raw, &Channel::Messaging), Err(why.to_owned()));
}

/// A content of so many bytes as it is sent.
fn large(bytes: usize) -> String {
    let frame = "{\"type\":\"text\",\"text\":\"\"}";
    frame.replace("\"\"", &format!("\"{}\"", "x".repeat(bytes - frame.len())))
}

const UUID: &str = "4f9c233a-e7e6-4af3-b680-59ba20ab8962";

#[test]
fn each_broken_rule_is_told_by_place_and_reason() {
    refused(
        raw(),
        "it has neither parts nor an action; to say nothing on purpose, reply `no-answer`",
    );
    refused(
        Raw {
            parts: vec![rich("{}"); 3],
            ..raw()
        },
        "the reply has too many parts, 3 of 2; if it needs more, raise `reply.parts`",
    );
    refused(
        Raw {
            intents: vec![with_intent("a", 0.5).intents; 3].concat(),
            ..with_text(|_| {})
        },
        "the reply has too many intents, 3 of 2; if it needs more, raise `reply.intents`",
    );
    refused(
        with_text(|text| text.text = "x".repeat(20_001)),
        "the reply is too large, 20001 of 20000 bytes; if it needs more, raise `reply.bytes`",
    );
    refused(
        with_text(|text| text.text = " \n".to_owned()),
        "part 0 is an empty text; leave it out, or pause with a delay",
    );
    refused(
        with_text(|text| text.metadata = Some("[1]".to_owned())),
        "part 0 has metadata that is no JSON array of objects",
    );
    refused(
        with_text(|text| text.encoded_metadata = Some("{}".to_owned())),
        "part 0 has encoded metadata that is no base64",
    );
    refused(
        with_text(|text| text.encoded_metadata = Some("A".repeat(5_001))),
        "part 0 has 5001 characters of encoded metadata; the platform takes 5000",
    );
    refused(
        with_part(rich("[]")),
        "part 0 has a content that is no JSON object",
    );
    refused(
        with_part(rich("{\"a\":")),
        "part 0 has a content that is no JSON: EOF while parsing a value at line 1 column 5",
    );
    refused(
        with_part(rich(&large(15_001))),
        "part 0 has 15001 bytes; the platform takes 15000",
    );
    refused(
        with_part(rich("{\"quickReplies\":{}}")),
        "part 0 has quick replies without the `message` that the platform sends with them",
    );
    let waits = [
        (0, "part 0 waits 0 seconds; 1 is the least"),
        (
            11,
            "the reply waits too long, 11 of 10 s; if it needs more, raise `reply.delay_seconds`",
        ),
    ];
    for (seconds, problem) in waits {
        let delay = types::Part::Delay(Delay {
            seconds,
            typing: true,
        });
        refused(with_part(delay), problem);
    }
    refused(
        with_action(types::Action::Transfer(Transfer {
            skill: None,
            agent_id: None,
        })),
        "the action transfers to nobody; name a skill, an agent, or both",
    );
    refused(
        with_action(types::Action::Transfer(Transfer {
            skill: Some(String::new()),
            agent_id: None,
        })),
        "the action transfers to a skill or an agent with an empty name",
    );
    refused(
        with_action(types::Action::ChangeTimeToResponse(TimeToResponse::Custom(
            0,
        ))),
        "the action sets a time to response of 0 seconds; 1 is the least",
    );
    refused(
        function("parcel", "{}"),
        "the action invokes a function by something that is no UUID",
    );
    refused(
        function(UUID, "3"),
        "the action has a payload that is no JSON object",
    );
    for id in ["", "a b"] {
        refused(
            with_intent(id, 0.5),
            "intent 0 has an id that is empty or has white space in it",
        );
    }
    refused(
        with_intent(&"x".repeat(257), 0.5),
        "intent 0 has an id or a name of more than 256 characters",
    );
    refused(
        with_intent("x", 1.5),
        "intent 0 has a score of 1.5; 0 to 1 are possible",
    );
    refused(
        with_intent("x", f64::NAN),
        "intent 0 has a score of NaN; 0 to 1 are possible",
    );
}

#[test]
fn json_that_is_nested_without_end_is_refused_and_not_followed() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let error = check(with_part(rich(&deep)), &Channel::Messaging).expect_err("it is too deep");
    assert!(error.contains("recursion limit"), "{error}");
}

#[test]
fn a_live_chat_takes_neither_quick_replies_nor_a_time_to_response() {
    let quick_replies = with_part(rich(
        "{\"message\":\"?\",\"quickReplies\":{\"type\":\"quickReplies\",\"replies\":[]}}",
    ));
    assert!(check(quick_replies.clone(), &Channel::Messaging).is_ok());
    assert_eq!(
        check(quick_replies, &Channel::Chat),
        Err(
            "part 0 has quick replies, which a live chat does not take; name the choices in a text there"
                .to_owned()
        ),
    );
    let urgent = with_action(types::Action::ChangeTimeToResponse(TimeToResponse::Urgent));
    assert!(check(urgent.clone(), &Channel::Messaging).is_ok());
    assert_eq!(
        check(urgent, &Channel::Chat),
        Err("the action changes the time to response, which a live chat does not have".to_owned()),
    );
}

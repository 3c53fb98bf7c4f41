//! What is just within a rule, and what it is measured by.

use super::*;

#[test]
fn what_is_just_within_a_rule_goes_through() {
    let delay = types::Part::Delay(Delay {
        seconds: 1,
        typing: false,
    });
    for raw in [
        with_text(|text| text.encoded_metadata = Some("A".repeat(5_000))),
        Raw {
            encoded_metadata: Some("A".repeat(5_000)),
            ..with_text(|_| {})
        },
        with_part(delay),
        with_action(types::Action::Close(Close { survey: false })),
        with_action(types::Action::ChangeTimeToResponse(TimeToResponse::Custom(
            1,
        ))),
        function(UUID, "{}"),
        with_intent("track-parcel", 0.0),
        with_intent(&"\u{fc}".repeat(256), 1.0),
    ] {
        assert!(check(raw.clone(), &Channel::Messaging).is_ok(), "{raw:?}");
    }
}

#[test]
fn a_contents_size_is_that_of_the_json_that_is_sent() {
    let largest = large(15_000);
    let spaced = largest.replace(':', &format!(" :{}", " ".repeat(2_000)));
    for written in [&largest, &spaced] {
        let answer = check(with_part(rich(written)), &Channel::Messaging).expect("it is taken");
        let [Part::StructuredContent(rich)] = answer.parts.as_slice() else {
            panic!("{answer:?}")
        };
        assert_eq!(rich.content.to_string(), largest, "keys keep their order");
    }
    // Numbers are written in their own way, so a content may be longer as it is sent than its bot has it.
    let grows = large(14_992).replace("{\"type", "{\"a\":1e5,\"type");
    assert_eq!(grows.len(), 15_000);
    refused(
        with_part(rich(&grows)),
        "part 0 has 15005 bytes; the platform takes 15000",
    );
}

#[test]
fn an_object_as_metadata_is_an_array_of_one() {
    let answer = check(
        with_text(|text| text.metadata = Some("{\"id\":1}".to_owned())),
        &Channel::Messaging,
    );
    let Ok(Answer { parts, .. }) = answer else {
        panic!("{answer:?}")
    };
    let [Part::Text(text)] = parts.as_slice() else {
        panic!("{parts:?}")
    };
    assert_eq!(text.metadata, Some(vec![serde_json::json!({"id": 1})]));
}

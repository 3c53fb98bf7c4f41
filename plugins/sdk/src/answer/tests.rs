//! What becomes of what the platform would not take.

use super::*;
use crate::json;

#[test]
fn what_says_nothing_is_left_out() {
    let answer = Answer::text(" \n").and_private_text("").and_delay(0);
    assert!(answer.parts.is_empty(), "{answer:?}");
    let answer = Answer::text("a").and_private_text("b").and_delay(1);
    assert!(
        matches!(
            answer.parts.as_slice(),
            [Part::Text(_), Part::PrivateText(_), Part::Delay(_)]
        ),
        "{answer:?}"
    );
}

#[test]
fn a_score_is_brought_into_its_bounds() {
    let scores = [-1.0, 0.5, 1.5, f64::INFINITY, f64::NAN].map(bounded);
    assert_eq!(scores, [0.0, 0.5, 1.0, 1.0, 0.0]);
}

#[test]
fn an_intent_from_elsewhere_is_checked() {
    let long = "x".repeat(257);
    let told = [
        ("a b", "name"),
        ("", "name"),
        (&long, "name"),
        ("id", &long),
    ]
    .map(|(id, name)| {
        let refused = Intent::new(id, name, 0.5).expect_err("wrong");
        refused.to_string()
    });
    let [blank, none, id, name] = told;
    assert_eq!(
        blank,
        "the intent has an id that is empty or has white space in it: name it `like-this`"
    );
    assert_eq!(none, blank);
    assert_eq!(
        id,
        "the intent has an id or a name of more than 256 characters: shorten it"
    );
    assert_eq!(name, id);
    assert_eq!(
        Intent::new("ä".repeat(256), "", 2.0).expect("right").score,
        1.0
    );
}

#[test]
fn a_time_to_response_has_whole_seconds_and_one_at_least() {
    let seconds = |millis| match TimeToResponse::within(Duration::from_millis(millis)) {
        TimeToResponse::Custom(seconds) => seconds,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [0, 1, 1_000, 1_001, u64::MAX].map(seconds),
        [1, 1, 1, 2, u32::MAX]
    );
}

#[test]
fn a_function_is_named_by_its_uuid_and_handed_an_object() {
    let uuid = "4f9c233a-e7e6-4af3-b680-59ba20ab8962";
    let function = FunctionInvocation::new(uuid, &json!({ "a": 1 })).expect("right");
    assert_eq!(
        (function.payload.as_str(), function.fail_on_error),
        ("{\"a\":1}", false)
    );
    assert!(function.or_escalate().fail_on_error);
    let told = |uuid: &str, payload: Value| {
        let refused = FunctionInvocation::new(uuid, &payload).expect_err("wrong");
        refused.to_string()
    };
    for wrong in [
        "parcel",
        "4f9c233ae7e64af3b68059ba20ab8962",
        &uuid.replace('4', "x"),
    ] {
        assert_eq!(
            told(wrong, json!({})),
            "the function to invoke is named by what is no UUID: copy it from the account's functions"
        );
    }
    assert_eq!(
        told(uuid, json!([1])),
        "the function to invoke is handed what is no JSON object: give it a struct or a map"
    );
}

#[test]
fn metadata_goes_along_with_what_it_belongs_to() {
    let text = Text::new("a")
        .with_metadata(Metadata::external_id("b"))
        .expect("right");
    assert_eq!(
        text.metadata.as_deref(),
        Some("[{\"type\":\"ExternalId\",\"id\":\"b\"}]")
    );
    let wrong = Text::new("a").with_metadata(Metadata::object(json!(1)));
    assert_eq!(
        wrong.expect_err("no object").to_string(),
        "the text has metadata that is no JSON object: give it as `{\"type\": ...}`"
    );
}

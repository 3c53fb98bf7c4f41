//! Conversations, said by a consumer and followed from place to place.

use super::*;

/// Follows texts from nothing, each an event of its own number.
fn after(texts: &[&str]) -> Option<Place> {
    let mut place = None;
    for (text, sequence) in texts.iter().zip(1..) {
        place = match step(place, Some(sequence), &said(text)) {
            Step::Repeat(place) | Step::To(place) => Some(place),
            Step::Forget => None,
        };
    }
    place
}

fn said(text: &str) -> Heard {
    Heard::Text(text.to_owned())
}

fn stage(texts: &[&str]) -> Stage {
    after(texts).expect("a place").stage()
}

fn finished() -> Stage {
    Stage::Finished(Answers {
        satisfied: 4,
        improve: "the coffee".into(),
        contact: true,
    })
}

#[test]
fn three_answers_finish_the_survey() {
    let asked = [
        &["hi"][..],
        &["hi", "4"],
        &["hi", "4", "the coffee"],
        &["hi", "4", "the coffee", "yes"],
    ];
    assert_eq!(
        asked.map(stage),
        [
            Stage::Asking(Question::Satisfied),
            Stage::Asking(Question::Improve),
            Stage::Asking(Question::Contact),
            finished(),
        ]
    );
}

#[test]
fn a_wrong_answer_is_asked_for_twice_more_and_then_given_up() {
    let asking = Stage::Asking(Question::Satisfied);
    assert_eq!(stage(&["hi", "great"]), asking);
    assert_eq!(stage(&["hi", "great", "6"]), asking);
    assert_eq!(stage(&["hi", "great", "6", "0"]), Stage::GivenUp);
    assert_eq!(stage(&["hi", "great", "6", "0", "4"]), Stage::GivenUp);
}

#[test]
fn a_right_answer_forgives_the_wrong_ones_before_it() {
    let texts = ["hi", "great", "6", "4", "the coffee", "maybe", "perhaps"];
    assert_eq!(stage(&texts), Stage::Asking(Question::Contact));
}

#[test]
fn a_file_is_no_answer_to_anything() {
    let place = after(&["hi", "4"]);
    let Step::To(place) = step(place, Some(9), &Heard::Unreadable) else {
        panic!("it is asked again");
    };
    assert!(place.has_missed());
    assert_eq!(place.stage(), Stage::Asking(Question::Improve));
}

#[test]
fn blanks_are_no_wish() {
    assert_eq!(
        stage(&["hi", "4", "  \n"]),
        Stage::Asking(Question::Improve)
    );
}

#[test]
fn a_wish_is_kept_up_to_its_limit_of_characters() {
    let long = "ä".repeat(IMPROVE_CHARS + 1);
    let place = after(&["hi", "4", &long]).expect("a place");
    assert_eq!(place.improve, Some("ä".repeat(IMPROVE_CHARS)));
}

#[test]
fn stop_forgets_at_any_time() {
    let places = [
        after(&[]),
        after(&["hi"]),
        after(&["hi", "4"]),
        after(&["hi", "4", "the coffee", "yes"]),
        after(&["hi", "a", "b", "c"]),
    ];
    for place in places {
        for word in ["stop", " Cancel! "] {
            assert_eq!(step(place.clone(), Some(9), &said(word)), Step::Forget);
        }
    }
}

#[test]
fn a_wish_that_has_the_word_stop_in_it_is_a_wish() {
    assert_eq!(
        stage(&["hi", "4", "stop sending me paper"]),
        Stage::Asking(Question::Contact)
    );
}

#[test]
fn an_event_that_comes_twice_leads_nowhere_new() {
    for texts in [
        &["hi"][..],
        &["hi", "4"],
        &["hi", "great"],
        &["hi", "4", "the coffee", "yes"],
    ] {
        let place = after(texts).expect("a place");
        let last = texts.last().expect("one");
        let repeated = step(Some(place.clone()), place.sequence, &said(last));
        assert_eq!(repeated, Step::Repeat(place));
    }
}

#[test]
fn events_without_a_number_are_all_new() {
    let place = after(&["hi"]).map(|place| Place {
        sequence: None,
        ..place
    });
    assert!(matches!(step(place, None, &said("4")), Step::To(_)));
}

#[test]
fn what_comes_after_the_end_ends_it_again_and_is_not_counted_again() {
    let place = after(&["hi", "4", "the coffee", "yes"]).expect("a place");
    let later = step(Some(place.clone()), Some(9), &said("thanks"));
    assert_eq!(later, Step::Repeat(place));
}

#[test]
fn a_conversation_whose_place_has_expired_starts_again() {
    assert_eq!(step(None, Some(7), &said("yes")), Step::To(start(Some(7))));
    assert_eq!(
        step(None, Some(7), &Heard::Unreadable),
        Step::To(start(Some(7)))
    );
}

#[test]
fn a_consumer_who_comes_back_is_asked_the_open_question() {
    let place = after(&["hi", "4"]).expect("a place");
    let back = step(Some(place.clone()), Some(9), &Heard::Arrival);
    assert_eq!(back, Step::Repeat(place));
}

#[test]
fn a_consumer_who_comes_back_after_the_end_starts_again() {
    for texts in [
        &["hi", "a", "b", "c"][..],
        &["hi", "4", "the coffee", "yes"],
    ] {
        let back = step(after(texts), Some(9), &Heard::Arrival);
        assert_eq!(back, Step::To(start(Some(9))));
    }
}

#[test]
fn a_number_from_1_to_5_is_a_score_whatever_is_around_it() {
    let texts = ["1", " 5 ", "4.", "(3)", "0", "6", "-", "4 or 5", "four", ""];
    let scores = texts.map(score);
    let expected = [Some(1), Some(5), Some(4), Some(3)];
    assert_eq!(scores[..4], expected);
    assert!(scores[4..].iter().all(Option::is_none), "{scores:?}");
}

#[test]
fn the_first_word_says_yes_or_no() {
    let texts = [
        "Yes",
        "ok!",
        "Yes, please",
        "No",
        "no thanks",
        "not sure",
        "",
    ];
    assert_eq!(
        texts.map(yes_or_no),
        [
            Some(true),
            Some(true),
            Some(true),
            Some(false),
            Some(false),
            None,
            None
        ]
    );
}

#[test]
fn a_button_that_was_pressed_says_its_text() {
    let button = r#"{"type":"button","click":{"actions":[{"type":"link","uri":"https://example.com"},{"type":"publishText","text":"4"}]}}"#;
    assert_eq!(published(button), said("4"));
    assert_eq!(published(r#"{"type":"publishText","text":"4"}"#), said("4"));
}

#[test]
fn structured_content_without_one_text_of_its_own_is_no_answer() {
    let two = r#"[{"type":"publishText","text":"4"},{"type":"publishText","text":"5"}]"#;
    for content in [two, r#"{"type":"map","la":1,"lo":2}"#, "no JSON"] {
        assert_eq!(published(content), Heard::Unreadable, "{content}");
    }
}

#[test]
fn a_place_is_kept_as_json_and_one_of_another_version_is_read_as_far_as_it_goes() {
    let place = after(&["hi", "4"]).expect("a place");
    let kept = serde_json::to_string(&place).expect("JSON");
    let read: Place = serde_json::from_str(&kept).expect("the same again");
    assert_eq!(read, place);
    let older: Place = serde_json::from_str(r#"{"satisfied":4,"step":"x"}"#).expect("a place");
    assert_eq!(older.stage(), Stage::Asking(Question::Improve));
}

//! What the consumer reads.

use retort_sdk::{Action, Close, Part, Transfer};

use super::*;

/// A place with so much of it answered.
fn place(json: &str) -> Place {
    serde_json::from_str(json).expect("a place")
}

fn words() -> Words {
    Words::new(Some("people".into()), None).expect("they are fine")
}

fn said(place: &Place, channel: &Channel) -> Answer {
    words().say(place, channel).expect("it can be sent")
}

/// The parts in one line each: texts as they are, notes in brackets, structured content as its message.
fn read(answer: &Answer) -> Vec<String> {
    let part = |part: &Part| match part {
        Part::Text(text) => text.text.clone(),
        Part::PrivateText(text) => format!("[{}]", text.text),
        Part::StructuredContent(rich) => rich.content.clone(),
        Part::Delay(_) => "...".into(),
    };
    answer.parts.iter().map(part).collect()
}

#[test]
fn a_consumer_in_messaging_is_offered_the_answers() {
    let answer = said(&Place::default(), &Channel::Messaging);
    let [hello, question] = read(&answer).try_into().expect("two parts");
    assert!(hello.starts_with("Hello!"), "{hello}");
    assert_eq!(question.matches("\"publishText\"").count(), 5, "{question}");
}

#[test]
fn a_consumer_in_a_chat_is_asked_in_plain_text() {
    let answer = said(&Place::default(), &Channel::Chat);
    assert_eq!(
        read(&answer)[1..],
        ["How satisfied are you with us, from 1 to 5?"]
    );
}

#[test]
fn an_answer_that_does_not_fit_is_asked_for_again_with_what_would() {
    let missed = place(r#"{"satisfied":4,"improve":"the coffee","misses":1}"#);
    assert_eq!(
        read(&said(&missed, &Channel::Chat)),
        [
            "I need a yes or a no.",
            "May we contact you about it, yes or no?"
        ]
    );
}

#[test]
fn too_many_of_them_bring_a_person() {
    let answer = said(&place(r#"{"misses":3}"#), &Channel::Messaging);
    let Some(Action::Transfer(Transfer { skill, .. })) = answer.action else {
        panic!("it is handed over");
    };
    assert_eq!(skill.as_deref(), Some("people"));
}

#[test]
fn the_end_closes_without_the_accounts_own_survey_and_leaves_a_note() {
    let over = place(r#"{"satisfied":4,"improve":"the coffee","contact":false}"#);
    let answer = said(&over, &Channel::Messaging);
    assert_eq!(
        read(&answer)[1..],
        ["[Satisfied: 4 of 5. May not be contacted. To improve: the coffee]"]
    );
    for answer in [answer, words().forgotten()] {
        let closes = matches!(answer.action, Some(Action::Close(Close { survey: false })));
        assert!(closes, "{answer:?}");
    }
}

#[test]
fn an_operator_words_one_question_and_leaves_the_others() {
    let questions = serde_json::from_str(r#"{"improve":"Any wishes?"}"#).expect("questions");
    let words = Words::new(None, Some(questions)).expect("they are fine");
    let says = |place: &Place| read(&words.say(place, &Channel::Chat).expect("it can be sent"));
    assert_eq!(says(&place(r#"{"satisfied":4}"#)), ["Any wishes?"]);
    let first = says(&Place::default());
    assert!(first[1].starts_with("How satisfied"), "{first:?}");
}

#[test]
fn an_empty_skill_and_an_empty_question_are_problems() {
    let problem = Words::new(Some(" ".into()), None).expect_err("it names nobody");
    assert_eq!(problem.key, "skill");
    let questions = serde_json::from_str(r#"{"contact":""}"#).expect("questions");
    let problem = Words::new(None, Some(questions)).expect_err("it asks nothing");
    assert_eq!(problem.key, "questions");
    assert!(serde_json::from_str::<Questions>(r#"{"other":"?"}"#).is_err());
}

//! Surveys as they are deployed: each conversation keeps its own place, and all of them are counted together.

#![cfg(not(target_family = "wasm"))]

use retort_sdk::testing::{Bot, Broken, Setup};

#[test]
fn conversations_keep_their_own_places_and_are_counted_together() -> Result<(), Broken> {
    let bot = Bot::built()?;
    let mut one = bot.conversation();
    let mut other = bot.conversation();
    one.welcome().says("How satisfied are you").offers("5");
    other.welcome().says("How satisfied are you");
    one.say("4").answers("What should we improve?");
    other.say("great").says("I need a number from 1");
    one.say("the coffee").offers("Yes").offers("No");
    one.press("Yes", "contact")
        .says("Goodbye!")
        .notes("Satisfied: 4 of 5. May be contacted. To improve: the coffee")
        .logs("surveys: 1,")
        .closes();
    for answer in ["1", "the tea"] {
        other.say(answer).ends_in("replied");
    }
    other
        .say("no")
        .logs("surveys: 2, satisfied 1 to 5: [1, 0, 0, 1, 0]")
        .closes();
    Ok(())
}

#[test]
fn an_operator_words_the_questions_but_not_in_nothing() -> Result<(), Broken> {
    let setup = Setup::built()?;
    let worded = setup
        .clone()
        .config("questions", r#"{"satisfied":"How was it?"}"#);
    worded.bot()?.chat().welcome().says("How was it?");
    let empty = setup.config("questions", r#"{"satisfied":""}"#).bot();
    let told = empty.expect_err("a question without words").to_string();
    assert!(told.contains("has one without words"), "{told}");
    Ok(())
}

//! Conversations with the bot, as it is deployed: `cargo test`, with `retort` on the PATH.

#![cfg(not(target_family = "wasm"))]

use retort_sdk::testing::{Bot, Broken};

#[test]
fn it_greets_and_answers_by_keywords() -> Result<(), Broken> {
    let bot = Bot::built()?;
    let mut talk = bot.conversation();
    talk.welcome().answers("Hello!").offers("Opening hours");
    talk.say("When are you open?")
        .answers("We are open from 9 to 17.")
        .understands("opening-hours");
    talk.say("Thank you!").answers("You are welcome.");
    talk.say("What?")
        .answers("I did not understand that.")
        .offers("A person");
    Ok(())
}

#[test]
fn it_finds_a_person_and_tells_them_why() -> Result<(), Broken> {
    let bot = Bot::built()?;
    bot.conversation()
        .say("a person, please")
        .notes("The consumer asked for a person")
        .transfers_to("human_skill");
    Ok(())
}

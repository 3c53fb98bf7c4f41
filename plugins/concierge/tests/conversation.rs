//! Conversations with the concierge, as it is deployed.

#![cfg(not(target_family = "wasm"))]

use retort_sdk::testing::{Bot, Broken, Part, Setup};

#[test]
fn it_offers_what_it_can_do_until_it_is_asked_for_something() -> Result<(), Broken> {
    let bot = Bot::built()?;
    let mut talk = bot.conversation();
    for reply in [
        talk.welcome(),
        talk.say("what?"),
        talk.send_rich_content(location()),
    ] {
        reply
            .offers("Track a parcel")
            .offers("Opening hours")
            .offers("Talk to a person");
    }
    talk.say("what?").logs("no keyword matched");
    talk.welcome_after("When are you open?")
        .answers("We are here from 8 to 20, every day.")
        .understands("opening-hours");
    Ok(())
}

fn location() -> retort_sdk::Value {
    retort_sdk::json!({ "type": "map", "la": 47.4, "lo": 8.5 })
}

#[test]
fn it_names_its_offers_in_a_live_chat_which_has_no_quick_replies() -> Result<(), Broken> {
    let bot = Bot::built()?;
    let texts = bot.chat().welcome();
    assert_eq!(
        texts.texts(),
        [
            "Hello, I am the concierge. What can I do for you?",
            "Track a parcel, Opening hours, Talk to a person"
        ]
    );
    assert_eq!(texts.parts().len(), 2);
    Ok(())
}

#[test]
fn it_shows_where_a_parcel_is_after_a_pause_and_for_little_fuel() -> Result<(), Broken> {
    let bot = Bot::built()?;
    let reply = bot.conversation().press("Track a parcel", "offer-1");
    reply
        .answers("Let me look.")
        .says("Your parcel is on its way")
        .offers("Talk to a person")
        .understands("track-parcel")
        .takes_at_most_fuel(200_000);
    let parts = reply.parts();
    assert!(
        matches!(
            parts.as_slice(),
            [Part::Text(_), Part::Delay(1), Part::StructuredContent(_)]
        ),
        "{parts:?}"
    );
    Ok(())
}

#[test]
fn it_hands_over_to_the_skill_of_its_configuration_with_a_note() -> Result<(), Broken> {
    let bot = Setup::built()?.config("skill", "night shift").bot()?;
    let mut talk = bot.conversation();
    let reply = talk.say("I want a refund");
    reply
        .answers("I will connect you to a colleague.")
        .notes("could not help any further")
        .transfers_to("night shift");
    assert_eq!(reply.intents(), ["talk-to-a-person", "refund"]);
    talk.send_file("JPG", "my parcel")
        .answers("Thank you for the JPG. A colleague will look at it.");
    Ok(())
}

#[test]
fn it_is_not_deployed_with_a_skill_that_names_nobody() -> Result<(), Broken> {
    let refused = Setup::built()?.config("skill", " ").bot();
    let told = refused.expect_err("a wrong configuration").to_string();
    assert!(
        told.contains("name the skill that people are reached by"),
        "{told}"
    );
    Ok(())
}

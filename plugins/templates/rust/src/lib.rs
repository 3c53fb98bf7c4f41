//! Answers by keywords. `retort dev .` serves it, and again on every save.

use retort_sdk::content::{Button, Container, Text};
use retort_sdk::{Answer, Bot, Event, Fault, InvalidReply, Reply, Turn};

struct Keywords;

impl Bot for Keywords {
    fn respond(turn: Turn) -> Result<Reply, Fault> {
        Ok(match turn.event {
            Event::Welcome(_) => choices(Answer::text("Hello!"), "What can I do for you?")?.into(),
            Event::Text(message) => answer(&message.text.to_lowercase())?.into(),
            _ => Reply::NoAnswer,
        })
    }
}

fn answer(said: &str) -> Result<Answer, InvalidReply> {
    Ok(if said.contains("person") {
        Answer::text("I will find somebody.")
            .and_private_text("The consumer asked for a person")
            .then_transfer_to_skill("human_skill")
    } else if said.contains("hours") || said.contains("open") {
        Answer::text("We are open from 9 to 17.").with_intent("opening-hours", "Opening hours", 0.9)
    } else if said.contains("thank") {
        Answer::text("You are welcome.").with_intent("thanks", "Thanks", 0.9)
    } else {
        choices(Answer::text("I did not understand that."), "I know these:")?
    })
}

fn choices(answer: Answer, message: &str) -> Result<Answer, InvalidReply> {
    let card = Container::vertical()
        .and(Text::new(message))
        .and(Button::says("Opening hours"))
        .and(Button::says("A person"));
    Ok(answer.and(card.build()?))
}

retort_sdk::export!(Keywords);

//! Answers by keywords. `retort dev .` serves it, and again on every save.

use retort_sdk::{Answer, Bot, Event, Fault, Reply, Turn, json, publish_text_button};

struct Keywords;

impl Bot for Keywords {
    fn respond(turn: Turn) -> Result<Reply, Fault> {
        match turn.event {
            Event::Welcome(_) => Ok(choices(Answer::text("Hello!"), "What can I do for you?")),
            Event::Text(message) => Ok(answer(&message.text.to_lowercase())),
            _ => Ok(Reply::NoAnswer),
        }
    }
}

fn answer(said: &str) -> Reply {
    if said.contains("person") {
        let answer = Answer::text("I will find somebody.");
        let answer = answer.and_private_text("The consumer asked for a person");
        return answer.then_transfer_to_skill("human_skill").into();
    }
    if said.contains("hours") || said.contains("open") {
        let answer = Answer::text("We are open from 9 to 17.");
        return answer.with_intent("opening-hours", "Opening hours", 0.9).into();
    }
    if said.contains("thank") {
        let answer = Answer::text("You are welcome.");
        return answer.with_intent("thanks", "Thanks", 0.9).into();
    }
    choices(Answer::text("I did not understand that."), "I know these:")
}

fn choices(answer: Answer, message: &str) -> Reply {
    let titles = ["Opening hours", "A person"];
    let [hours, person] = titles.map(|title| publish_text_button(title, title));
    let text = json!({ "type": "text", "text": message });
    let card = json!({ "type": "vertical", "elements": [text, hours, person] });
    answer.and_structured_content(card).into()
}

retort_sdk::export!(Keywords);

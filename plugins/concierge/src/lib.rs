//! Teaches a whole conversation: a welcome, keywords, quick replies, a card, a note for the agent, and a
//! transfer with intents. Its configuration names the skill that people are reached by.

use retort_sdk::content::{Button, Container, QuickReplies, Text};
use retort_sdk::{
    Answer, Bot, Channel, ConfigProblem, Event, Fault, InvalidReply, Reply, Turn, config, log,
};

/// What it can do, as it offers it.
const OFFERS: [&str; 3] = ["Track a parcel", "Opening hours", "Talk to a person"];

struct Concierge;

impl Bot for Concierge {
    fn respond(turn: Turn) -> Result<Reply, Fault> {
        let channel = &turn.conversation.channel;
        let answer = match turn.event {
            Event::Welcome(welcome) => match welcome.last_consumer_message {
                Some(text) => by_keyword(&text, channel)?,
                None => offer("Hello, I am the concierge. What can I do for you?", channel)?,
            },
            Event::Text(message) => by_keyword(&message.text, channel)?,
            Event::RichContent(_) => offer("Thank you, I have passed that on.", channel)?,
            Event::File(file) => received(file.file_type),
            Event::ConversationClosed | Event::Other(_) => return Ok(Reply::NoAnswer),
        };
        Ok(answer.into())
    }

    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        match config::get("skill") {
            Some(skill) if skill.trim().is_empty() => Err(vec![ConfigProblem::new(
                "skill",
                "is empty: name the skill that people are reached by",
            )]),
            _ => Ok(()),
        }
    }
}

fn by_keyword(text: &str, channel: &Channel) -> Result<Answer, InvalidReply> {
    let text = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    Ok(if says(&["parcel", "track", "order"]) {
        parcel()?.with_intent("track-parcel", "Track a parcel", 0.9)
    } else if says(&["hours", "open"]) {
        Answer::text("We are here from 8 to 20, every day.").with_intent(
            "opening-hours",
            "Opening hours",
            0.9,
        )
    } else if says(&["person", "agent", "human", "refund", "help"]) {
        hand_over(&text)
    } else {
        log::info("no keyword matched");
        offer("I did not get that. I can help with these:", channel)?
    })
}

/// Quick replies where the channel has them; a live chat has not.
fn offer(message: &str, channel: &Channel) -> Result<Answer, InvalidReply> {
    Ok(match channel {
        Channel::Chat => Answer::text(message).and_text(OFFERS.join(", ")),
        _ => Answer::empty().and(QuickReplies::new(message).and_each(OFFERS).build()?),
    })
}

fn parcel() -> Result<Answer, InvalidReply> {
    let card = Container::vertical()
        .and(Text::new("Your parcel is on its way").tooltip("status"))
        .and(Text::new("It arrives tomorrow before noon").tooltip("arrival"))
        .and(Button::says("Talk to a person"));
    Ok(Answer::text("Let me look.").and_delay(1).and(card.build()?))
}

fn received(file_type: Option<String>) -> Answer {
    let kind = file_type.unwrap_or_else(|| "file".into());
    Answer::text(format!(
        "Thank you for the {kind}. A colleague will look at it."
    ))
    .and_private_text("A file has arrived.")
}

fn hand_over(text: &str) -> Answer {
    let refund = if text.contains("refund") { 0.9 } else { 0.2 };
    Answer::text("I will connect you to a colleague.")
        .and_private_text(
            "The consumer asked for a person; the concierge could not help any further.",
        )
        .with_intent("talk-to-a-person", "Talk to a person", 0.95)
        .with_intent("refund", "Refund", refund)
        .then_transfer_to_skill(config::get("skill").unwrap_or_else(|| "human".into()))
}

retort_sdk::export!(Concierge);

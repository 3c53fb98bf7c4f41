//! Teaches the smallest bot: a text comes back, and any other event is left unanswered on purpose.

use retort_sdk::{Answer, Bot, Event, Fault, Reply, Turn};

struct Echo;

impl Bot for Echo {
    fn respond(turn: Turn) -> Result<Reply, Fault> {
        match turn.event {
            // The platform takes no empty text.
            Event::Text(message) if !message.text.trim().is_empty() => {
                Ok(Answer::text(message.text).into())
            }
            _ => Ok(Reply::NoAnswer),
        }
    }
}

retort_sdk::export!(Echo);

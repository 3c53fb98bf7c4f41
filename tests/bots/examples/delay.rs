//! Answers after a pause of as many seconds as the consumer asks for.

use retort_sdk::{Answer, Bot, Event, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(turn: Turn) -> Result<Reply, Fault> {
        let Event::Text(message) = turn.event else {
            return Ok(Reply::NoAnswer);
        };
        let seconds = message.text.parse().unwrap_or(86_400);
        Ok(Answer::empty().and_delay(seconds).into())
    }
}

retort_sdk::export!(Misbehaving);

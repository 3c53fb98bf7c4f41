//! Answers with as many bytes as the consumer asks for.

use retort_sdk::{Answer, Bot, Event, Fault, Reply, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(turn: Turn) -> Result<Reply, Fault> {
        let Event::Text(message) = turn.event else {
            return Ok(Reply::NoAnswer);
        };
        let bytes = message.text.parse().unwrap_or(10_000_000);
        Ok(Answer::text("x".repeat(bytes)).into())
    }
}

retort_sdk::export!(Misbehaving);

//! Repeats what the consumer says: as structured content, and as the metadata of a text.

use retort_sdk::{Answer, Bot, Event, Fault, Reply, StructuredContent, Text, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(turn: Turn) -> Result<Reply, Fault> {
        let Event::Text(message) = turn.event else {
            return Ok(Reply::NoAnswer);
        };
        let text = Text {
            text: "you said".into(),
            metadata: Some(message.text.clone()),
            encoded_metadata: None,
        };
        let content = StructuredContent {
            content: message.text,
            metadata: None,
            encoded_metadata: None,
        };
        let answer = Answer::empty().and(text);
        Ok(answer.and(content).into())
    }
}

retort_sdk::export!(Misbehaving);

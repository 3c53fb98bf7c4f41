//! Answers with structured content that is no JSON.

use retort_sdk::{Answer, Bot, Fault, Reply, StructuredContent, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        let content = StructuredContent {
            content: "{\"type\":".into(),
            metadata: None,
            encoded_metadata: None,
        };
        Ok(Answer::empty().and(content).into())
    }
}

retort_sdk::export!(Misbehaving);

//! Answers with a text that is not UTF-8.

use retort_sdk::{Answer, Bot, Fault, Reply, Text, Turn};

struct Misbehaving;

impl Bot for Misbehaving {
    fn respond(_turn: Turn) -> Result<Reply, Fault> {
        let bytes = vec![0xff, 0xfe, 0x80];
        // SAFETY: none; that it is wrong is the point, and the host has to find out.
        let text = Text::new(unsafe { String::from_utf8_unchecked(bytes) });
        Ok(Answer::empty().and(text).into())
    }
}

retort_sdk::export!(Misbehaving);

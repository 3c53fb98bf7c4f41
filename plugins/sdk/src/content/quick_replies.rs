//! Buttons below a text, which go when one of them is pressed.

use std::num::NonZeroU8;

use serde::Serialize;

use super::element::Button;
use super::node::Node;
use super::{check, written};
use crate::{InvalidReply, StructuredContent};

/// A text with buttons below it. In messaging only: in a live chat the host refuses the reply, so ask
/// [`Conversation::is_messaging`](crate::Conversation::is_messaging) first.
#[derive(Clone, Debug, PartialEq)]
pub struct QuickReplies {
    message: String,
    per_row: NonZeroU8,
    replies: Vec<Node>,
}

/// As LivePerson's own samples have it.
const PER_ROW: NonZeroU8 = NonZeroU8::new(8).expect("it is not zero");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    message: &'a str,
    quick_replies: Replies<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replies<'a> {
    r#type: &'static str,
    items_per_row: NonZeroU8,
    replies: &'a [Node],
}

impl QuickReplies {
    /// The text, without buttons so far.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            per_row: PER_ROW,
            replies: Vec::new(),
        }
    }

    /// Adds a button.
    pub fn and(mut self, button: Button) -> Self {
        self.replies.push(button.0);
        self
    }

    /// Adds a button that says its own title for the consumer when it is pressed.
    pub fn and_says(self, title: impl Into<String>) -> Self {
        self.and(Button::says(title))
    }

    /// Adds such a button for each of these titles.
    pub fn and_each<T: Into<String>>(self, titles: impl IntoIterator<Item = T>) -> Self {
        titles.into_iter().fold(self, Self::and_says)
    }

    /// How many buttons stand in a row; 8 unless it is given.
    pub fn per_row(mut self, buttons: NonZeroU8) -> Self {
        self.per_row = buttons;
        self
    }

    /// The text and its buttons, ready to be sent.
    ///
    /// # Errors
    /// What the platform would not take; see [`InvalidReply`].
    pub fn build(self) -> Result<StructuredContent, InvalidReply> {
        check::message(&self.message)?;
        check::replies(&self.replies)?;
        written(&Message {
            message: &self.message,
            quick_replies: Replies {
                r#type: "quickReplies",
                items_per_row: self.per_row,
                replies: &self.replies,
            },
        })
    }
}

//! Elements below or beside one another, and cards to leaf through.

use serde::Serialize;

use super::element::Element;
use super::node::{Kind, Node};
use super::{Click, Style};
use crate::{InvalidReply, StructuredContent};

/// A card: elements below one another, or beside. 1 to 256 of them, and at most 16 containers in one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Container(Node);

impl Container {
    /// Elements below one another, none so far.
    pub fn vertical() -> Self {
        Self(Node::around(Kind::Vertical, Vec::new()))
    }

    /// Elements beside one another, none so far.
    pub fn horizontal() -> Self {
        Self(Node::around(Kind::Horizontal, Vec::new()))
    }

    /// Adds an element at the end.
    pub fn and(mut self, element: impl Into<Element>) -> Self {
        self.0.and(element.into().0);
        self
    }

    /// Marks it for a channel that draws it by a mark such as `list`, of at most 64 characters.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.0.tag = Some(tag.into());
        self
    }

    /// Says what it is to whoever points at it, in at most 256 characters.
    pub fn tooltip(mut self, tooltip: impl Into<String>) -> Self {
        self.0.tooltip = Some(tooltip.into());
        self
    }

    /// Stands for it where it cannot be shown, in at most 2,000 characters.
    pub fn alt(mut self, alt: impl Into<String>) -> Self {
        self.0.alt = Some(alt.into());
        self
    }

    /// Says what is around it.
    pub fn border(mut self, border: Border) -> Self {
        self.0.border = Some(border);
        self
    }

    /// Says how it looks.
    pub fn style(mut self, style: Style) -> Self {
        self.0.style = Some(Box::new(style));
        self
    }

    /// Says what a press anywhere on it does.
    pub fn click(mut self, click: impl Into<Click>) -> Self {
        self.0.click = Some(click.into());
        self
    }

    /// The card, ready to be sent.
    ///
    /// # Errors
    /// What the platform would not take; see [`InvalidReply`].
    pub fn build(self) -> Result<StructuredContent, InvalidReply> {
        Element::from(self).build()
    }
}

impl From<Container> for Element {
    fn from(container: Container) -> Self {
        Self(container.0)
    }
}

/// What is around a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Border {
    /// A line.
    Border,
    /// Nothing.
    BorderLess,
    /// A shadow.
    DropShadow,
}

/// Cards to leaf through, 2 to 10 of them. Stands by itself: it is no element of anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Carousel(Node);

impl Carousel {
    /// One of these cards.
    pub fn new(cards: impl IntoIterator<Item = Container>) -> Self {
        let cards = cards.into_iter().map(|card| card.0).collect();
        Self(Node::around(Kind::Carousel, cards))
    }

    /// Adds a card at the end.
    pub fn and(mut self, card: Container) -> Self {
        self.0.and(card.0);
        self
    }

    /// The carousel, ready to be sent.
    ///
    /// # Errors
    /// What the platform would not take; see [`InvalidReply`].
    pub fn build(self) -> Result<StructuredContent, InvalidReply> {
        Element(self.0).build()
    }
}

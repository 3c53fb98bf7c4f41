//! Structured content: cards and quick replies that the host and the platform take.
//!
//! A [`Container`] lays out elements below or beside one another, a [`Carousel`] has cards to leaf through, a
//! [`List`] has boxes to tick, and [`QuickReplies`] are buttons below a text. What the types cannot rule out is
//! found by `build()`, whose error names the element, the limit and the remedy, and becomes a
//! [`Fault`](crate::Fault) with `?`:
//!
//! ```
//! use retort_sdk::content::{Button, Container, Image, Press, QuickReplies, Text};
//! use retort_sdk::{Answer, Fault, Reply};
//!
//! fn parcel() -> Result<Reply, Fault> {
//!     let card = Container::vertical()
//!         .and(Image::new("https://shop.example/parcel.png").alt("A parcel"))
//!         .and(Text::new("Your parcel is on its way"))
//!         .and(Button::new("Track it", Press::link("https://shop.example/track/17")))
//!         .and(Button::says("Talk to a person").external_id("parcel-person"))
//!         .build()?;
//!     let more = QuickReplies::new("Anything else?").and_says("Yes").and_says("No").build()?;
//!     Ok(Answer::text("Here it is.").and(card).and(more).into())
//! }
//! # parcel().expect("all of it is right");
//! ```
//!
//! The limits are those of LivePerson's contract (15,000 bytes of JSON) and of its own drawing library (lengths and
//! counts). A channel may take less, and may draw some of it differently. What is not offered here goes through
//! [`Answer::and_structured_content`](crate::Answer::and_structured_content), and only the host checks it.

mod check;
mod click;
mod element;
mod layout;
mod list;
mod node;
mod quick_replies;

pub use click::{Click, Press};
pub use element::{Button, Element, Image, Map, Size, Style, Text};
pub use layout::{Border, Carousel, Container};
pub use list::{List, Section};
pub use quick_replies::QuickReplies;

use serde::Serialize;

use crate::metadata::Metadata;
use crate::{InvalidReply, Part, StructuredContent};

impl StructuredContent {
    /// Metadata that goes with this content.
    ///
    /// # Errors
    /// If something of it is no JSON object, is nested too deep, or is an `ExternalId` without an id.
    pub fn with_metadata(mut self, metadata: Metadata) -> Result<Self, InvalidReply> {
        self.metadata = Some(metadata.written("the content")?);
        Ok(self)
    }
}

impl From<StructuredContent> for Part {
    fn from(content: StructuredContent) -> Self {
        Part::StructuredContent(content)
    }
}

/// What has passed all other checks, as it is sent.
fn written(content: &impl Serialize) -> Result<StructuredContent, InvalidReply> {
    let unwritable = |_| InvalidReply::new("the content", "cannot be written as JSON");
    let content = serde_json::to_string(content).map_err(unwritable)?;
    check::size(content.len())?;
    Ok(StructuredContent {
        content,
        metadata: None,
        encoded_metadata: None,
    })
}

#[cfg(test)]
mod tests;

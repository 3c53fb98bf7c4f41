//! What is shown: words, pictures, buttons, places.

use serde::Serialize;

use super::click::{Click, Press};
use super::node::{Kind, Node};
use crate::{InvalidReply, StructuredContent, Value};

/// Anything that a [`Container`](super::Container) takes. [`Text`], [`Image`], [`Button`], [`Map`] and containers
/// become one by themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Element(pub(super) Node);

/// Words of a card, 1 to 5,000 characters.
#[derive(Clone, Debug, PartialEq)]
pub struct Text(Node);

/// A picture, by its address. The account has to allow the address: that cannot be seen here.
#[derive(Clone, Debug, PartialEq)]
pub struct Image(Node);

/// A button.
#[derive(Clone, Debug, PartialEq)]
pub struct Button(pub(super) Node);

/// A place on a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Map(Node);

macro_rules! shown {
    ($($kind:ident),*) => {$(
        impl $kind {
            /// Says what it is to whoever points at it, in at most 256 characters. Some channels have no other words
            /// for those who cannot see.
            pub fn tooltip(mut self, tooltip: impl Into<String>) -> Self {
                self.0.tooltip = Some(tooltip.into());
                self
            }

            /// Stands for it where it cannot be shown, in at most 2,000 characters.
            pub fn alt(mut self, alt: impl Into<String>) -> Self {
                self.0.alt = Some(alt.into());
                self
            }

            /// Marks it for a channel that draws it by a mark such as `title`, of at most 64 characters.
            pub fn tag(mut self, tag: impl Into<String>) -> Self {
                self.0.tag = Some(tag.into());
                self
            }

            /// Says how it looks.
            pub fn style(mut self, style: Style) -> Self {
                self.0.style = Some(Box::new(style));
                self
            }

            /// Says what a press does, in place of what it did so far.
            pub fn click(mut self, click: impl Into<Click>) -> Self {
                self.0.click = Some(click.into());
                self
            }

            /// This alone, ready to be sent.
            ///
            /// # Errors
            /// What the platform would not take; see [`InvalidReply`].
            pub fn build(self) -> Result<StructuredContent, InvalidReply> {
                Element::from(self).build()
            }
        }

        impl From<$kind> for Element {
            fn from(element: $kind) -> Self {
                Self(element.0)
            }
        }
    )*};
}

shown!(Text, Image, Button, Map);

impl Element {
    /// This, ready to be sent.
    ///
    /// # Errors
    /// What the platform would not take; see [`InvalidReply`].
    pub fn build(self) -> Result<StructuredContent, InvalidReply> {
        super::check::element(&self.0)?;
        super::written(&self.0)
    }
}

impl Text {
    /// These words.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Node::text(Kind::Text, text))
    }
}

impl Image {
    /// The picture at an address, of at most 2,048 characters.
    pub fn new(url: impl Into<String>) -> Self {
        let mut node = Node::of(Kind::Image);
        node.url = Some(url.into());
        Self(node)
    }

    /// Words below it, at most 128 characters.
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.0.caption = Some(caption.into());
        self
    }
}

impl Button {
    /// A button with a title of 1 to 128 characters, which is its tooltip too until it is given another one.
    pub fn new(title: impl Into<String>, click: impl Into<Click>) -> Self {
        let title = title.into();
        let mut node = Node::of(Kind::Button);
        node.tooltip = Some(title.clone());
        node.title = Some(title);
        node.click = Some(click.into());
        Self(node)
    }

    /// A button that says its own title for the consumer when it is pressed.
    pub fn says(title: impl Into<String>) -> Self {
        let title = title.into();
        Self::new(title.clone(), Press::publish_text(title))
    }

    /// Names the button: [`Turn::external_id`](crate::Turn::external_id) gives this with the turn that a press leads
    /// to, whatever the title is.
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.0.click = self.0.click.map(|click| click.external_id(id));
        self
    }

    /// Adds metadata of another kind to a press, a JSON object in the platform's own format.
    pub fn metadata(mut self, object: Value) -> Self {
        self.0.click = self.0.click.map(|click| click.metadata(object));
        self
    }
}

impl Map {
    /// A place in degrees: -90 to 90 of latitude and -180 to 180 of longitude.
    pub fn new(latitude: f64, longitude: f64) -> Self {
        let mut node = Node::of(Kind::Map);
        node.la = Some(latitude);
        node.lo = Some(longitude);
        Self(node)
    }
}

/// How an element looks. Channels differ in what of it they can.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Style {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    bold: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    italic: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<Size>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    background_color: Option<String>,
}

/// How large words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// Smaller than other words.
    Small,
    /// As other words.
    Medium,
    /// Larger than other words.
    Large,
}

impl Style {
    /// The channel's own look.
    pub fn new() -> Self {
        Self::default()
    }

    /// In bold.
    pub fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    /// In italics.
    pub fn italic(mut self) -> Self {
        self.italic = true;
        self
    }

    /// In another size.
    pub fn size(mut self, size: Size) -> Self {
        self.size = Some(size);
        self
    }

    /// In a colour, by its name or as `#rrggbb`.
    pub fn color(mut self, color: impl Into<String>) -> Self {
        self.color = Some(color.into());
        self
    }

    /// On a colour.
    pub fn background_color(mut self, color: impl Into<String>) -> Self {
        self.background_color = Some(color.into());
        self
    }
}

//! An element as it is written: one shape for all kinds, so that a bot carries one writer and one check. Which
//! fields a kind has is the matter of the types around it.

use serde::Serialize;

use super::click::Click;
use super::element::Style;
use super::layout::Border;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    #[default]
    Text,
    Image,
    Button,
    SubmitButton,
    Map,
    Vertical,
    Horizontal,
    Carousel,
    List,
    SectionList,
    Section,
    Checklist,
    Checkbox,
    ButtonList,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tag: Option<String>,
    #[serde(rename = "sectionID", skip_serializing_if = "Option::is_none")]
    pub(super) section_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) border: Option<Border>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) caption: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) la: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lo: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tooltip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) style: Option<Box<Style>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) click: Option<Click>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) elements: Option<Vec<Node>>,
}

impl Node {
    pub(super) fn of(kind: Kind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    pub(super) fn around(kind: Kind, elements: Vec<Node>) -> Self {
        Self {
            elements: Some(elements),
            ..Self::of(kind)
        }
    }

    pub(super) fn text(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::of(kind)
        }
    }

    pub(super) fn and(&mut self, element: Node) {
        self.elements.get_or_insert_default().push(element);
    }
}

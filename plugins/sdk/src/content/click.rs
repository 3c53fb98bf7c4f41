//! What a press does, and what comes back with it.

use serde::Serialize;

use crate::Value;
use crate::metadata::Metadata;

/// What pressing an element does: one thing or several, and metadata that comes with the consumer's message.
///
/// A single [`Press`] is one already: whatever takes a click takes that as well.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Click {
    pub(super) actions: Vec<Press>,
    #[serde(skip_serializing_if = "Metadata::is_empty")]
    pub(super) metadata: Metadata,
}

impl Click {
    /// A click that does this.
    pub fn new(press: Press) -> Self {
        Self {
            actions: vec![press],
            metadata: Metadata::default(),
        }
    }

    /// Does this as well, after what it did so far. At most 4 in all.
    pub fn and(mut self, press: Press) -> Self {
        self.actions.push(press);
        self
    }

    /// Names what was pressed: [`Turn::external_id`](crate::Turn::external_id) gives this with the turn that the
    /// press leads to, whatever the button says.
    pub fn external_id(self, id: impl Into<String>) -> Self {
        Self {
            metadata: self.metadata.and_external_id(id),
            ..self
        }
    }

    /// Adds metadata of another kind, a JSON object in the platform's own format.
    pub fn metadata(self, object: Value) -> Self {
        Self {
            metadata: self.metadata.and(object),
            ..self
        }
    }
}

impl From<Press> for Click {
    fn from(press: Press) -> Self {
        Self::new(press)
    }
}

/// One thing that a press does.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Press(pub(super) Action);

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(super) enum Action {
    PublishText {
        text: String,
    },
    Link {
        uri: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<&'static str>,
    },
    Navigate {
        la: f64,
        lo: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    Checked {
        #[serde(rename = "publishText")]
        text: String,
    },
    SubmitAsText {
        submit: bool,
    },
}

impl Press {
    /// Sends a text as if the consumer had written it, of 1 to 256 characters.
    pub fn publish_text(text: impl Into<String>) -> Self {
        Self(Action::PublishText { text: text.into() })
    }

    /// Opens an address, such as `https://...` or `tel:...`, of at most 1,024 characters.
    pub fn link(uri: impl Into<String>) -> Self {
        Self::opens(uri.into(), None)
    }

    /// Opens an address in a window of its own, where the channel can.
    pub fn link_in_new_window(uri: impl Into<String>) -> Self {
        Self::opens(uri.into(), Some("blank"))
    }

    fn opens(uri: String, target: Option<&'static str>) -> Self {
        Self(Action::Link { uri, target })
    }

    /// Shows the way to a place, in degrees: -90 to 90 of latitude and -180 to 180 of longitude.
    pub fn navigate(latitude: f64, longitude: f64) -> Self {
        let (la, lo) = (latitude, longitude);
        Self(Action::Navigate { la, lo, name: None })
    }

    /// The same to a place with a name, of 1 to 256 characters.
    pub fn navigate_to(name: impl Into<String>, latitude: f64, longitude: f64) -> Self {
        Self(Action::Navigate {
            la: latitude,
            lo: longitude,
            name: Some(name.into()),
        })
    }

    pub(super) fn check(text: String) -> Self {
        Self(Action::Checked { text })
    }

    pub(super) fn submit() -> Self {
        Self(Action::SubmitAsText { submit: true })
    }
}

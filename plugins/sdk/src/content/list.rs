//! Boxes to tick, and a button that sends what is ticked.

use super::click::{Click, Press};
use super::element::Element;
use super::node::{Kind, Node};
use crate::{InvalidReply, StructuredContent};

/// A question with boxes to tick, in sections, and a button that sends the words of all that are ticked as one text.
/// Stands by itself: it is no element of anything.
///
/// ```
/// use retort_sdk::content::{List, Section};
///
/// let list = List::new("What would you like to hear about?", "Send")
///     .and(Section::new("Rooms").choice("Prices").choice("Free days"))
///     .and(Section::new("Food").choice("Breakfast"))
///     .build()?;
/// # Ok::<_, retort_sdk::InvalidReply>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    text: String,
    submit: String,
    sections: Vec<Section>,
}

impl List {
    /// A question, and what the button that sends says. Its sections are still to be added.
    pub fn new(text: impl Into<String>, submit: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            submit: submit.into(),
            sections: Vec::new(),
        }
    }

    /// Adds a section at the end.
    pub fn and(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The list, ready to be sent.
    ///
    /// # Errors
    /// What the platform would not take; see [`InvalidReply`].
    pub fn build(self) -> Result<StructuredContent, InvalidReply> {
        let sections = self.sections.into_iter().enumerate();
        let sections = sections
            .map(|(index, section)| section.node(index))
            .collect();
        let mut submit = Node::of(Kind::SubmitButton);
        submit.title = Some(self.submit);
        submit.click = Some(Click::new(Press::submit()));
        let elements = vec![
            Node::text(Kind::Text, self.text),
            Node::around(Kind::SectionList, sections),
            Node::around(Kind::ButtonList, vec![submit]),
        ];
        Element(Node::around(Kind::List, elements)).build()
    }
}

/// Boxes below a heading.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    heading: String,
    choices: Vec<Node>,
}

impl Section {
    /// A heading, without boxes so far.
    pub fn new(heading: impl Into<String>) -> Self {
        Self {
            heading: heading.into(),
            choices: Vec::new(),
        }
    }

    /// Adds a box that sends its own words, of 1 to 256 characters.
    pub fn choice(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.choice_that_says(text.clone(), text)
    }

    /// Adds a box that sends other words than it has.
    pub fn choice_that_says(mut self, text: impl Into<String>, says: impl Into<String>) -> Self {
        let mut choice = Node::text(Kind::Checkbox, text);
        choice.click = Some(Click::new(Press::check(says.into())));
        self.choices.push(choice);
        self
    }

    fn node(self, index: usize) -> Node {
        let heading = Node::text(Kind::Text, self.heading);
        let choices = Node::around(Kind::Checklist, self.choices);
        let mut section = Node::around(Kind::Section, vec![heading, choices]);
        section.section_id = Some(index.to_string());
        section
    }
}

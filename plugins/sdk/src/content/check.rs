//! What types cannot rule out: lengths, counts, depth, degrees. All limits of structured content are here.

use super::click::{Action, Click, Press};
use super::node::{Kind, Node};
use crate::InvalidReply;

/// LivePerson's limit for a structured content, in bytes of JSON as it is sent.
const BYTES: usize = 15_000;
// The lengths, in characters, and the counts are those of LivePerson's own drawing library.
const TEXT: usize = 5_000;
const TITLE: usize = 128;
const TOOLTIP: usize = 256;
const ALT: usize = 2_000;
const TAG: usize = 64;
const URL: usize = 2_048;
const CAPTION: usize = 128;
const PUBLISHED: usize = 256;
const URI: usize = 1_024;
const NAME: usize = 256;
const ACTIONS: usize = 4;
const ELEMENTS: usize = 256;
const CARDS: std::ops::RangeInclusive<usize> = 2..=10;
/// No channel draws more than a few; the host reads 127 levels of JSON, and a container is two.
const DEPTH: usize = 16;

type Checked = Result<(), InvalidReply>;

pub(super) fn size(bytes: usize) -> Checked {
    if bytes <= BYTES {
        return Ok(());
    }
    let problem =
        format!("has {bytes} bytes of JSON; {BYTES} are the most: send it as several parts");
    Err(InvalidReply::new("the content", problem))
}

pub(super) fn element(node: &Node) -> Checked {
    at_depth(node, 1)
}

pub(super) fn message(message: &str) -> Checked {
    if message.trim().is_empty() {
        let problem = "have an empty message; the platform sends one with them: give it a text";
        return Err(InvalidReply::new("the quick replies", problem));
    }
    Ok(())
}

pub(super) fn replies(replies: &[Node]) -> Checked {
    count(
        "the set of quick replies",
        "buttons",
        replies.len(),
        1..=ELEMENTS,
    )?;
    for (index, reply) in replies.iter().enumerate() {
        element(reply).map_err(|invalid| invalid.below("quickReplies/replies", index))?;
    }
    Ok(())
}

fn at_depth(node: &Node, depth: usize) -> Checked {
    fields(node)?;
    let Some(elements) = &node.elements else {
        return Ok(());
    };
    let what = named(node.kind);
    if depth > DEPTH {
        let problem =
            format!("stands in {DEPTH} others, and that many are the most: nest them less");
        return Err(InvalidReply::new(what, problem));
    }
    match node.kind {
        Kind::Carousel => count(what, "cards", elements.len(), CARDS)?,
        _ => count(what, "elements", elements.len(), 1..=ELEMENTS)?,
    }
    for (index, element) in elements.iter().enumerate() {
        at_depth(element, depth + 1).map_err(|invalid| invalid.below("elements", index))?;
    }
    Ok(())
}

/// What an element has beside other elements.
fn fields(node: &Node) -> Checked {
    let what = named(node.kind);
    for (field, text, most) in [
        ("text", &node.text, TEXT),
        ("title", &node.title, TITLE),
        ("URL", &node.url, URL),
    ] {
        if let Some(text) = text {
            words(what, field, text, most)?;
        }
    }
    for (field, text, most) in [
        ("tooltip", &node.tooltip, TOOLTIP),
        ("text for those who cannot see it", &node.alt, ALT),
        ("caption", &node.caption, CAPTION),
        ("tag", &node.tag, TAG),
    ] {
        if let Some(text) = text {
            length(what, field, text, most)?;
        }
    }
    if let (Some(la), Some(lo)) = (node.la, node.lo) {
        degrees(what, la, lo)?;
    }
    match &node.click {
        Some(pressed) => click(what, pressed),
        None => Ok(()),
    }
}

fn click(what: &'static str, click: &Click) -> Checked {
    count(
        what,
        "actions for a press",
        click.actions.len(),
        1..=ACTIONS,
    )?;
    for Press(action) in &click.actions {
        match action {
            Action::PublishText { text } | Action::Checked { text } => {
                words(what, "text to publish", text, PUBLISHED)?;
            }
            Action::Link { uri, .. } => words(what, "link", uri, URI)?,
            Action::Navigate { la, lo, name } => {
                degrees(what, *la, *lo)?;
                if let Some(name) = name {
                    words(what, "place's name", name, NAME)?;
                }
            }
            Action::SubmitAsText { .. } => {}
        }
    }
    click.metadata.check(what)
}

/// That it is there, and not too long.
fn words(what: &'static str, field: &str, text: &str, most: usize) -> Checked {
    if text.trim().is_empty() {
        let problem = format!("has an empty {field}: give it one, or leave out the element");
        return Err(InvalidReply::new(what, problem));
    }
    length(what, field, text, most)
}

fn length(what: &'static str, field: &str, text: &str, most: usize) -> Checked {
    // No text has more characters than bytes.
    if text.len() <= most {
        return Ok(());
    }
    let characters = text.chars().count();
    if characters <= most {
        return Ok(());
    }
    let problem =
        format!("has a {field} of {characters} characters; {most} are the most: shorten it");
    Err(InvalidReply::new(what, problem))
}

fn count(
    what: &'static str,
    of: &str,
    number: usize,
    allowed: std::ops::RangeInclusive<usize>,
) -> Checked {
    let (least, most) = (allowed.start(), allowed.end());
    let problem = if number < *least {
        format!("has too few {of}, {number} of at least {least}: add some, or leave it out")
    } else if number > *most {
        format!("has too many {of}, {number} of {most}: leave out some, or send several")
    } else {
        return Ok(());
    };
    Err(InvalidReply::new(what, problem))
}

fn degrees(what: &'static str, latitude: f64, longitude: f64) -> Checked {
    if (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude) {
        return Ok(());
    }
    let problem =
        "has a place that is on no map: latitudes are -90 to 90, longitudes -180 to 180 degrees";
    Err(InvalidReply::new(what, problem))
}

fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "the text",
        Kind::Image => "the image",
        Kind::Button => "the button",
        Kind::SubmitButton => "the button that sends",
        Kind::Map => "the map",
        Kind::Vertical => "the vertical container",
        Kind::Horizontal => "the horizontal container",
        Kind::Carousel => "the carousel",
        Kind::List => "the list",
        Kind::SectionList => "the list of sections",
        Kind::Section => "the section",
        Kind::Checklist => "the list of choices",
        Kind::Checkbox => "the choice",
        Kind::ButtonList => "the list of buttons",
    }
}

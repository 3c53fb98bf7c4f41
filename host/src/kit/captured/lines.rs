//! Lines of a step that are read again as what was meant. Each way to write something is tried by reading it, the most exact
//! one first, so a text is never taken for what only looks like it.

use super::super::judging::Evidence;
use super::super::memory::Memory;
use super::super::message::Message;
use super::super::reading::convo;
use super::super::script::Step;
use super::super::suite::Phrases;

/// A text that the person says.
pub(super) struct Saying {
    /// The lines below `#me`.
    pub(super) lines: String,
    /// It has other line breaks, or spaces at its ends.
    pub(super) is_near: bool,
}

/// How a person says a text; none if a script cannot say it.
pub(super) fn saying(text: &str) -> Option<Saying> {
    let sign = text.chars().next().filter(|sign| "!?".contains(*sign));
    // Two of a sign are that sign itself.
    let plain = sign.map(String::from).unwrap_or_default() + text;
    let pressed = format!("BUTTON {}", argument(text));
    let said = |lines: &str| {
        let step = step("#me", lines)?;
        let is_said = step.includes.is_empty() && !step.skips_unread;
        is_said.then_some(step.text)
    };
    let ways = [plain, pressed];
    let exact = ways
        .iter()
        .find(|lines| said(lines).as_deref() == Some(text));
    let is_like = |lines: &&String| {
        said(lines).is_some_and(|said| said.split_whitespace().eq(text.split_whitespace()))
    };
    let found = exact.or_else(|| ways.iter().find(is_like))?;
    Some(Saying {
        lines: found.clone(),
        is_near: exact.is_none(),
    })
}

/// The line that claims a message's text; none if there is no way to.
pub(super) fn text(message: &Message) -> Option<String> {
    let text = argument(&message.text);
    [
        format!("TEXT_EQUALS {text}"),
        // What looks like one of botium's functions is read as that.
        format!("TEXT_WILDCARDEXACT_ANY {}", text.replace('$', "*")),
    ]
    .into_iter()
    .find(|line| holds(message, line))
}

/// The line that claims several things at once, and how many of them it cannot claim.
pub(super) fn list(word: &str, items: &[String], message: &Message) -> (Option<String>, usize) {
    let mut claimed = Vec::new();
    let mut left_out = 0;
    for item in items {
        let item = argument(item);
        match !item.is_empty() && holds(message, &format!("{word} {item}")) {
            true if claimed.contains(&item) => {}
            true => claimed.push(item),
            false => left_out += 1,
        }
    }
    let line = format!("{word} {}", claimed.join("|"));
    let line = (!claimed.is_empty() && holds(message, &line)).then_some(line);
    (line, left_out)
}

/// Whether a line claims something of a message that is so.
pub(super) fn holds(message: &Message, line: &str) -> bool {
    let Some(step) = step("#bot", line) else {
        return false;
    };
    let evidence = Evidence {
        message,
        unread: 0,
        phrases: &Phrases::default(),
    };
    step.text.is_empty()
        && !step.asserters.is_empty()
        && evidence.judge(&step, &mut Memory::new()).is_ok()
}

/// A text between `|`.
pub(super) fn argument(text: &str) -> String {
    text.replace(['\n', '\r'], " ").trim().replace('|', "\\|")
}

/// The step that lines are read as, if they are one.
fn step(tag: &str, lines: &str) -> Option<Step> {
    let script = format!("captured\n{tag}\n{lines}\n\n#end\nBOT_CONSUMED\n");
    let read = convo("captured", script.as_bytes()).ok()?;
    match <[Step; 2]>::try_from(read.steps) {
        Ok([step, _]) => Some(step),
        Err(_) => None,
    }
}

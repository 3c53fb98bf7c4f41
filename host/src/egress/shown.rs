//! Foreign text as our messages quote it: short, and without anything that a terminal or a log would act on.

use std::fmt;

/// Longer text says no more about what is wrong.
const MOST_CHARACTERS: usize = 80;

/// Text in quotes, escaped and cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        write_escaped(self.0, f)?;
        f.write_str("\"")
    }
}

/// Text without the quotes, escaped and cut, for what libraries say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a>(pub(super) &'a str);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(self.0, f)
    }
}

fn write_escaped(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut rest = text.chars();
    for character in rest.by_ref().take(MOST_CHARACTERS) {
        write!(f, "{}", character.escape_default())?;
    }
    if rest.next().is_some() {
        f.write_str("...")?;
    }
    Ok(())
}

//! BotiumScript as text files have it: `*.convo.txt`, `*.pconvo.txt` and `*.utterances.txt`. Any bytes may come in; what
//! comes out is bounded by them. Knows nothing of folders.

use std::sync::Arc;

use super::asserter::{self, Asserter, Named};
use super::memory;
use super::script::{Convo, Place, Sender, Step, Unreadable, Utterances};

/// The most bytes of a script. A conversation that a person wrote has a few thousand.
pub(super) const MOST_BYTES: usize = 256 << 10;

/// The most steps of a conversation, with all that it includes.
pub(super) const MOST_STEPS: usize = 1000;

/// The most regular expressions of a script: each takes some thousandths of a second before it is looked for.
pub(super) const MOST_EXPRESSIONS: usize = 100;

/// What a section's tag may be.
const TAGS: [(&str, Sender); 5] = [
    ("begin", Sender::Begin),
    ("include", Sender::Include),
    ("me", Sender::Me),
    ("bot", Sender::Bot),
    ("end", Sender::End),
];

/// What botium can do in a step and we do not.
const HOOKS_NOT_HERE: [&str; 10] = [
    "SET_SCRIPTING_MEMORY",
    "CLEAR_SCRIPTING_MEMORY",
    "ASSIGN_SCRIPTING_MEMORY",
    "UPDATE_CUSTOM",
    "CONDITIONAL_STEP_TIME_BASED",
    "CONDITIONAL_STEP_BUSINESS_HOURS",
    "CONDITIONAL_STEP_CAPABILITY_VALUE_BASED",
    "CONDITIONAL_STEP_JSON_PATH_BASED",
    "CONVO_STEP_PARAMETERS",
    "ORDERED_LIST_TO_BUTTON",
];

const HOOKS: &str = "INCLUDE, PAUSE, WAITFORBOT, SKIP_BOT_UNCONSUMED";

/// Reads a conversation, or a part of one, of the file of that name.
///
/// # Errors
/// [`Unreadable`] names the line that is not understood.
pub fn convo(file: &str, bytes: &[u8]) -> Result<Convo, Unreadable> {
    let file: Arc<str> = file.into();
    let text = text(&file, bytes)?;
    let expressions: usize = lines(&text).map(expressions).sum();
    if expressions > MOST_EXPRESSIONS {
        let at = Place { file, line: 1 };
        let what = format!("there are more than {MOST_EXPRESSIONS} regular expressions");
        return Err(unreadable(&at, what));
    }
    let mut sections = Vec::new();
    let mut header = Vec::new();
    for (at, line) in lines(&text).enumerate() {
        let place = Place {
            file: Arc::clone(&file),
            line: at + 1,
        };
        match tag(line).map_err(|what| unreadable(&place, what))? {
            Some((sender, word)) => sections.push(Section {
                sender,
                word,
                place,
                lines: Vec::new(),
            }),
            None => match sections.last_mut() {
                Some(section) => section.lines.push((place, line)),
                None => header.push(line),
            },
        }
        if sections.len() > MOST_STEPS {
            let at = Place { file, line: at + 1 };
            return Err(unreadable(
                &at,
                format!("there are more than {MOST_STEPS} steps"),
            ));
        }
    }
    let steps: Result<_, _> = sections.into_iter().map(Section::step).collect();
    let mut header = header.into_iter().map(str::trim);
    let name = header.next().unwrap_or_default();
    let description = header.collect::<Vec<_>>().join("\n");
    let description = description.trim();
    Ok(Convo {
        name: if name.is_empty() {
            file.to_string()
        } else {
            name.to_owned()
        },
        description: (!description.is_empty()).then(|| description.to_owned()),
        steps: steps?,
        place: Place { file, line: 1 },
    })
}

/// Reads phrases of the file of that name: what stands for them, and on each line more one of them.
///
/// # Errors
/// [`Unreadable`] if there is no name, or no phrase.
pub fn utterances(file: &str, bytes: &[u8]) -> Result<Utterances, Unreadable> {
    let file: Arc<str> = file.into();
    let text = text(&file, bytes)?;
    let mut lines = lines(&text);
    let name = lines.next().unwrap_or_default().trim().to_owned();
    let phrases = lines.map(|line| line.trim_end_matches(['\t']));
    let phrases: Vec<String> = phrases
        .filter(|phrase| !phrase.is_empty())
        .map(str::to_owned)
        .collect();
    let place = Place { file, line: 1 };
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(unreadable(
            &place,
            "the first line has to be one word that stands for the phrases",
        ));
    }
    if phrases.is_empty() {
        return Err(unreadable(
            &place,
            format!("\"{name}\" has no phrases: write one on each line below it"),
        ));
    }
    Ok(Utterances { name, phrases })
}

pub(super) fn unreadable(place: &Place, what: impl Into<String>) -> Unreadable {
    Unreadable {
        place: place.clone(),
        what: what.into(),
    }
}

fn text(file: &Arc<str>, bytes: &[u8]) -> Result<String, Unreadable> {
    let wrong = |line: usize, what: String| Unreadable {
        place: Place {
            file: Arc::clone(file),
            line,
        },
        what,
    };
    if bytes.len() > MOST_BYTES {
        return Err(wrong(
            1,
            format!("the file has more than {MOST_BYTES} bytes"),
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let before = with_line_feeds(&String::from_utf8_lossy(before));
        wrong(lines(&before).count(), "this is not UTF-8 text".to_owned())
    })?;
    Ok(with_line_feeds(
        text.strip_prefix('\u{feff}').unwrap_or(text),
    ))
}

/// A text whose lines end as ours do.
fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
}

/// The section that a line begins, and the word behind its tag.
fn tag(line: &str) -> Result<Option<(Sender, Option<String>)>, String> {
    let Some(tagged) = line.strip_prefix('#') else {
        return mistaken(line).map(|()| None);
    };
    let (tag, word) = tagged.split_once(' ').unwrap_or((tagged, ""));
    let tag = tag.trim_end();
    if let Some((_, sender)) = TAGS.iter().find(|(name, _)| *name == tag) {
        let word = word.trim();
        if !word.is_empty() && *sender != Sender::Include {
            return Err(format!("channels are not supported: write `#{tag}` alone"));
        }
        return Ok(Some((*sender, (!word.is_empty()).then(|| word.to_owned()))));
    }
    let lower = tag.to_lowercase();
    match TAGS.iter().any(|(name, _)| *name == lower) {
        true => Err(format!("write `#{lower}` in lower case")),
        false => mistaken(line).map(|()| None),
    }
}

/// How many regular expressions a line has, at most.
pub(super) fn expressions(line: &str) -> usize {
    match line
        .trim_start_matches(['!', '?', ' '])
        .starts_with("TEXT_REGEXP")
    {
        true => 1 + line.matches('|').count(),
        false => 0,
    }
}

/// A line that begins with `#` is a text, for botium too; one that is nearly a section is refused, since all that it claims would
/// be said or expected, and nothing of it held.
fn mistaken(line: &str) -> Result<(), String> {
    let line = line.trim();
    let Some(tag) = line.strip_prefix('#') else {
        return Ok(());
    };
    let tag = tag.trim_start_matches('#').trim().trim_end_matches(':');
    let letters = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let one_less = |long: &[char], short: &[char]| {
        (0..long.len()).any(|at| {
            let left = long.iter().enumerate().filter(|(other, _)| *other != at);
            left.map(|(_, letter)| letter).eq(short)
        })
    };
    let is_near = |(name, _): &&(&str, Sender)| {
        let (own, other) = (letters(name), letters(tag));
        let is_alike = own == other || one_less(&own, &other) || one_less(&other, &own);
        *name == tag || (name.len() > 2 && is_alike)
    };
    match TAGS.iter().find(is_near) {
        Some((name, _)) => Err(format!(
            "`{line}` is no section: write `#{name}`, or another text"
        )),
        None => Ok(()),
    }
}

/// A section as it stands there.
struct Section<'a> {
    sender: Sender,
    word: Option<String>,
    place: Place,
    lines: Vec<(Place, &'a str)>,
}

/// `?` and `!` before a line.
struct Signs<'a> {
    is_optional: bool,
    is_not: bool,
    rest: &'a str,
}

fn signs(line: &str) -> Signs<'_> {
    // Two of one are that sign itself.
    let after = line.strip_prefix('?').unwrap_or(line);
    Signs {
        is_optional: line.starts_with('?') && !line.starts_with("??"),
        is_not: after.starts_with('!') && !after.starts_with("!!"),
        rest: after.strip_prefix('!').unwrap_or(after),
    }
}

impl<'a> Section<'a> {
    fn step(self) -> Result<Step, Unreadable> {
        let mut step = Step {
            sender: self.sender,
            place: self.place,
            text: String::new(),
            is_pressed: false,
            is_not: false,
            is_optional: false,
            asserters: Vec::new(),
            includes: self.word.into_iter().collect(),
            skips_unread: false,
        };
        let (mut text, mut blank, mut optional) = (Vec::new(), Vec::new(), Vec::new());
        for (place, line) in self.lines {
            let wrong = |what| unreadable(&place, what);
            match step.take(line).map_err(wrong)? {
                Taken::Text => blank.push(line),
                Taken::Claim { is_optional } => optional.push(is_optional),
                Taken::Other => {}
            }
            // Empty lines are a part of a text only if more of it follows.
            if !line.trim().is_empty() {
                text.append(&mut blank);
            }
        }
        step.say(&text)
            .map_err(|what| unreadable(&step.place, what))?;
        if !step.text.is_empty() {
            optional.push(step.is_optional);
        }
        // A step of asserters alone is not optional for botium, though they have the sign.
        if optional.windows(2).any(|two| two.first() != two.last()) {
            return Err(unreadable(
                &step.place,
                "either all lines of a step have a `?`, or none",
            ));
        }
        if step.sender == Sender::Me && step.text.is_empty() && step.includes.is_empty() {
            return Err(unreadable(
                &step.place,
                "`#me` says nothing: write what is said below it",
            ));
        }
        Ok(step)
    }
}

/// What a line was.
enum Taken {
    Text,
    Claim { is_optional: bool },
    Other,
}

impl Step {
    /// Takes what a line has that is not text.
    fn take(&mut self, line: &str) -> Result<Taken, String> {
        if self.sender == Sender::Include {
            let name = line.trim();
            self.includes
                .extend((!name.is_empty()).then(|| name.to_owned()));
            return Ok(Taken::Other);
        }
        let Signs {
            is_optional,
            is_not,
            rest,
        } = signs(line);
        let (word, args) = rest.split_once(' ').unwrap_or((rest, ""));
        if self.sender == Sender::Me {
            if let Some(taken) = self.take_input(word, args)? {
                return Ok(taken);
            }
        } else {
            match asserter::named(word) {
                Named::Asserter(name, kind) => {
                    let asserter = Asserter {
                        name,
                        kind,
                        args: arguments(args),
                        is_not,
                    };
                    self.claim(asserter)?;
                    return Ok(Taken::Claim { is_optional });
                }
                Named::NotHere => {
                    return Err(format!(
                        "`{word}` is not supported; there are {}",
                        asserter::supported()
                    ));
                }
                Named::Text => {}
            }
        }
        if self.take_hook(word, args)? {
            return Ok(Taken::Other);
        }
        if matches!(self.sender, Sender::Begin | Sender::End) && !line.trim().is_empty() {
            return Err("nothing is said here: `#begin` and `#end` take BOT_CONSUMED, BOT_UNCONSUMED_COUNT, and ".to_owned() + HOOKS);
        }
        Ok(Taken::Text)
    }

    fn take_input(&mut self, word: &str, args: &str) -> Result<Option<Taken>, String> {
        match word {
            "BUTTON" => match arguments(args).first() {
                Some(pressed) if self.text.is_empty() => {
                    self.text.clone_from(pressed);
                    self.is_pressed = true;
                    Ok(Some(Taken::Other))
                }
                _ => Err("`BUTTON` takes what the button says, once".to_owned()),
            },
            "MEDIA" | "FORM" => Err(format!(
                "`{word}` is not supported in `#me`; there is BUTTON"
            )),
            _ => Ok(None),
        }
    }

    fn claim(&mut self, asserter: Asserter) -> Result<(), String> {
        let (name, kind) = (asserter.name, asserter.kind);
        if matches!(self.sender, Sender::Begin | Sender::End) && !kind.is_of_conversation() {
            return Err(format!("`{name}` is of a message: it stands in `#bot`"));
        }
        kind.check(&asserter.args)
            .map_err(|what| format!("`{name}` {what}"))?;
        for arg in &asserter.args {
            check_functions(arg)?;
        }
        self.asserters.push(asserter);
        Ok(())
    }

    fn take_hook(&mut self, word: &str, args: &str) -> Result<bool, String> {
        match word {
            "INCLUDE" => match arguments(args).as_slice() {
                [name] => self.includes.push(name.clone()),
                _ => return Err("`INCLUDE` takes the name of one partial convo".to_owned()),
            },
            // Nothing is waited for: each turn is over when the next one begins, and no time goes by.
            "PAUSE" | "WAITFORBOT" => {}
            "SKIP_BOT_UNCONSUMED" => self.skips_unread = true,
            word if HOOKS_NOT_HERE.contains(&word) => {
                return Err(format!("`{word}` is not supported; there are {HOOKS}"));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Takes its text.
    fn say(&mut self, lines: &[&str]) -> Result<(), String> {
        let Some((first, more)) = lines.split_first() else {
            return Ok(());
        };
        if !self.text.is_empty() {
            return Err("`BUTTON` is said alone, without a text".to_owned());
        }
        let Signs {
            is_optional,
            is_not,
            rest,
        } = signs(first);
        (self.is_optional, self.is_not) = (is_optional, is_not);
        let mut text = rest.to_owned();
        for line in more {
            text.push('\n');
            text.push_str(line);
        }
        self.text = text.trim_end_matches(['\n', '\t']).to_owned();
        let json = self.text.trim();
        if json.starts_with(['{', '[']) && serde_json::from_str::<serde_json::Value>(json).is_ok() {
            return Err(
                "JSON is not supported: write a text, and BUTTONS, CARDS or MEDIA for the rest"
                    .to_owned(),
            );
        }
        check_functions(&self.text)
    }
}

fn check_functions(text: &str) -> Result<(), String> {
    match memory::function(text) {
        Some(name) => Err(format!(
            "the function `{name}` is not supported: it is another from run to run"
        )),
        None => Ok(()),
    }
}

/// What stands between `|`; `\|` is the sign itself.
fn arguments(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let (mut arguments, mut argument, mut escaped) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '|' if escaped => {
                argument.pop();
                argument.push('|');
            }
            '|' => arguments.push(std::mem::take(&mut argument)),
            c => argument.push(c),
        }
        escaped = c == '\\';
    }
    arguments.push(argument);
    arguments
        .iter()
        .map(|argument| argument.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests;

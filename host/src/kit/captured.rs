//! A conversation whose turns were kept, as a suite: a script that says what was said and claims what the bot said to it, and
//! beside it what the bot found. What a script cannot say is told, and where. Knows nothing of where turns are kept, and of
//! folders.

mod beside;
mod lines;
mod notes;
mod turns;

use std::collections::BTreeSet;

use crate::capsules::{Asked, Capsule};
use crate::chat::{Channel, Turn, one_line};

use super::bundle::{Bundle, FAKES, SECRETS, STATE};
use super::reading::{MOST_BYTES, MOST_STEPS};
use super::suite::Suite;
use notes::Notes;
use turns::{Section, sections};

/// What a captured conversation came to.
#[derive(Debug)]
pub struct Captured {
    /// The files of its suite: names within their folder, and texts. The first is the script.
    pub files: Vec<(String, String)>,
    /// What the script does not say or claim, which turns that is about, and how to go on.
    pub notes: Vec<String>,
    /// What `retort test` has to be given beside the folder, as words for a shell.
    pub options: Vec<String>,
}

/// Why a conversation cannot be captured.
#[derive(Debug, thiserror::Error)]
pub enum NotCaptured {
    /// None of the turns is one of its own.
    #[error(
        "there is no turn of the conversation \"{conversation}\"; there are turns of: {others}"
    )]
    NoTurns {
        /// Which.
        conversation: String,
        /// Whose turns there are.
        others: String,
    },
    /// A suite is for one bot.
    #[error(
        "the conversation was with several bots, and a suite is for one: capture each of them alone, of {0}"
    )]
    SeveralBots(String),
    /// All that is left is nothing.
    #[error("no turn of the conversation is one that a script can hold: {0}")]
    NothingToHold(String),
    /// What was made of it is no suite.
    #[error("what was captured is no suite: {0}")]
    NoSuite(String),
}

/// One turn, with what a bot was asked in it.
struct Recorded<'a> {
    /// Its place among the turns of its conversation, from 1 on.
    number: usize,
    capsule: &'a Capsule,
    turn: &'a Turn,
}

impl Captured {
    /// What a conversation among these turns comes to, in whatever order they are.
    ///
    /// # Errors
    /// [`NotCaptured`] says what there is instead.
    pub fn of(name: &str, conversation: &str, capsules: &[Capsule]) -> Result<Self, NotCaptured> {
        let recorded = recorded(conversation, capsules)?;
        let mut notes = Notes::default();
        notes.what_is_another_thing(&recorded);
        let options = options(&recorded, &mut notes);
        let sections = spoken(&recorded, &mut notes);
        let besides = [
            (FAKES, beside::fakes(&recorded, &mut notes)),
            (STATE, beside::state(&recorded, &mut notes)),
            (SECRETS, beside::secrets(&recorded, &mut notes)),
        ];
        let notes = notes.told();
        if sections.is_empty() {
            return Err(NotCaptured::NothingToHold(notes.join("; ")));
        }
        let script = script(name, &recorded, &options, &notes, &sections);
        let mut files = vec![(format!("{name}.convo.txt"), script)];
        let besides = besides.into_iter().filter(|(_, text)| !text.is_empty());
        files.extend(besides.map(|(file, text)| (file.to_owned(), text)));
        let captured = Self {
            files,
            notes,
            options,
        };
        captured.is_read()?;
        Ok(captured)
    }

    /// Whether a file that stands in the place of one of these does for it: the same text, or for secrets the same names, whose
    /// values are their author's.
    pub fn is_met_by(&self, file: &str, there: &str) -> bool {
        let own = self.files.iter().find(|(name, _)| name == file);
        own.is_some_and(|(name, text)| {
            text == there || (name == SECRETS && beside::has_names(there, text))
        })
    }

    /// Whether it begins with nothing remembered, though a folder may say otherwise.
    pub fn remembers_nothing(&self) -> bool {
        self.files.iter().all(|(name, _)| name != STATE)
    }

    /// The file of what a bot remembers.
    pub const STATE: &'static str = STATE;

    fn is_read(&self) -> Result<(), NotCaptured> {
        let bundle: Bundle = self.files.iter().cloned().collect();
        match Suite::of(&bundle) {
            Ok(_) => Ok(()),
            Err(unread) => Err(NotCaptured::NoSuite(unread.to_string())),
        }
    }
}

/// The turns of a conversation, each once, as they began.
fn recorded<'a>(
    conversation: &str,
    capsules: &'a [Capsule],
) -> Result<Vec<Recorded<'a>>, NotCaptured> {
    let mut turns: Vec<(&Capsule, &Turn)> = Vec::new();
    let mut seen = BTreeSet::new();
    for capsule in capsules {
        if let Asked::Turn { turn, .. } = &capsule.asked
            && turn.conversation.id.as_deref() == Some(conversation)
            && seen.insert(capsule.id)
        {
            turns.push((capsule, turn));
        }
    }
    if turns.is_empty() {
        return Err(NotCaptured::NoTurns {
            conversation: one_line(conversation, 100),
            others: others(capsules),
        });
    }
    // One at a time, so that none of them began before another one was over.
    turns.sort_by_key(|(capsule, _)| (capsule.told.began, capsule.at));
    let bots: BTreeSet<_> = turns
        .iter()
        .map(|(capsule, _)| format!("{}/{}", capsule.place.tenant, capsule.place.bot))
        .collect();
    if bots.len() > 1 {
        let bots: Vec<_> = bots.into_iter().collect();
        return Err(NotCaptured::SeveralBots(bots.join(", ")));
    }
    let turns = (1..).zip(turns);
    Ok(turns
        .map(|(number, (capsule, turn))| Recorded {
            number,
            capsule,
            turn,
        })
        .collect())
}

/// What was said, as far as a script has room for it.
fn spoken(recorded: &[Recorded<'_>], notes: &mut Notes) -> Vec<Section> {
    let mut spoken = Vec::new();
    let (mut bytes, mut steps) = (0, 0);
    for one in recorded {
        let sections = sections(one, spoken.is_empty(), notes);
        bytes += sections.iter().map(Section::bytes).sum::<usize>();
        steps += sections.len();
        // The rest is for what stands before them.
        if bytes > MOST_BYTES * 3 / 4 || steps >= MOST_STEPS {
            notes.of_turn(
                one.number,
                "with it the script would be larger than one may be, so it ends before; capture the turns from here on in \
                 another one, from a folder that has no others (--from)",
            );
            break;
        }
        spoken.extend(sections);
    }
    spoken
}

/// How many conversations are named to who asked for another one.
const MOST_OTHERS: usize = 10;

fn others(capsules: &[Capsule]) -> String {
    let ids: BTreeSet<_> = capsules
        .iter()
        .filter_map(|capsule| capsule.asked.conversation())
        .collect();
    let mut named: Vec<_> = ids
        .iter()
        .take(MOST_OTHERS)
        .map(|id| one_line(id, 100))
        .collect();
    match ids.len() {
        0 => named.push("none".to_owned()),
        all if all > MOST_OTHERS => named.push(format!("and {} more", all - MOST_OTHERS)),
        _ => {}
    }
    named.join(", ")
}

/// What a test of it has to be given.
fn options(recorded: &[Recorded<'_>], notes: &mut Notes) -> Vec<String> {
    let mut options = Vec::new();
    let Some(first) = recorded.first() else {
        return options;
    };
    match &first.turn.conversation.channel {
        Channel::Messaging => {}
        Channel::Chat => options.push("--channel chat".to_owned()),
        Channel::Other(other) => notes.of_all(format!(
            "its channel was \"{}\", which scripts do not have: it is held over messaging",
            one_line(other, 40)
        )),
    }
    for (key, value) in &first.capsule.config {
        let given = format!("{key}={value}");
        match given.contains(char::is_control) {
            false => options.push(format!("--set {}", quoted(&given))),
            true => notes.of_all(format!(
                "its configuration had \"{}\", whose value has line breaks: give it by --set",
                one_line(key, 100)
            )),
        }
    }
    options
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_=./:,@%+".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn script(
    name: &str,
    recorded: &[Recorded<'_>],
    options: &[String],
    notes: &[String],
    sections: &[Section],
) -> String {
    let mut lines = vec![name.to_owned()];
    if let Some(Recorded { capsule, turn, .. }) = recorded.first() {
        let conversation = turn.conversation.id.as_deref().unwrap_or_default();
        lines.push(format!(
            "Captured: the conversation {} with {}, its first turn at {}, of the revision {}.",
            one_line(conversation, 200),
            capsule.place.address(),
            capsule.at,
            capsule.revision
        ));
    }
    if !options.is_empty() {
        lines.push(format!("Give `retort test`: {}", options.join(" ")));
    }
    lines.extend(notes.iter().map(|note| format!("Note: {note}.")));
    for section in sections {
        lines.push(String::new());
        lines.push(section.to_string());
    }
    lines.push("\n#end\nBOT_CONSUMED\n".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests;

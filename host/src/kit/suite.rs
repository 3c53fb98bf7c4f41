//! The scripts of a bundle, and the cases that they come to: with what they include, and with each phrase where a word stands
//! for several. Bounded, since a few lines can stand for millions of cases.

use std::collections::BTreeMap;

use super::baseline::Baseline;
use super::beside::{self, Remembered};
use super::bundle::{self, Bundle, FAKES};
use super::reading::{self, MOST_STEPS, unreadable};
use super::script::{Convo, Place, Sender, Step, Unreadable};
use crate::egress::Fakes;
use crate::tenant::SecretName;

/// The most cases of one suite.
const MOST_CASES: usize = 10_000;

/// The most regular expressions of all scripts of one suite.
const MOST_EXPRESSIONS: usize = 500;

/// The most bytes of the cases of one suite, roughly. Few bytes of scripts can be in many cases, many times.
const MOST_CASE_BYTES: usize = 128 << 20;

/// The most bytes of phrases with the words of one text in their places, roughly.
const MOST_PHRASE_BYTES: usize = 16 << 20;

/// How deep partial convos may include one another.
const MOST_DEPTH: usize = 16;

/// Why a suite cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// A script is wrong.
    #[error(transparent)]
    Script(#[from] Unreadable),
    /// There is too much, or what is no part of a suite.
    #[error("{0}")]
    Bundle(String),
    /// What stands beside the scripts is wrong.
    #[error("{file}: {why}")]
    Beside {
        /// Which file.
        file: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// The cases of a bundle.
#[derive(Debug, Default)]
pub struct Suite {
    /// In the order of their files.
    pub cases: Vec<Case>,
    /// How many conversations are left out since their names, or their files', begin with `skip-`.
    pub skipped: usize,
    /// What answers the bot's requests: `fakes.toml` of the folder.
    pub fakes: Fakes,
    /// The bot's secrets: `secrets.toml`.
    pub secrets: BTreeMap<SecretName, String>,
    /// What it remembers when a conversation begins: `state.toml`.
    pub remembered: Remembered,
    /// What conversations may cost: `baseline.toml`.
    pub baseline: Baseline,
    /// What words stand for.
    pub(super) phrases: Phrases,
}

/// One conversation to hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The conversation's name, and which phrases were taken.
    pub name: String,
    /// Where the conversation begins.
    pub place: Place,
    pub(super) steps: Vec<Step>,
}

/// Words, and the phrases that they stand for.
#[derive(Debug, Default)]
pub(super) struct Phrases(BTreeMap<String, Vec<String>>);

#[derive(Default)]
struct Scripts {
    convos: Vec<Convo>,
    partial: BTreeMap<String, Convo>,
    phrases: Phrases,
}

/// What has been included so far.
#[derive(Default)]
struct Inclusion {
    path: Vec<String>,
    steps: Vec<Step>,
    bytes: usize,
    includes: usize,
}

/// What a suite's cases may still come to.
struct Room {
    cases: usize,
    bytes: usize,
}

impl Suite {
    /// What the files of a bundle come to.
    ///
    /// # Errors
    /// [`Unread`] names the file, and where in it.
    pub fn of(bundle: &Bundle) -> Result<Self, Unread> {
        bundle.check().map_err(Unread::Bundle)?;
        let mut scripts = Scripts::default();
        let mut skipped = 0;
        let mut expressions = 0;
        for (file, text) in bundle.scripts() {
            if is_skipped(bundle::last(file)) {
                skipped += usize::from(file.ends_with(".convo.txt"));
                continue;
            }
            expressions += text.lines().map(reading::expressions).sum::<usize>();
            if expressions > MOST_EXPRESSIONS {
                let place = Place {
                    file: file.into(),
                    line: 1,
                };
                let what =
                    format!("with it there are more than {MOST_EXPRESSIONS} regular expressions");
                return Err(unreadable(&place, what).into());
            }
            scripts.add(file, text.as_bytes())?;
        }
        let mut suite = scripts.suite()?;
        suite.skipped += skipped;
        suite.secrets = beside::secrets(bundle)?;
        suite.remembered = Remembered::of(bundle)?;
        suite.baseline = Baseline::of(bundle)?;
        if let Some(text) = bundle.text(FAKES) {
            suite.fakes = Fakes::parse(text).map_err(|why| Unread::Beside { file: FAKES, why })?;
        }
        Ok(suite)
    }
}

impl Scripts {
    fn add(&mut self, file: &str, bytes: &[u8]) -> Result<(), Unreadable> {
        if file.ends_with(".utterances.txt") {
            let read = reading::utterances(file, bytes)?;
            let known = self.phrases.0.entry(read.name).or_default();
            for phrase in read.phrases {
                if !known.contains(&phrase) {
                    known.push(phrase);
                }
            }
        } else if file.ends_with(".pconvo.txt") {
            let read = reading::convo(file, bytes)?;
            let place = read.place.clone();
            if let Some(other) = self.partial.insert(read.name.clone(), read) {
                let what = format!(
                    "\"{}\" is there already, in {}",
                    other.name, other.place.file
                );
                return Err(unreadable(&place, what));
            }
        } else {
            let convo = reading::convo(file, bytes)?;
            if convo.steps.is_empty() {
                let what = "nothing is said in it: begin with a section, `#me` or `#bot`";
                return Err(unreadable(&convo.place, what.to_owned()));
            }
            self.convos.push(convo);
        }
        Ok(())
    }

    fn suite(self) -> Result<Suite, Unreadable> {
        let mut suite = Suite::default();
        let mut room = Room {
            cases: MOST_CASES,
            bytes: MOST_CASE_BYTES,
        };
        for convo in &self.convos {
            if is_skipped(&convo.name) {
                suite.skipped += 1;
                continue;
            }
            let mut included = Inclusion::default();
            self.include(&convo.steps, &room, &mut included)?;
            // Wherever they stand, these come first and last.
            included.steps.sort_by_key(|step| match step.sender {
                Sender::Begin => 0,
                Sender::End => 2,
                Sender::Include | Sender::Me | Sender::Bot => 1,
            });
            let case = Case {
                name: convo.name.clone(),
                place: convo.place.clone(),
                steps: included.steps,
            };
            suite.cases.extend(self.phrases.expanded(case, &mut room)?);
        }
        suite.phrases = self.phrases;
        Ok(suite)
    }

    /// The steps with those that they include.
    fn include(&self, from: &[Step], room: &Room, into: &mut Inclusion) -> Result<(), Unreadable> {
        for step in from {
            let is_outer =
                into.path.is_empty() || !matches!(step.sender, Sender::Begin | Sender::End);
            if is_outer && step.sender != Sender::Include && step.has_interaction() {
                into.bytes += bytes(step);
                if into.bytes > room.bytes {
                    return Err(too_large(&step.place));
                }
                into.steps.push(step.clone());
            }
            for name in &step.includes {
                let wrong = |what| Err(unreadable(&step.place, what));
                let Some(partial) = self.partial.get(name) else {
                    return wrong(format!(
                        "there is no partial convo \"{name}\"; there are: {}",
                        self.names()
                    ));
                };
                if into.path.contains(name) || into.path.len() >= MOST_DEPTH {
                    let path = into.path.join(" > ");
                    return wrong(format!(
                        "\"{name}\" includes itself, or lies too deep: {path}"
                    ));
                }
                into.path.push(name.clone());
                into.includes += 1;
                self.include(&partial.steps, room, into)?;
                into.path.pop();
            }
            // One that includes nothing but what includes nothing has no steps, and takes its time all the same.
            if into.steps.len() + into.includes > MOST_STEPS {
                let what = format!("with what is included there are more than {MOST_STEPS} steps");
                return Err(unreadable(&step.place, what));
            }
        }
        Ok(())
    }

    fn names(&self) -> String {
        match self.partial.is_empty() {
            true => "none (NAME.pconvo.txt)".to_owned(),
            false => self.partial.keys().cloned().collect::<Vec<_>>().join(", "),
        }
    }
}

fn too_large(place: &Place) -> Unreadable {
    let most = MOST_CASE_BYTES >> 20;
    unreadable(
        place,
        format!("with all phrases, and what is included, the cases have more than {most} MiB"),
    )
}

/// What a step takes, roughly.
fn bytes(step: &Step) -> usize {
    let args = step.asserters.iter().flat_map(|claim| &claim.args);
    let args: usize = args.map(|arg| size_of::<String>() + arg.len()).sum();
    size_of::<Step>() + step.text.len() + args + size_of_val(step.asserters.as_slice())
}

/// Whether a script is put aside by its name or its file's, as botium does it.
pub(super) fn is_skipped(name: &str) -> bool {
    let start: String = name.chars().take(5).collect();
    ["skip-", "skip.", "skip_"].contains(&start.to_lowercase().as_str())
}

impl Phrases {
    /// What a text may be: each phrase that it stands for, or itself.
    ///
    /// # Errors
    /// That is too much.
    pub(super) fn of(&self, text: &str) -> Result<Vec<String>, String> {
        let named = self.named(text)?;
        Ok(named.map_or_else(|| vec![text.to_owned()], |(_, phrases)| phrases))
    }

    /// The word that stands at the beginning of a text, and its phrases with what stands behind it in their `%s`.
    fn named(&self, text: &str) -> Result<Option<(String, Vec<String>)>, String> {
        if let Some(phrases) = self.0.get(text) {
            return Ok(Some((text.to_owned(), phrases.clone())));
        }
        let mut words = text.split(' ');
        let name = words.next().unwrap_or_default();
        let Some(phrases) = self.0.get(name) else {
            return Ok(None);
        };
        if phrases.len().saturating_mul(text.len()) > MOST_PHRASE_BYTES {
            let most = MOST_PHRASE_BYTES >> 20;
            return Err(format!(
                "the phrases of \"{name}\" with all these words have more than {most} MiB"
            ));
        }
        let words: Vec<&str> = words.collect();
        let filled = phrases.iter().map(|phrase| filled(phrase, &words));
        Ok(Some((name.to_owned(), filled.collect())))
    }

    /// The cases of one conversation: one for each way to say what is said.
    fn expanded(&self, case: Case, room: &mut Room) -> Result<Vec<Case>, Unreadable> {
        let place = case.place.clone();
        let too_many = || {
            unreadable(
                &place,
                format!("with a case for each phrase there are more than {MOST_CASES} cases"),
            )
        };
        let mut cases = vec![Case {
            steps: Vec::new(),
            ..case.clone()
        }];
        // Of all cases so far.
        let mut held = case.name.len();
        for step in case.steps {
            let named = match step.sender {
                Sender::Me if !step.is_pressed => self.named(&step.text),
                _ => Ok(None),
            };
            let named = named.map_err(|what| unreadable(&step.place, what))?;
            let Some((name, phrases)) = named else {
                held += cases.len() * bytes(&step);
                if held > room.bytes {
                    return Err(too_large(&place));
                }
                cases
                    .iter_mut()
                    .for_each(|case| case.steps.push(step.clone()));
                continue;
            };
            let digits = phrases.len().to_string().len();
            if cases.len().saturating_mul(phrases.len()) > room.cases {
                return Err(too_many());
            }
            let texts: usize = phrases.iter().map(String::len).sum();
            let own = phrases.len() * (bytes(&step) + name.len()) + texts;
            held = held * phrases.len() + cases.len() * own;
            if held > room.bytes {
                return Err(too_large(&place));
            }
            let mut more = Vec::with_capacity(cases.len() * phrases.len());
            for case in &cases {
                for (at, phrase) in phrases.iter().enumerate() {
                    let mut case = case.clone();
                    if phrases.len() > 1 {
                        case.name = format!("{}/{name}-L{:0digits$}", case.name, at + 1);
                    }
                    let text = phrase.clone();
                    case.steps.push(Step {
                        text,
                        ..step.clone()
                    });
                    more.push(case);
                }
            }
            cases = more;
        }
        if cases.len() > room.cases {
            return Err(too_many());
        }
        room.cases -= cases.len();
        room.bytes = room.bytes.saturating_sub(held);
        Ok(cases)
    }
}

/// A phrase with words in the place of its `%s`, and those that are left behind it.
fn filled(phrase: &str, words: &[&str]) -> String {
    let mut words = words.iter();
    let mut pieces = phrase.split("%s");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        filled.push_str(words.next().copied().unwrap_or("%s"));
        filled.push_str(piece);
    }
    for word in words {
        filled.push(' ');
        filled.push_str(word);
    }
    filled
}

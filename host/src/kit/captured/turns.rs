//! Turns as sections of a script: what the person said, and what the bot said to it, as exactly as a script can claim it.

use std::fmt;
use std::sync::Arc;

use crate::chat::{Event, Reply, Said, one_line};

use super::super::asserter::ACTIONS;
use super::super::judging::{named, written};
use super::super::message::{Facts, Message, messages};
use super::Recorded;
use super::lines;
use super::notes::Notes;

/// A section, with its lines.
pub(super) struct Section {
    tag: &'static str,
    lines: Vec<String>,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag)?;
        self.lines.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

impl Section {
    /// What it takes in a script.
    pub(super) fn bytes(&self) -> usize {
        let lines = self.lines.iter().map(|line| line.len() + 1);
        self.tag.len() + 2 + lines.sum::<usize>()
    }

    fn bot(lines: Vec<String>) -> Self {
        Self { tag: "#bot", lines }
    }
}

/// What a turn comes to; nothing of one that a script has no words for.
pub(super) fn sections(one: &Recorded<'_>, is_first: bool, notes: &mut Notes) -> Vec<Section> {
    let number = one.number;
    let mut sections = match said(&one.turn.event, is_first) {
        Ok(Asked::Welcome) => Vec::new(),
        Ok(Asked::Text(saying)) => {
            if saying.is_near {
                notes.of_turn(
                    number,
                    "what was said is there with other line breaks and spaces, since as it was it would be taken for script",
                );
            }
            vec![Section {
                tag: "#me",
                lines: vec![saying.lines],
            }]
        }
        Err(what) => {
            notes.of_turn(
                number,
                format!(
                    "{what}, which a script has no step for, so the turn is left out; if what follows depends on it, capture the \
                     turns after it from a folder that has no others (--from)"
                ),
            );
            return Vec::new();
        }
    };
    sections.extend(heard(one, notes));
    sections
}

/// What a bot was asked, in a script's words.
enum Asked {
    /// What comes first, unless a person says something.
    Welcome,
    Text(lines::Saying),
}

fn said(event: &Event, is_first: bool) -> Result<Asked, &'static str> {
    match event {
        Event::Text(message) => lines::saying(&message.text)
            .map(Asked::Text)
            .ok_or("an empty text was said"),
        Event::Welcome(welcome) if welcome.last_consumer_message.is_some() => {
            Err("the bot was welcomed with what the consumer had said before")
        }
        Event::Welcome(_) if is_first => Ok(Asked::Welcome),
        Event::Welcome(_) => Err("the bot was welcomed again"),
        Event::RichContent(_) => Err("the consumer sent rich content"),
        Event::File(_) => Err("the consumer sent a file"),
        Event::ConversationClosed => Err("the conversation was closed"),
        Event::Other(_) => Err("the platform sent an event of another kind"),
    }
}

fn heard(one: &Recorded<'_>, notes: &mut Notes) -> Vec<Section> {
    let ended = &one.capsule.ended;
    let reply = ended
        .said
        .as_ref()
        .and_then(|said| serde_json::from_value::<Reply>(said.clone()).ok());
    let Some(reply) = reply else {
        let why = ended.cause.as_deref().unwrap_or_default();
        notes.of_turn(
            one.number,
            format!(
                "it failed with {} ({}), so its `#bot` is empty, and holds for any answer: write there what the bot is to say",
                ended.outcome,
                one_line(why.lines().next().unwrap_or_default(), 200)
            ),
        );
        return vec![Section::bot(Vec::new())];
    };
    if *reply.said() == Said::NoAnswer {
        // A message need not come, and if one does, it is not to be whatever it is.
        return vec![Section::bot(vec!["?!*".to_owned()])];
    }
    let (all, facts) = messages(&reply);
    let mut telling = Telling {
        number: one.number,
        notes,
    };
    let mut sections: Vec<_> = all
        .iter()
        .map(|message| Section::bot(telling.message(message)))
        .collect();
    let of_reply = telling.reply(&facts, all.back());
    match sections.last_mut() {
        Some(last) => last.lines.extend(of_reply),
        None => sections.push(Section::bot(of_reply)),
    }
    sections
}

/// Says of what a turn's reply has what can be claimed, and tells of the rest.
struct Telling<'a> {
    number: usize,
    notes: &'a mut Notes,
}

impl Telling<'_> {
    fn message(&mut self, message: &Message) -> Vec<String> {
        let mut claims = Vec::new();
        let is_rich = !(message.cards.is_empty() && message.buttons.is_empty());
        match lines::text(message) {
            Some(line) => claims.push(line),
            None if is_rich || !message.media.is_empty() => {}
            None => self.not_claimed("a text"),
        }
        self.list("CARDS", &message.cards.concat(), message, &mut claims);
        self.list("BUTTONS", &buttons(message), message, &mut claims);
        self.list("MEDIA", &message.media, message, &mut claims);
        for (word, count) in [
            ("CARDS_COUNT", message.cards.len()),
            ("BUTTONS_COUNT", message.buttons.len()),
            ("MEDIA_COUNT", message.media.len()),
        ] {
            if count > 0 {
                claims.push(format!("{word} {count}"));
            }
        }
        claims
    }

    fn list(
        &mut self,
        word: &'static str,
        items: &[String],
        message: &Message,
        claims: &mut Vec<String>,
    ) {
        let (line, left_out) = lines::list(word, items, message);
        claims.extend(line);
        if left_out > 0 {
            self.not_claimed(&format!("{left_out} of what {word} looks at"));
        }
    }

    /// What is said of a reply as a whole, at its last message.
    fn reply(&mut self, facts: &Arc<Facts>, last: Option<&Message>) -> Vec<String> {
        let message = Message {
            facts: Arc::clone(facts),
            ..Message::default()
        };
        let mut claims = Vec::new();
        let mut claim = |line: String, what: &str| match lines::holds(&message, &line) {
            true => claims.push(line),
            false => self.not_claimed(what),
        };
        match (facts.intents.first(), last) {
            (Some(intent), Some(_)) => {
                claim(
                    format!("INTENT {}", lines::argument(&intent.id)),
                    "an intent",
                );
                claim(confidence(intent.score), "an intent's score");
            }
            // What is nothing but a note or an action is looked at without a message, and its intents are not.
            (Some(_), None) => claim(String::new(), "an intent"),
            (None, _) => {}
        }
        for note in &facts.notes {
            claim(format!("NOTE {}", lines::argument(note)), "a note");
        }
        if facts.delay_seconds > 0 {
            claim(format!("DELAY {}", facts.delay_seconds), "a delay");
        }
        let Some(action) = &facts.action else {
            claim("!ACTION".to_owned(), "that nothing is done");
            return claims;
        };
        let (name, whom) = named(action);
        let whom: Vec<_> = whom.iter().map(|one| lines::argument(one)).collect();
        let words: Vec<_> = std::iter::once(name.to_owned())
            .chain(whom.iter().cloned())
            .collect();
        claim(format!("ACTION {}", words.join("|")), "an action");
        let [_, close, ..] = ACTIONS;
        if name == close && whom.is_empty() {
            claim(
                format!("!ACTION {close}|without-survey"),
                "that there is a survey",
            );
        }
        claims
    }

    fn not_claimed(&mut self, what: &str) {
        self.notes.of_turn(
            self.number,
            format!("{what} that the bot said is not claimed, since no line is read as that"),
        );
    }
}

/// What buttons say to who reads them, and in the person's name where that is another text.
fn buttons(message: &Message) -> Vec<String> {
    let each = message.buttons.iter().flat_map(|(title, said)| {
        let said = said.as_ref().filter(|said| *said != title);
        [Some(title.clone()), said.map(|said| written(said))]
    });
    each.flatten().filter(|text| !text.is_empty()).collect()
}

fn confidence(score: f64) -> String {
    // A part of a per cent is cut off: what is claimed is the least of it.
    let least = (0..=100_u8)
        .rev()
        .find(|least| score * 100.0 >= f64::from(*least));
    format!("INTENT_CONFIDENCE {}", least.unwrap_or_default())
}

//! Teaches what a bot keeps between turns: its place in a conversation, in that conversation's state, and a
//! tally of all conversations, in the bot's own. Where a place leads is in `dialogue`, how it reads in
//! `words`, and neither knows of state.

mod dialogue;
mod tally;
mod words;

use retort_sdk::state::Key;
use retort_sdk::{Bot, ConfigProblem, Event, Fault, Reply, Turn, config, log};

use dialogue::{Heard, Place, Stage, Step};
use tally::Tally;
use words::Words;

/// Where a conversation is.
const PLACE: Key<Place> = Key::conversation("place");
/// What all of them came to.
const TALLY: Key<Tally> = Key::bot("tally");

struct Survey;

impl Bot for Survey {
    fn respond(turn: Turn) -> Result<Reply, Fault> {
        let words = words()?;
        let heard = match turn.event {
            Event::Welcome(_) => Heard::Arrival,
            Event::Text(message) => Heard::Text(message.text),
            Event::RichContent(rich) => dialogue::published(&rich.content),
            Event::File(_) => Heard::Unreadable,
            Event::ConversationClosed => {
                PLACE.delete()?;
                return Ok(Reply::NoAnswer);
            }
            Event::Other(_) => return Ok(Reply::NoAnswer),
        };
        let channel = turn.conversation.channel;
        // A connection test belongs to no conversation: there is nothing to keep.
        if turn.conversation.id.is_none() {
            return Ok(words.say(&Place::default(), &channel)?.into());
        }
        let place = PLACE.get()?;
        Ok(match dialogue::step(place, turn.sequence, &heard) {
            Step::Repeat(place) => words.say(&place, &channel)?,
            Step::To(place) => {
                PLACE.set(&place)?;
                count(&place)?;
                words.say(&place, &channel)?
            }
            Step::Forget => {
                PLACE.delete()?;
                words.forgotten()
            }
        }
        .into())
    }

    fn check_config() -> Result<(), Vec<ConfigProblem>> {
        words().map(|_| ()).map_err(|problem| vec![problem])
    }
}

/// Counts a survey that has just come to its end. The bot's own state is touched only here: of two turns that
/// do so at a time, one is run again.
fn count(place: &Place) -> Result<(), Fault> {
    if let Stage::Finished(answers) = place.stage() {
        let tally = TALLY.update(|tally| tally.unwrap_or_default().with(&answers))?;
        log::info(tally.to_string());
    }
    Ok(())
}

fn words() -> Result<Words, ConfigProblem> {
    Words::new(config::get("skill"), config::get_json("questions")?)
}

retort_sdk::export!(Survey);

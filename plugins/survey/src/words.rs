//! How a place in the survey reads, in messaging and in a live chat. Knows nothing of how one gets there.

#[cfg(test)]
mod tests;

use retort_sdk::content::QuickReplies;
use retort_sdk::{Answer, Channel, ConfigProblem, InvalidReply};
use serde::Deserialize;

use crate::dialogue::{Answers, Place, Question, Stage};

/// The questions, each of which the operator may word anew in a table `questions`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Questions {
    satisfied: String,
    improve: String,
    contact: String,
}

impl Default for Questions {
    fn default() -> Self {
        Self {
            satisfied: "How satisfied are you with us, from 1 to 5?".into(),
            improve: "What should we improve?".into(),
            contact: "May we contact you about it, yes or no?".into(),
        }
    }
}

/// All that the bot says, as this deployment has it.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    /// The skill that a person is reached by.
    skill: String,
    questions: Questions,
}

impl Words {
    /// The words of a configuration.
    pub(crate) fn new(
        skill: Option<String>,
        questions: Option<Questions>,
    ) -> Result<Self, ConfigProblem> {
        let skill = skill.unwrap_or_else(|| "human".into());
        if skill.trim().is_empty() {
            return Err(ConfigProblem::new(
                "skill",
                "is empty: name the skill that people are reached by",
            ));
        }
        let questions = questions.unwrap_or_default();
        let Questions {
            satisfied,
            improve,
            contact,
        } = &questions;
        if [satisfied, improve, contact]
            .map(|text| text.trim())
            .contains(&"")
        {
            return Err(ConfigProblem::new(
                "questions",
                "has one without words: leave it out to ask it in the bot's own",
            ));
        }
        Ok(Self { skill, questions })
    }

    /// What a place says, as often as it is asked. An operator's question may be longer than the platform takes.
    pub(crate) fn say(&self, place: &Place, channel: &Channel) -> Result<Answer, InvalidReply> {
        Ok(match place.stage() {
            Stage::Asking(question) => self.ask(question, lead(place, question), channel)?,
            Stage::Finished(answers) => thank(&answers),
            Stage::GivenUp => self.hand_over(),
        })
    }

    /// What is said once the answers are gone.
    pub(crate) fn forgotten(&self) -> Answer {
        Answer::text("All right. I have forgotten what you told me. Goodbye!")
            .then_close_without_survey()
    }

    fn ask(
        &self,
        question: Question,
        lead: Option<&str>,
        channel: &Channel,
    ) -> Result<Answer, InvalidReply> {
        let answer = lead.map_or_else(Answer::empty, Answer::text);
        let (text, choices): (&str, &[&str]) = match question {
            Question::Satisfied => (&self.questions.satisfied, &["1", "2", "3", "4", "5"]),
            Question::Improve => (&self.questions.improve, &[]),
            Question::Contact => (&self.questions.contact, &["Yes", "No"]),
        };
        Ok(match channel {
            Channel::Messaging if !choices.is_empty() => answer.and(
                QuickReplies::new(text)
                    .and_each(choices.iter().copied())
                    .build()?,
            ),
            _ => answer.and_text(text),
        })
    }

    fn hand_over(&self) -> Answer {
        Answer::text("I am sorry, I do not get it. I will connect you to a colleague.")
            .and_private_text("The survey could not read three answers in a row, and has given up.")
            .then_transfer_to_skill(&self.skill)
    }
}

/// What comes before the question.
fn lead(place: &Place, question: Question) -> Option<&'static str> {
    if place.is_fresh() {
        Some("Hello! We have three short questions for you. Say \"stop\" to end at any time.")
    } else if place.has_missed() {
        Some(match question {
            Question::Satisfied => "I need a number from 1, not at all, to 5, very much.",
            Question::Improve => "I can only read text.",
            Question::Contact => "I need a yes or a no.",
        })
    } else {
        None
    }
}

fn thank(answers: &Answers) -> Answer {
    let Answers {
        satisfied,
        improve,
        contact,
    } = answers;
    let contact = if *contact { "May" } else { "May not" };
    // Without the account's own survey: one is enough.
    Answer::text("Thank you very much, that was all. Goodbye!")
        .and_private_text(format!(
            "Satisfied: {satisfied} of 5. {contact} be contacted. To improve: {improve}"
        ))
        .then_close_without_survey()
}
